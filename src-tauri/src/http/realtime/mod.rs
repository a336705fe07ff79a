//! Realtime: a WebSocket on which clients hear of events as they happen (contract §9).
//!
//! Owns: who is let in (`opening`), the conversation (`socket`, `message`), who hears what (`hub`, `channels`, `places`), and where
//! events come from (`feed`, `people`). Must not: let one listener wait for another, or hold up the engine: who falls behind is
//! let go, and reads again when it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State};
use axum::response::Response;
use drydock_core::Error;
use tokio::sync::Mutex;

use self::hub::Hub;
use self::opening::Opening;
use self::people::People;
use crate::engine::Engine;
use crate::http::error::Result;
use crate::http::state::Shared;

mod channels;
mod feed;
mod hub;
mod message;
mod opening;
mod people;
mod places;
mod socket;

/// What is said where there is no such project, or no longer.
const NO_PROJECT: &str = "Missing or unknown project ID";

/// Longest message of a client: one shows a session, which is below 1 KB.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;
/// Of reading and of writing, for each connection; the library's own 128 KB would be 128 MB for all.
const BUFFER_BYTES: usize = 4 * 1024;

/// All connections, and what they are fed with.
#[derive(Debug)]
pub(super) struct Realtime {
    hub: Hub,
    /// Held from reading who somebody is until the hub knows: a change of roles comes before or after that, and is
    /// never lost between the two.
    people: Mutex<()>,
    is_fed: AtomicBool,
}

impl Realtime {
    /// Of a process that may have so many files open.
    pub(super) fn new(open_files: u64) -> Self {
        Self {
            hub: Hub::new(open_files),
            people: Mutex::default(),
            is_fed: AtomicBool::default(),
        }
    }

    /// Begins to listen to the engine's news, in the turn of whoever comes first: a server that nobody listens to saves
    /// itself the work.
    fn begin(self: &Arc<Self>, engine: &Engine) {
        if !self.is_fed.swap(true, Ordering::Relaxed) {
            let people = People::new(engine.now());
            let news = engine.listen();
            tokio::spawn(feed::feed(engine.clone(), Arc::clone(self), news, people));
        }
    }
}

/// Opens a connection. Who may not have one is told why on it, as browsers show a page nothing of an answer to an
/// upgrade.
pub(super) async fn open(
    State(shared): State<Shared>,
    upgrade: std::result::Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Result<Response> {
    let upgrade = upgrade.map_err(|_| Error::invalid("Upgrade", "must be websocket, version 13"))?;
    let opening = Opening::of(&request.into_parts().0);
    Ok(upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .on_upgrade(|socket| socket::serve(shared, opening, socket)))
}
