//! Clients that mean no good, or no longer anything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use drydock_tests::{Bytes, Dock, Draft, Message};

use super::function_for_all;

#[tokio::test]
async fn a_huge_message_ends_its_connection_alone() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let mut other = dock.listen(Some(&ada), &["executions"]).await;
    for message in [
        Message::text("x".repeat(17_000)),
        Message::text("x".repeat(20_000_000)),
        Message::Binary(Bytes::from(vec![0; 20_000_000])),
    ] {
        let mut listener = dock.listen(None, &["executions"]).await;
        listener.shout(message).await;
        // It may break before its code is read: what was sent is not all taken.
        let (code, _) = listener.read_to_the_end().await;
        assert!(matches!(code, None | Some(1003)), "{code:?}");
    }

    let execution = ada.execute(&function, "").await;
    assert_eq!(other.event().await["payload"]["$id"], execution);
}

/// The largest that one execution can tell: 8000 characters of either stream, each six bytes of JSON.
const LOUD: &str = "head -c 8000 /dev/zero | tr '\\0' '\\1' > /tmp/x; cat /tmp/x; cat /tmp/x >&2";
/// Two events each. What the system keeps for one connection (some MB) takes a hundred of them.
const EXECUTIONS: usize = 300;

#[tokio::test]
async fn who_does_not_read_is_let_go_while_others_hear_everything() {
    let dock = Dock::unlimited().start().await;
    let ada = dock.sign_up("ada").await;
    let draft = Draft::shell(LOUD).set("execute", vec!["role:all"]);
    let function = dock.key().deploy(draft).await;
    let mut stuck = dock.listen(Some(&ada), &["executions"]).await;
    let mut quick = dock.listen(Some(&ada), &["executions"]).await;

    let hears = async {
        for _ in 0..2 * EXECUTIONS {
            quick.event().await;
        }
    };
    let happens = async {
        for _ in 0..EXECUTIONS {
            ada.execute(&function, "").await;
        }
    };
    tokio::join!(hears, happens);

    let (_, count) = stuck.read_to_the_end().await;
    assert!(count < 2 * EXECUTIONS, "{count}");
}

#[tokio::test]
async fn who_answers_no_ping_is_taken_for_gone() {
    let dock = Dock::start().await;
    let address = dock.origin().strip_prefix("http://").unwrap().to_owned();
    let handshake = format!(
        "GET /v1/realtime?project=default&channels[]=executions HTTP/1.1\r\nhost: {address}\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let mut lively = dock.listen(None, &["executions"]).await;

    let silent = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(handshake.as_bytes()).unwrap();
        let begun = Instant::now();
        let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            assert!(begun.elapsed() < Duration::from_secs(40), "it is kept for ever");
            match stream.read(&mut piece).unwrap() {
                0 => break,
                length => heard.extend_from_slice(&piece[..length]),
            }
        }
        (begun.elapsed(), String::from_utf8_lossy(&heard).into_owned())
    });
    // Reading, this one answers pings by itself.
    let (silent, ()) = tokio::join!(silent, async {
        let limit = tokio::time::timeout(Duration::from_secs(28), lively.next());
        assert!(limit.await.is_err(), "nothing is said to it, and it is not ended");
    });

    let (lived, heard) = silent.unwrap();
    assert!(heard.contains("connected"), "{heard}");
    assert!(lived >= Duration::from_secs(20), "{lived:?}");
}

#[tokio::test]
async fn who_vanishes_leaves_nothing_behind() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let mut stays = dock.listen(Some(&ada), &["executions"]).await;
    for _ in 0..20 {
        drop(dock.listen(Some(&ada), &["executions"]).await);
    }

    let ended = ada.run(&function, "").await;

    assert_eq!(ended["status"], "completed");
    for name in ["functions.executions.create", "functions.executions.update"] {
        assert_eq!(stays.event().await["event"], name);
    }
}
