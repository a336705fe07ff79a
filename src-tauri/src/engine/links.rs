//! Links: folders of this machine whose code functions run, saved and live.
//!
//! Owns: making, ending and showing links, and what all of them share (the store of contents, the watcher). What becomes
//! of a change is `follow`'s.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drydock_code::content::Contents;
use drydock_code::folder::LeftOut;
use drydock_code::tree::Totals;
use drydock_code::watch::Watcher;
use drydock_core::activity::Noted;
use drydock_core::clock::Timestamp;
use drydock_core::function::Function;
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::link::{Link, MAX_FOLDER_LENGTH};
use drydock_core::tag::{Check, MAX_COMMAND_LENGTH};
use drydock_core::{Error, Result};
use drydock_store::WriteTx;
use drydock_store::table::{functions, links, tags};
use tokio::sync::{OnceCell, RwLock, watch};
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::news::{Change, Happened};

/// What links share.
#[derive(Debug)]
pub(super) struct Links {
    folder: PathBuf,
    contents: OnceCell<Contents>,
    pub(super) watcher: Watcher,
    /// Whether nothing becomes of saves for now.
    pub(super) paused: watch::Sender<bool>,
    followed: Mutex<HashMap<(ProjectId, FunctionId), Followed>>,
    /// Held by who keeps contents until a tag has them, and alone by who begins to look for those that nobody has.
    pub(super) keeping: RwLock<()>,
    /// Held while a link is stored and what follows it is changed, so that both are of the same one.
    changing: tokio::sync::Mutex<()>,
}

/// A link that is followed.
#[derive(Debug)]
struct Followed {
    state: LinkState,
    /// Whether the folder was lost or not readable and is not followed again yet.
    is_away: bool,
    stop: CancellationToken,
}

/// How it is with a link's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is looked at for the first time, and what it holds is made live.
    Starting,
    /// The system tells of changes.
    Watching,
    /// It is looked at again and again.
    Polling,
    /// It is not there.
    Missing,
    /// It cannot be read, or is too large.
    Unreadable,
}

/// What is known of a link's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkState {
    pub(crate) phase: Phase,
    /// What the user is to know: why it is polled, or cannot be read.
    pub(crate) notice: Option<String>,
    pub(crate) totals: Totals,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) last: Option<LastChange>,
}

/// What a change of a folder led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastChange {
    pub(crate) at: Timestamp,
    pub(crate) tag: TagId,
    /// Whether the new code is what executions run.
    pub(crate) is_live: bool,
    /// Against what was live before; a bounded number.
    pub(crate) files: Vec<ChangedFile>,
    pub(crate) file_count: usize,
    /// From the first sign of the change until it was live, or was not to be.
    pub(crate) took_ms: u64,
    pub(crate) check: Check,
}

/// A file that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    pub(crate) path: PathBuf,
    pub(crate) change: Change,
}

/// A link that somebody wants.
#[derive(Debug)]
pub(crate) struct NewLink {
    pub(crate) folder: String,
    /// Without one it is that of the function's active tag.
    pub(crate) command: Option<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) polling: bool,
}

impl LinkState {
    fn starting() -> Self {
        Self {
            phase: Phase::Starting,
            notice: None,
            totals: Totals::default(),
            left_out: Vec::new(),
            last: None,
        }
    }
}

impl Followed {
    /// What the activity is to tell of the state that was just reached.
    fn noted(&mut self, link: &Link) -> Option<Noted> {
        let folder = link.folder.clone();
        let is_away = match self.state.phase {
            Phase::Missing | Phase::Unreadable => true,
            Phase::Watching | Phase::Polling => false,
            Phase::Starting => return None,
        };
        if self.is_away == is_away {
            return None;
        }
        self.is_away = is_away;
        Some(match self.state.phase {
            Phase::Missing => Noted::FolderLost { folder },
            Phase::Unreadable => Noted::FolderUnreadable {
                folder,
                why: self.state.notice.clone().unwrap_or_default(),
            },
            _ => Noted::FolderBack { folder },
        })
    }
}

impl Links {
    /// Contents are kept in `folder`.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            watcher: Watcher::new(folder.clone()),
            paused: watch::Sender::new(false),
            folder,
            contents: OnceCell::new(),
            followed: Mutex::default(),
            keeping: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<(ProjectId, FunctionId), Followed>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Links a folder to a function, in place of the one it has. Its code is live soon after; the answer does not wait.
    ///
    /// # Errors
    /// `FunctionNotFound`; `InvalidParam` for a folder that is none or is ours, and where there is no command.
    pub(crate) async fn link(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        new: NewLink,
    ) -> Result<(Link, LinkState)> {
        let function = self.function(project, function).await?;
        let folder = self.checked_folder(new.folder).await?;
        let command = match new.command {
            Some(command) => command,
            None => self.active_command(&function).await?,
        };
        if command.trim().is_empty() || command.chars().count() > MAX_COMMAND_LENGTH {
            let rule = format!(
                "1 to {MAX_COMMAND_LENGTH} characters that start the function, such as node index.js"
            );
            return Err(Error::invalid("command", rule));
        }
        let link = Link {
            project: function.project.clone(),
            function: function.id.clone(),
            folder,
            command,
            ignore: new.ignore,
            polling: new.polling,
            tree: None,
            created_at: self.now(),
        };
        let (stored, book) = (link.clone(), self.notebook());
        let _changing = self.0.linked.changing.lock().await;
        self.0
            .store
            .write(move |tx| {
                functions::get(tx, &stored.project, &stored.function)?.ok_or(Error::FunctionNotFound)?;
                links::put(tx, &stored)?;
                let folder = stored.folder;
                book.note(
                    tx,
                    &stored.project,
                    Some(&stored.function),
                    Noted::Linked { folder },
                )
            })
            .await?;
        self.stop_following(&link.project, &link.function);
        let state = self.begin_to_follow(link.clone());
        self.tell_link(&link.project, &link.function);
        Ok((link, state))
    }

    /// Ends a link; the function's tags stay.
    ///
    /// # Errors
    /// `FunctionNotFound`, `NotFound` where it has none.
    pub(crate) async fn unlink(&self, project: &ProjectId, function: &FunctionId) -> Result<()> {
        let (row_project, row_function) = (project.clone(), function.clone());
        let book = self.notebook();
        let _changing = self.0.linked.changing.lock().await;
        self.0
            .store
            .write(move |tx| {
                functions::get(tx, &row_project, &row_function)?.ok_or(Error::FunctionNotFound)?;
                let link = links::get(tx, &row_project, &row_function)?;
                let folder = link
                    .ok_or(Error::NotFound("A folder linked to this function"))?
                    .folder;
                links::delete(tx, &row_project, &row_function)?;
                book.note(tx, &row_project, Some(&row_function), Noted::Unlinked { folder })
            })
            .await?;
        self.stop_following(project, function);
        self.has_loose_contents();
        self.tell_link(project, function);
        Ok(())
    }

    /// A function's link and how it is, if it has one.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn link_of(
        &self,
        project: &ProjectId,
        function: &FunctionId,
    ) -> Result<Option<(Link, LinkState)>> {
        let (row_project, row_function) = (project.clone(), function.clone());
        let link = self
            .0
            .store
            .read(move |tx| {
                functions::get(tx, &row_project, &row_function)?.ok_or(Error::FunctionNotFound)?;
                links::get(tx, &row_project, &row_function)
            })
            .await?;
        Ok(link.map(|link| {
            let state = self.state_of(&link);
            (link, state)
        }))
    }

    /// All links of a project.
    pub(crate) async fn links_of(&self, project: &ProjectId) -> Result<Vec<(Link, LinkState)>> {
        let links = self.0.store.read(links::all).await?;
        let of_it = links.into_iter().filter(|link| link.project == *project);
        Ok(of_it
            .map(|link| {
                let state = self.state_of(&link);
                (link, state)
            })
            .collect())
    }

    /// Opens the store of contents and follows every link there is.
    pub(super) async fn follow_all(&self) -> Result<()> {
        let folder = self.0.linked.folder.clone();
        let opened = tokio::task::spawn_blocking(move || Contents::open(folder))
            .await
            .map_err(|error| Error::internal(format!("opening the contents: {error}")))?
            .map_err(|error| Error::disk(error, "opening the contents of code"))?;
        // Nothing else sets it.
        let _ = self.0.linked.contents.set(opened);
        for link in self.0.store.read(links::all).await? {
            self.begin_to_follow(link);
        }
        Ok(())
    }

    /// Whether a function's folder is followed.
    pub(crate) fn is_followed(&self, project: &ProjectId, function: &FunctionId) -> bool {
        let key = (project.clone(), function.clone());
        self.0.linked.followed().contains_key(&key)
    }

    /// The contents of snapshots.
    #[expect(clippy::expect_used, reason = "the start opens it before anything can ask")]
    pub(super) fn contents(&self) -> &Contents {
        self.0
            .linked
            .contents
            .get()
            .expect("the contents are opened at the start")
    }

    /// Bytes of code that snapshots hold; each content counts once.
    pub(crate) fn contents_bytes(&self) -> u64 {
        self.0.linked.contents.get().map_or(0, Contents::size_bytes)
    }

    fn begin_to_follow(&self, link: Link) -> LinkState {
        let stop = self.0.draining.child_token();
        let state = LinkState::starting();
        let key = (link.project.clone(), link.function.clone());
        let followed = Followed {
            state: state.clone(),
            is_away: false,
            stop: stop.clone(),
        };
        if let Some(before) = self.0.linked.followed().insert(key, followed) {
            before.stop.cancel();
        }
        let engine = self.clone();
        self.0.tasks.spawn(async move { engine.follow(link, stop).await });
        state
    }

    /// To be called when a link or its function is gone.
    pub(super) fn stop_following(&self, project: &ProjectId, function: &FunctionId) {
        let key = (project.clone(), function.clone());
        if let Some(followed) = self.0.linked.followed().remove(&key) {
            followed.stop.cancel();
        }
    }

    /// Changes what is known of a link's folder, unless it is not followed any more, and tells it. That it is lost, or
    /// back, is noted too.
    pub(super) fn know(&self, link: &Link, stop: &CancellationToken, change: impl FnOnce(&mut LinkState)) {
        let noted = {
            let mut followed = self.0.linked.followed();
            let key = (link.project.clone(), link.function.clone());
            match followed.get_mut(&key) {
                // Another link of the same function has another token.
                Some(followed) if !stop.is_cancelled() => {
                    let before = followed.state.clone();
                    change(&mut followed.state);
                    // Who polls looks twice a second, and mostly there is nothing new.
                    if followed.state == before {
                        return;
                    }
                    followed.noted(link)
                }
                _ => return,
            }
        };
        self.tell_link(&link.project, &link.function);
        if let Some(noted) = noted {
            let (engine, project, function) = (self.clone(), link.project.clone(), link.function.clone());
            self.0
                .tasks
                .spawn(async move { engine.note_folder(&project, &function, noted).await });
        }
    }

    async fn note_folder(&self, project: &ProjectId, function: &FunctionId, noted: Noted) {
        let (row_project, row_function, book) = (project.clone(), function.clone(), self.notebook());
        let write = move |tx: &WriteTx<'_>| book.note(tx, &row_project, Some(&row_function), noted);
        match self.0.store.write(write).await {
            Ok(()) => self.tell_link(project, function),
            // Nothing depends on it, and the link itself shows it.
            Err(error) => tracing::warn!(
                error = format!("{error:?}"),
                "the activity of {function} misses that its folder came or went"
            ),
        }
    }

    fn state_of(&self, link: &Link) -> LinkState {
        let key = (link.project.clone(), link.function.clone());
        let followed = self.0.linked.followed();
        followed
            .get(&key)
            .map_or_else(LinkState::starting, |followed| followed.state.clone())
    }

    /// The folder with everything of ours, which is never anybody's code.
    pub(super) fn data_folder(&self) -> PathBuf {
        self.0
            .linked
            .folder
            .parent()
            .unwrap_or(&self.0.linked.folder)
            .to_owned()
    }

    fn tell_link(&self, project: &ProjectId, function: &FunctionId) {
        self.0.news.tell(Happened::Link {
            project: project.clone(),
            function: function.clone(),
        });
    }

    async fn active_command(&self, function: &Function) -> Result<String> {
        let rule = "needed as long as the function has no active tag, whose command would be used";
        let Some(active) = function.active_tag.clone() else {
            return Err(Error::invalid("command", rule));
        };
        let (project, id) = (function.project.clone(), function.id.clone());
        let tag = self
            .0
            .store
            .read(move |tx| tags::get(tx, &project, &id, &active))
            .await?;
        tag.map(|tag| tag.command)
            .ok_or_else(|| Error::invalid("command", rule))
    }

    async fn checked_folder(&self, folder: String) -> Result<String> {
        let refuse = |rule: String| Error::invalid("folder", rule);
        if folder.len() > MAX_FOLDER_LENGTH || folder.contains('\0') || !Path::new(&folder).is_absolute() {
            let rule = format!("an absolute path of at most {MAX_FOLDER_LENGTH} bytes");
            return Err(refuse(rule));
        }
        let (named, ours) = (PathBuf::from(&folder), self.data_folder());
        let look = move || -> std::io::Result<(PathBuf, PathBuf)> {
            let real = std::fs::canonicalize(&named)?;
            std::fs::read_dir(&real)?;
            Ok((real, std::fs::canonicalize(&ours).unwrap_or(ours)))
        };
        let found = tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| Error::internal(format!("looking at a folder: {error}")))?;
        match found {
            Err(error) => Err(refuse(format!("a folder that can be read: {error}"))),
            Ok((real, ours)) if real.starts_with(&ours) => {
                Err(refuse("a folder outside of Drydock's own data folder".to_owned()))
            }
            Ok((real, _)) if real.parent().is_none() => Err(refuse(
                "a folder with code, which the root of the machine is not".to_owned(),
            )),
            Ok(_) => Ok(folder),
        }
    }
}
