//! The console's door: one-time links, and the sessions of the machine's owner that they open.
//!
//! A session has two secrets. The token is a cookie, which a browser sends to every port of this machine's
//! name; the proof is kept by the page in storage of its exact origin. Only both together open anything.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use drydock_core::clock::Timestamp;
use drydock_core::id::random_hex;
use drydock_core::{Error, Result};
use drydock_store::table::console_sessions;
use tokio::sync::watch;

use super::Engine;
use crate::secrets;

/// How long a one-time link to the console can be used.
const CONSOLE_LINK_TTL: Duration = Duration::from_secs(10 * 60);
/// How long a console session lasts: a month of not having to ask for a link again.
pub(crate) const CONSOLE_SESSION_SECS: i64 = 30 * 24 * 60 * 60;
/// Unused links kept; the oldest goes first. More than a person opens in ten minutes.
const MAX_LINKS: usize = 100;
/// Random bytes of links and of both secrets of a session.
const TOKEN_BYTES: usize = 32;

/// The secrets of a new console session.
pub(crate) struct ConsoleSession {
    /// For the cookie.
    pub(crate) token: String,
    /// For the page.
    pub(crate) proof: String,
}

/// One-time links that have not been used: hashes of their tokens, and until when.
#[derive(Debug, Default)]
pub(super) struct ConsoleLinks(Mutex<HashMap<[u8; 32], Instant>>);

impl ConsoleLinks {
    fn add(&self, token: &str, now: Instant) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, expires_at| *expires_at > now);
        if links.len() >= MAX_LINKS
            && let Some(oldest) = links
                .iter()
                .min_by_key(|(_, expires_at)| **expires_at)
                .map(|(hash, _)| *hash)
        {
            links.remove(&oldest);
        }
        links.insert(secrets::hash(token), now + CONSOLE_LINK_TTL);
    }

    /// Whether the token opens the console; it does so once.
    fn spend(&self, token: &str, now: Instant) -> bool {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links
            .remove(&secrets::hash(token))
            .is_some_and(|expires_at| expires_at > now)
    }
}

impl Engine {
    /// A fresh one-time token that opens the console, and until when it does.
    pub(crate) fn console_link_token(&self) -> (String, Timestamp) {
        let token = random_hex(TOKEN_BYTES);
        self.0.links.add(&token, Instant::now());
        (
            token,
            Timestamp(self.now().millis() + CONSOLE_LINK_TTL.as_millis() as i64),
        )
    }

    /// Spends a one-time token for a console session.
    ///
    /// # Errors
    /// `ConsoleLinkSpent`.
    pub(crate) async fn open_console(&self, token: &str) -> Result<ConsoleSession> {
        if !self.0.links.spend(token, Instant::now()) {
            return Err(Error::ConsoleLinkSpent);
        }
        let session = ConsoleSession {
            token: random_hex(TOKEN_BYTES),
            proof: random_hex(TOKEN_BYTES),
        };
        let (token, proof) = (secrets::hash(&session.token), secrets::hash(&session.proof));
        let now = self.now();
        let expires_at = Timestamp(now.millis() + CONSOLE_SESSION_SECS * 1000);
        self.0
            .store
            .write(move |tx| console_sessions::insert(tx, &token, &proof, now, expires_at))
            .await?;
        Ok(session)
    }

    /// Whether one of the tokens and the proof are the two secrets of an open console session.
    pub(crate) async fn is_console_session(&self, tokens: Vec<String>, proof: &str) -> Result<bool> {
        let (proof, now) = (secrets::hash(proof), self.now());
        self.0
            .store
            .read(move |tx| {
                for token in tokens {
                    if console_sessions::is_open(tx, &secrets::hash(&token), &proof, now)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    /// Ends a console session.
    pub(crate) async fn close_console(&self, token: &str) -> Result<()> {
        let token = secrets::hash(token);
        self.0
            .store
            .write(move |tx| console_sessions::delete(tx, &token))
            .await?;
        self.0.console_closed.send_replace(());
        Ok(())
    }

    /// Changes whenever a console session was ended by its owner.
    pub(crate) fn console_closed(&self) -> watch::Receiver<()> {
        self.0.console_closed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_once_and_not_after_ten_minutes() {
        let links = ConsoleLinks::default();
        let now = Instant::now();
        links.add("a", now);
        assert!(links.spend("a", now));
        assert!(!links.spend("a", now));
        assert!(!links.spend("never made", now));
        links.add("b", now);
        assert!(!links.spend("b", now + CONSOLE_LINK_TTL));
    }

    #[test]
    fn the_oldest_link_goes_when_there_are_too_many() {
        let links = ConsoleLinks::default();
        let now = Instant::now();
        for number in 0..=MAX_LINKS {
            links.add(&number.to_string(), now + Duration::from_millis(number as u64));
        }
        assert!(!links.spend("0", now));
        assert!(links.spend("1", now));
    }
}
