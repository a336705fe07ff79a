//! Functions that want what is the server's or the machine's. The runtime crate's own tests have the single
//! attacks; these are the whole server's: its data folder, other functions, its health afterwards, and the
//! machines that do not give the full sandbox.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use drydock_tests::{Dock, Draft, Folder};

/// A user that no machine has.
const USER: u32 = 54_321;

/// A machine without namespaces, made out of this one: a user namespace in which no further ones, and no
/// others, may be made.
pub(crate) const WITHOUT_NAMESPACES: [&str; 6] = [
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    "for kind in user mnt pid ipc net; do echo 0 > /proc/sys/user/max_${kind}_namespaces || exit 9; done; exec \"$0\" \"$@\"",
];

#[tokio::test]
async fn a_function_finds_nothing_of_the_server_and_of_other_functions() {
    for wrapper in [&[][..], &WITHOUT_NAMESPACES] {
        let mut launch = Dock::launch().within(wrapper);
        if !wrapper.is_empty() {
            launch = launch.env("DRYDOCK_SANDBOX", "auto");
        }
        let dock = launch.start().await;
        let key = dock.key();
        let victim = key.deploy(Draft::shell("echo TREASURE")).await;
        let data = dock.data();
        let code = data
            .join("code/default")
            .join(&victim.id)
            .join(&victim.tag)
            .join("tree/main.sh");
        assert!(fs::read_to_string(&code).unwrap().contains("TREASURE"));
        for script in [
            format!("cat {}", code.display()),
            format!("ls {}", data.display()),
            format!("cat {}", data.join("drydock.db").display()),
            format!("cat {}", data.join("server.json").display()),
            format!("echo x > {}", data.join("drydock.db").display()),
            format!("cat /proc/{}/environ", dock.pid()),
            format!("kill -9 {}", dock.pid()),
            "cat /etc/shadow".to_owned(),
        ] {
            let function = key.deploy(Draft::shell(&script)).await;
            let run = key.run(&function, "").await;
            assert_eq!(
                (&run["status"], &run["stdout"]),
                (&"failed".into(), &"".into()),
                "{script}: {run}"
            );
        }
        // The server is well, and its own function still runs.
        let run = key.run(&victim, "").await;
        assert_eq!(run["stdout"], "TREASURE\n");
        assert_eq!(fs::read_dir(data.join("scratch")).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn strict_starts_only_where_the_machine_gives_the_full_sandbox() {
    let dock = Dock::start().await;
    assert!(dock.log().contains("sandbox: full"), "{}", dock.log());
    let ending = Dock::launch()
        .within(&WITHOUT_NAMESPACES)
        .env("DRYDOCK_SANDBOX", "strict")
        .refused()
        .await;
    assert_eq!(ending.status.code(), Some(1));
    assert!(
        ending.log.contains("wants the full sandbox") && ending.log.contains("new namespaces"),
        "{}",
        ending.log
    );
}

#[tokio::test]
async fn what_a_machine_does_not_give_is_named_with_the_reason() {
    let dock = Dock::launch()
        .within(&WITHOUT_NAMESPACES)
        .env("DRYDOCK_SANDBOX", "auto")
        .start()
        .await;
    let log = dock.log();
    assert!(
        log.contains("sandbox: no-namespaces") && log.contains("not full: new namespaces"),
        "{log}"
    );
    let off = Dock::launch().env("DRYDOCK_SANDBOX", "off").start().await;
    assert!(off.log().contains("sandbox: off"), "{}", off.log());
    let function = off.key().deploy(Draft::shell("ls /etc/shadow")).await;
    assert_eq!(off.key().run(&function, "").await["status"], "completed");
}

#[tokio::test]
async fn an_ordinary_user_has_the_full_sandbox_too() {
    // Run by such a user, every other test shows it.
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let folder = Folder::new();
    // The build may lie where only root gets to.
    let binary = folder.beside("drydock");
    fs::copy(drydock_tests::binary(), &binary).unwrap();
    for (path, mode) in [(folder.beside(""), 0o755), (binary.clone(), 0o755)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(USER), Some(USER)).unwrap();
    }
    let id = USER.to_string();
    let user = [
        "setpriv",
        "--reuid",
        &id,
        "--regid",
        &id,
        "--clear-groups",
        "--no-new-privs",
    ];
    let dock = Dock::launch()
        .on(&folder)
        .within(&user)
        .binary(&binary)
        .start()
        .await;
    let script =
        "id -u; cat /etc/shadow || echo no; echo x > /tmp/x && cat /tmp/x; ls -d /proc/[0-9]* | wc -l";
    let function = dock.key().deploy(Draft::shell(script)).await;
    let run = dock.key().run(&function, "").await;
    assert_eq!(run["stdout"], format!("{USER}\nno\nx\n4\n"), "{run}");
}

#[tokio::test]
async fn a_limit_is_named_with_its_setting_and_the_server_stays_well() {
    let dock = Dock::launch()
        .env("DRYDOCK_LIMITS__MEMORY_BYTES", "64000000")
        .start()
        .await;
    let hog = "python3 -c 'x = []\nwhile True: x.append(bytearray(4_000_000))'";
    let function = dock.key().deploy(Draft::shell(hog)).await;
    let run = dock.key().run(&function, "").await;
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&"failed".into(), &137.into()),
        "{run}"
    );
    let stderr = run["stderr"].as_str().unwrap();
    assert!(
        stderr.contains("64 MB") && stderr.contains("limits.memory_bytes"),
        "{stderr}"
    );
}
