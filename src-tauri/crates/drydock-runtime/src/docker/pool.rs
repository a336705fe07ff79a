//! Which containers there are: those that wait for an execution and those that have one.
//!
//! Owns: the bookkeeping, with the bound over all of them. Must not: do any I/O. Whoever keeps a container that waits holds
//! the other end of its `W`, and ends it when that is dropped here. Those that run are never ended for others; when they
//! are many, fewer wait.

use crate::job::Blueprint;

/// How many wait for a tag that has been executed: two runs close to each other both find one. Before that one, so that
/// nothing holds up the first.
const WAIT_FOR_A_USED_ONE: usize = 2;

/// The number of a container in the pool.
pub(super) type Id = u64;

/// What came of a wish that containers wait for an owner.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// So many more do now.
    Added(usize),
    /// Something was discarded since the blueprint was looked up, so it may be an old one.
    Outdated,
}

/// The bookkeeping; `W` is by what a waiting container is asked for.
#[derive(Debug)]
pub(super) struct Pool<W> {
    max: usize,
    is_closed: bool,
    /// How often an owner's containers were discarded.
    changes: u64,
    last_id: Id,
    /// Goes on with each use, so that the least recent one is known.
    now: u64,
    places: Vec<Place<W>>,
}

#[derive(Debug)]
struct Place<W> {
    id: Id,
    owner: String,
    blueprint: Blueprint,
    used: u64,
    /// Whether a run of its owner has taken one before.
    is_of_a_used_one: bool,
    /// `None` of one that runs.
    waits: Option<W>,
}

impl<W> Pool<W> {
    /// At most `max` containers, beyond which none waits.
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            is_closed: false,
            changes: 0,
            last_id: 0,
            now: 0,
            places: Vec::new(),
        }
    }

    /// To be asked before a blueprint is looked up, and given to [`Self::want`] with it.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Has containers wait for `owner`, each made by who `new` told; those of another blueprint go. Those of the owner
    /// that was used least recently make room.
    pub(super) fn want(
        &mut self,
        owner: &str,
        blueprint: &Blueprint,
        seen: u64,
        mut new: impl FnMut(Id) -> W,
    ) -> Wanted {
        if self.is_closed {
            return Wanted::Added(0);
        }
        if self.changes != seen {
            return Wanted::Outdated;
        }
        self.now += 1;
        let now = self.now;
        self.places
            .retain(|place| place.waits.is_none() || place.owner != owner || place.blueprint == *blueprint);
        for place in self.places.iter_mut().filter(|place| place.owner == owner) {
            place.used = now;
        }
        let is_used = self
            .places
            .iter()
            .any(|place| place.owner == owner && place.blueprint == *blueprint && place.is_of_a_used_one);
        let wanted = if is_used { WAIT_FOR_A_USED_ONE } else { 1 };
        let mut added = 0;
        while self.waiting(owner) < wanted && self.makes_room(Some(owner)) {
            self.last_id += 1;
            let id = self.last_id;
            self.places.push(Place {
                id,
                owner: owner.to_owned(),
                blueprint: blueprint.clone(),
                used: now,
                is_of_a_used_one: is_used,
                waits: Some(new(id)),
            });
            added += 1;
        }
        Wanted::Added(added)
    }

    /// One that waits for exactly this, which from now on runs; the one that has waited longest.
    pub(super) fn take(&mut self, owner: &str, blueprint: &Blueprint) -> Option<(Id, W)> {
        self.now += 1;
        let now = self.now;
        let mut taken = None;
        for place in self.places.iter_mut().filter(|place| place.owner == owner) {
            place.used = now;
            if place.blueprint != *blueprint {
                continue;
            }
            place.is_of_a_used_one = true;
            if taken.is_none() {
                taken = place.waits.take().map(|waits| (place.id, waits));
            }
        }
        taken
    }

    /// One that is made for a run, whatever the bound; others make room as far as they wait.
    pub(super) fn enter(&mut self, owner: &str, blueprint: &Blueprint) -> Id {
        self.makes_room(None);
        self.now += 1;
        self.last_id += 1;
        self.places.push(Place {
            id: self.last_id,
            owner: owner.to_owned(),
            blueprint: blueprint.clone(),
            used: self.now,
            is_of_a_used_one: true,
            waits: None,
        });
        self.last_id
    }

    /// One is gone.
    pub(super) fn left(&mut self, id: Id) {
        self.places.retain(|place| place.id != id);
    }

    /// Ends those that wait for `owner`, whose blueprint has changed; whether there were some.
    pub(super) fn discard(&mut self, owner: &str) -> bool {
        self.changes += 1;
        let before = self.places.len();
        self.places
            .retain(|place| place.waits.is_none() || place.owner != owner);
        self.places.len() < before
    }

    /// Ends all that wait, now or for good.
    pub(super) fn empty(&mut self, for_good: bool) {
        self.is_closed |= for_good;
        self.changes += 1;
        self.places.retain(|place| place.waits.is_none());
    }

    /// How many wait, or are about to, and how many run.
    pub(super) fn counts(&self) -> (usize, usize) {
        let waiting = self.places.iter().filter(|place| place.waits.is_some()).count();
        (waiting, self.places.len() - waiting)
    }

    fn waiting(&self, owner: &str) -> usize {
        let waits = |place: &&Place<W>| place.waits.is_some() && place.owner == owner;
        self.places.iter().filter(waits).count()
    }

    /// Ends the one of the least recent use among those that wait, of other owners than `but`; whether there is room then.
    fn makes_room(&mut self, but: Option<&str>) -> bool {
        while self.places.len() >= self.max {
            let may_go = |place: &&Place<W>| place.waits.is_some() && but != Some(place.owner.as_str());
            let Some(oldest) = self
                .places
                .iter()
                .filter(may_go)
                .min_by_key(|place| place.used)
                .map(|place| place.id)
            else {
                return false;
            };
            self.left(oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use drydock_core::runtime::Runtime;

    use super::*;
    use crate::job::Backend;
    use crate::sandbox::{Limits, Network};

    fn blueprint(command: &str) -> Blueprint {
        Blueprint {
            runtime: Runtime::parse("runtime", "node-20.0").unwrap(),
            command: command.to_owned(),
            backend: Backend::Docker,
            code_dir: PathBuf::from("/code"),
            code_id: String::new(),
            variables: Vec::new(),
            limits: Limits::default(),
            network: Network::Full,
        }
    }

    /// A pool whose waiting containers are known by their numbers.
    fn pool(max: usize) -> Pool<Id> {
        Pool::new(max)
    }

    fn want(pool: &mut Pool<Id>, owner: &str) -> Wanted {
        let seen = pool.changes();
        pool.want(owner, &blueprint("a"), seen, |id| id)
    }

    #[test]
    fn one_waits_for_a_new_tag_and_two_for_one_that_is_used() {
        let mut pool = pool(10);
        assert_eq!(want(&mut pool, "f"), Wanted::Added(1));
        assert_eq!(want(&mut pool, "f"), Wanted::Added(0));
        assert_eq!(pool.take("f", &blueprint("a")), Some((1, 1)));
        assert_eq!(want(&mut pool, "f"), Wanted::Added(2));
        assert_eq!(pool.counts(), (2, 1));
        pool.left(1);
        assert_eq!(pool.counts(), (2, 0));
        // Of a new tag one again.
        let seen = pool.changes();
        pool.want("f", &blueprint("b"), seen, |id| id);
        assert_eq!(pool.counts(), (1, 0));
    }

    #[test]
    fn one_of_another_blueprint_is_never_taken_and_goes_when_the_new_one_is_wanted() {
        let mut pool = pool(10);
        want(&mut pool, "f");
        assert_eq!(pool.take("f", &blueprint("b")), None);
        assert_eq!(pool.take("g", &blueprint("a")), None);
        let seen = pool.changes();
        assert_eq!(pool.want("f", &blueprint("b"), seen, |id| id), Wanted::Added(1));
        assert_eq!(pool.take("f", &blueprint("a")), None);
        assert!(pool.take("f", &blueprint("b")).is_some());
    }

    #[test]
    fn over_the_bound_the_least_recently_used_goes_and_what_runs_stays() {
        let mut pool = pool(2);
        want(&mut pool, "old");
        want(&mut pool, "new");
        assert_eq!(pool.take("old", &blueprint("a")), Some((1, 1)));
        // The old one runs now, so the new one's makes room for a third.
        assert_eq!(want(&mut pool, "third"), Wanted::Added(1));
        assert_eq!(pool.take("new", &blueprint("a")), None);
        let taken = pool.take("third", &blueprint("a"));
        assert!(taken.is_some());
        // Both run: nothing can wait, but another run is not held up.
        assert_eq!(want(&mut pool, "new"), Wanted::Added(0));
        pool.enter("new", &blueprint("a"));
        assert_eq!(pool.counts(), (0, 3));
    }

    #[test]
    fn after_a_change_an_old_look_counts_no_more() {
        let mut pool = pool(10);
        want(&mut pool, "f");
        let seen = pool.changes();
        assert!(pool.discard("f"));
        assert!(!pool.discard("f"));
        assert_eq!(pool.want("f", &blueprint("a"), seen, |id| id), Wanted::Outdated);
    }

    #[test]
    fn a_closed_pool_has_nothing_wait() {
        let mut pool = pool(10);
        want(&mut pool, "f");
        pool.empty(true);
        assert_eq!(pool.counts(), (0, 0));
        assert_eq!(want(&mut pool, "f"), Wanted::Added(0));
    }
}
