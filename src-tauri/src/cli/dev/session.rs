//! What `dev` tells while it stays: the links, their saves, executions, and what the user does by key.

use anyhow::{Result, bail};
use drydock_core::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

use super::edit;
use super::imports::Import;
use super::keys::{Key, Keys};
use super::runs::Runs;
use super::view::View;
use crate::cli::client::{Client, or_missing};
use crate::cli::linking::LinkedFolder;
use crate::cli::output;
use crate::cli::stream::Events;
use crate::cli::wire::{
    Change, ExecutionPage, ExecutionRow, Function, LastChange, LinkRow, Linked, StreamEvent,
};

/// A look without news, for what was missed or takes long.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Executions looked at after news was missed: the most that a page has.
const LOOKED_AT: u32 = 100;

/// What a key needs to call a function.
const NEEDED_SCOPE: &str = "execution.write";

/// What is told, and what was told already.
pub(super) struct Session<'a> {
    client: &'a Client,
    view: View,
    functions: Vec<Followed>,
    runs: Runs,
    began_ms: i64,
    /// The function that keys are about: the one that was saved or executed last.
    current: usize,
    last_run: Option<ExecutionRow>,
    /// What the function is executed with; as long as nobody said, that of the last execution.
    data: Option<String>,
    executes_on_save: bool,
    imports: Vec<Import>,
}

/// A function whose folder is followed.
struct Followed {
    id: String,
    state: String,
    notice: Option<String>,
    left_out: usize,
    /// The change that was told last: its tag and when.
    told: Option<(String, i64)>,
}

impl<'a> Session<'a> {
    /// Begins with what is there.
    pub(super) async fn new(
        client: &'a Client,
        view: View,
        linked: &LinkedFolder,
        data: Option<String>,
    ) -> Result<Self> {
        let followed = |row: &LinkRow| Followed {
            id: row.function_id.clone(),
            state: "starting".to_owned(),
            notice: None,
            left_out: 0,
            told: None,
        };
        let functions: Vec<_> = linked
            .functions
            .iter()
            .map(|linked| followed(&linked.row))
            .collect();
        let mut last_run: Option<ExecutionRow> = None;
        for function in &functions {
            let newest = newest(client, &function.id, 1).await?.pop();
            if newest.as_ref().map(|row| row.queued_at_ms) > last_run.as_ref().map(|row| row.queued_at_ms) {
                last_run = newest;
            }
        }
        Ok(Self {
            client,
            view,
            functions,
            runs: Runs::default(),
            began_ms: now_ms(),
            current: 0,
            last_run,
            executes_on_save: data.is_some(),
            data,
            imports: Vec::new(),
        })
    }

    /// Says which variables of `.env` files the functions lack; takes them over where that was asked for.
    pub(super) async fn offer_variables(
        &mut self,
        linked: &LinkedFolder,
        is_asked: bool,
        has_keys: bool,
    ) -> Result<()> {
        for function in &linked.functions {
            match Import::of(function) {
                Ok(import) => self.imports.extend(import),
                Err(error) => self.note(&function.row.function_id, &format!("{error:#}"))?,
            }
        }
        if is_asked {
            return self.import().await;
        }
        let mend = if has_keys {
            "i takes them over"
        } else {
            "--import-env takes them over"
        };
        for import in std::mem::take(&mut self.imports) {
            let names = import.names();
            self.note(
                &import.function,
                &format!(".env has variables that the function has not: {names}; {mend}"),
            )?;
            self.imports.push(import);
        }
        Ok(())
    }

    /// Tells what happens until the user has enough.
    ///
    /// # Errors
    /// When the server goes away, nobody reads any more, or nothing is linked any more.
    pub(super) async fn run(&mut self, mut events: Events, mut keys: Option<Keys>) -> Result<()> {
        let mut again = interval(LOOK_AGAIN);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                event = events.next() => self.heard(event?).await,
                key = pressed(keys.as_mut()) => match key {
                    Key::Quit => return Ok(()),
                    key => self.obey(key, keys.as_mut()).await,
                },
                _ = again.tick() => self.look().await,
                () = at(self.runs.due()) => self.runs.tell_due(self.client, self.view).await,
            };
            if let Err(error) = done {
                if output::is_closed_pipe(&error) {
                    return Err(error);
                }
                // Of one call; that the server is gone is said by its news.
                self.say(&self.view.error(now_ms(), &format!("{error:#}")))?;
            }
            if self.functions.is_empty() {
                bail!("nothing is linked any more");
            }
        }
    }

    /// The functions whose folders are still linked.
    pub(super) fn linked(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|followed| followed.id.as_str())
    }

    async fn heard(&mut self, event: StreamEvent) -> Result<()> {
        match event {
            StreamEvent::Link { function_id } => match self.index(&function_id) {
                Some(index) => self.look_at_link(index).await,
                None => Ok(()),
            },
            StreamEvent::Function {
                function_id,
                change: Change::Deleted,
            } => {
                if let Some(index) = self.index(&function_id) {
                    self.note(&function_id, &format!("the function {function_id} was deleted"))?;
                    self.forget(index);
                }
                Ok(())
            }
            StreamEvent::Execution { execution } => self.executed(*execution).await,
            StreamEvent::Log { execution_id } => self.runs.wrote(self.client, self.view, &execution_id).await,
            StreamEvent::Resync => self.look_at_all().await,
            StreamEvent::Function { .. } | StreamEvent::Other => Ok(()),
        }
    }

    async fn executed(&mut self, row: ExecutionRow) -> Result<()> {
        let Some(index) = self.index(&row.function_id) else {
            return Ok(());
        };
        // Somebody may look after an old one.
        if row.is_over() && row.ended_at_ms.is_some_and(|at_ms| at_ms < self.began_ms) {
            return Ok(());
        }
        self.current = index;
        if self
            .last_run
            .as_ref()
            .is_none_or(|last| last.id == row.id || last.queued_at_ms <= row.queued_at_ms)
        {
            self.last_run = Some(row.clone());
        }
        self.runs.heard(self.client, self.view, row).await
    }

    /// What has become of a link since it was told of last.
    async fn look_at_link(&mut self, index: usize) -> Result<()> {
        let id = self.functions[index].id.clone();
        let linked: Option<Linked> =
            or_missing(self.client.console_get(&["functions", &id, "link"], &[]).await)?;
        let Some(row) = linked.and_then(|linked| linked.link) else {
            self.note(&id, &format!("the folder of the function {id} was unlinked"))?;
            self.forget(index);
            return Ok(());
        };
        // Until its first look is over there is nothing to say.
        if row.state == "starting" {
            return Ok(());
        }
        let mut text = String::new();
        let followed = &mut self.functions[index];
        let is_first = followed.state == "starting";
        if (&followed.state, &followed.notice) != (&row.state, &row.notice) {
            text.push_str(&self.view.state(now_ms(), &row));
        }
        if followed.left_out != row.left_out.len() {
            text.push_str(&self.view.left_out(&row));
        }
        let last = row.last.as_ref();
        let news = last.filter(|last| followed.told.as_ref() != Some(&(last.tag_id.clone(), last.at_ms)));
        if let Some(last) = news {
            text.push_str(&self.view.change(&id, last));
            followed.told = Some((last.tag_id.clone(), last.at_ms));
            self.current = index;
        }
        let is_live_now = news.is_some_and(LastChange::is_live);
        let was_live = is_first && last.is_none() && row.files > 0;
        followed.state = row.state;
        followed.notice = row.notice;
        followed.left_out = row.left_out.len();
        if !text.is_empty() {
            self.say(&text)?;
        }
        if self.executes_on_save && (is_live_now || was_live) {
            self.execute(&id).await?;
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<()> {
        for index in (0..self.functions.len()).rev() {
            // News of the first look may have come before we listened.
            if self.functions[index].state == "starting" {
                self.look_at_link(index).await?;
            }
        }
        self.runs.look(self.client, self.view).await
    }

    async fn look_at_all(&mut self) -> Result<()> {
        // From the end: one that is gone is forgotten.
        for index in (0..self.functions.len()).rev() {
            let id = self.functions[index].id.clone();
            self.look_at_link(index).await?;
            for row in newest(self.client, &id, LOOKED_AT).await? {
                self.executed(row).await?;
            }
        }
        Ok(())
    }

    async fn obey(&mut self, key: Key, keys: Option<&mut Keys>) -> Result<()> {
        let Some(function) = self.functions.get(self.current) else {
            return Ok(());
        };
        let id = function.id.clone();
        match key {
            Key::Execute => self.execute(&id).await,
            Key::Replay => self.replay(&id).await,
            Key::Edit => {
                let before = self.data().await?;
                let edited = match keys {
                    Some(keys) => keys.lent(edit::edit(&before)).await,
                    None => edit::edit(&before).await,
                };
                self.data = Some(edited?);
                self.execute(&id).await
            }
            Key::Import => self.import().await,
            Key::Help => self.say(&self.view.keys()),
            Key::Quit => Ok(()),
        }
    }

    async fn execute(&mut self, function: &str) -> Result<()> {
        let body = json!({ "data": self.data().await? });
        let path = ["functions", function, "executions"];
        self.client.send::<Value>(Method::POST, &path, &body).await?;
        Ok(())
    }

    /// The last execution once more, on the code of now.
    async fn replay(&mut self, function: &str) -> Result<()> {
        let Some(last) = self.last_run.clone() else {
            return self.note(
                function,
                "nothing was executed yet, so there is nothing to replay: Enter executes",
            );
        };
        let live: Function = self.client.get(&["functions", &last.function_id]).await?;
        let path = ["executions", &last.id, "replay"];
        let body = json!({ "tag": live.tag });
        let made: ExecutionRow = self.client.console_send(Method::POST, &path, &body).await?;
        if made.same_variables == Some(false) {
            self.note(
                function,
                "the variables of that execution are not known: this one has those that the function has now",
            )?;
        }
        Ok(())
    }

    async fn data(&self) -> Result<String> {
        match (&self.data, &self.last_run) {
            (Some(data), _) => Ok(data.clone()),
            (None, None) => Ok(String::new()),
            (None, Some(last)) => {
                let path = ["executions", last.id.as_str()];
                let execution: Option<Value> = or_missing(self.client.console_get(&path, &[]).await)?;
                let data = execution.as_ref().and_then(|it| it["data"].as_str());
                Ok(data.unwrap_or_default().to_owned())
            }
        }
    }

    async fn import(&mut self) -> Result<()> {
        while let Some(import) = self.imports.pop() {
            import.take(self.client).await?;
            let text = format!("the function has now from .env: {}", import.names());
            self.note(&import.function, &text)?;
        }
        Ok(())
    }

    fn index(&self, function: &str) -> Option<usize> {
        self.functions.iter().position(|followed| followed.id == function)
    }

    fn forget(&mut self, index: usize) {
        self.functions.remove(index);
        self.current = 0;
    }

    fn note(&mut self, function: &str, text: &str) -> Result<()> {
        let line = self.view.note(now_ms(), function, text);
        self.say(&line)
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.runs.interrupted();
        output::raw(text)
    }
}

/// An API key that may execute, to be shown in an example; none where no key may.
pub(super) async fn a_key(client: &Client) -> Result<Option<String>> {
    let list: Value = client.console_get(&["keys"], &[]).await?;
    let may_execute = |key: &&Value| {
        let scopes = key["scopes"].as_array();
        scopes.is_some_and(|scopes| scopes.iter().any(|scope| scope == NEEDED_SCOPE))
    };
    let id = list["keys"].as_array().into_iter().flatten().find(may_execute);
    let Some(id) = id.and_then(|key| key["id"].as_str()) else {
        return Ok(None);
    };
    let secret: Value = client.console_get(&["keys", id, "secret"], &[]).await?;
    Ok(secret["secret"].as_str().map(str::to_owned))
}

/// The newest executions of a function, oldest first.
async fn newest(client: &Client, function: &str, limit: u32) -> Result<Vec<ExecutionRow>> {
    let path = ["functions", function, "executions"];
    let mut page: ExecutionPage = client.console_get(&path, &[("limit", limit.to_string())]).await?;
    page.executions.reverse();
    Ok(page.executions)
}

async fn pressed(keys: Option<&mut Keys>) -> Key {
    match keys {
        Some(keys) => keys.next().await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn now_ms() -> i64 {
    SystemClock.now().millis()
}
