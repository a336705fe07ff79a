//! A disk that is full, or that cannot be written: what cannot be done is said, nothing that was acknowledged is
//! lost, and everything goes on once there is space again, without a restart.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use drydock_tests::{
    Databases, Deployed, Disk, Dock, Draft, Faults, Folder, Witness, archive, form_data, tree, until,
};
use nix::errno::Errno;
use serde_json::{Value, json};

/// Room for a server, both databases and some code.
pub(crate) const SIZE: u64 = 12_000_000;
const FULL: &str = "The disk of the data folder is full: free some space and try again";
/// A user that no machine has.
const USER: u32 = 54_322;

async fn upload(dock: &Dock, function: &str) -> drydock_tests::Answer {
    let code = archive::one_file("main.sh", "echo fresh");
    let form = form_data("sh main.sh", "code.tar.gz", code);
    let path = format!("/v1/functions/{function}/tags");
    dock.key().post(&path).multipart(form).send().await
}

/// A change of something small: of a function that is there for nothing else.
async fn rename(dock: &Dock, function: &str, name: &str) -> drydock_tests::Answer {
    let path = format!("/v1/functions/{function}");
    dock.key().put(&path).json(&json!({ "name": name })).send().await
}

async fn name_of(dock: &Dock, function: &str) -> Value {
    let path = format!("/v1/functions/{function}");
    dock.key().get(&path).ok(200).await["name"].clone()
}

/// Fills the disk and changes something small until that cannot be stored: what SQLite had left of its log is used up
/// then. Answers the last name that was acknowledged.
pub(crate) async fn until_full(disk: &Disk, dock: &Dock, function: &str) -> String {
    let mut acknowledged = name_of(dock, function).await.as_str().unwrap().to_owned();
    for number in 0.. {
        disk.fill();
        let name = format!("{acknowledged:.1}{number}");
        let answer = rename(dock, function, &name).await;
        if answer.status == 507 {
            assert_eq!(answer.message(), FULL);
            break;
        }
        answer.expect_status(200);
        acknowledged = name;
    }
    acknowledged
}

async fn is_well(dock: &Dock) {
    for path in ["/v1/health", "/v1/health/db"] {
        dock.key().get(path).ok(200).await;
    }
    assert!(!dock.log().contains("panicked"), "{}", dock.log());
}

#[tokio::test]
async fn an_upload_to_a_full_disk_is_507_and_leaves_nothing() {
    let Some(disk) = Disk::of(SIZE) else { return };
    let dock = disk.launch().start().await;
    let function = dock.key().create_function().await;
    for spare_bytes in [0, 4096, 8192, 20_000] {
        disk.fill_but(spare_bytes);
        let code = archive::Archive::new()
            .file("./main.sh", b"true")
            .file("./data.bin", &drydock_tests::Chance::new(1).bytes(100_000))
            .gzipped();
        let form = form_data("sh main.sh", "code.tar.gz", code);
        let path = format!("/v1/functions/{function}/tags");
        let answer = dock.key().post(&path).multipart(form).send().await;

        answer.expect_status(507);
        assert_eq!(answer.message(), FULL);
        assert!(dock.log().contains(FULL), "the log names it: {}", dock.log());
        assert_eq!(tree::code(&disk.data()), Vec::<String>::new());
        is_well(&dock).await;
    }

    disk.free();
    upload(&dock, &function).await.expect_status(201);
}

#[tokio::test]
async fn what_a_full_disk_cannot_store_is_507_and_what_it_acknowledged_survives_a_crash() {
    let Some(disk) = Disk::of(SIZE) else { return };
    let dock = disk.launch().start().await;
    let key = dock.key();
    let function = key.deploy(Draft::shell("echo kept")).await;
    let before = key.run(&function, "").await;
    let other = key
        .upload(
            &function.id,
            "sh main.sh",
            archive::one_file("main.sh", "echo other"),
        )
        .await;
    let small = key.create_function().await;

    let name = until_full(&disk, &dock, &small).await;
    let executions = format!("{}/executions", function.path());
    for request in [
        key.post("/v1/functions")
            .json(&json!({ "functionId": "late", "name": "Late", "runtime": "node-20.0" })),
        key.patch(&format!("{}/tag", function.path()))
            .json(&json!({ "tag": other })),
        key.post(&executions).json(&json!({ "data": "" })),
        key.delete(&function.path()),
    ] {
        assert_eq!(request.refused(507).await, FULL);
    }
    // Reading goes on.
    assert_eq!(key.get(&executions).ok(200).await["sum"], 1);
    assert_eq!(name_of(&dock, &small).await, name);
    is_well(&dock).await;

    dock.crash();
    disk.free();
    let dock = disk.launch().start().await;
    let key = dock.key();
    assert_eq!(name_of(&dock, &small).await, name);
    assert_eq!(key.get(&function.path()).ok(200).await["tag"], function.tag);
    assert_eq!(
        key.execution(&function, before["$id"].as_str().unwrap()).await,
        before
    );
    assert_eq!(key.get(&executions).ok(200).await["sum"], 1);
    key.get("/v1/functions/late").refused(404).await;
    assert_eq!(key.run(&function, "").await["stdout"], "kept\n");
}

#[tokio::test]
async fn executions_on_a_full_disk_end_once_there_is_space() {
    let Some(disk) = Disk::of(SIZE) else { return };
    let dock = disk
        .launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let (key, witness) = (dock.key(), Witness::listen().await);
    let draft = Draft::new("node-20.0", "node-witness", "node index.js")
        .set("timeout", 900)
        .var("WITNESS_PORT", &witness.port());
    let function = key.deploy(draft).await;
    let first = key.execute(&function, "first").await;
    witness.visited_by(1).await;
    let second = key.execute(&function, "second").await;
    let small = key.create_function().await;

    until_full(&disk, &dock, &small).await;
    witness.open();
    until("the log names what cannot be stored", async || {
        dock.log().contains("cannot store a result").then_some(())
    })
    .await;

    assert_eq!(key.execution(&function, &first).await["status"], "processing");
    assert_eq!(key.execution(&function, &second).await["status"], "waiting");
    is_well(&dock).await;
    disk.free();
    for (id, data) in [(&first, "first"), (&second, "second")] {
        let run = key.finished(&function, id).await;
        assert_eq!(
            (&run["status"], &run["stdout"]),
            (&json!("completed"), &json!(format!("done {data}\n"))),
            "{run}"
        );
    }
    let names: Vec<_> = witness.visitors().into_iter().map(|visitor| visitor.id).collect();
    assert_eq!(names, ["first", "second"], "each ran once");
    assert!(dock.log().contains("disk is full"), "{}", dock.log());
}

#[tokio::test]
async fn output_that_a_full_disk_cannot_keep_costs_no_execution_its_end() {
    let Some(disk) = Disk::of(SIZE) else { return };
    let dock = disk.launch().start().await;
    let (key, console) = (dock.key(), dock.console().await);
    let chatty = key
        .deploy(Draft::shell("head -c 9000000 /dev/zero | tr '\\0' x; echo; echo end").set("timeout", 60))
        .await;
    disk.fill_but(2_000_000);

    let id = key.execute(&chatty, "").await;
    until("the log names what cannot be stored", async || {
        dock.log().contains("output could not be stored").then_some(())
    })
    .await;
    is_well(&dock).await;
    // Space for the result, not for the output that was lost.
    disk.free();

    let run = key.finished(&chatty, &id).await;
    assert_eq!(run["status"], "completed", "{:.300}", run["stderr"]);
    assert!(run["stdout"].as_str().unwrap().ends_with("x\nend\n"));
    let function = key.deploy(Draft::shell("echo kept again")).await;
    let run = key.run(&function, "").await;
    let log = console.log(run["$id"].as_str().unwrap()).await;
    assert_eq!(log[0].text, "kept again\n");
}

#[tokio::test]
async fn a_start_on_a_full_disk_says_so_and_the_next_finds_everything() {
    let Some(disk) = Disk::of(SIZE) else { return };
    // The first start of all too: it makes the databases and the keys.
    let mut kept: Option<(Deployed, Value)> = None;
    for _ in ["fresh", "used"] {
        let mut refused = 0;
        for spare_bytes in [0, 4096, 16_000, 50_000, 100_000, 200_000, 400_000] {
            disk.fill_but(spare_bytes);
            let starting = disk.launch().start_or_end().await;
            match starting {
                Ok(dock) => {
                    dock.crash();
                }
                Err(ending) => {
                    refused += 1;
                    assert_eq!(ending.status.code(), Some(1), "{}", ending.log);
                    let says = ending.log.to_lowercase();
                    assert!(
                        says.contains("full") || says.contains("no space left"),
                        "{spare_bytes} bytes: {}",
                        ending.log
                    );
                }
            }
        }
        assert!(refused > 0, "it starts on a disk without any space");
        disk.free();
        let dock = disk.launch().start().await;
        let key = dock.key();
        if let Some((function, run)) = &kept {
            let id = run["$id"].as_str().unwrap();
            assert_eq!(&key.execution(function, id).await, run);
            assert_eq!(key.run(function, "").await["stdout"], "kept\n");
        } else {
            let function = key.deploy(Draft::shell("echo kept")).await;
            let run = key.run(&function, "").await;
            kept = Some((function, run));
        }
        dock.crash();
        Databases::of(&disk.data()).expect_sound();
    }
}

#[tokio::test]
async fn a_start_on_a_disk_that_cannot_be_written_says_so() {
    let Some(disk) = Disk::of(SIZE) else { return };
    for _ in ["fresh", "used"] {
        disk.read_only(true);
        let ending = disk.launch().refused().await;
        assert_eq!(ending.status.code(), Some(1), "{}", ending.log);
        assert!(ending.log.contains("Read-only file system"), "{}", ending.log);
        disk.read_only(false);
        let dock = disk.launch().start().await;
        let function = dock.key().deploy(Draft::shell("echo well")).await;
        assert_eq!(dock.key().run(&function, "").await["stdout"], "well\n");
        dock.crash();
    }
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_any_more_is_told_and_all_goes_on_when_it_can() {
    for error in [Errno::EROFS, Errno::EIO, Errno::ENOSPC] {
        let (folder, faults) = (Folder::new(), Faults::none());
        let dock = Dock::launch().on(&folder).faults(&faults).start().await;
        let (key, witness) = (dock.key(), Witness::listen().await);
        let draft = Draft::new("node-20.0", "node-witness", "node index.js")
            .set("timeout", 900)
            .var("WITNESS_PORT", &witness.port());
        let function = key.deploy(draft).await;
        let held = key.execute(&function, "held").await;
        witness.visited_by(1).await;
        let small = key.create_function().await;
        rename(&dock, &small, "kept").await.expect_status(200);

        faults.begin(error);
        let status = if error == Errno::ENOSPC { 507 } else { 500 };
        rename(&dock, &small, "lost").await.expect_status(status);
        upload(&dock, &function.id).await.expect_status(status);
        key.post(&format!("{}/executions", function.path()))
            .json(&json!({ "data": "lost" }))
            .refused(status)
            .await;
        key.delete(&function.path()).refused(status).await;
        assert_eq!(name_of(&dock, &small).await, "kept");
        witness.open();
        until("the log says that a result cannot be stored", async || {
            dock.log().contains("cannot store a result").then_some(())
        })
        .await;
        assert_eq!(key.execution(&function, &held).await["status"], "processing");
        is_well(&dock).await;
        // The database's words for both, and the system's for what is no database.
        let words = if error == Errno::ENOSPC {
            "disk is full"
        } else {
            "disk I/O error"
        };
        let log = dock.log();
        assert!(log.contains(words), "{error}: {log}");
        assert!(status == 507 || log.contains(error.desc()), "{error}: {log}");

        faults.end();
        let run = key.finished(&function, &held).await;
        assert_eq!(run["stdout"], "done held\n", "{run}");
        rename(&dock, &small, "kept too").await.expect_status(200);
        upload(&dock, &function.id).await.expect_status(201);
        assert_eq!(key.run(&function, "new").await["stdout"], "done new\n");
        let names: Vec<_> = witness.visitors().into_iter().map(|one| one.id).collect();
        assert_eq!(names, ["held", "new"], "what was refused did not run");

        dock.crash();
        Databases::of(&folder.data()).expect_sound();
        let dock = Dock::launch().on(&folder).start().await;
        assert_eq!(name_of(&dock, &small).await, "kept too");
        assert_eq!(dock.key().execution(&function, &held).await, run);
    }
}

/// Whether the folders of a data folder, and itself, may be written.
fn writable(folder: &Folder, is: bool) {
    let data = folder.data();
    let inside = ["code", "staging", "scratch", "trash", "secrets"].map(|name| data.join(name));
    for path in inside.iter().chain([&data]) {
        let mode = if is { 0o700 } else { 0o500 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[tokio::test]
async fn folders_that_become_read_only_are_told_and_work_again_when_they_are_writable() {
    let folder = Folder::new();
    let id = USER.to_string();
    let user = ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"];
    let mut launch = Dock::launch().on(&folder);
    // Root may write whatever the mode says.
    let wrapper = nix::unistd::geteuid().is_root();
    if wrapper {
        let binary = folder.beside("drydock");
        fs::copy(drydock_tests::binary(), &binary).unwrap();
        fs::set_permissions(folder.beside(""), fs::Permissions::from_mode(0o755)).unwrap();
        for path in [&folder.beside(""), &binary] {
            chown(path, Some(USER), Some(USER)).unwrap();
        }
        launch = launch.within(&user).binary(&binary);
    }
    let dock = launch.start().await;
    let key = dock.key();
    let function = key.deploy(Draft::shell("echo well")).await;

    writable(&folder, false);
    let answer = upload(&dock, &function.id).await;
    answer.expect_status(500);
    assert!(dock.log().contains("Permission denied"), "{}", dock.log());
    is_well(&dock).await;

    writable(&folder, true);
    upload(&dock, &function.id).await.expect_status(201);
    assert_eq!(key.run(&function, "").await["stdout"], "well\n");

    dock.crash();
    writable(&folder, false);
    fs::set_permissions(folder.data().join("lock"), fs::Permissions::from_mode(0o400)).unwrap();
    let mut launch = Dock::launch().on(&folder);
    if wrapper {
        launch = launch.within(&user).binary(&folder.beside("drydock"));
    }
    let ending = launch.refused().await;
    assert_eq!(ending.status.code(), Some(1), "{}", ending.log);
    assert!(
        ending.log.contains("Permission denied") && ending.log.contains("lock"),
        "{}",
        ending.log
    );
    writable(&folder, true);
}
