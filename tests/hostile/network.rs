//! Functions that are to reach nothing and try to: this machine's services by TCP, by datagram and by local socket,
//! this server, the world. The runtime crate's own tests have each way by itself; these are the whole server's.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use drydock_tests::{Deployed, Dock, Draft, archive};
use serde_json::{Value, json};

use crate::sandbox::WITHOUT_NAMESPACES;

/// Tries every way that its variables name; prints what worked.
const BURGLAR: &str = r#"
import json, os, socket

def works(family, kind, address):
    try:
        s = socket.socket(family, kind)
        s.settimeout(10)
        s.connect(address)
        s.send(b"x")
        return True
    except OSError:
        return False

def port(name):
    return ("127.0.0.1", int(os.environ[name]))

print(json.dumps({
    "tcp": works(socket.AF_INET, socket.SOCK_STREAM, port("TCP")),
    "server": works(socket.AF_INET, socket.SOCK_STREAM, port("SERVER")),
    "local": works(socket.AF_UNIX, socket.SOCK_STREAM, b"\0" + os.environ["LOCAL"].encode()),
    # For documents only (RFC 5737): a datagram to it arrives nowhere, but needs a way out of the machine.
    "world": works(socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 9)),
}))
works(socket.AF_INET, socket.SOCK_DGRAM, port("UDP"))
"#;

/// Services of the machine, which note who comes.
struct Machine {
    tcp: TcpListener,
    udp: UdpSocket,
    local: UnixListener,
    name: String,
}

impl Machine {
    fn new() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let name = format!("drydock-test-{}", tcp.local_addr().unwrap().port());
        let local = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        local.set_nonblocking(true).unwrap();
        Self {
            tcp,
            udp,
            local,
            name,
        }
    }

    /// Who has come since the last look: by TCP, by datagram, by local socket.
    fn visits(&self) -> [bool; 3] {
        [
            self.tcp.accept().is_ok(),
            self.udp.recv(&mut [0; 8]).is_ok(),
            self.local.accept().is_ok(),
        ]
    }

    async fn burglar(&self, dock: &Dock) -> Deployed {
        let port = |address: std::net::SocketAddr| address.port().to_string();
        let code = archive::one_file("main.py", BURGLAR);
        let draft = Draft::with_code("python-3.9", code, "python3 main.py")
            .var("TCP", &port(self.tcp.local_addr().unwrap()))
            .var("UDP", &port(self.udp.local_addr().unwrap()))
            .var("SERVER", dock.origin().rsplit(':').next().unwrap())
            .var("LOCAL", &self.name);
        dock.key().deploy(draft).await
    }
}

/// What worked, as the function tells it.
async fn burgle(dock: &Dock, function: &Deployed) -> Value {
    let run = dock.key().run(function, "").await;
    assert_eq!(run["status"], "completed", "{run}");
    serde_json::from_str(run["stdout"].as_str().unwrap()).unwrap()
}

/// Whether this machine has a way to the world at all.
fn has_a_way_out() -> bool {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").is_ok()
}

#[tokio::test]
async fn a_function_without_a_network_reaches_neither_this_machine_nor_the_world() {
    for wrapper in [&[][..], &WITHOUT_NAMESPACES] {
        let mut launch = Dock::launch().within(wrapper);
        if !wrapper.is_empty() {
            launch = launch.env("DRYDOCK_SANDBOX", "auto");
        }
        let dock = launch.start().await;
        let (console, machine) = (dock.console().await, Machine::new());
        let function = machine.burglar(&dock).await;
        let nothing = json!({ "tcp": false, "server": false, "local": false, "world": false });

        // Every way but the local one, which newer kernels close to all functions, is open at first.
        let open = burgle(&dock, &function).await;
        assert_eq!(
            (&open["tcp"], &open["server"]),
            (&json!(true), &json!(true)),
            "{open}"
        );
        assert_eq!(open["world"], has_a_way_out(), "{open}");
        let [tcp, udp, _] = machine.visits();
        assert!(tcp && udp);

        console.set_network(&function.id, "none").await;
        assert_eq!(burgle(&dock, &function).await, nothing);
        assert_eq!(machine.visits(), [false; 3]);

        // Who may change the function by the API does not change that.
        let body = json!({ "name": "Renamed", "execute": [], "vars": dock.key().get(&function.path()).ok(200).await["vars"] });
        dock.key().put(&function.path()).json(&body).ok(200).await;
        assert_eq!(burgle(&dock, &function).await, nothing);
        assert_eq!(machine.visits(), [false; 3]);

        console.set_network(&function.id, "full").await;
        assert_eq!(burgle(&dock, &function).await["tcp"], true);
        assert!(machine.visits()[0]);
    }
}

#[tokio::test]
async fn where_a_closed_network_cannot_be_had_the_function_does_not_run_and_says_why() {
    let dock = Dock::launch().env("DRYDOCK_SANDBOX", "off").start().await;
    let (console, machine) = (dock.console().await, Machine::new());
    let function = machine.burglar(&dock).await;
    assert_eq!(console.get("/status").await["canCloseTheNetwork"], false);

    console.set_network(&function.id, "none").await;
    let run = dock.key().run(&function, "").await;
    assert_eq!(
        (&run["status"], &run["exitCode"], &run["stdout"]),
        (&json!("failed"), &json!(126), &json!(""))
    );
    let stderr = run["stderr"].as_str().unwrap();
    for words in [
        "network is \"none\"",
        "level is off",
        "sandbox = \"auto\"",
        "\"full\"",
    ] {
        assert!(stderr.contains(words), "{words} is not in: {stderr}");
    }
    let log = console.log(run["$id"].as_str().unwrap()).await;
    assert_eq!(
        log.iter().map(|frame| frame.text.as_str()).collect::<String>(),
        stderr
    );
    assert_eq!(machine.visits(), [false; 3]);

    // Without a sandbox every way works, the local one too.
    console.set_network(&function.id, "full").await;
    let open = burgle(&dock, &function).await;
    assert_eq!(
        (&open["tcp"], &open["local"]),
        (&json!(true), &json!(true)),
        "{open}"
    );
    assert_eq!(machine.visits(), [true; 3]);
}
