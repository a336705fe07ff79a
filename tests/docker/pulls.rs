//! Images that are pulled: from a registry of the test's own, where the engine is.

use base64::Engine as _;
use drydock_tests::{Dock, Draft, Engine, Folder, Images, Registry, until};
use serde_json::json;

/// With what has other letters in the two alphabets of base64.
const PASSWORD: &str = "o~?>o~?>~?>~o?>";

#[test]
fn a_private_image_is_pulled_with_the_login_of_docker_and_its_progress_is_told() {
    let engine = Engine::start(Images::Small);
    engine.at_its_network(|| async {
        let registry = Registry::listen("ada", PASSWORD).await;
        let folder = Folder::new();
        std::fs::create_dir(folder.data()).unwrap();
        let settings = format!("[runtimes.\"node-20.0\"]\nimage = \"{}\"\n", registry.image());
        std::fs::write(folder.data().join("config.toml"), settings).unwrap();
        let docker = folder.beside("docker");
        std::fs::create_dir(&docker).unwrap();
        let launch = || {
            let launch = Dock::launch().containers(&engine).on(&folder);
            launch.env("DOCKER_CONFIG", &docker)
        };

        let dock = launch().start().await;
        let function = dock.key().deploy(Draft::shell("ls /ballast")).await;
        let run = dock.key().run(&function, "").await;
        let stderr = run["stderr"].as_str().unwrap();
        assert!(
            stderr.contains(&registry.image()) && stderr.contains("could not be pulled"),
            "{stderr}"
        );

        // As `docker login` writes it; no restart is needed.
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("ada:{PASSWORD}"));
        let login = json!({ "auths": { registry.host(): { "auth": auth } } });
        std::fs::write(docker.join("config.json"), login.to_string()).unwrap();
        let id = dock.key().execute(&function, "").await;
        let console = dock.console().await;
        let told = until("its progress is told", async || {
            let log = console.log(&id).await;
            let frames = log.iter().map(|frame| frame.text.as_str());
            let said: String = frames.collect();
            said.contains(" MB\n").then_some(said)
        })
        .await;
        let line = format!("Drydock: pulling the image {}: ", registry.image());
        assert!(told.contains(&line), "{told}");
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
