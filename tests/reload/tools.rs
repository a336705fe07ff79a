//! Programs that change many files at once: what is live in the end is what they left.

use std::fs;
use std::path::Path;

use super::desk::{Desk, shell, tool};

fn git(folder: &Path, words: &[&str]) {
    let mut all = vec![
        "git",
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.com",
        "-c",
        "init.defaultBranch=main",
    ];
    all.extend(words);
    tool(folder, &all);
}

fn is_history(path: &Path) -> bool {
    path.starts_with(".git")
}

#[tokio::test]
async fn a_checkout_of_another_branch_and_back_is_live_and_the_history_is_no_code() {
    let desk = Desk::new().await;
    for number in 0..100 {
        desk.write(
            format!("lib/{}/{number}.sh", number % 7),
            format!("echo {number}\n"),
        );
    }
    git(desk.folder(), &["init", "--quiet"]);
    git(desk.folder(), &["add", "."]);
    git(desk.folder(), &["commit", "--quiet", "--message", "one"]);
    git(desk.folder(), &["checkout", "--quiet", "-b", "other"]);
    fs::remove_dir_all(desk.path("lib/3")).unwrap();
    for number in 0..100 {
        desk.write(format!("lib/{}/{number}.sh", number % 5), "echo other\n");
    }
    desk.write("lib/new/deep/er.sh", "echo new\n");
    git(desk.folder(), &["add", "."]);
    git(desk.folder(), &["commit", "--quiet", "--message", "two"]);
    desk.is_live_without(&is_history).await;

    for branch in ["main", "other", "main"] {
        git(desk.folder(), &["checkout", "--quiet", branch]);
        desk.is_live_without(&is_history).await;
    }
    // Also where directories came and went, what is saved next is seen.
    for path in ["lib/3/3.sh", "lib/0/0.sh"] {
        desk.write(path, "echo saved after it\n");
        desk.is_live_without(&is_history).await;
    }
}

#[tokio::test]
async fn a_stash_and_a_rebase_end_with_what_they_left() {
    let desk = Desk::new().await;
    git(desk.folder(), &["init", "--quiet"]);
    git(desk.folder(), &["add", "."]);
    git(desk.folder(), &["commit", "--quiet", "--message", "one"]);
    desk.write("main.sh", "echo not done yet\n");
    desk.is_live_without(&is_history).await;
    git(desk.folder(), &["stash", "--quiet"]);
    desk.is_live_without(&is_history).await;
    git(desk.folder(), &["stash", "pop", "--quiet"]);
    desk.is_live_without(&is_history).await;
}

#[tokio::test]
async fn what_gitignore_and_drydockignore_name_is_no_code_and_dependencies_always_are() {
    let desk = Desk::new().await;
    desk.write(".gitignore", "node_modules/\n*.log\nbuild/\n");
    desk.write("node_modules/a/index.js", "1");
    desk.write("node_modules/a/debug.log", "kept");
    desk.write("sub/node_modules/b/index.js", "2");
    desk.write("debug.log", "x");
    desk.write("build/out.js", "x");
    desk.write(".env", "SECRET=1");
    desk.write("__pycache__/x.pyc", "x");
    let logs = |path: &Path| {
        let ours = !path.components().any(|part| part.as_os_str() == "node_modules");
        ours && (path.extension().is_some_and(|end| end == "log") || path.starts_with("build"))
            || path == Path::new(".env")
            || path.starts_with("__pycache__")
    };
    desk.is_live_without(&logs).await;

    desk.write(".gitignore", "build/\n");
    let build = |path: &Path| logs(path) && path.extension().is_none_or(|end| end != "log");
    desk.is_live_without(&build).await;

    desk.write(".drydockignore", "node_modules/a/\n!build/\n");
    let own = |path: &Path| path.starts_with("node_modules/a") || build(path) && !path.starts_with("build");
    desk.is_live_without(&own).await;
    // And what it shows now is watched.
    desk.write("build/out.js", "y");
    desk.is_live_without(&own).await;

    fs::remove_file(desk.path(".drydockignore")).unwrap();
    fs::remove_file(desk.path(".gitignore")).unwrap();
    let fixed = |path: &Path| path == Path::new(".env") || path.starts_with("__pycache__");
    desk.is_live_without(&fixed).await;
    desk.write("debug.log", "z");
    desk.is_live_without(&fixed).await;
}

/// Some thousand files over a second or two, as an installation writes them: each package under another name first.
fn install(folder: &Path, files: usize) {
    const FILES: usize = 20;
    for package in 0..files / FILES {
        let modules = folder.join("node_modules");
        let beside = modules.join(format!(".package-{package}-Xy12"));
        fs::create_dir_all(beside.join("lib/deep")).unwrap();
        for number in 0..FILES {
            let place = ["", "lib", "lib/deep"][number % 3];
            let text = format!("module.exports = {package} + {number};\n");
            fs::write(beside.join(place).join(format!("{number}.js")), text).unwrap();
        }
        fs::rename(beside, modules.join(format!("package-{package}"))).unwrap();
    }
}

#[tokio::test]
async fn an_installation_of_thousands_of_files_ends_with_all_of_them_live() {
    let desk = Desk::new().await;
    let files = if std::env::var_os("RELOAD_LONG").is_some() {
        20_000
    } else {
        5_000
    };
    install(desk.folder(), files);
    desk.is_live().await;
    assert_eq!(desk.row().await["files"], files + 1);

    // Twice in the same place.
    fs::remove_dir_all(desk.path("node_modules")).unwrap();
    install(desk.folder(), files / 5);
    desk.is_live().await;
    let last = format!("node_modules/package-{}/lib/deep/2.js", files / 5 / 20 - 1);
    desk.write(&last, "changed by hand");
    desk.is_live().await;
}

#[tokio::test]
async fn a_formatter_over_hundreds_of_files_ends_with_all_of_them_live() {
    let desk = Desk::new().await;
    let path = |number: usize| format!("src/{}/{number}.sh", number % 9);
    for number in 0..200 {
        desk.write(path(number), format!("echo   {number}\n"));
    }
    desk.is_live().await;
    for number in 0..200 {
        desk.write(path(number), format!("echo {number}\n"));
    }
    desk.is_live().await;
    for number in 0..200 {
        let file = desk.path(path(number));
        let beside = file.with_extension("tmp");
        fs::write(&beside, format!("echo '{number}'\n")).unwrap();
        fs::rename(beside, file).unwrap();
    }
    desk.is_live().await;
}

#[tokio::test]
async fn a_build_that_removes_its_output_and_makes_it_again_is_seen_every_time() {
    let desk = Desk::new().await;
    for round in 0..12 {
        shell(desk.folder(), "rm -rf dist && mkdir -p dist/a/b/c dist/d");
        for number in 0..30 {
            desk.write(format!("dist/a/{number}.txt"), round.to_string());
            desk.write(format!("dist/a/b/c/{number}.txt"), round.to_string());
        }
        if round % 3 == 2 {
            desk.is_live().await;
            desk.write("dist/a/b/c/late.txt", "after the build");
            desk.write("dist/d/late.txt", "after the build");
            desk.is_live().await;
        }
    }
}
