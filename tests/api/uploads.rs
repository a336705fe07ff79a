//! The form around an archive: its file, its name, its size, and uploads that end early. Everything refused
//! leaves nothing on the disk.

use drydock_tests::archive::{self, Archive};
use drydock_tests::{Dock, form_data, tree, until};
use reqwest::multipart::Form;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Uploads to a fresh function of a fresh server, expects 400, and that nothing is left; returns the message.
pub(crate) async fn refused(dock: &Dock, code: Vec<u8>) -> String {
    refused_form(dock, form_data("node index.js", "code.tar.gz", code)).await
}

async fn refused_form(dock: &Dock, form: Form) -> String {
    let key = dock.key();
    let tags = format!("/v1/functions/{}/tags", key.create_function().await);
    let clean = tree::code(&dock.data());

    let message = key.post(&tags).multipart(form).refused(400).await;

    assert_eq!(
        tree::code(&dock.data()),
        clean,
        "something is left of what was refused: {message}"
    );
    assert_eq!(key.get(&tags).ok(200).await["sum"], 0);
    message
}

#[tokio::test]
async fn a_file_over_the_upload_limit_is_refused_by_its_size() {
    let dock = Dock::launch()
        .env("DRYDOCK_UPLOAD__MAX_BYTES", "10000")
        .start()
        .await;
    let mut seed = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    })
    .take(20_000)
    .collect();

    let message = refused(&dock, Archive::new().file("./noise", &noise).gzipped()).await;

    assert!(
        message.starts_with("File size not allowed") && message.contains("10000"),
        "{message}"
    );
    let function = dock.key().create_function().await;
    dock.key()
        .upload(
            &function,
            "true",
            Archive::new().file("./noise", &noise[..5000]).gzipped(),
        )
        .await;
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let dock = Dock::start().await;

    let only_command = Form::new().text("command", "node index.js");
    assert_eq!(refused_form(&dock, only_command).await, "No file sent");
    let text = Form::new()
        .text("command", "node index.js")
        .text("code", "this is no file");
    assert_eq!(refused_form(&dock, text).await, "No file sent");
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_by_its_name() {
    let dock = Dock::start().await;
    for name in ["code.zip", "code.tar", "gz", "code.gz.txt", "code"] {
        let message = refused_form(&dock, form_data("x", name, archive::fixture("node-hello"))).await;
        assert!(message.starts_with("File type not allowed"), "{name}: {message}");
    }
}

#[tokio::test]
async fn a_json_body_is_no_upload() {
    let dock = Dock::start().await;
    let path = format!("/v1/functions/{}/tags", dock.key().create_function().await);

    let request = dock
        .key()
        .post(&path)
        .json(&serde_json::json!({ "command": "x", "code": "y" }));

    assert_eq!(request.refused(400).await, "No file sent");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let clean = tree::code(&dock.data());
    let address = dock.origin().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/functions/{function}/tags HTTP/1.1\r\nhost: {address}\r\nx-appwrite-project: default\r\n\
         x-appwrite-key: {}\r\ncontent-type: multipart/form-data; boundary=line\r\ncontent-length: 5000000\r\n\r\n\
         --line\r\ncontent-disposition: form-data; name=\"code\"; filename=\"code.tar.gz\"\r\n\r\n",
        dock.ready("key"),
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
        .write_all(&archive::fixture("node-hello"))
        .await
        .unwrap();
    connection.write_all(&vec![0; 500_000]).await.unwrap();
    until("the upload has begun", async || {
        (tree::code(&dock.data()) != clean).then_some(())
    })
    .await;

    drop(connection);

    until("nothing is left of it", async || {
        (tree::code(&dock.data()) == clean).then_some(())
    })
    .await;
}

#[tokio::test]
async fn many_uploads_at_once_do_not_disturb_each_other() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let uploads: Vec<_> = (0..12)
        .map(|n| {
            let (key, function) = (dock.key(), function.clone());
            tokio::spawn(async move {
                let code = archive::one_file("main.sh", &format!("echo number {n}"));
                let tag = key.upload(&function, "sh main.sh", code).await;
                (n, tag)
            })
        })
        .collect();
    let mut tags = Vec::new();
    for upload in uploads {
        tags.push(upload.await.unwrap());
    }
    for (n, tag) in tags {
        dock.key().activate(&function, &tag).await;
        let deployed = drydock_tests::Deployed {
            id: function.clone(),
            tag,
        };
        assert_eq!(
            dock.key().run(&deployed, "").await["stdout"],
            format!("number {n}\n")
        );
    }
}
