//! Commands that need no server or say so: `console`, `config`, `doctor`, usage, and nobody at home.

use drydock_tests::{Actor, Dock, Folder, binary, run};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::process::Command;

use crate::drydock;

/// A command on a folder where no server runs.
fn alone(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env("DRYDOCK_DATA_DIR", folder.data())
        .env("DRYDOCK_PORT", "0");
    command
}

#[tokio::test]
async fn without_a_server_a_command_exits_with_1_and_names_the_one_that_starts_it() {
    let folder = Folder::new();
    for arguments in [
        &["functions", "list"][..],
        &["tags", "list", "f"],
        &["tags", "pin", "f", "t"],
        &["links"],
        &["unlink", "f"],
        &["exec", "f"],
        &["logs", "f"],
        &["console"],
    ] {
        let ended = run(&mut alone(&folder, arguments)).await.expect_code(1);
        assert!(
            ended.stderr.contains("drydock serve"),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    assert!(!folder.data().exists(), "a client makes no data folder");
}

#[tokio::test]
async fn a_server_that_was_killed_is_no_server() {
    let dock = Dock::start().await;
    let folder = dock.crash();
    assert!(
        folder.data().join("server.json").exists(),
        "a killed server cannot tidy up"
    );

    let ended = run(&mut alone(&folder, &["functions", "list"]))
        .await
        .expect_code(1);

    assert!(ended.stderr.contains("drydock serve"), "{}", ended.stderr);
}

#[tokio::test]
async fn the_end_of_the_terminal_ends_a_server_in_order_unless_that_is_to_be_outlived() {
    let launch = |how| Dock::launch().within(&["env", how]).start();
    let dock = launch("--default-signal=HUP").await;
    let folder = dock.folder();
    dock.signal(Signal::SIGHUP);
    let ended = dock.ended_by_itself().await;
    assert!(ended.status.success(), "{}", ended.log);
    assert!(!folder.data().join("server.json").exists());

    // As under nohup.
    let dock = launch("--ignore-signal=HUP").await;
    dock.signal(Signal::SIGHUP);
    drydock(&dock, &["functions", "list"]).await.expect_code(0);
}

#[tokio::test]
async fn words_that_cannot_be_right_exit_with_2() {
    let folder = Folder::new();
    for arguments in [
        &["nonsense"][..],
        &["functions", "get"],
        &["functions", "get", "a/b"],
        &["functions", "create", "--name", "n"],
        &[
            "functions",
            "create",
            "--name",
            "n",
            "--runtime",
            "node-20.0",
            "--var",
            "NOVALUE",
        ],
        &["exec"],
        &["serve", "--port", "70000"],
        &["serve", "--no-such-flag"],
    ] {
        let ended = run(&mut alone(&folder, arguments)).await.expect_code(2);
        assert!(
            !ended.stderr.is_empty() && ended.stdout.is_empty(),
            "{arguments:?}: {}",
            ended.stdout
        );
    }
}

#[tokio::test]
async fn every_command_explains_itself() {
    let folder = Folder::new();
    for command in [
        "serve",
        "functions",
        "tags",
        "links",
        "unlink",
        "exec",
        "logs",
        "console",
        "config",
        "doctor",
    ] {
        let ended = run(&mut alone(&folder, &[command, "--help"]))
            .await
            .expect_code(0);
        assert!(
            ended.stdout.contains("Usage: drydock"),
            "{command}: {}",
            ended.stdout
        );
    }
    let version = run(&mut alone(&folder, &["--version"])).await.expect_code(0);
    assert!(version.stdout.starts_with("drydock "), "{}", version.stdout);
}

#[tokio::test]
async fn console_prints_a_fresh_link_that_opens_the_door_once() {
    let dock = Dock::start().await;
    let link = drydock(&dock, &["console"]).await.expect_code(0).stdout;
    let other = drydock(&dock, &["console"]).await.expect_code(0).stdout;
    assert_ne!(link, other);

    let token = link.trim().split_once("/#token=").unwrap().1;
    let spend = || {
        let page = Actor::new(dock.origin())
            .header("origin", dock.origin())
            .header("x-drydock-console", "1");
        page.post("/console/api/session").json(&json!({ "token": token }))
    };
    spend().send_unchecked().await.expect_status(200);
    spend().send_unchecked().await.expect_status(401);
}

#[tokio::test]
async fn config_tells_each_value_and_where_it_comes_from() {
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    std::fs::write(
        folder.data().join("config.toml"),
        "[upload]\nmax_bytes = 1234567\n",
    )
    .unwrap();
    let mut command = alone(&folder, &["config", "--json"]);

    let told = run(command.env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "7"))
        .await
        .expect_code(0)
        .json();

    let setting = |key: &str| {
        let found = told["settings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|setting| setting["key"] == key);
        found
            .unwrap_or_else(|| panic!("{key} is not in {told:#}"))
            .clone()
    };
    let from = |key: &str| setting(key)["from"].as_str().unwrap().to_owned();
    assert_eq!(setting("upload.max_bytes")["value"], 1_234_567);
    assert!(
        from("upload.max_bytes").contains("config.toml"),
        "{}",
        from("upload.max_bytes")
    );
    assert_eq!(setting("executions.max_concurrent")["value"], 7);
    assert!(from("executions.max_concurrent").contains("DRYDOCK_EXECUTIONS__MAX_CONCURRENT"));
    assert_eq!(setting("archive.max_entries")["value"], 50_000);
    assert_eq!(from("archive.max_entries"), "default");
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_an_error_with_a_suggestion() {
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    std::fs::write(folder.data().join("config.toml"), "[upload]\nmax_byte = 5\n").unwrap();

    let ended = run(&mut alone(&folder, &["config"])).await.expect_code(2);
    assert!(
        ended.stderr.contains("upload.max_byte") && ended.stderr.contains("upload.max_bytes"),
        "{}",
        ended.stderr
    );

    std::fs::remove_file(folder.data().join("config.toml")).unwrap();
    let mut command = alone(&folder, &["serve"]);
    let ended = run(command.env("DRYDOCK_EXECUTION__MAX_CONCURRENT", "5"))
        .await
        .expect_code(2);
    assert!(
        ended.stderr.contains("DRYDOCK_EXECUTIONS__MAX_CONCURRENT"),
        "{}",
        ended.stderr
    );
    assert!(!folder.data().join("drydock.db").exists());
}

#[tokio::test]
async fn a_flag_is_stronger_than_the_environment_and_that_than_the_file() {
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    std::fs::write(
        folder.data().join("config.toml"),
        "port = 1\nlog_format = \"json\"\n",
    )
    .unwrap();

    // The launch gives `--port 0` as a flag; with 1 from anywhere it could not listen.
    let dock = Dock::launch().env("DRYDOCK_PORT", "2").on(&folder).start().await;

    dock.key().get("/v1/functions").ok(200).await;
}

#[tokio::test]
async fn doctor_finds_the_interpreters_and_needs_no_server() {
    let folder = Folder::new();

    let told = run(&mut alone(&folder, &["doctor", "--json"]))
        .await
        .expect_code(0)
        .json();

    assert_eq!(told["healthy"], true, "{told:#}");
    let families: Vec<&str> = told["interpreters"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|found| found["family"].as_str())
        .collect();
    for family in ["node", "python", "php", "ruby"] {
        assert!(families.contains(&family), "{family} is not in {families:?}");
    }
    let shown = run(&mut alone(&folder, &["doctor"])).await.expect_code(0).stdout;
    assert!(shown.contains("node") && shown.contains("data folder"), "{shown}");
    assert!(!folder.data().exists(), "doctor changes nothing");
}

#[tokio::test]
async fn doctor_names_a_problem_and_its_mend_and_exits_with_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = Folder::new();
    let mut command = alone(&folder, &["doctor", "--json"]);

    let told = run(command.env("DRYDOCK_PORT", port.to_string()))
        .await
        .expect_code(1)
        .json();

    let findings: &Vec<Value> = told["findings"].as_array().unwrap();
    let problem = findings
        .iter()
        .find(|finding| finding["level"] == "problem")
        .unwrap();
    assert_eq!(problem["subject"], "port");
    assert!(
        problem["found"].as_str().unwrap().contains(&port.to_string()),
        "{problem}"
    );
    assert!(problem["mend"].as_str().unwrap().contains("--port"), "{problem}");
}

#[tokio::test]
async fn doctor_tells_of_the_running_server() {
    let dock = Dock::start().await;

    let shown = run(dock.command().arg("doctor").env("DRYDOCK_PORT", "0"))
        .await
        .expect_code(0)
        .stdout;

    assert!(shown.contains(&dock.pid().to_string()), "{shown}");
}

#[tokio::test]
async fn a_schedule_is_told_in_local_time_and_utc_without_a_server() {
    let folder = Folder::new();
    let next = ["schedules", "next", "30 22 * * SUN", "--count", "2"];
    let shown = run(alone(&folder, &next).env("TZ", "JST-9"))
        .await
        .expect_code(0)
        .stdout;
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    for line in &lines[1..] {
        let [local, utc] = line.split("  ").collect::<Vec<_>>()[..] else {
            panic!("{shown}")
        };
        assert!(local.starts_with("Mon ") && local.ends_with(" 07:30"), "{shown}");
        assert!(utc.starts_with("Sun ") && utc.ends_with(" 22:30"), "{shown}");
    }

    let json = run(&mut alone(&folder, &["schedules", "next", "@hourly", "--json"]))
        .await
        .expect_code(0)
        .json();
    assert_eq!(json["words"], "At minute 0 of every hour");
    let hours: Vec<_> = json["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| at.as_i64().unwrap())
        .collect();
    assert_eq!(hours.len(), 5);
    assert!(
        hours.windows(2).all(|pair| pair[1] - pair[0] == 3_600_000),
        "{json}"
    );

    let never = run(&mut alone(&folder, &["schedules", "next", "0 0 30 2 *"]))
        .await
        .expect_code(0);
    assert!(never.stdout.starts_with("never"), "{}", never.stdout);
}

#[tokio::test]
async fn a_schedule_that_is_none_exits_with_2_and_names_the_mistake() {
    let folder = Folder::new();
    for (expression, words) in [("61 * * * *", "61"), ("every day", "fields"), ("", "fields")] {
        let refused = run(&mut alone(&folder, &["schedules", "next", expression]))
            .await
            .expect_code(2);
        assert!(refused.stderr.contains(words), "{expression}: {}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    run(&mut alone(
        &folder,
        &["schedules", "next", "@daily", "--count", "51"],
    ))
    .await
    .expect_code(2);
}
