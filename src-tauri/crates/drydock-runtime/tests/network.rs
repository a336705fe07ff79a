//! What a function without a network reaches: nothing of this machine and nothing beyond it, at every level that
//! lets it run at all. Each way out is first seen to work with the network open.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::{fs, process};

use drydock_runtime::{EndReason, Ended, Level, Network};
use support::{Bench, sh, soon};

const CONFINED: [Level; 2] = [Level::Full, Level::NoNamespaces];

/// Whether something has come.
type Came<'a> = Box<dyn Fn() -> bool + 'a>;

async fn with_network(bench: &Bench, network: Network, script: &str) -> Ended {
    let mut job = bench.job("python-3.9", &sh(script));
    job.blueprint.network = network;
    soon(bench.run(job)).await
}

/// A Python program that tries to send something to a `socket` address.
fn send(family: &str, kind: &str, address: &str) -> String {
    format!(
        "python3 -c '
import socket
try:
    s = socket.socket(socket.{family}, socket.{kind}); s.connect({address}); s.send(b\"x\"); print(\"sent\")
except OSError as e: print(\"refused\")
'"
    )
}

#[tokio::test]
async fn without_a_network_nothing_outside_is_reached() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = place.path().join("socket");
    let name = format!("drydock-test-{}", process::id());
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let local = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    hidden.set_nonblocking(true).unwrap();
    local.set_nonblocking(true).unwrap();
    let inet = |port: u16| format!("(\"127.0.0.1\", {port})");
    // How it is tried, and whether it has come.
    let ways: [(&str, String, Came<'_>); 4] = [
        (
            "TCP",
            send("AF_INET", "SOCK_STREAM", &inet(tcp.local_addr().unwrap().port())),
            Box::new(|| tcp.accept().is_ok()),
        ),
        (
            "UDP",
            send("AF_INET", "SOCK_DGRAM", &inet(udp.local_addr().unwrap().port())),
            Box::new(|| udp.recv(&mut [0; 8]).is_ok()),
        ),
        (
            "an abstract socket",
            send("AF_UNIX", "SOCK_STREAM", &format!("b\"\\0{name}\"")),
            Box::new(|| hidden.accept().is_ok()),
        ),
        (
            "a socket in a folder",
            send("AF_UNIX", "SOCK_STREAM", &format!("\"{}\"", path.display())),
            Box::new(|| local.accept().is_ok()),
        ),
    ];
    for level in CONFINED {
        let bench = Bench::confined(level).await;
        for (way, script, came) in &ways {
            let closed = with_network(&bench, Network::None, script).await;
            // What it says is not asked: a datagram to a loopback of its own counts as sent.
            assert_eq!(
                (closed.exit_code, closed.level),
                (0, Some(level)),
                "{way}: {closed:?}"
            );
            assert!(!came(), "{way} at {level}");
            // The sandbox may keep local sockets from every function.
            let seen_at = if script.contains("AF_UNIX") {
                Level::ProcessGroup
            } else {
                level
            };
            let open = with_network(&Bench::confined(seen_at).await, Network::Full, script).await;
            assert_eq!(open.stdout, "sent\n", "{way} at {seen_at}: {open:?}");
            assert!(came(), "{way} at {level}");
        }
    }
}

#[tokio::test]
async fn without_a_network_no_socket_is_had_that_leaves_namespaces_behind() {
    // To a virtual machine's host; to radios; those of the kernel's own protocols. Asked for by number, as Python
    // has no names for all.
    let script = "python3 -c '
import socket
for family in (40, 31, 38, 17, 42, 44):
    try: socket.socket(family, socket.SOCK_STREAM); print(family, \"had\")
    except OSError as e: print(family, e.errno)
'";
    for level in CONFINED {
        let bench = Bench::confined(level).await;
        let ended = with_network(&bench, Network::None, script).await;
        assert_eq!(
            ended.stdout, "40 1\n31 1\n38 1\n17 1\n42 1\n44 1\n",
            "{level}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn without_a_network_loopback_of_its_own_stays_usable() {
    let bench = Bench::confined(Level::Full).await;
    let own = "python3 -c 'import socket; l = socket.create_server((\"127.0.0.1\", 0)); \
               socket.create_connection(l.getsockname()); print(\"own\")'";
    let ended = with_network(&bench, Network::None, own).await;
    assert_eq!(ended.stdout, "own\n", "{ended:?}");
}

#[tokio::test]
async fn without_a_network_languages_start_and_start_others() {
    for level in CONFINED {
        let bench = Bench::confined(level)
            .await
            .with(
                "a.js",
                "console.log(require('child_process').execSync('echo hi').toString().trim())",
                0o644,
            )
            .with(
                "a.py",
                "import subprocess; print(subprocess.check_output(['echo', 'hi']).decode().strip())",
                0o644,
            )
            .with("a.php", "<?php echo trim(shell_exec('echo hi')), PHP_EOL;", 0o644)
            .with("a.rb", "puts `echo hi`", 0o644);
        for (runtime, command) in [
            ("node-16.0", "node a.js"),
            ("python-3.9", "python3 a.py"),
            ("php-8.0", "php a.php"),
            ("ruby-3.0", "ruby a.rb"),
        ] {
            let mut job = bench.job(runtime, command);
            job.blueprint.network = Network::None;
            let ended = soon(bench.run(job)).await;
            assert_eq!(
                (ended.stdout.as_str(), ended.stderr.as_str()),
                ("hi\n", ""),
                "{command} at {level}"
            );
        }
    }
}

#[tokio::test]
async fn where_a_closed_network_cannot_be_had_nothing_runs() {
    let outside = tempfile::tempdir().unwrap();
    let trace = outside.path().join("trace");
    let script = format!("touch {}", trace.display());
    for level in [Level::ProcessGroup, Level::Off] {
        let bench = Bench::confined(level).await;
        let refused = with_network(&bench, Network::None, &script).await;
        assert_eq!(
            (&refused.reason, refused.exit_code),
            (&EndReason::NotRunnable, 126),
            "{refused:?}"
        );
        assert!(!trace.exists(), "{level}");
        let told = ["\"none\"", level.as_str(), "\"full\""];
        assert!(
            told.iter().all(|words| refused.stderr.contains(words)),
            "{refused:?}"
        );
        assert!(!bench.scratch().exists());

        let open = with_network(&bench, Network::Full, &script).await;
        assert_eq!(open.exit_code, 0, "{open:?}");
        fs::remove_file(&trace).unwrap();
    }
}
