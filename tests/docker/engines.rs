//! Engines that are somewhere else: over TCP, with and without TLS; and those that nobody asks.

use std::net::TcpListener;

use drydock_tests::{Dock, Draft, Engine, Folder, Images, Launch, run, until};
use serde_json::Value;

/// Any port: the engine has a network of its own.
const PORT: u16 = 2376;

fn over_tcp() -> Launch {
    Dock::launch()
        .env("DOCKER_HOST", format!("tcp://127.0.0.1:{PORT}"))
        .env("DRYDOCK_BACKEND", "docker")
}

/// A function runs, cold and by a container that waits, and the way back is said to be closed.
async fn serves(launch: Launch) {
    let dock = launch.start().await;
    let function = dock
        .key()
        .deploy(Draft::shell("id -u; getent hosts host.docker.internal"))
        .await;
    for _ in 0..3 {
        let run = dock.key().run(&function, "").await;
        assert_eq!(run["stdout"], "65534\n", "{run}");
    }
    let shown = dock.console().await.get("/engine").await;
    let closed = shown["endpointClosed"].as_str().unwrap();
    assert!(
        closed.contains("tcp://") && closed.contains("--allow-remote"),
        "{closed}"
    );
    let mut doctor = dock.command();
    doctor
        .env("DOCKER_HOST", format!("tcp://127.0.0.1:{PORT}"))
        .arg("doctor");
    // Without TLS or certificates it cannot ask; then it says that.
    let said = run(&mut doctor).await.stdout;
    assert!(said.contains("tcp://127.0.0.1"), "{said}");
    dock.interrupt().await;
}

#[test]
fn an_engine_over_tcp_runs_functions_and_has_no_way_back() {
    let engine = Engine::start_on_port(Images::Small, PORT);
    engine.at_its_network(|| async { serves(over_tcp()).await });
    assert_eq!((engine.containers(), engine.volumes()), (Vec::new(), Vec::new()));
}

#[test]
fn an_engine_with_tls_is_used_with_certificates_and_refuses_without_by_words_that_help() {
    let engine = Engine::start_with_tls(Images::Small, PORT);
    engine.at_its_network(|| async {
        let certificates = engine.certificates();
        let with = |folder: &std::path::Path| {
            over_tcp()
                .env("DOCKER_TLS_VERIFY", "1")
                .env("DOCKER_CERT_PATH", folder)
        };
        serves(with(&certificates)).await;

        let none = tempfile::tempdir().unwrap();
        for (launch, words) in [(over_tcp(), "DOCKER_TLS_VERIFY"), (with(none.path()), "ca.pem")] {
            let dock = launch.start().await;
            let function = dock.key().deploy(Draft::shell("echo x")).await;
            let run = dock.key().run(&function, "").await;
            assert_eq!(run["exitCode"], 1, "{run}");
            let stderr = run["stderr"].as_str().unwrap();
            assert!(
                stderr.contains(words) && stderr.contains("tcp://127.0.0.1"),
                "{stderr}"
            );
        }
    });
}

/// Counts who comes, and answers nobody.
struct Nobody {
    listener: TcpListener,
}

impl Nobody {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener }
    }

    fn host(&self) -> String {
        format!("tcp://{}", self.listener.local_addr().unwrap())
    }

    fn was_asked(&self) -> bool {
        self.listener.accept().is_ok()
    }
}

#[tokio::test]
async fn an_engine_that_never_had_anything_is_never_asked() {
    let (nobody, folder) = (Nobody::listen(), Folder::new());
    for _ in 0..2 {
        let dock = Dock::launch()
            .on(&folder)
            .env("DOCKER_HOST", nobody.host())
            .start()
            .await;
        let function = dock.key().deploy(Draft::shell("echo here")).await;
        assert_eq!(dock.key().run(&function, "").await["stdout"], "here\n");
        assert_eq!(dock.interrupt().await.status.code(), Some(0));
    }
    assert!(!nobody.was_asked());
    // As it is where a function needs it.
    let dock = Dock::launch()
        .on(&folder)
        .env("DOCKER_HOST", nobody.host())
        .env("DRYDOCK_BACKEND", "docker")
        .start()
        .await;
    dock.key().deploy(Draft::shell("echo there")).await;
    until("it is asked", async || nobody.was_asked().then_some(())).await;
}

#[tokio::test]
async fn what_a_killed_server_left_is_removed_when_its_engine_is_named_again() {
    let (engine, nobody) = (Engine::start(Images::Small), Nobody::listen());
    let dock = Dock::launch().containers(&engine).start().await;
    let function = dock.key().deploy(Draft::shell("echo x")).await;
    dock.key().run(&function, "").await;
    let folder = dock.crash();
    assert!(!engine.volumes().is_empty());

    // A server with another engine neither asks it for what it never had, nor forgets the one that it does not see.
    let dock = Dock::launch()
        .on(&folder)
        .env("DOCKER_HOST", nobody.host())
        .start()
        .await;
    dock.console().await.get("/status").await;
    dock.interrupt().await;
    assert!(!nobody.was_asked());

    let marked = || std::fs::read_to_string(folder.data().join("engines")).unwrap_or_default();
    assert_eq!(marked(), format!("{}\n", engine.host()));
    let dock = Dock::launch().on(&folder).engine(&engine).start().await;
    until("what was left is swept, and the mark with it", async || {
        (engine.volumes().is_empty() && marked().is_empty()).then_some(())
    })
    .await;
    assert_eq!(
        dock.console().await.get("/engine").await["containers"],
        Value::Array(Vec::new())
    );
}
