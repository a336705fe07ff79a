//! Which run is at the other end of a connection to this server.
//!
//! Owns: knowing the launchers of all runs, and on Linux finding whose socket is connected to one of ours: the kernel is
//! asked for that one socket (sock_diag, which needs no rights and does not walk through the others), then the descriptors
//! of the runs' processes are looked through for it. Must not: know what a run is for. What cannot be known, on other
//! systems, through a proxy or where the process has gone meanwhile, is nobody's.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;

use crate::sandbox::Level;

/// The runs that have a name, by their launchers. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs(Arc<Mutex<HashMap<i32, String>>>);

/// A run among them, until it is dropped.
pub(super) struct Entry {
    runs: Runs,
    launcher: i32,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.launcher);
    }
}

impl Runs {
    /// Adds one: before its command is started, so that no call of its comes earlier.
    pub(super) fn enter(&self, launcher: Pid, name: Option<String>) -> Option<Entry> {
        let launcher = launcher.as_raw();
        self.lock().insert(launcher, name?);
        Some(Entry {
            runs: self.clone(),
            launcher,
        })
    }

    /// The name of the run one of whose processes has the socket `client` that is connected to ours at `server`. `level`
    /// is that of all runs. Blocking: it lists the descriptors of each run's processes.
    pub(super) fn behind(&self, client: SocketAddr, server: SocketAddr, level: Level) -> Option<String> {
        let runs: Vec<_> = self
            .lock()
            .iter()
            .map(|(launcher, name)| (*launcher, name.clone()))
            .collect();
        find(runs, client, server, level)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, String>> {
        // Bookkeeping without panics in between: a poisoned lock holds a whole map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(target_os = "linux")]
fn find(runs: Vec<(i32, String)>, client: SocketAddr, server: SocketAddr, level: Level) -> Option<String> {
    let socket = match linux::socket_between(client, server) {
        Ok(socket) => socket?,
        Err(error) => {
            tracing::debug!(%error, "the kernel does not say whose a connection is");
            return None;
        }
    };
    // Of a server that runs as root this spares all other users' programs the search.
    if socket.uid != crate::sandbox::linux::uid_at(level) {
        return None;
    }
    let target = format!("socket:[{}]", socket.inode);
    runs.into_iter()
        .find(|(launcher, _)| linux::is_in_tree(*launcher, &target))
        .map(|(_, name)| name)
}

#[cfg(not(target_os = "linux"))]
fn find(_: Vec<(i32, String)>, _: SocketAddr, _: SocketAddr, _: Level) -> Option<String> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;
    use std::net::{IpAddr, SocketAddr};
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{
        AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
    };

    // linux/netlink.h, linux/sock_diag.h
    const NLM_F_REQUEST: u16 = 1;
    const NLMSG_ERROR: u16 = 2;
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const HEADER_BYTES: usize = 16;
    /// `inet_diag_req_v2` behind its header.
    const REQUEST_BYTES: usize = HEADER_BYTES + 56;
    /// `inet_diag_msg` behind its header: where its last two numbers are, user and inode.
    const UID_AT: usize = HEADER_BYTES + 64;
    const INODE_AT: usize = HEADER_BYTES + 68;
    /// Where its addresses are, and those of a request.
    const ENDS_AT: usize = HEADER_BYTES + 4;
    const ENDS_OF_REQUEST_AT: usize = HEADER_BYTES + 8;
    /// Two ports and two addresses of 16 bytes.
    const ENDS_BYTES: usize = 36;

    /// Processes of one run that are looked at: eight times what it may have by default. One that has more is about to be
    /// ended, or was given more on purpose.
    const MAX_PROCESSES: usize = 1024;

    /// A socket of this machine.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct Socket {
        pub(super) uid: u32,
        pub(super) inode: u32,
    }

    /// The TCP socket at `client`, connected to `server`, in our network namespace; `None` where there is none, as of one
    /// whose process has ended.
    pub(super) fn socket_between(client: SocketAddr, server: SocketAddr) -> io::Result<Option<Socket>> {
        let netlink = socket(
            AddressFamily::Netlink,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkSockDiag,
        )?;
        let request = request(client, server);
        let kernel = NetlinkAddr::new(0, 0);
        sendto(netlink.as_raw_fd(), &request, &kernel, MsgFlags::empty())?;
        let mut answer = [0; 1024];
        // The kernel answers within the call above, so there is nothing to wait for.
        let length = recv(netlink.as_raw_fd(), &mut answer, MsgFlags::MSG_DONTWAIT)?;
        read(&answer[..length], &request)
    }

    fn request(client: SocketAddr, server: SocketAddr) -> Vec<u8> {
        // A socket for both families knows IPv4 peers by addresses of IPv6; the kernel finds it by the plain ones.
        let (client_ip, server_ip) = (client.ip().to_canonical(), server.ip().to_canonical());
        let family = match client_ip {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        let mut bytes = Vec::with_capacity(REQUEST_BYTES);
        bytes.extend((REQUEST_BYTES as u32).to_ne_bytes());
        bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes.extend(NLM_F_REQUEST.to_ne_bytes());
        // Sequence number and sender: there is one question, and the kernel knows who asks.
        bytes.extend([0; 8]);
        bytes.extend([family as u8, SockProtocol::Tcp as u8, 0, 0]);
        // In any state.
        bytes.extend(u32::MAX.to_ne_bytes());
        bytes.extend(client.port().to_be_bytes());
        bytes.extend(server.port().to_be_bytes());
        for ip in [client_ip, server_ip] {
            match ip {
                IpAddr::V4(ip) => bytes.extend(ip.octets().into_iter().chain([0; 12])),
                IpAddr::V6(ip) => bytes.extend(ip.octets()),
            }
        }
        // On whatever interface, with whatever cookie.
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend([0xFF; 8]);
        bytes
    }

    fn read(answer: &[u8], request: &[u8]) -> io::Result<Option<Socket>> {
        let kind = u16::from_ne_bytes(at(answer, 4)?);
        if kind == NLMSG_ERROR {
            let error = io::Error::from_raw_os_error(-i32::from_ne_bytes(at(answer, HEADER_BYTES)?));
            return if error.kind() == io::ErrorKind::NotFound {
                Ok(None)
            } else {
                Err(error)
            };
        }
        // Where nobody is connected it may be who listens at that address.
        let ends: [u8; ENDS_BYTES] = at(answer, ENDS_AT)?;
        if kind != SOCK_DIAG_BY_FAMILY || ends != at(request, ENDS_OF_REQUEST_AT)? {
            return Ok(None);
        }
        let socket = Socket {
            uid: u32::from_ne_bytes(at(answer, UID_AT)?),
            inode: u32::from_ne_bytes(at(answer, INODE_AT)?),
        };
        // No process has it any more.
        Ok((socket.inode != 0).then_some(socket))
    }

    fn at<const N: usize>(bytes: &[u8], place: usize) -> io::Result<[u8; N]> {
        bytes
            .get(place..)
            .and_then(|bytes| bytes.first_chunk())
            .copied()
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Whether a process below `launcher` has that open. What cannot be read has ended, or is not ours.
    pub(super) fn is_in_tree(launcher: i32, target: &str) -> bool {
        let mut open = children(launcher);
        let mut looked_at = 0;
        while let Some(process) = open.pop() {
            if has_open(process, target) {
                return true;
            }
            looked_at += 1;
            if looked_at >= MAX_PROCESSES {
                return false;
            }
            open.extend(children(process));
        }
        false
    }

    fn has_open(process: i32, target: &str) -> bool {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else {
            return false;
        };
        descriptors
            .flatten()
            .any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|link| link.as_os_str() == target))
    }

    /// Each thread has the children that it forked.
    fn children(process: i32) -> Vec<i32> {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
            return Vec::new();
        };
        let lists = threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        lists
            .flat_map(|list| {
                list.split_ascii_whitespace()
                    .filter_map(|pid| pid.parse().ok())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[cfg(test)]
    mod tests {
        use std::net::{TcpListener, TcpStream};
        use std::os::unix::fs::MetadataExt;

        use super::*;

        fn inode_of(stream: &TcpStream) -> u32 {
            let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
            fs::metadata(path).unwrap().ino() as u32
        }

        #[test]
        fn the_socket_at_the_other_end_is_found_by_both_addresses() {
            for listen in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
                let listener = TcpListener::bind(listen).unwrap();
                let port = listener.local_addr().unwrap().port();
                let called = if listen.starts_with("[::1]") {
                    "[::1]"
                } else {
                    "127.0.0.1"
                };
                let client = TcpStream::connect(format!("{called}:{port}")).unwrap();
                let (ours, address) = listener.accept().unwrap();
                let found = socket_between(address, ours.local_addr().unwrap());
                let found = found.unwrap().unwrap_or_else(|| panic!("{listen}"));
                let uid = nix::unistd::geteuid().as_raw();
                let expected = Socket {
                    uid,
                    inode: inode_of(&client),
                };
                assert_eq!(found, expected, "{listen}");
                assert!(has_open(
                    std::process::id() as i32,
                    &format!("socket:[{}]", found.inode)
                ));

                // One that is closed, or never was, is nobody's.
                drop(client);
                let closed = socket_between(address, ours.local_addr().unwrap()).unwrap();
                assert_eq!(closed, None, "{listen}");
            }
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            assert_eq!(socket_between(address, address).unwrap(), None);
        }

        #[test]
        fn a_process_is_looked_for_in_the_whole_tree() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let target = format!(
                "socket:[{}]",
                fs::metadata(format!("/proc/self/fd/{}", listener.as_raw_fd()))
                    .unwrap()
                    .ino()
            );
            // What is ours is in no child's hands: descriptors are closed on exec.
            assert!(!is_in_tree(std::process::id() as i32, &target));
            let parent = std::os::unix::process::parent_id() as i32;
            assert!(is_in_tree(parent, &target));
        }
    }
}
