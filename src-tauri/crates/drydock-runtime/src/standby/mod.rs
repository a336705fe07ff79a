//! Standby: for functions that are used, one process each whose interpreter is started ahead.
//!
//! Owns: who stands by and until when, within bounds of number, memory and time, and how often it helped. One
//! process is kept for each owner (a name that the caller chooses), used once, and only for a run of exactly the
//! blueprint it was started from. Must not: know queues or the database; who changes what an owner runs says so
//! with [`Pool::discard`]. `preload` says how each language is made to wait.

mod keep;
pub(crate) mod preload;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::job::Blueprint;
use crate::process::Standby;
pub(crate) use keep::Keeper;

/// Owners whose command cannot stand by are remembered, so that it is not tried at every run: so many, which is
/// more than anybody works on at once and some 100 kB.
const MAX_UNFIT: usize = 256;

/// How much may stand by.
#[derive(Debug, Clone)]
pub struct StandbySettings {
    /// Processes at once; 0 is none.
    pub max_processes: usize,
    /// Memory that they have of their own, all together.
    pub max_memory_bytes: u64,
    /// How long one waits for its execution.
    pub idle: Duration,
    /// Where the files are written that make interpreters wait.
    pub preloads: PathBuf,
}

impl StandbySettings {
    /// None at all.
    pub fn off() -> Self {
        Self {
            max_processes: 0,
            max_memory_bytes: 0,
            idle: Duration::ZERO,
            preloads: PathBuf::new(),
        }
    }
}

/// What stands by and how often it helped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StandbyCounts {
    /// Processes that stand by, or are about to.
    pub processes: usize,
    /// The memory that they have of their own.
    pub memory_bytes: u64,
    /// Runs that one of them took, since the start.
    pub hits: u64,
    /// Runs that one could have taken, had it been there.
    pub misses: u64,
}

/// Asks a keeper for its process.
type Wish = oneshot::Sender<Standby>;

/// The bookkeeping.
#[derive(Debug)]
pub(crate) struct Pool {
    settings: StandbySettings,
    state: Mutex<State>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// How often an owner's process was discarded.
    changes: u64,
    last_id: u64,
    entries: HashMap<String, Entry>,
    unfit: HashMap<String, Blueprint>,
}

/// One that stands by. Its keeper ends it when this goes.
#[derive(Debug)]
struct Entry {
    id: u64,
    blueprint: Blueprint,
    since: Instant,
    memory_bytes: u64,
    wish: oneshot::Sender<Wish>,
}

/// A place in the pool whose process is to be started.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) owner: String,
    pub(crate) id: u64,
    pub(crate) blueprint: Blueprint,
    wished: oneshot::Receiver<Wish>,
}

/// What came of a wish that an owner have one.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// One is to be started.
    Start(Place),
    /// It has one, or cannot have one.
    Settled,
    /// Something was discarded since the blueprint was looked up, so it may be an old one.
    Outdated,
}

impl Pool {
    /// `settings` with 0 processes is a pool that stays empty.
    pub(crate) fn new(settings: StandbySettings) -> Self {
        Self {
            settings,
            state: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    pub(crate) fn settings(&self) -> &StandbySettings {
        &self.settings
    }

    pub(crate) fn is_on(&self) -> bool {
        self.settings.max_processes > 0
    }

    /// To be asked before a blueprint is looked up, and given to [`Self::want`] with it.
    pub(crate) fn changes(&self) -> u64 {
        self.state().changes
    }

    /// Takes a place for a process of `owner`, unless it has one; the one that has waited longest makes room.
    pub(crate) fn want(&self, owner: &str, blueprint: Blueprint, seen: u64) -> Wanted {
        let mut state = self.state();
        if state.closed || !self.is_on() {
            return Wanted::Settled;
        }
        if state.changes != seen {
            return Wanted::Outdated;
        }
        if let Some(entry) = state.entries.get_mut(owner)
            && entry.blueprint == blueprint
        {
            entry.since = Instant::now();
            return Wanted::Settled;
        }
        if state.unfit.get(owner) == Some(&blueprint) {
            return Wanted::Settled;
        }
        state.entries.remove(owner);
        while state.entries.len() >= self.settings.max_processes {
            state.drop_oldest();
        }
        let (wish, wished) = oneshot::channel();
        state.last_id += 1;
        let id = state.last_id;
        let entry = Entry {
            id,
            blueprint: blueprint.clone(),
            since: Instant::now(),
            memory_bytes: 0,
            wish,
        };
        state.entries.insert(owner.to_owned(), entry);
        Wanted::Start(Place {
            owner: owner.to_owned(),
            id,
            blueprint,
            wished,
        })
    }

    /// The process that stands by for exactly this, which then is the caller's.
    pub(crate) async fn take(&self, owner: &str, blueprint: &Blueprint) -> Option<Standby> {
        let entry = {
            let mut state = self.state();
            if state.entries.get(owner)?.blueprint != *blueprint {
                return None;
            }
            state.entries.remove(owner)?
        };
        let (wish, granted) = oneshot::channel();
        entry.wish.send(wish).ok()?;
        granted.await.ok()
    }

    /// Ends what stands by for `owner`, whose blueprint has changed; whether there was something.
    pub(crate) fn discard(&self, owner: &str) -> bool {
        let mut state = self.state();
        state.changes += 1;
        state.unfit.remove(owner);
        state.entries.remove(owner).is_some()
    }

    /// Ends all, for good.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.entries.clear();
    }

    /// A run that one took, or could have taken.
    pub(crate) fn count(&self, hit: bool) {
        let counter = if hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> StandbyCounts {
        let state = self.state();
        StandbyCounts {
            processes: state.entries.len(),
            memory_bytes: state.memory_bytes(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }

    /// One stands by now, with so much memory: the bound may cost the one that has waited longest its place.
    fn stands_by(&self, place: &Place, memory_bytes: u64) {
        let mut state = self.state();
        if memory_bytes > self.settings.max_memory_bytes {
            tracing::info!(
                owner = place.owner,
                memory_bytes,
                limit = self.settings.max_memory_bytes,
                "a function's process alone is over standby.max_memory_bytes, so none stands by for it"
            );
            state.unfit(place);
            return;
        }
        if let Some(entry) = state.of(place) {
            entry.memory_bytes = memory_bytes;
        }
        while state.memory_bytes() > self.settings.max_memory_bytes {
            state.drop_oldest();
        }
    }

    /// It cannot stand by.
    fn cannot(&self, place: &Place) {
        self.state().unfit(place);
    }

    /// It is no more.
    fn is_gone(&self, place: &Place) {
        let mut state = self.state();
        if state.of(place).is_some() {
            state.entries.remove(&place.owner);
        }
    }

    /// Until when it may wait, if it still has its place.
    fn deadline(&self, place: &Place) -> Option<Instant> {
        let mut state = self.state();
        state.of(place).map(|entry| entry.since + self.settings.idle)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Bookkeeping without panics in between: a poisoned lock holds a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(&mut self, place: &Place) -> Option<&mut Entry> {
        self.entries
            .get_mut(&place.owner)
            .filter(|entry| entry.id == place.id)
    }

    fn memory_bytes(&self) -> u64 {
        self.entries.values().map(|entry| entry.memory_bytes).sum()
    }

    fn drop_oldest(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.since);
        if let Some(owner) = oldest.map(|(owner, _)| owner.clone()) {
            self.entries.remove(&owner);
        }
    }

    fn unfit(&mut self, place: &Place) {
        if self.of(place).is_none() {
            return;
        }
        self.entries.remove(&place.owner);
        if self.unfit.len() >= MAX_UNFIT {
            self.unfit.clear();
        }
        self.unfit.insert(place.owner.clone(), place.blueprint.clone());
    }
}
