//! What a function's container is: made ahead, used once, closed off, within limits, and gone with what it was for.

use drydock_tests::{Console, Deployed, Dock, Draft, Engine, Images, Launch, archive, process, until};
use serde_json::{Value, json};

/// A server of containers with a folder of its own in the shared engine, and where its containers are told from others'.
async fn dock() -> Dock {
    crate::launch().start().await
}

/// The names of an engine's things that are a function's; not the container through which code is sent.
pub(crate) fn of(function: &Deployed, names: Vec<String>) -> Vec<String> {
    names
        .into_iter()
        .filter(|name| name.contains(&function.id) && !name.ends_with("-sends"))
        .collect()
}

/// Waits until so many containers of a function are there, and answers their names.
pub(crate) async fn there_are(engine: &Engine, function: &Deployed, count: usize) -> Vec<String> {
    until(&format!("{count} containers of {}", function.id), async || {
        let names = of(function, engine.containers());
        (names.len() == count).then_some(names)
    })
    .await
}

async fn record(console: &Console, run: &Value) -> Value {
    let path = format!("/projects/default/executions/{}", run["$id"].as_str().unwrap());
    console.get(&path).await["record"].clone()
}

#[tokio::test]
async fn a_container_waits_as_soon_as_a_tag_is_active_and_serves_one_run() {
    let (engine, dock) = (Engine::shared(), dock().await);
    let console = dock.console().await;
    let code = archive::one_file(
        "index.js",
        "console.log(require('fs').readdirSync('/tmp').length, process.pid)",
    );
    let function = dock
        .key()
        .deploy(Draft::with_code("node-20.0", code, "node index.js"))
        .await;
    let first = there_are(engine, &function, 1).await;

    let run = dock.key().run(&function, "").await;

    assert_eq!(run["exitCode"], 0, "{run}");
    assert!(run["stdout"].as_str().unwrap().starts_with("0 "), "{run}");
    let record = record(&console, &run).await;
    assert_eq!(
        (&record["standby"], &record["isolation"]),
        (&json!(true), &json!("container"))
    );
    // Two wait for a function that is used, and the one that served is none of them.
    let next = there_are(engine, &function, 2).await;
    assert!(!next.contains(&first[0]), "{first:?} {next:?}");
}

#[tokio::test]
async fn a_container_is_closed_off_from_its_machine() {
    let dock = dock().await;
    let script = "id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t' ' '; \
                  for f in /x /usr/x /usr/local/src/x /run/x /etc/x; do echo 2>/dev/null >$f && echo \"wrote $f\"; done; \
                  echo t >/tmp/t && cat /tmp/t; ls /var/run/docker.sock /run/docker.sock 2>/dev/null; echo end";
    let function = dock.key().deploy(Draft::shell(script)).await;

    let run = dock.key().run(&function, "").await;

    assert_eq!(
        run["stdout"],
        "65534\n65534\nCapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\nt\nend\n",
        "{run}"
    );
}

#[tokio::test]
async fn a_container_has_a_network_or_none_as_the_function_says() {
    let dock = dock().await;
    let draft = Draft::shell("ls /sys/class/net; [ -e /etc/hosts ] && echo hosts");
    let function = dock.key().deploy(draft).await;
    assert_eq!(dock.key().run(&function, "").await["stdout"], "eth0\nlo\nhosts\n");

    dock.console().await.set_network(&function.id, "none").await;

    assert_eq!(dock.key().run(&function, "").await["stdout"], "lo\nhosts\n");
}

/// Runs a script within limits and answers its end, which names the setting.
async fn ended_by(limits: &[(&str, &str)], draft: Draft) -> String {
    let launch = limits
        .iter()
        .fold(crate::launch(), |launch: Launch, (name, value)| {
            launch.env(name, *value)
        });
    let dock = launch.start().await;
    let function = dock.key().deploy(draft.set("timeout", 60)).await;
    let run = dock.key().run(&function, "").await;
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&json!("failed"), &json!(137)),
        "{run}"
    );
    let limit = record(&dock.console().await, &run).await["limit"].clone();
    format!("{} {}", limit.as_str().unwrap(), run["stderr"].as_str().unwrap())
}

#[tokio::test]
async fn a_run_over_its_memory_is_ended_and_the_setting_named() {
    let hog = "exec python3 -c 'x = []\nwhile True: x.append(bytearray(4_000_000))'";
    let said = ended_by(&[("DRYDOCK_LIMITS__MEMORY_BYTES", "64000000")], Draft::shell(hog)).await;
    assert!(
        said.starts_with("memory ") && said.contains("limits.memory_bytes"),
        "{said}"
    );
}

#[tokio::test]
async fn a_bomb_of_forks_is_ended_and_the_setting_named() {
    for script in [
        "b() { b | b & b; }; b",
        "i=0; while [ $i -lt 20 ]; do sleep 600 & i=$((i+1)); done; wait",
    ] {
        let said = ended_by(&[("DRYDOCK_LIMITS__PROCESSES", "8")], Draft::shell(script)).await;
        assert!(
            said.starts_with("processes ") && said.contains("limits.processes"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_file_over_its_limit_ends_the_run_and_the_setting_is_named() {
    let writer = "exec head -c 2000000 /dev/zero >/tmp/x";
    let said = ended_by(&[("DRYDOCK_LIMITS__FILE_BYTES", "1000000")], Draft::shell(writer)).await;
    assert!(
        said.starts_with("file-size ") && said.contains("limits.file_bytes"),
        "{said}"
    );
}

#[tokio::test]
async fn time_on_a_processor_is_summed_over_all_processes() {
    let spin = "while :; do :; done & while :; do :; done";
    let said = ended_by(&[("DRYDOCK_LIMITS__CPU_SECS", "1")], Draft::shell(spin)).await;
    assert!(
        said.starts_with("cpu-time ") && said.contains("limits.cpu_secs"),
        "{said}"
    );
}

#[tokio::test]
async fn a_cancelled_run_is_killed_with_its_container() {
    let (engine, dock) = (Engine::shared(), dock().await);
    let console = dock.console().await;
    let mark = process::mark();
    let draft = Draft::shell("setsid sleep 600 & sleep 600")
        .set("timeout", 900)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;
    let id = dock.key().execute(&function, "").await;
    process::running(&mark, 2).await;

    let path = format!("/projects/default/executions/{id}/cancel");
    console
        .request("POST", &path)
        .send_unchecked()
        .await
        .expect_status(200);

    let run = dock.key().finished(&function, &id).await;
    assert_eq!(
        (&run["exitCode"], &run["status"]),
        (&json!(130), &json!("failed")),
        "{run}"
    );
    process::none_left(&mark).await;
    there_are(engine, &function, 2).await;
}

#[tokio::test]
async fn the_code_of_a_tag_is_sent_once_and_goes_with_its_tag() {
    let (engine, dock) = (Engine::shared(), dock().await);
    let key = dock.key();
    let function = key.deploy(Draft::shell("echo one")).await;
    for _ in 0..3 {
        assert_eq!(key.run(&function, "").await["stdout"], "one\n");
    }
    assert_eq!(of(&function, engine.volumes()).len(), 1);
    let second = key
        .upload(
            &function.id,
            "sh main.sh",
            archive::one_file("main.sh", "echo two"),
        )
        .await;
    key.activate(&function.id, &second).await;
    assert_eq!(key.run(&function, "").await["stdout"], "two\n");
    assert_eq!(of(&function, engine.volumes()).len(), 2);

    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;

    until("the first tag's volume is gone", async || {
        let left = of(&function, engine.volumes());
        (left.len() == 1 && left[0].contains(&second)).then_some(())
    })
    .await;
    key.delete(&function.path()).ok(204).await;
    until("nothing of the function is left", async || {
        let left = [
            of(&function, engine.volumes()),
            of(&function, engine.containers()),
        ]
        .concat();
        left.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deleted_tag_does_not_disturb_the_container_that_runs_on_it() {
    let (engine, dock) = (Engine::shared(), dock().await);
    let key = dock.key();
    let draft = Draft::shell("echo began; until [ -e /tmp/go ]; do sleep 0.1; done; ls; echo done");
    let function = key.deploy(draft).await;
    let waiting = there_are(engine, &function, 1).await;
    let id = key.execute(&function, "").await;
    let console = dock.console().await;
    until("it has begun", async || {
        (!console.log(&id).await.is_empty()).then_some(())
    })
    .await;

    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;
    engine.docker(&["exec", &waiting[0], "touch", "/tmp/go"]);

    assert_eq!(
        key.finished(&function, &id).await["stdout"],
        "began\nmain.sh\ndone\n"
    );
    until("its volume is gone", async || {
        of(&function, engine.volumes()).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_more_containers_wait_than_are_set_and_the_least_recently_used_goes() {
    let engine = Engine::shared();
    let dock = crate::launch()
        .env("DRYDOCK_DOCKER__MAX_CONTAINERS", "2")
        .start()
        .await;
    let mut functions = Vec::new();
    for word in ["one", "two", "three"] {
        let function = dock.key().deploy(Draft::shell(&format!("echo {word}"))).await;
        if functions.len() < 2 {
            there_are(engine, &function, 1).await;
        }
        functions.push(function);
    }
    there_are(engine, &functions[2], 1).await;
    there_are(engine, &functions[0], 0).await;
    there_are(engine, &functions[1], 1).await;
    // What has none waiting runs all the same.
    assert_eq!(dock.key().run(&functions[0], "").await["stdout"], "one\n");
}

#[tokio::test]
async fn a_function_may_run_in_a_container_beside_others_that_do_not() {
    let engine = Engine::shared();
    let dock = Dock::launch().engine(engine).start().await;
    let console = dock.console().await;
    let [alone, beside] = [
        dock.key()
            .deploy(Draft::shell("id -u; cat /etc/passwd | wc -l"))
            .await,
        dock.key().deploy(Draft::shell("cat /etc/passwd | wc -l")).await,
    ];
    let row = console
        .get(&format!("/projects/default/functions/{}", alone.id))
        .await;
    assert_eq!(row["backend"], Value::Null);

    let row = console.set_backend(&alone.id, "docker").await;

    assert_eq!(
        (&row["backend"], &row["network"]),
        (&json!("docker"), &json!("full"))
    );
    assert_eq!(dock.key().run(&alone, "").await["stdout"], "65534\n1\n");
    assert_ne!(dock.key().run(&beside, "").await["stdout"], "1\n");
    assert_eq!(
        console.set_backend(&alone.id, "server").await["backend"],
        Value::Null
    );
    there_are(engine, &alone, 0).await;
    assert_ne!(dock.key().run(&alone, "").await["stdout"], "65534\n1\n");
}

#[tokio::test]
async fn a_large_tag_arrives_whole_with_links_and_modes() {
    let dock = dock().await;
    let large = vec![b'x'; 3_000_000];
    let code = archive::Archive::new()
        .folder("deep/")
        .folder("deep/er/")
        .file_with_mode("deep/er/large", 0o600, &large)
        .file_with_mode(
            "tool",
            0o700,
            b"#!/bin/sh\nwc -c <deep/er/large; pwd; exec cat \"$0\" | head -n 1",
        )
        .gzipped();
    let function = dock
        .key()
        .deploy(Draft::with_code("node-20.0", code, "tool"))
        .await;

    let run = dock.key().run(&function, "").await;

    assert_eq!(run["stdout"], "3000000\n/usr/local/src\n#!/bin/sh\n", "{run}");
}

#[tokio::test]
async fn an_interpreter_without_a_preload_waits_in_a_shell_and_gets_its_environment_whole() {
    let dock = dock().await;
    let console = dock.console().await;
    let script = "printf '%s|' \"$APPWRITE_FUNCTION_DATA\" \"$PLAIN\"; env | grep -c -E '^(PWD|OLDPWD|SHLVL|DRYDOCK)'; wc -c";
    let function = dock
        .key()
        .deploy(Draft::shell(script).var("PLAIN", "it's \"so\"\n$HOME"))
        .await;
    there_are(Engine::shared(), &function, 1).await;

    let run = dock.key().run(&function, "a 'b'\n`id` \\ ü").await;

    // The shell of the script itself sets its working folder.
    let printed = run["stdout"].as_str().unwrap();
    assert!(
        printed.starts_with("a 'b'\n`id` \\ ü|it's \"so\"\n$HOME|"),
        "{run}"
    );
    assert!(printed.ends_with("\n0\n"), "{run}");
    assert_eq!(record(&console, &run).await["standby"], true);
}

#[tokio::test]
async fn a_stopped_server_leaves_nothing_and_what_a_killed_one_leaves_ends_and_is_swept() {
    let engine = Engine::start(Images::Small);
    let dock = Dock::launch().containers(&engine).start().await;
    let mark = process::mark();
    let draft = Draft::shell("echo began; sleep 600")
        .set("timeout", 900)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;
    dock.key().execute(&function, "").await;
    process::running(&mark, 1).await;

    let folder = dock.crash();

    // All of it, although nobody sweeps yet: process 1 has lost its server.
    process::none_left(&mark).await;
    assert!(!engine.volumes().is_empty());
    let dock = Dock::launch().containers(&engine).on(&folder).start().await;
    until("what was left is swept", async || {
        (engine.volumes().is_empty() && engine.containers().is_empty()).then_some(())
    })
    .await;
    let other = dock.key().deploy(Draft::shell("echo well")).await;
    assert_eq!(dock.key().run(&other, "").await["stdout"], "well\n");

    dock.interrupt().await;

    assert_eq!((engine.containers(), engine.volumes()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn two_servers_share_an_engine_and_leave_each_other_alone() {
    let engine = Engine::start(Images::Small);
    let first = Dock::launch().containers(&engine).start().await;
    let mine = first.key().deploy(Draft::shell("echo mine")).await;
    let waiting = there_are(&engine, &mine, 1).await;

    // Its start sweeps, and so does its end.
    let second = Dock::launch().containers(&engine).start().await;
    let theirs = second.key().deploy(Draft::shell("echo theirs")).await;
    assert_eq!(second.key().run(&theirs, "").await["stdout"], "theirs\n");
    second.interrupt().await;

    assert_eq!(of(&mine, engine.containers()), waiting);
    assert_eq!(first.key().run(&mine, "").await["stdout"], "mine\n");
    there_are(&engine, &theirs, 0).await;
}
