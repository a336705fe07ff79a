//! `dev` without a terminal: what it links, tells and leaves.

use drydock_tests::process::{family, none_alive};
use drydock_tests::{Dock, Folder, binary, until};
use serde_json::Value;
use std::process::Command;

use crate::drydock;
use crate::folders::Code;
use crate::stays::Stays;

/// `dev` on a data folder where no server runs.
fn alone(folder: &Folder, code: &Code, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["dev", &code.name(), "--port", "0"])
        .args(arguments)
        .env("DRYDOCK_DATA_DIR", folder.data())
        .env_remove("RUST_LOG");
    command
}

/// `dev` with a server that runs.
fn beside(dock: &Dock, code: &Code, arguments: &[&str]) -> Stays {
    // The port is for the server that it would start when this one has ended.
    let dev = ["dev", &code.name(), "--port", "0"];
    Stays::start(dock.command().args(dev).args(arguments))
}

fn hello(text: &str) -> String {
    format!("console.log('{text}', process.env.APPWRITE_FUNCTION_DATA);")
}

#[tokio::test]
async fn a_folder_with_nothing_but_code_is_live_with_every_save_and_every_execution_is_told() {
    let folder = Folder::new();
    let code = Code::of(&[("index.js", &hello("one"))]);
    let mut dev = Stays::start(&mut alone(&folder, &code, &[]));

    assert!(dev.prints("Function").await.contains("hello  (made now)"));
    assert!(dev.prints("Runtime").await.contains("(the file index.js;"));
    assert!(dev.prints("Command").await.contains("node index.js"));
    assert!(dev.prints("live in").await.contains("+index.js"));

    code.write("index.js", &hello("two"));
    code.write("lib/new.js", "");
    dev.prints("+lib/new.js").await;
    let exec = async |data| {
        let mut command = Command::new(binary());
        command
            .args(["exec", "hello", "--wait", "--data", data])
            .env("DRYDOCK_DATA_DIR", folder.data());
        drydock_tests::run(&mut command).await.expect_code(0).stdout
    };
    assert_eq!(exec("x").await, "two x\n");
    dev.tells_of_run("completed", "by http", "out | two x").await;

    code.write("index.js", "console.log('three'\n");
    dev.prints("does not parse, the last good code stays live  index.js")
        .await;
    assert!(dev.prints("index.js:").await.contains("missing )"));
    assert_eq!(exec("y").await, "two y\n");

    assert!(dev.interrupt().await.success());
    assert!(
        dev.printed()
            .contains("The folder stays linked; `drydock unlink hello` ends that.")
    );
    assert!(
        !folder.data().join("server.json").exists(),
        "its server has ended"
    );
}

#[tokio::test]
async fn a_server_that_runs_is_used_and_goes_on() {
    let dock = Dock::start().await;
    let code = Code::of(&[("main.py", "print('py')\n")]);
    let mut dev = beside(&dock, &code, &[]);

    let server = dev.prints("Server").await;
    assert!(server.contains(&format!("of pid {}", dock.pid())), "{server}");
    dev.prints("live in").await;
    assert!(dev.interrupt().await.success());

    let ran = drydock(&dock, &["exec", "hello", "--wait"]).await.expect_code(0);
    assert_eq!(ran.stdout, "py\n");
    code.write("main.py", "print('still watched')\n");
    until("the save is live though nobody looks", async || {
        let ran = drydock(&dock, &["exec", "hello", "--wait"]).await.expect_code(0);
        (ran.stdout == "still watched\n").then_some(())
    })
    .await;
}

#[tokio::test]
async fn dev_waits_for_a_server_that_is_about_to_listen() {
    let code = Code::of(&[("index.js", &hello("one"))]);
    let folder = Folder::new();
    // Both begin at once: whoever is second finds the folder locked, or a server.
    let mut first = Stays::start(&mut alone(&folder, &code, &[]));
    let mut second = Stays::start(&mut alone(&folder, &code, &[]));
    for dev in [&mut first, &mut second] {
        dev.prints("Function").await;
    }
    let both = first.printed() + &second.printed();
    assert_eq!(both.matches("ends with this command").count(), 1, "{both}");
}

#[tokio::test]
async fn where_the_server_of_another_command_ends_it_goes_on_with_one_of_its_own() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", &hello("one"))]);
    let mut dev = beside(&dock, &code, &[]);
    dev.prints("live in").await;
    let folder = dock.crash();
    dev.prints("looking for another server, or starting one").await;
    assert!(dev.prints("Server").await.contains("ends with this command"));
    dev.prints("watching 1 file").await;
    code.write("index.js", &hello("two"));
    dev.prints("live in").await;
    assert!(dev.interrupt().await.success());
    assert!(!folder.data().join("server.json").exists());
}

#[tokio::test]
async fn who_does_not_read_does_not_keep_it_from_ending() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.log('x'.repeat(1000000))")]);
    let mut child = dock
        .command()
        .args(["dev", &code.name(), "--exec-on-save"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until("the output is there to be printed", async || {
        let list = drydock(&dock, &["logs", "hello", "--limit", "1"]).await;
        list.stdout.contains("completed").then_some(())
    })
    .await;
    // Its pipe takes 64 kB of that, and nobody reads.
    let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    until("it ends", async || child.try_wait().unwrap()).await;
}

#[tokio::test]
async fn a_killed_dev_leaves_no_process() {
    let folder = Folder::new();
    let code = Code::of(&[("index.js", "setInterval(() => {}, 1000); console.log('up');")]);
    let mut dev = Stays::start(&mut alone(&folder, &code, &["--exec-on-save"]));
    dev.prints("out | up").await;
    let below = family(dev.pid());
    assert!(!below.is_empty());
    drop(dev);
    none_alive(&below).await;
}

#[tokio::test]
async fn exec_on_save_executes_what_is_live_with_the_data_that_was_given() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", &hello("one"))]);
    let mut dev = beside(&dock, &code, &["--exec-on-save=given"]);
    assert_eq!(dev.prints("out | ").await.trim(), "out | one given");
    code.write("index.js", &hello("two"));
    assert_eq!(dev.prints("out | ").await.trim(), "out | two given");
    // What does not parse is not executed; what is good again is.
    code.write("index.js", "(");
    dev.prints("does not parse").await;
    code.write("index.js", &hello("three"));
    assert_eq!(dev.prints("out | ").await.trim(), "out | three given");
    dev.interrupt().await;

    // Nothing has changed since: the code that is there is executed once.
    let mut dev = beside(&dock, &code, &["--exec-on-save"]);
    assert_eq!(dev.prints("out | ").await.trim(), "out | three");
}

#[tokio::test]
async fn an_execution_that_fails_shows_its_code_and_what_it_wrote() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", "console.error('oops'); process.exit(3);")]);
    let mut dev = beside(&dock, &code, &["--exec-on-save"]);
    dev.tells_of_run("failed, exit code 3", "by http", "err | oops")
        .await;
    // What keeps it from starting is told too.
    let id = "hello";
    drydock(&dock, &["functions", "update", id, "--timeout", "1"])
        .await
        .expect_code(0);
    code.write("index.js", "console.log('on'); setInterval(() => {}, 1000);");
    dev.prints("running").await;
    assert_eq!(dev.prints("out | ").await.trim(), "out | on");
    dev.prints("failed, exit code 124").await;
}

#[tokio::test]
async fn functions_of_an_appwrite_json_are_made_and_set_as_it_says() {
    let dock = Dock::start().await;
    let declaration = r#"{ "projectId": "p", "functions": [
        { "$id": "greet", "name": "Greet", "runtime": "node-18.0", "path": "functions/greet", "entrypoint": "app.js",
          "ignore": ["*.md"], "execute": ["role:all"], "vars": { "A": "1" }, "events": ["users.create"],
          "schedule": "0 0 1 1 *", "timeout": 33 },
        { "$id": "other", "name": "Other", "runtime": "python-3.11", "path": "functions/other", "entrypoint": "main.py" }
    ] }"#;
    let code = Code::of(&[
        ("appwrite.json", declaration),
        ("functions/greet/app.js", "console.log('greet', process.env.A);"),
        ("functions/greet/README.md", "no code"),
        ("functions/other/main.py", "print('other')"),
    ]);
    let mut dev = beside(&dock, &code, &[]);
    dev.prints("appwrite.json").await;
    let mut live = [dev.prints("live in").await, dev.prints("live in").await];
    live.sort_by_key(|line| line.contains("other"));
    assert!(
        live[0].contains("greet  live in") && live[0].contains("+app.js"),
        "{live:?}"
    );
    assert!(live[1].contains("other  live in"), "{live:?}");
    assert!(!dev.printed().contains("README.md"));

    let function: Value = drydock(&dock, &["functions", "get", "greet", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(function["name"], "Greet");
    assert_eq!(function["execute"], serde_json::json!(["role:all"]));
    assert_eq!(function["events"], serde_json::json!(["users.create"]));
    assert_eq!(
        (&function["schedule"], &function["timeout"]),
        (&"0 0 1 1 *".into(), &33.into())
    );
    let ran = drydock(&dock, &["exec", "greet", "--wait"]).await.expect_code(0);
    assert_eq!(ran.stdout, "greet 1\n");
    assert!(dev.prints("completed").await.contains("greet  completed"));
    dev.interrupt().await;

    // The declaration changes one thing; a variable that was set beside it stays.
    drydock(&dock, &["functions", "update", "greet", "--var", "SECRET=s"])
        .await
        .expect_code(0);
    code.write("appwrite.json", &declaration.replace("33", "44"));
    let mut dev = beside(&dock, &code, &["--function", "greet"]);
    assert!(
        dev.prints("Function")
            .await
            .contains("greet  (others now, as declared: timeout)")
    );
    dev.prints("watching").await;
    let function: Value = drydock(&dock, &["functions", "get", "greet", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        (&function["timeout"], &function["vars"]["SECRET"]),
        (&44.into(), &"s".into())
    );
}

#[tokio::test]
async fn variables_of_env_are_offered_by_name_and_taken_over_when_asked() {
    let dock = Dock::start().await;
    let code = Code::of(&[
        (
            "index.js",
            "console.log(process.env.TOKEN, require('fs').existsSync('.env'));",
        ),
        (".env", "TOKEN=very-secret\n"),
    ]);
    let mut dev = beside(&dock, &code, &[]);
    let offer = dev.prints(".env has variables").await;
    assert!(offer.contains("TOKEN; --import-env takes them over"), "{offer}");
    dev.prints("live in").await;
    dev.interrupt().await;
    let ran = drydock(&dock, &["exec", "hello", "--wait"]).await.expect_code(0);
    assert_eq!(ran.stdout, "undefined false\n");

    let mut dev = beside(&dock, &code, &["--import-env"]);
    dev.prints("the function has now from .env: TOKEN").await;
    let ran = drydock(&dock, &["exec", "hello", "--wait"]).await.expect_code(0);
    assert_eq!(ran.stdout, "very-secret false\n");
    assert!(
        !dev.printed()
            .replace("out | very-secret", "")
            .contains("very-secret")
    );
}

#[tokio::test]
async fn a_folder_that_goes_and_comes_back_is_told_and_an_unlinked_one_ends_it() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", &hello("one"))]);
    let mut dev = beside(&dock, &code, &[]);
    dev.prints("live in").await;
    std::fs::rename(code.path(), code.beside("away")).unwrap();
    dev.prints("is gone: the last code stays live").await;
    std::fs::rename(code.beside("away"), code.path()).unwrap();
    dev.prints("watching 1 file").await;

    let path = "/console/api/projects/default/functions/hello/link";
    dock.owner()
        .delete(path)
        .send_unchecked()
        .await
        .expect_status(204);
    dev.prints("was unlinked").await;
    assert_eq!(dev.ends().await.code(), Some(1));
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused_with_what_to_say() {
    let dock = Dock::start().await;
    let refused = async |code: &Code, arguments: &[&str], status| {
        let name = code.name();
        let arguments = [&["dev", name.as_str()], arguments].concat();
        drydock(&dock, &arguments).await.expect_code(status).stderr
    };
    let nothing = Code::of(&[("notes.txt", "no code")]);
    let message = refused(&nothing, &[], 1).await;
    assert!(message.contains("--runtime and --command"), "{message}");
    let code = Code::of(&[("index.js", "")]);
    let message = refused(&code, &["--runtime", "cobol-1.0"], 1).await;
    assert!(message.contains("runtime"), "{message}");
    std::fs::remove_dir_all(code.path()).unwrap();
    let message = refused(&code, &[], 1).await;
    assert!(message.contains("is not there"), "{message}");

    // Nothing is made of several functions as long as one of them cannot be.
    let declaration = r#"{ "functions": [
        { "$id": "fa", "name": "A", "runtime": "node-18.0", "path": "a", "entrypoint": "index.js" },
        { "$id": "fb", "name": "B", "runtime": "cobol-1.0", "path": "b", "entrypoint": "index.cob" } ] }"#;
    let files = [
        ("appwrite.json", declaration),
        ("a/index.js", ""),
        ("b/index.cob", ""),
    ];
    let message = refused(&Code::of(&files), &[], 1).await;
    assert!(
        message.contains("function fb") && message.contains("cobol-1.0"),
        "{message}"
    );
    let list = drydock(&dock, &["functions", "list", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(list["functions"], serde_json::json!([]));

    // A function that only happens to have the folder's name is not taken over.
    let other = Code::of(&[("index.js", "")]);
    drydock(&dock, &["link", &other.name()]).await.expect_code(0);
    let code = Code::of(&[("index.js", "")]);
    let message = refused(&code, &[], 1).await;
    let linked = format!("linked to {}", other.name());
    assert!(
        message.contains(&linked) && message.contains("--function hello"),
        "{message}"
    );
    // Nor is one that two checkouts of a repository declare.
    let declaration = r#"{ "functions": [
        { "$id": "shared", "name": "S", "runtime": "node-18.0", "path": ".", "entrypoint": "index.js" } ] }"#;
    let files = [("appwrite.json", declaration), ("index.js", "")];
    let (one, two) = (Code::of(&files), Code::of(&files));
    drydock(&dock, &["link", &one.name()]).await.expect_code(0);
    let message = refused(&two, &[], 1).await;
    assert!(
        message.contains(&one.name()) && message.contains("--function shared"),
        "{message}"
    );
}

#[tokio::test]
async fn the_commands_it_names_reach_the_same_server() {
    let folder = Folder::new();
    let code = Code::of(&[("index.js", &hello("one"))]);
    let mut command = Command::new(binary());
    let data = folder.data();
    command
        .args([
            "--data-dir",
            data.to_str().unwrap(),
            "dev",
            &code.name(),
            "--port",
            "0",
        ])
        .env_remove("DRYDOCK_DATA_DIR");
    let mut dev = Stays::start(&mut command);
    let named = dev.prints("drydock exec").await;
    let words: Vec<_> = named
        .split_whitespace()
        .skip_while(|word| *word != "exec")
        .collect();
    dev.prints("live in").await;
    let mut exec = Command::new(binary());
    exec.args(&words).env_remove("DRYDOCK_DATA_DIR");
    assert_eq!(
        drydock_tests::run(&mut exec).await.expect_code(0).stdout,
        "one \n"
    );
}

#[tokio::test]
async fn data_of_a_file_is_read_for_each_save() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", &hello("one"))]);
    let data = code.beside("data.json");
    std::fs::write(&data, "first").unwrap();
    let mut dev = beside(&dock, &code, &[&format!("--exec-on-save=@{}", data.display())]);
    assert_eq!(dev.prints("out | ").await.trim(), "out | one first");
    std::fs::write(&data, "second").unwrap();
    code.write("index.js", &hello("two"));
    assert_eq!(dev.prints("out | ").await.trim(), "out | two second");
}

#[tokio::test]
async fn a_function_that_is_linked_to_another_folder_is_let_go() {
    let dock = Dock::start().await;
    let code = Code::of(&[("index.js", &hello("one"))]);
    let mut dev = beside(&dock, &code, &[]);
    dev.prints("live in").await;
    // Somebody else takes the function for another folder.
    let other = Code::of(&[("index.js", &hello("other"))]);
    drydock(&dock, &["link", &other.name(), "--function", "hello"])
        .await
        .expect_code(0);
    dev.prints(&format!("is linked to {} now", other.name())).await;
    assert_eq!(dev.ends().await.code(), Some(1));
}
