//! What handlers share: the engine, and the server's facts about itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use drydock_core::id::random_hex;
use drydock_runtime::docker::HOST_IN_CONTAINERS;
use subtle::ConstantTimeEq;

use super::console::window::Windows;
use super::realtime::Realtime;
use crate::engine::Engine;

/// The version the API and the console show.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How a person or a command of this machine gets in.
pub(crate) struct Door {
    /// The name of the console's cookie.
    pub(crate) cookie: String,
    /// The command line's token, from server.json.
    pub(crate) admin_token: String,
}

impl Door {
    /// Whether `token` is the command line's, in constant time.
    pub(crate) fn opens_with(&self, token: &str) -> bool {
        self.admin_token.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) facts: Arc<Facts>,
    pub(super) realtime: Arc<Realtime>,
    pub(super) windows: Arc<Windows>,
}

/// What does not change while the server runs.
pub(crate) struct Facts {
    pub(crate) door: Door,
    pub(crate) address: SocketAddr,
    /// Names by which this server may be called beside those of every machine, lower-cased.
    pub(crate) hosts: Vec<String>,
    pub(crate) data_dir: PathBuf,
    /// How many files this process may have open.
    pub(crate) open_files: u64,
}

impl Shared {
    pub(crate) fn new(engine: Engine, facts: Facts) -> Self {
        Self {
            engine,
            realtime: Arc::new(Realtime::new(facts.open_files)),
            windows: Arc::new(Windows::new()),
            facts: Arc::new(facts),
        }
    }

    /// The same for who calls from a container: by the one name that only they have, and with a door that nothing opens,
    /// whatever a function has learned.
    pub(crate) fn for_containers(&self) -> Self {
        let facts = &self.facts;
        Self {
            facts: Arc::new(Facts {
                door: Door {
                    cookie: random_hex(16),
                    admin_token: random_hex(32),
                },
                address: facts.address,
                hosts: vec![HOST_IN_CONTAINERS.to_owned()],
                data_dir: facts.data_dir.clone(),
                open_files: facts.open_files,
            }),
            ..self.clone()
        }
    }
}

impl Facts {
    /// The console's address, without a slash at its end.
    pub(crate) fn console_url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// What SDKs call.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/v1", self.console_url())
    }

    /// What functions in containers call.
    pub(crate) fn endpoint_in_containers(&self) -> String {
        format!("http://{HOST_IN_CONTAINERS}:{}/v1", self.address.port())
    }

    /// A link that opens the console with a one-time token. The token is in the fragment: it never reaches a
    /// server's log, and a prefetch cannot spend it.
    pub(crate) fn console_link(&self, token: &str) -> String {
        format!("{}/#token={token}", self.console_url())
    }
}

/// An address that a client of this machine can call: one that means every address is none.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}
