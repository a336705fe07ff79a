//! Rate limits: how often a caller may use a route, counted in memory; a restart begins anew.

use std::sync::{Mutex, PoisonError};

use drydock_core::limit::{Key, Limit, Standing, Windows};

use super::Engine;
use crate::secrets;

/// The windows of every limited route.
#[derive(Debug, Default)]
pub(super) struct RateWindows(Mutex<Windows>);

impl Engine {
    /// Counts a call under each of its keys and answers the tightest standing; `None` where limits are off or
    /// there is no key. A call that is one too many under one key is not counted under those after it.
    pub(crate) fn count_call(&self, keys: &[String], limit: Limit) -> Option<Standing> {
        if !self.0.limits.rate_limits {
            return None;
        }
        let now_secs = self.now().secs();
        let mut windows = self
            .0
            .rate_windows
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut tightest: Option<Standing> = None;
        for key in keys {
            let standing = windows.count(hashed(key), limit, now_secs);
            if tightest.is_none_or(|one| standing.remaining < one.remaining || standing.exceeded) {
                tightest = Some(standing);
            }
            if standing.exceeded {
                break;
            }
        }
        tightest
    }

    /// How a caller stands whom the limit does not count; `None` where limits are off.
    pub(crate) fn uncounted(&self, limit: Limit) -> Option<Standing> {
        self.0.limits.rate_limits.then(|| Standing {
            limit: limit.calls,
            remaining: limit.calls,
            reset_secs: self.now().secs() + limit.window_secs,
            exceeded: false,
        })
    }
}

fn hashed(key: &str) -> Key {
    let mut short = Key::default();
    let length = short.len();
    short.copy_from_slice(&secrets::hash(key)[..length]);
    short
}
