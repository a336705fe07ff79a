//! What is shown of the engine, and what can be said about backends: in the console's API and on the command line.

use drydock_tests::{Dock, Draft, Engine, Images, run, until};
use serde_json::{Value, json};

use crate::containers::{of, there_are};

#[tokio::test]
async fn the_engine_its_images_and_containers_are_told_and_all_are_stopped() {
    let engine = Engine::start(Images::Small);
    let dock = Dock::launch().containers(&engine).start().await;
    let console = dock.console().await;
    let draft = Draft::shell("[ \"$APPWRITE_FUNCTION_DATA\" ] || sleep 600; echo well").set("timeout", 900);
    let function = dock.key().deploy(draft).await;
    there_are(&engine, &function, 1).await;
    let id = dock.key().execute(&function, "").await;
    let shown = until("one runs and two wait", async || {
        let shown = console.get("/engine").await;
        let names = shown["containers"].as_array().unwrap().iter();
        let names = names
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        (of(&function, names).len() == 3).then_some(shown)
    })
    .await;
    assert!(shown["version"].as_str().unwrap().contains("20.10"), "{shown}");
    assert_eq!(shown["host"], engine.host());
    let image = |runtime: &str| -> Value {
        let images = shown["images"].as_array().unwrap().iter();
        images
            .clone()
            .find(|one| one["runtime"] == runtime)
            .unwrap()
            .clone()
    };
    assert_eq!(
        image("node-20.0"),
        json!({ "runtime": "node-20.0", "image": "node:20-alpine", "isPresent": true, "pulling": null })
    );
    assert_eq!(image("python-3.12")["isPresent"], false);
    assert_eq!(console.get("/status").await["backend"], "docker");

    console
        .request("DELETE", "/engine/containers")
        .send_unchecked()
        .await
        .expect_status(204);

    let ended = dock.key().finished(&function, &id).await;
    assert!(
        ended["stderr"].as_str().unwrap().contains("from outside"),
        "{ended}"
    );
    assert_eq!(dock.key().run(&function, "x").await["stdout"], "well\n");
}

#[tokio::test]
async fn the_command_line_sets_a_function_s_backend_and_doctor_names_the_engine() {
    let engine = Engine::shared();
    let dock = Dock::launch().engine(engine).start().await;
    let function = dock.key().deploy(Draft::shell("id -u")).await;
    let update = ["functions", "update", &function.id, "--backend", "docker"];
    let said = run(dock.command().args(update)).await.expect_code(0);
    assert!(
        said.stdout.contains("backend") && said.stdout.contains("docker"),
        "{}",
        said.stdout
    );
    assert_eq!(dock.key().run(&function, "").await["stdout"], "65534\n");
    let get = ["functions", "get", &function.id, "--json"];
    let shown = run(dock.command().args(get)).await.expect_code(0).json();
    assert_eq!(
        (&shown["backend"], &shown["network"]),
        (&json!("docker"), &json!("full"))
    );

    there_are(engine, &function, 2).await;
    let mut doctor = dock.command();
    doctor.env("DOCKER_HOST", engine.host()).arg("doctor");
    let found = run(&mut doctor).await.stdout;
    let line = found.lines().find(|line| line.contains("containers")).unwrap();
    assert!(
        // Other tests have some, too.
        line.contains(&engine.host())
            && line.contains("node-20.0")
            && line.contains("containers of Drydock's"),
        "{line}"
    );
    let mut doctor = dock.command();
    doctor
        .env("DOCKER_HOST", "unix:///no/engine.sock")
        .env("DRYDOCK_BACKEND", "docker")
        .arg("doctor");
    let found = run(&mut doctor).await.stdout;
    let line = found.lines().find(|line| line.contains("containers")).unwrap();
    assert!(
        line.starts_with("notice") && line.contains("unix:///no/engine.sock"),
        "{line}"
    );
}

#[tokio::test]
async fn a_container_has_as_many_processors_as_are_set() {
    let engine = Engine::shared();
    for (set, billionths) in [("0", "0\n"), ("1", "1000000000\n")] {
        let dock = crate::launch().env("DRYDOCK_DOCKER__CPUS", set).start().await;
        let function = dock.key().deploy(Draft::shell("true")).await;
        let waiting = there_are(engine, &function, 1).await;
        let told = engine.docker(&["inspect", "--format", "{{.HostConfig.NanoCpus}}", &waiting[0]]);
        assert_eq!(told, billionths);
    }
}
