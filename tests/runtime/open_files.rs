//! The server may have more files open than it was started with; functions may not.
#![cfg(target_os = "linux")]

use drydock_tests::{Dock, Draft};

/// The limits of a process, soft and hard.
fn limits(pid: u32) -> (u64, u64) {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .unwrap();
    let mut numbers = line
        .split_ascii_whitespace()
        .map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[tokio::test]
async fn the_server_takes_what_it_may_and_functions_begin_with_the_usual_number() {
    for (sandbox, soft, hard) in [("auto", 1024, 1024), ("off", 512, 4096)] {
        let usual = ["sh", "-c", "ulimit -Sn 512; ulimit -Hn 4096; exec \"$@\"", "sh"];
        let dock = Dock::launch()
            .env("DRYDOCK_SANDBOX", sandbox)
            .within(&usual)
            .start()
            .await;

        let function = dock.key().deploy(Draft::shell("ulimit -Sn; ulimit -Hn")).await;
        let run = dock.key().run(&function, "").await;

        let told: Vec<_> = run["stdout"].as_str().unwrap().lines().collect();
        assert_eq!(told, [soft.to_string(), hard.to_string()], "{sandbox}");
        assert_eq!(limits(dock.pid()), (4096, 4096), "{sandbox}");
    }
}
