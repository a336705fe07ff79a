//! Refusals that need no body: the client is still sending when the server knows its answer, and must get it all
//! the same. SDKs that find their connection broken report that, and not why they were refused.

use drydock_tests::Dock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than sockets hold on the way, and less than an upload may have.
const BODY_BYTES: usize = 8_000_000;

/// Sends an upload in pieces and returns the status of the answer.
async fn upload(dock: &Dock, head: &str) -> Result<String, std::io::Error> {
    let address = dock.origin().strip_prefix("http://").unwrap();
    let (mut read, mut write) = TcpStream::connect(address).await?.into_split();
    let head = format!("{head}Content-Length: {BODY_BYTES}\r\nConnection: close\r\n\r\n");
    let sending = tokio::spawn(async move {
        write.write_all(head.as_bytes()).await?;
        for piece in vec![b'x'; BODY_BYTES].chunks(64_000) {
            write.write_all(piece).await?;
        }
        // Kept open until the answer is there.
        Ok::<_, std::io::Error>(write)
    });
    let mut answer = Vec::new();
    let reading = read.read_to_end(&mut answer);
    tokio::time::timeout(drydock_tests::LIMIT, reading)
        .await
        .expect("the answer ends")?;
    drop(sending.await.unwrap()?);
    let line = String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    Ok(line.split(' ').nth(1).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn who_is_refused_while_still_uploading_gets_the_answer() {
    let dock = Dock::start().await;
    let post = |path: &str, headers: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n{headers}"
        )
    };
    let project = "X-Appwrite-Project: default\r\n";
    let tags = "/v1/functions/any/tags";
    let cases = [
        ("no scope", "401", post(tags, project)),
        (
            "a bad JWT",
            "401",
            post(tags, &format!("{project}X-Appwrite-JWT: bad\r\n")),
        ),
        (
            "a strange origin",
            "403",
            post(tags, &format!("{project}Origin: http://evil.test\r\n")),
        ),
        (
            "no such project",
            "404",
            post(tags, "X-Appwrite-Project: nowhere\r\n"),
        ),
        ("no console session", "401", post("/console/api/links", "")),
    ];
    let mut wrong = Vec::new();
    for (what, expected, head) in cases {
        match upload(&dock, &head).await {
            Ok(status) if status == expected => {}
            other => wrong.push(format!("{what}: {other:?} instead of {expected}")),
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
}
