//! What goes wrong with an engine, each with words that say so: nothing hangs, and processes of this machine run on.

use drydock_tests::{Console, Deployed, Dock, Draft, Engine, Images, archive, process, until};
use serde_json::{Value, json};

use crate::containers::{of, there_are};

fn said(run: &Value, code: i32, words: &[&str]) {
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&json!("failed"), &json!(code)),
        "{run}"
    );
    let stderr = run["stderr"].as_str().unwrap();
    for words in words {
        assert!(stderr.contains(words), "{words} is not in: {stderr}");
    }
}

/// A function that runs as a process of this machine, whatever the engine does.
async fn on_this_machine(dock: &Dock, console: &Console) -> Deployed {
    let function = dock.key().deploy(Draft::shell("echo here")).await;
    console.set_backend(&function.id, "process").await;
    function
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_named_and_used_when_it_comes() {
    let engine = Engine::start(Images::Small);
    engine.stop();
    let dock = Dock::launch().containers(&engine).start().await;
    let console = dock.console().await;
    let here = on_this_machine(&dock, &console).await;
    let function = dock.key().deploy(Draft::shell("echo there")).await;

    let run = dock.key().run(&function, "").await;

    said(
        &run,
        1,
        &[&engine.host(), "does not answer", "DOCKER_HOST", "\"process\""],
    );
    let log = console.log(run["$id"].as_str().unwrap()).await;
    assert_eq!(
        log.iter().map(|frame| frame.text.as_str()).collect::<String>(),
        run["stderr"]
    );
    assert_eq!(dock.key().run(&here, "").await["stdout"], "here\n");

    engine.begin();
    assert_eq!(dock.key().run(&function, "").await["stdout"], "there\n");
}

#[tokio::test]
async fn an_engine_that_stops_in_mid_execution_fails_the_run_and_serves_the_next_when_it_is_back() {
    let engine = Engine::start(Images::Small);
    let dock = Dock::launch().containers(&engine).start().await;
    let console = dock.console().await;
    let here = on_this_machine(&dock, &console).await;
    let draft = Draft::shell("echo began; [ \"$APPWRITE_FUNCTION_DATA\" ] || sleep 600").set("timeout", 900);
    let function = dock.key().deploy(draft).await;
    let id = dock.key().execute(&function, "").await;
    until("it has begun", async || {
        (!console.log(&id).await.is_empty()).then_some(())
    })
    .await;

    engine.stop();

    let run = dock.key().finished(&function, &id).await;
    said(&run, 1, &["Drydock: this execution was ended because"]);
    assert_eq!(run["stdout"], "began\n");
    assert_eq!(dock.key().run(&here, "").await["stdout"], "here\n");
    engine.begin();
    let run = dock.key().run(&function, "at once").await;
    assert_eq!(
        (&run["stdout"], &run["exitCode"]),
        (&json!("began\n"), &json!(0)),
        "{run}"
    );
}

#[tokio::test]
async fn an_engine_that_is_killed_in_mid_execution_fails_the_run_and_ends_it_when_it_is_back() {
    let engine = Engine::start(Images::Small);
    let dock = Dock::launch().containers(&engine).start().await;
    let mark = process::mark();
    let draft = Draft::shell("echo began; sleep 600")
        .set("timeout", 900)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;
    let other = dock.key().deploy(Draft::shell("echo well")).await;
    let id = dock.key().execute(&function, "").await;
    process::running(&mark, 1).await;

    engine.kill();

    let run = dock.key().finished(&function, &id).await;
    said(
        &run,
        1,
        &["Drydock: this execution was ended because", "does not answer"],
    );
    // Its containers go on without it; nobody can end them before it is there again.
    engine.begin();
    let run = dock.key().run(&other, "").await;
    assert_eq!(run["stdout"], "well\n", "{run}");
    process::none_left(&mark).await;
}

#[tokio::test]
async fn a_container_that_is_killed_or_removed_from_outside_fails_its_run_and_no_other() {
    let (engine, dock) = (Engine::shared(), crate::launch().start().await);
    let draft = Draft::shell("echo began; [ \"$APPWRITE_FUNCTION_DATA\" ] || sleep 600").set("timeout", 900);
    let function = dock.key().deploy(draft).await;
    let console = dock.console().await;
    for (how, words) in [
        (["kill"].as_slice(), "ended from outside"),
        (&["rm", "--force"], "from outside"),
    ] {
        let waiting = there_are_some(engine, &function).await;
        let id = dock.key().execute(&function, "").await;
        until("it has begun", async || {
            (!console.log(&id).await.is_empty()).then_some(())
        })
        .await;
        for name in &waiting {
            // One of them runs it.
            let _ = engine.command(how).arg(name).output().unwrap();
        }
        let run = dock.key().finished(&function, &id).await;
        said(&run, 1, &[words]);
        assert_eq!(dock.key().run(&function, "x").await["stdout"], "began\n");
    }
}

async fn there_are_some(engine: &Engine, function: &Deployed) -> Vec<String> {
    until("a container waits", async || {
        let names = of(function, engine.containers());
        (!names.is_empty()).then_some(names)
    })
    .await
}

#[tokio::test]
async fn a_waiting_container_that_vanishes_costs_nothing_but_time() {
    let (engine, dock) = (Engine::shared(), crate::launch().start().await);
    let function = dock.key().deploy(Draft::shell("echo well")).await;
    let waiting = there_are(engine, &function, 1).await;
    engine.docker(&["rm", "--force", &waiting[0]]);
    assert_eq!(dock.key().run(&function, "").await["stdout"], "well\n");
}

#[tokio::test]
async fn a_volume_that_vanishes_is_sent_again() {
    let (engine, dock) = (Engine::shared(), crate::launch().start().await);
    let function = dock.key().deploy(Draft::shell("echo well")).await;
    let waiting = there_are(engine, &function, 1).await;
    let volumes = engine.volumes().into_iter();
    let volume = volumes.clone().find(|name| name.contains(&function.id)).unwrap();
    engine.docker(&["rm", "--force", &waiting[0]]);
    engine.docker(&["volume", "rm", &volume]);
    assert_eq!(dock.key().run(&function, "").await["stdout"], "well\n");
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_named_with_the_reason() {
    let engine = Engine::shared();
    let dock = crate::launch().start().await;
    let function = dock
        .key()
        .deploy(Draft::shell("echo x").set("runtime", "node-22.0"))
        .await;

    let run = dock.key().run(&function, "").await;

    said(
        &run,
        126,
        &[
            "node:22-alpine",
            "could not be pulled",
            "docker pull",
            "config.toml",
        ],
    );
    let log = dock.console().await.log(run["$id"].as_str().unwrap()).await;
    let log: String = log.iter().map(|frame| frame.text.as_str()).collect();
    assert!(
        log.starts_with("Drydock: pulling the image node:22-alpine\n"),
        "{log}"
    );
    engine.docker(&["tag", "node:20-alpine", "node:22-alpine"]);
    assert_eq!(dock.key().run(&function, "").await["stdout"], "x\n");
    engine.docker(&["rmi", "node:22-alpine"]);
}

#[tokio::test]
async fn an_image_that_is_removed_fails_the_next_runs_until_it_is_back() {
    let engine = Engine::start(Images::Small);
    let dock = Dock::launch().containers(&engine).start().await;
    let function = dock.key().deploy(Draft::shell("echo x")).await;
    there_are(&engine, &function, 1).await;
    engine.docker(&["tag", "node:20-alpine", "kept:1"]);
    engine.docker(&["rmi", "--force", "node:20-alpine"]);

    // What waits already has its image.
    assert_eq!(dock.key().run(&function, "").await["stdout"], "x\n");
    let run = dock.key().run(&function, "").await;

    said(&run, 126, &["node:20-alpine"]);
    engine.docker(&["tag", "kept:1", "node:20-alpine"]);
    assert_eq!(dock.key().run(&function, "").await["stdout"], "x\n");
}

#[tokio::test]
async fn another_image_is_chosen_in_the_config_file_and_one_without_a_shell_is_refused_with_the_reason() {
    let engine = Engine::start(Images::Small);
    engine.docker(&["tag", "node:20-alpine", "mine/of-the-team:3"]);
    let empty = tempfile::tempdir().unwrap();
    std::fs::write(empty.path().join("readme"), "nothing").unwrap();
    let tar = empty.path().join("image.tar");
    let packed = std::process::Command::new("tar")
        .arg("-cf")
        .arg(&tar)
        .arg("-C")
        .arg(empty.path())
        .arg("readme")
        .status();
    assert!(packed.unwrap().success());
    engine.docker(&["import", tar.to_str().unwrap(), "no-shell:1"]);
    let folder = drydock_tests::Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    std::fs::write(
        folder.data().join("config.toml"),
        "[runtimes.\"python-3.12\"]\nimage = \"mine/of-the-team:3\"\n[runtimes.\"go-1.23\"]\nimage = \"no-shell:1\"\n",
    )
    .unwrap();
    let dock = Dock::launch().containers(&engine).on(&folder).start().await;
    let [mine, without] = [
        dock.key()
            .deploy(Draft::shell("echo mine").set("runtime", "python-3.12"))
            .await,
        dock.key()
            .deploy(Draft::shell("echo x").set("runtime", "go-1.23"))
            .await,
    ];
    assert_eq!(dock.key().run(&mine, "").await["stdout"], "mine\n");
    said(&dock.key().run(&without, "").await, 1, &["no-shell:1", "no `sh`"]);
}

#[tokio::test]
async fn a_full_disk_of_the_engine_is_named_and_functions_run_again_when_there_is_room() {
    let engine = Engine::start_on_disk_of(Images::Small, 60_000_000);
    let dock = Dock::launch().containers(&engine).start().await;
    let console = dock.console().await;
    let here = on_this_machine(&dock, &console).await;
    let function = dock.key().deploy(Draft::shell("echo one")).await;
    there_are(&engine, &function, 1).await;

    engine.fill();

    // What waits has all that it needs, and its `/tmp` in memory.
    assert_eq!(dock.key().run(&function, "").await["stdout"], "one\n");
    let code = archive::Archive::new()
        .file("./main.sh", b"echo two")
        .file("./data", &drydock_tests::Chance::new(1).bytes(1_000_000))
        .gzipped();
    let second = dock.key().upload(&function.id, "sh main.sh", code).await;
    dock.key().activate(&function.id, &second).await;
    let host = engine.host();
    for _ in 0..2 {
        let run = dock.key().run(&function, "").await;
        said(
            &run,
            1,
            &[
                "disk of the container engine",
                &host,
                "is full",
                "docker system df",
            ],
        );
    }
    assert_eq!(dock.key().run(&here, "").await["stdout"], "here\n");

    engine.free();
    let run = dock.key().run(&function, "").await;
    assert_eq!(run["stdout"], "two\n", "{run}");
    assert_eq!(dock.interrupt().await.status.code(), Some(0));
    assert_eq!((engine.containers(), engine.volumes()), (Vec::new(), Vec::new()));
}
