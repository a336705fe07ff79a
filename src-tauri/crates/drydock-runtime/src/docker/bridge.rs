//! The way from containers to this server.
//!
//! Owns: where containers of the engine's usual network find this machine, and that the API is open there before one is
//! told the name of it. Must not: listen; the server's own door does, on that interface and no other. An engine that is
//! not on this machine has no such way.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::if_nametoindex;

use super::engine::{Engine, Failure};

/// The name of this machine in a container, as Docker Desktop has it.
pub const HOST_IN_CONTAINERS: &str = "host.docker.internal";

/// The network of a container that names none.
const NETWORK: &str = "bridge";

/// The option of that network which names its interface on the engine's machine.
const INTERFACE: &str = "com.docker.network.bridge.name";

/// An interface of this machine at which containers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Its name.
    pub interface: String,
    /// Its number. An interface that is made anew has another, and who listens at the old one hears nothing more.
    pub index: u32,
    /// This machine's address there.
    pub address: Ipv4Addr,
}

/// Opens the API at a bridge.
#[derive(Clone)]
pub struct Door(Arc<Opens>);

type Opens = dyn Fn(&Bridge) -> io::Result<()> + Send + Sync;

impl Door {
    /// One that `opens`, which may take no longer than it takes to bind a socket.
    pub fn new(opens: impl Fn(&Bridge) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(opens))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

/// The way from containers, once it is open.
#[derive(Debug)]
pub(super) struct Way {
    door: Option<Door>,
    now: Mutex<Option<Result<Bridge, String>>>,
}

impl Way {
    pub(super) fn new(door: Option<Door>) -> Self {
        Self {
            door,
            now: Mutex::default(),
        }
    }

    /// Sees to it that the API is open for a container that is about to be made; where that is.
    pub(super) async fn open(&self, engine: &Engine) -> Option<Ipv4Addr> {
        let door = self.door.as_ref()?;
        let found = find(engine).await;
        let mut now = self.now();
        if let (Some(Ok(open)), Ok(bridge)) = (&*now, &found)
            && open == bridge
        {
            return Some(bridge.address);
        }
        let opened = found.and_then(|bridge| match (door.0)(&bridge) {
            Ok(()) => Ok(bridge),
            Err(error) => Err(format!(
                "this server cannot listen at {} on {}: {error}",
                bridge.address, bridge.interface
            )),
        });
        if now.as_ref() != Some(&opened) {
            match &opened {
                Ok(bridge) => {
                    tracing::info!(address = %bridge.address, interface = bridge.interface, "the API is open for containers");
                }
                Err(why) => tracing::info!(why, "functions in containers cannot call the API"),
            }
        }
        let address = opened.as_ref().ok().map(|bridge| bridge.address);
        *now = Some(opened);
        address
    }

    /// Whether an address of ours is the one that is open for containers.
    pub(super) fn is_at(&self, address: IpAddr) -> bool {
        matches!(&*self.now(), Some(Ok(bridge)) if IpAddr::from(bridge.address) == address.to_canonical())
    }

    /// Why containers cannot call the API, if they cannot.
    pub(super) async fn closed(&self, engine: &Engine) -> Option<String> {
        if let Some(known) = &*self.now() {
            return known.as_ref().err().cloned();
        }
        find(engine).await.err()
    }

    fn now(&self) -> MutexGuard<'_, Option<Result<Bridge, String>>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where containers of an engine on this machine find it, or why they do not.
async fn find(engine: &Engine) -> Result<Bridge, String> {
    if !engine.is_here() {
        return Err(format!(
            "the engine at {} is reached over a network, and nobody there is let in. Functions that call the API need an \
             engine on this machine, named by a unix socket; or let this server listen where theirs finds it \
             (--allow-remote) and give them that address",
            engine.host()
        ));
    }
    let docker = engine.docker().await.map_err(|failure| failure.words())?;
    let network = match docker.inspect_network(NETWORK, None).await {
        Ok(network) => network,
        Err(error) => {
            return Err(match engine.failure(error) {
                Failure::Missing(_) => format!("the engine has no network with the name {NETWORK}"),
                other => other.words(),
            });
        }
    };
    let named = network.options.unwrap_or_default().remove(INTERFACE);
    let interface = named
        .ok_or_else(|| format!("the engine does not name the interface of its network {NETWORK}, as Docker does and Podman does not"))?;
    let address =
        address_of(&interface).map_err(|error| format!("this machine's interfaces are not told: {error}"))?;
    match (address, if_nametoindex(interface.as_str())) {
        (Some(address), Ok(index)) => Ok(Bridge {
            interface,
            index,
            address,
        }),
        _ => Err(format!(
            "the engine's interface {interface} is not one of this machine's: the engine runs in a virtual machine, or in a \
             network namespace of its own, as one without root does"
        )),
    }
}

fn address_of(interface: &str) -> io::Result<Option<Ipv4Addr>> {
    let mut addresses = getifaddrs()?.filter(|one| one.interface_name == interface);
    Ok(addresses.find_map(|one| Some(one.address?.as_sockaddr_in()?.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_of_this_machine_has_its_address_and_another_none() {
        let loopback = if cfg!(target_os = "linux") { "lo" } else { "lo0" };
        assert_eq!(address_of(loopback).unwrap(), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(address_of("no-such-one").unwrap(), None);
    }

    #[tokio::test]
    async fn an_engine_over_a_network_has_no_way_back_and_says_the_mend() {
        let way = Way::new(Some(Door::new(|_| panic!("nothing is opened for it"))));
        let engine = Engine::at("tcp://192.0.2.1:2376");
        assert_eq!(way.open(&engine).await, None);
        let why = way.closed(&engine).await.unwrap();
        assert!(
            why.contains("tcp://192.0.2.1:2376") && why.contains("--allow-remote"),
            "{why}"
        );
        assert!(!way.is_at(IpAddr::from([127, 0, 0, 1])));
    }
}
