//! Builds the console into OUT_DIR, from where it is embedded. It installs nothing: `scripts/setup` does.

use std::path::Path;
use std::process::Command;

/// What the built console depends on, below ui/.
const SOURCES: &[&str] = &[
    "src",
    "../icons",
    "../samples",
    "index.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

fn main() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", ui.join(source).display());
    }
    // Present or not, this says when packages were installed.
    println!(
        "cargo::rerun-if-changed={}",
        ui.join("node_modules/.package-lock.json").display()
    );

    let vite = ui.join("node_modules/vite/bin/vite.js");
    if !vite.exists() {
        fail("the console's packages are not installed: run `scripts/setup run` first");
    }
    let Some(out) = std::env::var_os("OUT_DIR") else {
        fail("cargo names no OUT_DIR")
    };
    let built = Command::new("node")
        .arg(&vite)
        .args(["build", "--logLevel", "warn", "--emptyOutDir", "--outDir"])
        .arg(Path::new(&out).join("ui"))
        .current_dir(&ui)
        .status();
    match built {
        Ok(status) if status.success() => {}
        Ok(status) => fail(&format!(
            "building the console failed ({status}): see above, or `npm run build` in ui/"
        )),
        Err(error) => fail(&format!(
            "node cannot be started to build the console ({error}): install Node 20.19 or newer"
        )),
    }
}

fn fail(reason: &str) -> ! {
    println!("cargo::error={reason}");
    std::process::exit(1);
}
