//! What `dev` tells while it stays: the links, their saves, executions, and what the user does by key.

use std::sync::{Arc, PoisonError};

use anyhow::{Result, bail};
use drydock_core::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

use super::edit;
use super::feed::{Feed, Gone};
use super::imports::EnvFile;
use super::keys::{Key, Keys};
use super::runs::Runs;
use super::view::View;
use super::{Common, put};
use crate::cli::client::{Client, or_missing};
use crate::cli::linking::LinkedFolder;
use crate::cli::wire::{Change, ExecutionRow, Function, LastChange, LeftOut, LinkRow, StreamEvent};
use crate::cli::{exec, output};

/// A look without news, for what was missed or takes long.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Executions looked at after news was missed: the most that a page has.
const LOOKED_AT: u32 = 100;

/// What a key needs to call a function.
const NEEDED_SCOPE: &str = "execution.write";

/// What is told, and what was told already.
pub(super) struct Session {
    client: Arc<Client>,
    view: View,
    functions: Vec<Followed>,
    runs: Runs,
    began_ms: i64,
    /// The function that keys are about: the one that was saved or executed last.
    current: usize,
    /// What a save executes its function with, as the user wrote it.
    on_save: Option<String>,
    common: Arc<Common>,
}

/// A function whose folder is followed.
struct Followed {
    id: String,
    folder: String,
    state: String,
    notice: Option<String>,
    left_out: Vec<LeftOut>,
    /// The change that was told last: its tag and when.
    told: Option<(String, i64)>,
    last_run: Option<ExecutionRow>,
    /// What it is executed with by key; as long as nobody said, that of the last execution.
    data: Option<String>,
    env_file: EnvFile,
}

impl Followed {
    async fn of(client: &Client, row: &LinkRow) -> Result<Self> {
        Ok(Self {
            id: row.function_id.clone(),
            folder: row.folder.clone(),
            state: "starting".to_owned(),
            notice: None,
            left_out: Vec::new(),
            told: None,
            last_run: client.newest_executions(&row.function_id, 1).await?.pop(),
            data: None,
            env_file: EnvFile::of(&row.function_id, &row.folder),
        })
    }
}

impl Session {
    /// Begins with what is there.
    pub(super) async fn new(
        client: Arc<Client>,
        view: View,
        linked: &LinkedFolder,
        on_save: Option<String>,
        common: Arc<Common>,
    ) -> Result<Self> {
        let mut functions = Vec::new();
        for linked in &linked.functions {
            functions.push(Followed::of(&client, &linked.row).await?);
        }
        Ok(Self {
            client,
            view,
            functions,
            runs: Runs::default(),
            began_ms: now_ms(),
            current: 0,
            on_save,
            common,
        })
    }

    /// Says which variables of `.env` files the functions lack, or takes them over where that was asked for.
    ///
    /// # Errors
    /// Where they were to be taken over and cannot be.
    pub(super) async fn offer_variables(
        &mut self,
        linked: &LinkedFolder,
        is_asked: bool,
        has_keys: bool,
    ) -> Result<()> {
        if is_asked {
            return self.import().await;
        }
        let mend = if has_keys {
            "i takes them over"
        } else {
            "--import-env takes them over"
        };
        for (index, linked) in linked.functions.iter().enumerate() {
            let id = &linked.row.function_id;
            match self.functions[index].env_file.new_for(&linked.function) {
                Ok(vars) if vars.is_empty() => {}
                Ok(vars) => {
                    let names: Vec<_> = vars.keys().map(String::as_str).collect();
                    let names = names.join(", ");
                    let text =
                        format!(".env has variables that the function has not, or others: {names}; {mend}");
                    self.note(id, &text)?;
                }
                Err(error) => self.note(id, &format!("{error:#}"))?,
            }
        }
        Ok(())
    }

    /// Tells what happens until the user has enough.
    ///
    /// # Errors
    /// When the server goes away, nobody reads any more, or nothing is linked any more.
    pub(super) async fn run(&mut self, mut feed: Feed, mut keys: Option<Keys>) -> Result<()> {
        let mut again = interval(LOOK_AGAIN);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                event = feed.next() => match event {
                    Ok(event) => self.heard(event).await,
                    Err(error) => Err(error),
                },
                key = pressed(keys.as_mut()) => match key {
                    Key::Quit => return Ok(()),
                    key => self.obey(key, keys.as_mut()).await,
                },
                _ = again.tick() => self.look().await,
                () = at(self.runs.due()) => self.runs.tell_due(&self.client, self.view).await,
            };
            if let Err(error) = done {
                if output::is_closed_pipe(&error) || error.is::<Gone>() {
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
            StreamEvent::Log { execution_id } => {
                self.runs.wrote(&self.client, self.view, &execution_id).await
            }
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
        let last = &mut self.functions[index].last_run;
        if last
            .as_ref()
            .is_none_or(|last| last.id == row.id || last.queued_at_ms <= row.queued_at_ms)
        {
            *last = Some(row.clone());
        }
        self.runs.heard(&self.client, self.view, row).await
    }

    /// What has become of a link since it was told of last.
    async fn look_at_link(&mut self, index: usize) -> Result<()> {
        let id = self.functions[index].id.clone();
        let Some(row) = or_missing(self.client.link(&id).await)?.flatten() else {
            self.note(&id, &format!("the folder of the function {id} was unlinked"))?;
            self.forget(index);
            return Ok(());
        };
        if row.folder != self.functions[index].folder {
            self.note(
                &id,
                &format!(
                    "the function {id} is linked to {} now, and no more to this folder",
                    row.folder
                ),
            )?;
            self.forget(index);
            return Ok(());
        }
        // Until its first look is over there is nothing to say.
        if row.state == "starting" && row.notice.is_none() {
            return Ok(());
        }
        let mut text = String::new();
        let followed = &mut self.functions[index];
        let is_first = followed.state == "starting";
        if (&followed.state, &followed.notice) != (&row.state, &row.notice) {
            text.push_str(&self.view.state(now_ms(), &row));
        }
        if followed.left_out != row.left_out {
            text.push_str(&self.view.left_out(&row));
        }
        let last = row.last.as_ref();
        let news = last.filter(|last| followed.told.as_ref() != Some(&(last.tag_id.clone(), last.at_ms)));
        // What was live before we came is no news.
        let is_old = |last: &LastChange| is_first && last.is_live() && last.at_ms < self.began_ms;
        if let Some(last) = news {
            if !is_old(last) {
                text.push_str(&self.view.change(&id, last));
            }
            followed.told = Some((last.tag_id.clone(), last.at_ms));
            self.current = index;
        }
        let is_live_now = news.is_some_and(LastChange::is_live);
        let was_live = is_first && last.is_none() && row.files > 0;
        followed.state = row.state;
        followed.notice = row.notice;
        followed.left_out = row.left_out;
        if !text.is_empty() {
            self.say(&text)?;
        }
        if let Some(data) = self.on_save.clone().filter(|_| is_live_now || was_live) {
            let data = exec::read_data(&data)?;
            self.execute(&id, &data).await?;
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
        self.runs.look(self.view)
    }

    async fn look_at_all(&mut self) -> Result<()> {
        // From the end: one that is gone is forgotten.
        for index in (0..self.functions.len()).rev() {
            let id = self.functions[index].id.clone();
            self.look_at_link(index).await?;
            for row in self.client.newest_executions(&id, LOOKED_AT).await? {
                self.executed(row).await?;
            }
        }
        self.runs.look_again(&self.client, self.view).await
    }

    async fn obey(&mut self, key: Key, keys: Option<&mut Keys>) -> Result<()> {
        let Some(function) = self.functions.get(self.current) else {
            return Ok(());
        };
        let id = function.id.clone();
        match key {
            Key::Execute => {
                let data = self.data().await?;
                self.execute(&id, &data).await
            }
            Key::Replay => self.replay().await,
            Key::Edit => {
                let before = self.data().await?;
                let editing = self.common.turn.of_editor(edit::edit(&before));
                let edited = match keys {
                    Some(keys) => keys.lent(editing).await?,
                    None => editing.await?,
                };
                self.execute(&id, &edited).await?;
                if let Some(index) = self.index(&id) {
                    self.functions[index].data = Some(edited);
                }
                Ok(())
            }
            Key::Import => self.import().await,
            Key::Help => self.say(&self.view.keys()),
            Key::Quit => Ok(()),
        }
    }

    async fn execute(&mut self, function: &str, data: &str) -> Result<()> {
        let path = ["functions", function, "executions"];
        let body = json!({ "data": data });
        self.client.send::<Value>(Method::POST, &path, &body).await?;
        Ok(())
    }

    /// The last execution once more, on the code of now.
    async fn replay(&mut self) -> Result<()> {
        let function = &self.functions[self.current];
        let (id, last) = (function.id.clone(), function.last_run.clone());
        let Some(last) = last else {
            return self.note(
                &id,
                "nothing was executed yet, so there is nothing to replay: Enter executes",
            );
        };
        let live: Function = self.client.get(&["functions", &id]).await?;
        let made = self.client.replay(&last.id, Some(&live.tag)).await?;
        if made.same_variables == Some(false) {
            self.note(
                &id,
                "the variables of that execution are not known: this one has those that the function has now",
            )?;
        }
        Ok(())
    }

    /// What the current function is executed with.
    async fn data(&self) -> Result<String> {
        let function = &self.functions[self.current];
        match (&function.data, &self.on_save, &function.last_run) {
            (Some(data), ..) => Ok(data.clone()),
            (None, Some(data), _) => exec::read_data(data),
            (None, None, None) => Ok(String::new()),
            (None, None, Some(last)) => {
                let path = ["executions", last.id.as_str()];
                let execution: Option<Value> = or_missing(self.client.console_get(&path, &[]).await)?;
                let data = execution.as_ref().and_then(|it| it["data"].as_str());
                Ok(data.unwrap_or_default().to_owned())
            }
        }
    }

    async fn import(&mut self) -> Result<()> {
        let mut taken = Vec::new();
        for followed in &self.functions {
            let names = followed.env_file.import(&self.client).await?;
            if !names.is_empty() {
                taken.push((followed.id.clone(), names.join(", ")));
            }
        }
        if taken.is_empty() {
            let text = "there is nothing in .env that the function has not";
            return self.note(&self.functions[self.current].id.clone(), text);
        }
        for (id, names) in taken {
            self.note(&id, &format!("the function has now from .env: {names}"))?;
        }
        Ok(())
    }

    fn index(&self, function: &str) -> Option<usize> {
        self.functions.iter().position(|followed| followed.id == function)
    }

    fn forget(&mut self, index: usize) {
        let gone = self.functions.remove(index);
        self.current = 0;
        let mut linked = self.common.linked.lock().unwrap_or_else(PoisonError::into_inner);
        linked.retain(|id| *id != gone.id);
    }

    fn note(&mut self, function: &str, text: &str) -> Result<()> {
        let line = self.view.note(now_ms(), function, text);
        self.say(&line)
    }

    fn say(&mut self, text: &str) -> Result<()> {
        self.runs.interrupted();
        put(text)
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
