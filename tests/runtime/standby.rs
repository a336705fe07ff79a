//! Processes that stand by, seen from outside: the next execution is taken by one, whatever changed in between
//! counts, and none outlives its reason or its server.

use drydock_tests::{Console, Deployed, Dock, Draft, archive, process, until};
use serde_json::{Value, json};

const SAYS: &str = "console.log(process.env.WORD, process.env.APPWRITE_FUNCTION_DATA)";

fn draft(word: &str) -> Draft {
    Draft::with_code("node-20.0", archive::one_file("index.js", SAYS), "node index.js").var("WORD", word)
}

/// A server with its console open: the link works once.
struct Scene {
    dock: Dock,
    console: Console,
}

impl Scene {
    async fn new() -> Self {
        Self::of(Dock::start().await).await
    }

    async fn of(dock: Dock) -> Self {
        Self {
            console: dock.console().await,
            dock,
        }
    }
}

async fn standby(scene: &Scene) -> Value {
    scene.console.get("/status").await["standby"].clone()
}

/// Waits until one process stands by, with its interpreter there.
async fn one_stands_by(scene: &Scene) {
    until("a process stands by", async || {
        let standby = standby(scene).await;
        (standby["processes"] == 1 && standby["memoryBytes"].as_u64() > Some(0)).then_some(())
    })
    .await;
}

/// Runs it; what it printed and whether a process that stood by took it.
async fn run(scene: &Scene, function: &Deployed, data: &str) -> (String, Value) {
    let run = scene.dock.key().run(function, data).await;
    let path = format!("/projects/default/executions/{}", run["$id"].as_str().unwrap());
    let row = scene.console.get(&path).await;
    (
        run["stdout"].as_str().unwrap().to_owned(),
        row["record"]["standby"].clone(),
    )
}

#[tokio::test]
async fn the_second_execution_is_taken_by_what_stands_by_and_that_is_counted() {
    let scene = Scene::new().await;
    let function = scene.dock.key().deploy(draft("hello")).await;

    assert_eq!(
        run(&scene, &function, "1").await,
        ("hello 1\n".to_owned(), json!(false))
    );
    one_stands_by(&scene).await;
    assert_eq!(
        run(&scene, &function, "2").await,
        ("hello 2\n".to_owned(), json!(true))
    );
    one_stands_by(&scene).await;

    let standby = standby(&scene).await;
    assert_eq!([&standby["hits"], &standby["misses"]], [1, 1], "{standby}");
    assert_eq!(standby["maxProcesses"], 4);
}

#[tokio::test]
async fn a_changed_variable_counts_at_once_and_another_process_stands_by() {
    let scene = Scene::new().await;
    let key = scene.dock.key();
    let function = key.deploy(draft("old")).await;
    run(&scene, &function, "1").await;
    one_stands_by(&scene).await;

    let body = json!({ "name": "f", "execute": [], "vars": { "WORD": "new" }, "timeout": 15 });
    key.put(&function.path()).json(&body).ok(200).await;
    // Whether the old one is gone already or not.
    assert_eq!(run(&scene, &function, "2").await.0, "new 2\n");
    one_stands_by(&scene).await;
    assert_eq!(
        run(&scene, &function, "3").await,
        ("new 3\n".to_owned(), json!(true))
    );
}

#[tokio::test]
async fn an_activated_tag_counts_at_once_and_its_process_stands_by_without_an_execution() {
    let scene = Scene::new().await;
    let key = scene.dock.key();
    let function = key.deploy(draft("old")).await;
    run(&scene, &function, "1").await;
    one_stands_by(&scene).await;

    let code = archive::one_file("index.js", "console.log('second tag')");
    let tag = key.upload(&function.id, "node index.js", code).await;
    key.activate(&function.id, &tag).await;
    one_stands_by(&scene).await;
    let second = Deployed {
        tag,
        id: function.id.clone(),
    };
    assert_eq!(
        run(&scene, &second, "").await,
        ("second tag\n".to_owned(), json!(true))
    );
}

#[tokio::test]
async fn a_deleted_tag_or_function_takes_its_process_along() {
    let scene = Scene::new().await;
    let key = scene.dock.key();
    for deletes_tag in [true, false] {
        let function = key.deploy(draft("gone")).await;
        run(&scene, &function, "").await;
        one_stands_by(&scene).await;
        let path = if deletes_tag {
            format!("{}/tags/{}", function.path(), function.tag)
        } else {
            function.path()
        };
        key.delete(&path).ok(204).await;
        until("nothing stands by", async || {
            (standby(&scene).await["processes"] == 0 && process::descendants(scene.dock.pid()).is_empty())
                .then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn nothing_stands_by_where_that_is_switched_off() {
    let off = Dock::launch().env("DRYDOCK_STANDBY__MAX_PROCESSES", "0");
    let scene = Scene::of(off.start().await).await;
    let function = scene.dock.key().deploy(draft("cold")).await;
    for data in ["1", "2"] {
        let expected = (format!("cold {data}\n"), Value::Null);
        assert_eq!(run(&scene, &function, data).await, expected);
    }
    assert_eq!(standby(&scene).await["processes"], 0);
    assert!(process::descendants(scene.dock.pid()).is_empty());
}

#[tokio::test]
async fn what_stands_by_dies_with_its_server_however_that_ends() {
    for kill in [true, false] {
        let scene = Scene::new().await;
        let function = scene.dock.key().deploy(draft("orphan")).await;
        run(&scene, &function, "").await;
        one_stands_by(&scene).await;
        let below = process::descendants(scene.dock.pid());
        assert!(below.len() >= 2, "a launcher and an interpreter: {below:?}");
        if kill {
            scene.dock.crash();
        } else {
            scene.dock.interrupt().await;
        }
        until("they are gone", async || {
            below.iter().all(|pid| !process::alive(*pid)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn many_at_once_each_get_their_own_data() {
    let scene = Scene::new().await;
    let key = scene.dock.key();
    let function = key.deploy(draft("own")).await;
    run(&scene, &function, "warm").await;
    one_stands_by(&scene).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(key.execute(&function, &number.to_string()).await);
    }
    for (number, id) in ids.iter().enumerate() {
        let ended = key.finished(&function, id).await;
        assert_eq!(ended["stdout"], format!("own {number}\n"), "{ended}");
    }
}
