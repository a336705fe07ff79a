//! The API for functions in containers, where those of an engine on this machine find it.
//!
//! Owns: listening at the engine's bridge, from when a container is first made: at this machine's address there and on that
//! interface alone, so that neither other machines nor other networks of the engine get to it. Must not: be more than the
//! Appwrite API, in which whoever calls needs a key, a session or a JWT as everywhere.

use std::io;
use std::net::SocketAddr;

use axum::ServiceExt as _;
use drydock_runtime::docker::{Bridge, Door};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::http::{Listening, Peer, Shared, router_for_containers};

/// Connections that wait to be taken: what an operating system's own listeners have.
const BACKLOG: u32 = 1024;

/// The door of a server that listens at `address`, and what it opens, to be given to [`answer`].
pub(super) fn door(address: SocketAddr) -> (Door, mpsc::Receiver<TcpListener>) {
    // One at a time: there is another only where the engine has another bridge.
    let (opened, listeners) = mpsc::channel(1);
    let door = Door::new(move |bridge| {
        // Whoever listens everywhere listens there.
        if address.ip().is_unspecified() {
            return Ok(());
        }
        let listener = listen(bridge, address.port())?;
        let busy = |_| io::Error::new(io::ErrorKind::WouldBlock, "another bridge is being opened");
        opened.try_send(listener).map_err(busy)
    });
    (door, listeners)
}

fn listen(bridge: &Bridge, port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    on_interface(&socket, &bridge.interface)?;
    socket.bind(SocketAddr::new(bridge.address.into(), port))?;
    socket.listen(BACKLOG)
}

/// An address alone would not do: Linux takes what is sent to it at any interface.
#[cfg(target_os = "linux")]
fn on_interface(socket: &TcpSocket, interface: &str) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

#[cfg(not(target_os = "linux"))]
fn on_interface(_: &TcpSocket, _: &str) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "an interface can be listened on alone only on Linux",
    ))
}

/// Answers what comes there until the server stops; a newer listener takes the place of the one before.
pub(super) async fn answer(
    mut listeners: mpsc::Receiver<TcpListener>,
    shared: Shared,
    stopping: CancellationToken,
) {
    let app = router_for_containers(shared);
    let mut before: Option<CancellationToken> = None;
    loop {
        let listener = tokio::select! {
            listener = listeners.recv() => listener,
            () = stopping.cancelled() => None,
        };
        let Some(listener) = listener else { return };
        let until = stopping.child_token();
        if let Some(before) = before.replace(until.clone()) {
            before.cancel();
        }
        let app = app.clone();
        tokio::spawn(async move {
            let served = axum::serve(
                Listening(listener),
                app.into_make_service_with_connect_info::<Peer>(),
            )
            .with_graceful_shutdown(until.cancelled_owned());
            if let Err(error) = served.await {
                tracing::error!(%error, "functions in containers cannot call the API any more");
            }
        });
    }
}
