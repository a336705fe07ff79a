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
    #[cfg(feature = "desktop")]
    window(Path::new(&out));
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

/// What the window needs: its icons, and the list of commands that tauri refuses to whoever was not granted them.
#[cfg(feature = "desktop")]
fn window(out: &Path) {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        fail("the feature `desktop` is there for Linux only so far");
    }
    let icons = out.join("icons");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/icons");
    println!("cargo::rerun-if-changed={}", script.display());
    match Command::new(&script)
        .arg(&icons)
        .stdout(std::process::Stdio::null())
        .status()
    {
        Ok(status) if status.success() => {}
        Ok(_) => fail("the icons cannot be drawn: see above, or run `scripts/setup desktop`"),
        Err(error) => fail(&format!("{} cannot be started: {error}", script.display())),
    }
    // Tauri reads the window's icon while it compiles, and knows no other way to be told where it is.
    let icon = icons.join("128x128.png").display().to_string();
    println!("cargo::rustc-env=TAURI_CONFIG={{\"bundle\":{{\"icon\":[{icon:?}]}}}}");
    let commands = tauri_build::AppManifest::new().commands(&["pick_folder", "dropped_folder"]);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands)) {
        fail(&format!("preparing the window: {error:#}"));
    }
}

fn fail(reason: &str) -> ! {
    println!("cargo::error={reason}");
    std::process::exit(1);
}
