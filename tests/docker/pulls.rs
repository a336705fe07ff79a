//! Images that are pulled: from a registry of the test's own, where the engine is.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use drydock_tests::{Console, Dock, Draft, Engine, Folder, Images, Launch, Registry, until};
use serde_json::json;

/// With what has other letters in the two alphabets of base64.
const PASSWORD: &str = "o~?>o~?>~?>~o?>";

/// A server whose functions run in the registry's image, and where it looks for logins.
fn pulling_from(registry: &Registry, engine: &Engine, folder: &Folder) -> (Launch, PathBuf) {
    std::fs::create_dir(folder.data()).unwrap();
    let settings = format!("[runtimes.\"node-20.0\"]\nimage = \"{}\"\n", registry.image());
    std::fs::write(folder.data().join("config.toml"), settings).unwrap();
    let docker = folder.beside("docker");
    std::fs::create_dir(&docker).unwrap();
    let launch = Dock::launch().containers(engine).on(folder);
    (launch.env("DOCKER_CONFIG", &docker), docker)
}

/// As `docker login` writes it.
fn log_in(registry: &Registry, docker: &Path) -> String {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("ada:{PASSWORD}"));
    let login = json!({ "auths": { registry.host(): { "auth": auth } } });
    std::fs::write(docker.join("config.json"), login.to_string()).unwrap();
    auth
}

/// In the log of the execution that waits for it.
async fn its_progress_is_told(console: &Console, execution: &str, registry: &Registry) {
    let line = format!("Drydock: pulling the image {}: ", registry.image());
    until("its progress is told", async || {
        let log = console.log(execution).await;
        let said: String = log.iter().map(|frame| frame.text.as_str()).collect();
        (said.contains(&line) && said.contains(" MB\n")).then_some(())
    })
    .await;
}

#[test]
fn a_private_image_is_pulled_with_the_login_of_docker_and_its_progress_is_told() {
    let engine = Engine::start(Images::Small);
    engine.at_its_network(|| async {
        let registry = Registry::listen("ada", PASSWORD).await;
        let folder = Folder::new();
        let (launch, docker) = pulling_from(&registry, &engine, &folder);
        let dock = launch.start().await;
        let function = dock.key().deploy(Draft::shell("ls /ballast")).await;
        let run = dock.key().run(&function, "").await;
        let stderr = run["stderr"].as_str().unwrap();
        assert!(
            stderr.contains(&registry.image()) && stderr.contains("could not be pulled"),
            "{stderr}"
        );

        // No restart is needed.
        let auth = log_in(&registry, &docker);
        let id = dock.key().execute(&function, "").await;
        let console = dock.console().await;
        its_progress_is_told(&console, &id, &registry).await;
        let shown = console.get("/engine").await;
        let images = shown["images"].as_array().unwrap().iter();
        let mine = images.clone().find(|one| one["runtime"] == "node-20.0").unwrap();
        assert!(mine["pulling"].as_str().unwrap().ends_with(" MB"), "{mine}");
        registry.hurry();

        let run = dock.key().finished(&function, &id).await;
        assert_eq!(
            (&run["exitCode"], &run["stdout"]),
            (&json!(0), &json!("/ballast\n")),
            "{run}"
        );
        assert!(!dock.log().contains(PASSWORD) && !dock.log().contains(&auth));
    });
}

#[test]
fn an_execution_that_finds_its_container_in_the_making_tells_what_holds_it_up() {
    let engine = Engine::start(Images::Small);
    engine.at_its_network(|| async {
        let registry = Registry::listen("ada", PASSWORD).await;
        let folder = Folder::new();
        let (launch, docker) = pulling_from(&registry, &engine, &folder);
        log_in(&registry, &docker);
        let dock = launch.start().await;
        let console = dock.console().await;
        let function = dock.key().deploy(Draft::shell("ls /ballast")).await;
        // The active tag has a container made ahead, and its image is pulled for that.
        until("it is pulled", async || {
            let shown = console.get("/engine").await;
            let mut images = shown["images"].as_array().unwrap().iter();
            images.any(|one| one["pulling"].is_string()).then_some(())
        })
        .await;
        let id = dock.key().execute(&function, "").await;
        its_progress_is_told(&console, &id, &registry).await;
        registry.hurry();
        let run = dock.key().finished(&function, &id).await;
        assert_eq!(run["stdout"], "/ballast\n", "{run}");
    });
}
