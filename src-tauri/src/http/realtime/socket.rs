//! One connection, from its opening to its end: what is written, what is read, and whether the other end is there.
//!
//! Must not: know what an event is. However it ends, the hub forgets it and the other end is told why, within
//! a second.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use drydock_core::id::ProjectId;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::hub::{Hub, Inbox, SocketId};
use super::message::{Refusal, UNSUPPORTED};
use super::opening::Opening;
use crate::http::state::Shared;

/// How often the other end is asked whether it is there. Browsers answer by themselves.
const PING_EVERY: Duration = Duration::from_secs(10);
/// Who says nothing for so long has missed two pings, and is taken for gone; so is who takes no byte for so long.
const SILENT: Duration = Duration::from_secs(25);
/// Messages that are sent in one go: a burst of some 30 KB.
const AT_ONCE: usize = 32;
/// How long a goodbye may take. It is short: a stopping server waits for it.
const GOODBYE: Duration = Duration::from_secs(1);

/// The server goes away, or takes the other end for gone (RFC 6455, 7.4.1).
const GOING_AWAY: u16 = 1001;

type Sink = SplitSink<WebSocket, Message>;
type Stream = SplitStream<WebSocket>;

/// Why a connection ends.
enum End {
    /// The other end has left.
    Left,
    /// Nothing is heard of the other end.
    Silent,
    /// The server stops.
    Stopping,
    /// Told as an error.
    Refused(Refusal),
}

/// A place in the hub, given up however the conversation ends.
struct Place<'h> {
    hub: &'h Hub,
    id: SocketId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(shared: Shared, opening: Opening, socket: WebSocket) {
    let _held_up = shared.engine.hold_up();
    let (mut sink, mut stream) = socket.split();
    let end = match opening.admit(&shared).await {
        Ok((project, inbox)) => converse(&shared, &project, inbox, &mut sink, &mut stream).await,
        Err(refused) => End::Refused(refused),
    };
    // Whether it is heard is not known, and matters to nobody here.
    let _ = timeout(GOODBYE, say_goodbye(sink, stream, end)).await;
}

async fn converse(
    shared: &Shared,
    project: &ProjectId,
    inbox: Inbox,
    sink: &mut Sink,
    stream: &mut Stream,
) -> End {
    let Inbox {
        id,
        mut messages,
        end,
    } = inbox;
    let _place = Place {
        hub: &shared.realtime.hub,
        id,
    };
    let stopping = shared.engine.stopping();
    tokio::select! {
        biased;
        () = stopping.cancelled() => End::Stopping,
        why = end => why.map_or(End::Left, End::Refused),
        end = listen(shared, project, id, stream) => end,
        end = write(sink, &mut messages) => end,
    }
}

/// Takes what the other end says.
async fn listen(shared: &Shared, project: &ProjectId, id: SocketId, stream: &mut Stream) -> End {
    loop {
        let message = match timeout(SILENT, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(None) => return End::Left,
            Err(_) => return End::Silent,
            // Too large, or no WebSocket: where the next message begins is not known.
            Ok(Some(Err(_))) => {
                return End::Refused(Refusal::new(UNSUPPORTED, "Message format is not valid."));
            }
        };
        let text = match &message {
            Message::Text(text) => Some(text.as_str()),
            Message::Binary(_) => None,
            // Answered by the library.
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return End::Left,
        };
        shared.realtime.hear(&shared.engine, project, id, text).await;
    }
}

/// Sends what is in the queue, and pings.
async fn write(sink: &mut Sink, messages: &mut mpsc::Receiver<Utf8Bytes>) -> End {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = Vec::with_capacity(AT_ONCE);
    loop {
        tokio::select! {
            count = messages.recv_many(&mut waiting, AT_ONCE) => if count == 0 {
                // The hub has let it go, and says why.
                std::future::pending::<()>().await;
            },
            _ = pings.tick() => {}
        }
        let ping = waiting.is_empty().then(|| Message::Ping(Bytes::new()));
        let told = waiting.drain(..).map(Message::Text).chain(ping);
        // Into one buffer: what waits together is one call of the system, however many messages it is.
        let sent = async {
            for message in told {
                sink.feed(message).await?;
            }
            sink.flush().await
        };
        match timeout(SILENT, sent).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::Left,
            Err(_) => return End::Silent,
        }
    }
}

/// Says why, then waits until the other end has heard it.
async fn say_goodbye(mut sink: Sink, mut stream: Stream, end: End) {
    let frame = match end {
        End::Left => None,
        End::Silent => Some((GOING_AWAY, "No answer to a ping".into())),
        End::Stopping => Some((GOING_AWAY, "The server is shutting down".into())),
        End::Refused(refused) => {
            // Where this cannot be sent, neither can what follows.
            let _ = sink.send(Message::Text(refused.text())).await;
            Some((refused.code, close_reason(refused.message)))
        }
    };
    if let Some((code, reason)) = frame {
        let _ = sink.send(Message::Close(Some(CloseFrame { code, reason }))).await;
    }
    while let Some(Ok(_)) = stream.next().await {}
}

/// A control frame holds 125 bytes, two of them the code.
fn close_reason(message: String) -> Utf8Bytes {
    const MAX_BYTES: usize = 123;
    let end = message.floor_char_boundary(MAX_BYTES.min(message.len()));
    Utf8Bytes::from(&message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_a_control_frame() {
        assert_eq!(
            close_reason("Missing channels".into()).as_str(),
            "Missing channels"
        );
        assert_eq!(close_reason("ä".repeat(100)).len(), 122);
    }
}
