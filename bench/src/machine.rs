//! What a figure depends on: the machine and the versions that were measured.
//!
//! Everything here is for the reader of a report; what cannot be found out is left out.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

/// Facts of the machine, among them how busy it was before we began.
pub(crate) fn facts(cores: usize) -> Value {
    json!({
        "cores": cores,
        "cpu": field("/proc/cpuinfo", "model name"),
        "kernel": output("uname", &["-sr"]),
        "memory": field("/proc/meminfo", "MemTotal"),
        "loadBefore": fs::read_to_string("/proc/loadavg").ok().map(|text| text.trim().to_owned()),
    })
}

/// Versions of what is measured and of what it is compared to.
pub(crate) fn versions(drydock: &str) -> Value {
    json!({
        "drydock": drydock,
        "commit": output("git", &["rev-parse", "HEAD"]),
        "node": output("node", &["--version"]),
        "python": output("/usr/bin/python3", &["--version"]),
        "rustc": output("rustc", &["--version"]),
    })
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
