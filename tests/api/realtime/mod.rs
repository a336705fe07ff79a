//! Contract §9: realtime over a real WebSocket.
//!
//! That something is *not* told is seen by what is told after it: the order of events is kept.

mod events;
mod hostile;
mod messages;
mod opening;
mod people;

use drydock_tests::{Deployed, Dock, Draft};

/// A function that everybody who is signed in may execute.
async fn function_for_all(dock: &Dock) -> Deployed {
    dock.key()
        .deploy(Draft::shell("echo done").set("execute", vec!["role:all"]))
        .await
}
