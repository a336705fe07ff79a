//! A function whose code is a linked folder, and saves in that folder.
//!
//! Owns: linking, saving as editors do, and asking what is live. The function prints the marker of its last save. Must
//! not: measure.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::functions::execute;
use crate::http::{Connection, request};
use crate::live::Live;
use crate::server::Server;

/// The one function.
pub(crate) const NAME: &str = "linked";
const FILE: &str = "index.js";

/// Between two questions whether something is live.
const PAUSE: Duration = Duration::from_millis(2);
/// However slow the machine, a save is live by then.
const LIMIT: Duration = Duration::from_secs(120);

/// How a save is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Save {
    /// Into the file that is there.
    InPlace,
    /// Into another, which takes the file's place.
    Renamed,
}

impl Save {
    /// One after the other in turns.
    pub(crate) const fn in_turn(number: usize) -> Self {
        if number.is_multiple_of(2) {
            Self::InPlace
        } else {
            Self::Renamed
        }
    }
}

/// The function and its folder.
pub(crate) struct Linked<'a> {
    server: &'a Server<'a>,
    folder: PathBuf,
    connection: Connection,
    marker: u64,
    /// The tag that was live when last asked.
    tag: String,
}

impl<'a> Linked<'a> {
    /// Makes the function and links the folder, which holds everything but the file that prints; answers how long it took
    /// until its code was live.
    pub(crate) async fn new(server: &'a Server<'a>, folder: &Path) -> Result<(Self, Duration)> {
        server.create_function(NAME, "node-20.0").await?;
        let mut linked = Self {
            server,
            folder: folder.to_owned(),
            connection: server.connect().await?,
            marker: 0,
            tag: String::new(),
        };
        fs::write(folder.join(FILE), text(0))?;
        let body = json!({ "folder": folder, "command": format!("node {FILE}") });
        let begun = Instant::now();
        linked.ask("PUT", "link", Some(&body), 200).await?;
        linked.live().await?;
        Ok((linked, begun.elapsed()))
    }

    /// Saves the next marker; answers which.
    pub(crate) fn save(&mut self, save: Save) -> Result<u64> {
        self.marker += 1;
        let file = self.folder.join(FILE);
        match save {
            Save::InPlace => fs::write(file, text(self.marker))?,
            Save::Renamed => {
                let draft = self.folder.join("index.js.new");
                fs::write(&draft, text(self.marker))?;
                fs::rename(draft, file)?;
            }
        }
        Ok(self.marker)
    }

    /// Waits until another tag is live than the last time.
    pub(crate) async fn live(&mut self) -> Result<Instant> {
        let limit = Instant::now() + LIMIT;
        loop {
            let link = self.ask("GET", "link", None, 200).await?;
            let last = &link["link"]["last"];
            let tag = last["tagId"].as_str().unwrap_or_default();
            if !tag.is_empty() && tag != self.tag {
                ensure!(last["outcome"] == "active", "not live: {link}");
                tag.clone_into(&mut self.tag);
                return Ok(Instant::now());
            }
            ensure!(Instant::now() < limit, "nothing becomes live: {link}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Has the live tag stay.
    pub(crate) async fn pin(&mut self) -> Result<()> {
        let path = format!("tags/{}", self.tag);
        self.ask("PATCH", &path, Some(&json!({ "pinned": true })), 200)
            .await
            .map(drop)
    }

    /// Executes until the marker is printed; answers when the end of that execution was read.
    pub(crate) async fn printed(&mut self, marker: u64, live: &mut Live) -> Result<Instant> {
        let limit = Instant::now() + LIMIT;
        loop {
            let id = self.execute().await?;
            let ended = live.completed(&id).await?;
            match self.marker_of(&id).await? {
                Some(printed) if printed == marker => return Ok(ended),
                Some(printed) if printed + 1 == marker => {}
                printed => bail!("printed {printed:?} and not {marker}"),
            }
            ensure!(Instant::now() < limit, "{marker} is never printed");
        }
    }

    /// Sends one execution; answers its id.
    pub(crate) async fn execute(&mut self) -> Result<String> {
        execute(&mut self.connection, &self.server.execute(NAME, "")?).await
    }

    /// What an ended execution printed; `None` where it failed.
    pub(crate) async fn marker_of(&mut self, execution: &str) -> Result<Option<u64>> {
        let path = format!("/v1/functions/{NAME}/executions/{execution}");
        let answer = self
            .connection
            .exchange(&self.server.get(&path)?)
            .await?
            .json(200)?;
        let printed = answer["stdout"].as_str().unwrap_or_default().trim();
        Ok(printed
            .strip_prefix("marker ")
            .and_then(|number| number.parse().ok()))
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>, status: u16) -> Result<Value> {
        let path = format!("/console/api/projects/default/functions/{NAME}/{path}");
        let request = request(method, &path, &self.server.admin()?, body);
        let answer = self.connection.exchange(&request).await?;
        answer.json(status).with_context(|| format!("{method} {path}"))
    }
}

fn text(marker: u64) -> String {
    format!("console.log('marker {marker}');\n")
}
