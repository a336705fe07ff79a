//! Who is at the other end of a connection: its address, and the execution that calls us, if one does.
//!
//! Owns: asking that once for each connection, and not before something is changed on it: who only reads pays nothing.
//! A connection that was opened while nothing ran is no execution's later on, so the first answer is the last.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::http::Extensions;
use axum::serve::{IncomingStream, Listener};
use drydock_core::caller::{Caller, Identity, Proof};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;

use crate::engine::{Engine, Origin};

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Its address, which may be that of a proxy.
    pub(super) address: SocketAddr,
    /// That of our own end.
    server: Option<SocketAddr>,
    execution: Arc<OnceCell<Option<Arc<Origin>>>>,
}

/// Takes connections, whose peers are then known.
pub(crate) struct Listening(pub(crate) TcpListener);

impl Listener for Listening {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listening>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listening>) -> Self {
        Self {
            address: *stream.remote_addr(),
            server: stream.io().local_addr().ok(),
            execution: Arc::default(),
        }
    }
}

impl Peer {
    async fn execution(&self, engine: &Engine) -> Option<Arc<Origin>> {
        let server = self.server?;
        self.execution
            .get_or_init(|| engine.execution_at(self.address, server))
            .await
            .clone()
    }
}

/// The execution that makes a request, by its connection or by the JWT that it shows.
pub(super) async fn execution_behind(
    engine: &Engine,
    peer: Option<Peer>,
    caller: Option<&Caller>,
) -> Option<Arc<Origin>> {
    if let Some(peer) = peer
        && let Some(origin) = peer.execution(engine).await
    {
        return Some(origin);
    }
    match &caller?.identity {
        Identity::User(user) => match &user.proof {
            Proof::Jwt { execution } => engine.running_execution(execution.as_ref()?),
            Proof::Session => None,
        },
        _ => None,
    }
}

/// The other end of the connection that a request came by.
pub(super) fn of(request: &Extensions) -> Option<Peer> {
    request
        .get::<ConnectInfo<Peer>>()
        .map(|ConnectInfo(peer)| peer.clone())
}

/// Its address; a proxy's word for another one is not taken.
pub(super) fn ip(request: &Extensions) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.get::<ConnectInfo<Peer>>()?;
    Some(peer.address.ip().to_canonical())
}
