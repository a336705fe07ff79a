//! DNS rebinding and other lies about the host, byte by byte: a name of ours, or 421 on every kind of path.

use drydock_tests::Dock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One request of every kind that there is; `{host}` is filled in.
const KINDS: [(&str, &str); 9] = [
    ("the shell", "GET / HTTP/1.1\r\n{host}\r\n"),
    (
        "a page of the shell",
        "GET /functions/any HTTP/1.1\r\n{host}Accept: text/html\r\n\r\n",
    ),
    ("a file of the shell", "GET /favicon.svg HTTP/1.1\r\n{host}\r\n"),
    ("nothing", "GET /nothing HTTP/1.1\r\n{host}\r\n"),
    (
        "the API",
        "GET /v1/functions HTTP/1.1\r\n{host}X-Appwrite-Project: default\r\nX-Appwrite-Key: {key}\r\n\r\n",
    ),
    (
        "a change",
        "POST /v1/functions HTTP/1.1\r\n{host}X-Appwrite-Project: default\r\nX-Appwrite-Key: {key}\r\nContent-Length: 2\r\n\r\n{}",
    ),
    (
        "a preflight",
        "OPTIONS /v1/functions HTTP/1.1\r\n{host}Origin: http://evil.test\r\nAccess-Control-Request-Method: POST\r\n\r\n",
    ),
    (
        "the console's API",
        "GET /console/api/status HTTP/1.1\r\n{host}\r\n",
    ),
    (
        "an upgrade",
        "GET /v1/realtime?project=default HTTP/1.1\r\n{host}Connection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
];

/// Writes bytes to the server and returns the head of the answer.
async fn raw(dock: &Dock, request: &str) -> String {
    let address = dock.origin().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = async {
        // A whole head, or the end: the server may keep the connection.
        while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
            if stream.read_buf(&mut answer).await.unwrap() == 0 {
                break;
            }
        }
    };
    tokio::time::timeout(drydock_tests::LIMIT, read).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1);
    word.and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no status in {answer:?}"))
}

async fn status_for(dock: &Dock, kind: &str, host_lines: &str) -> u16 {
    let request = kind
        .replace("{host}", host_lines)
        .replace("{key}", dock.ready("key"));
    status(&raw(dock, &request).await)
}

#[tokio::test]
async fn a_strange_host_is_421_for_every_kind_of_path() {
    let dock = Dock::start().await;
    let port = dock.origin().rsplit(':').next().unwrap();
    let strangers = [
        format!("evil.test:{port}"),
        "evil.test".to_owned(),
        format!("localhost.evil.test:{port}"),
        format!("127.0.0.1.evil.test:{port}"),
        format!("evil.test.:{port}"),
        "0.0.0.0".to_owned(),
        format!("127.0.0.1:{port}@evil.test"),
        format!("localhost@evil.test:{port}"),
        "[::ffff:127.0.0.1]".to_owned(),
        "2130706433".to_owned(),
        "127.1".to_owned(),
        String::new(),
    ];
    for (what, kind) in KINDS {
        for stranger in &strangers {
            let status = status_for(&dock, kind, &format!("Host: {stranger}\r\n")).await;
            assert!([400, 421].contains(&status), "{what} for {stranger:?}: {status}");
        }
        let ours = status_for(&dock, kind, &format!("Host: 127.0.0.1:{port}\r\n")).await;
        assert_ne!(ours, 421, "{what} for our own name");
    }
}

#[tokio::test]
async fn two_hosts_or_none_are_no_way_around() {
    let dock = Dock::start().await;
    for (what, kind) in KINDS {
        for lines in [
            "Host: localhost\r\nHost: evil.test\r\n",
            "Host: evil.test\r\nHost: localhost\r\n",
            "X-Forwarded-Host: localhost\r\nHost: evil.test\r\n",
            "Forwarded: host=localhost\r\nHost: evil.test\r\n",
            "",
        ] {
            let status = status_for(&dock, kind, lines).await;
            assert!([400, 421].contains(&status), "{what} with {lines:?}: {status}");
        }
    }
}

#[tokio::test]
async fn the_host_of_a_whole_address_counts_before_the_header() {
    let dock = Dock::start().await;
    // RFC 9112 §3.2.2: a server ignores the Host header where the target is absolute.
    let request = "GET http://evil.test/console/api/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert!([400, 421].contains(&status(&raw(&dock, request).await)));
}

#[tokio::test]
async fn a_name_of_this_machine_may_end_in_a_port_or_not() {
    let dock = Dock::start().await;
    let port = dock.origin().rsplit(':').next().unwrap();
    for host in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        "localhost".to_owned(),
        "LocalHost".to_owned(),
    ] {
        assert_eq!(
            status_for(&dock, KINDS[0].1, &format!("Host: {host}\r\n")).await,
            200,
            "{host}"
        );
    }
}
