//! Checks of what changed: that nothing that is checked ever runs, that a check is bounded, and that where nobody can
//! know it says so. `check_languages` has what each language calls an error.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drydock_core::runtime::Runtime;
use drydock_runtime::{Check, Checked, Interpreters, Level};
use support::checking::{Files, asking, assert_places, checked, errors, has, told, write};
use support::{Bench, interpreters};

/// Every file below a folder, with what is in it.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(everything(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[tokio::test]
async fn nothing_that_is_checked_runs_and_nothing_is_written() {
    let python = b"open('EXECUTED', 'w')\nimport os; os.mkdir('EXECUTED-TOO')\n".as_slice();
    let node = b"require('fs').writeFileSync('EXECUTED', '');\n".as_slice();
    for (family, command, files) in [
        (
            "node",
            "node index.js",
            &[
                ("index.js", node),
                ("fs.js", node),
                (
                    "index.mjs",
                    b"import fs from 'fs'; fs.writeFileSync('EXECUTED', '');",
                ),
                ("package.json", b"{\"main\": \"index.js\"}"),
            ] as Files<'_>,
        ),
        // Names of modules that an interpreter imports by itself, or our checker.
        (
            "python",
            "python3 main.py",
            &[
                ("main.py", python),
                ("sitecustomize.py", python),
                ("encodings.py", python),
                ("_json.py", python),
                ("json.py", python),
            ],
        ),
        (
            "php",
            "php index.php",
            &[("index.php", b"<?php\nfile_put_contents('EXECUTED', '');\n")],
        ),
        (
            "ruby",
            "ruby main.rb",
            &[
                (
                    "main.rb",
                    b"BEGIN { File.write('EXECUTED', '') }\nFile.write('EXECUTED', '')\n",
                ),
                ("json.rb", b"File.write('EXECUTED', '')\n"),
            ],
        ),
        (
            "bun",
            "bun index.ts",
            &[
                ("bunfig.toml", b"preload = ['./macro.ts']\n"),
                (
                    "macro.ts",
                    b"require('fs').writeFileSync('EXECUTED', '');\nexport function run() { return 1; }\n",
                ),
                (
                    "index.ts",
                    b"import { run } from './macro.ts' with { type: 'macro' };\nconsole.log(run());\n",
                ),
            ],
        ),
        (
            "deno",
            "deno run index.ts",
            &[
                ("deno.json", b"{\"lint\": {\"plugins\": [\"./plugin.ts\"]}}"),
                (
                    "plugin.ts",
                    b"Deno.writeTextFileSync('EXECUTED', '');\nexport default {};\n",
                ),
                ("index.ts", b"Deno.writeTextFileSync('EXECUTED', '');\n"),
            ],
        ),
    ] {
        if !has(family) {
            continue;
        }
        // Where the sandbox would not keep it from writing.
        let bench = Bench::new();
        write(&bench, files);
        let before = everything(&bench.code(""));
        assert_eq!(checked(&bench, command, files).await, Checked::Parses, "{family}");
        assert_eq!(everything(&bench.code("")), before, "{family}");
        assert!(bench.left_nothing(), "{family}");
    }
}

#[tokio::test]
async fn names_may_be_anything_that_a_file_can_be_called() {
    let names = [
        "-e.js",
        "a b.js",
        "ü😀.js",
        "new\nline.js",
        "it's \"$HOME\".js",
        "a'b`c`/d;.js",
    ];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, b"x = ;".as_slice())).collect();
    let Checked::DoesNotParse(errors) = checked(&Bench::new(), "node index.js", &files).await else {
        panic!("they do not parse");
    };
    let told: Vec<_> = errors.iter().map(|error| error.file.to_str().unwrap()).collect();
    assert_eq!(told, names);
    for (command, extension) in [
        ("python main.py", "py"),
        ("php index.php", "php"),
        ("ruby main.rb", "rb"),
    ] {
        let files: Vec<(String, &[u8])> = names
            .iter()
            .map(|name| (name.replace("js", extension), b"<?php\nx = ) (".as_slice()))
            .collect();
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, content)| (name.as_str(), *content))
            .collect();
        let Checked::DoesNotParse(errors) = checked(&Bench::new(), command, &files).await else {
            panic!("they do not parse");
        };
        assert_eq!(errors.len(), names.len(), "{command}");
        assert!(errors.iter().all(|error| error.line.is_some()), "{errors:#?}");
    }
}

#[tokio::test]
async fn what_is_gone_or_cannot_be_read_is_left_aside() {
    let bench = Bench::new();
    for command in [
        "node index.js",
        "python main.py",
        "php index.php",
        "ruby main.rb",
        "bun index.ts",
    ] {
        let extension = command.rsplit('.').next().unwrap();
        let family = command.split(' ').next().unwrap();
        if !has(family) {
            continue;
        }
        let (gone, folder) = (format!("gone.{extension}"), format!("folder.{extension}"));
        fs::create_dir_all(bench.code(&folder)).unwrap();
        let asking = asking(&bench, command, vec![gone.into(), folder.into()]);
        assert_eq!(bench.backend.check(asking).await, Checked::Parses, "{command}");
    }
}

#[tokio::test]
async fn a_check_that_takes_too_long_is_none() {
    let bench = Bench::new();
    let held_open = bench.fifo("hangs.js");
    let asking = Check {
        timeout: Duration::from_millis(300),
        ..asking(&bench, "node index.js", vec!["hangs.js".into()])
    };
    let Checked::Unchecked(why) = bench.backend.check(asking).await else {
        panic!("nobody can know");
    };
    assert!(why.contains("longer than 0.3 s"), "{why}");
    bench.backend.settled().await;
    assert!(bench.left_nothing());
    // Nobody writes to it any more.
    drop(
        fs::OpenOptions::new()
            .write(true)
            .open(bench.code("hangs.js"))
            .unwrap(),
    );
    held_open.await.unwrap();
}

#[tokio::test]
async fn more_than_200_files_at_once_are_not_checked() {
    let bench = Bench::new();
    let name = |number| PathBuf::from(format!("{number}.py"));
    fs::write(bench.code("199.py"), "x = )\n").unwrap();
    for number in 0..199 {
        fs::write(bench.code(name(number).to_str().unwrap()), "x = 1\n").unwrap();
    }
    let changed: Vec<_> = (0..200).map(name).chain(["notes.txt".into()]).collect();
    let checked = bench
        .backend
        .check(asking(&bench, "python main.py", changed))
        .await;
    assert_places(&told(checked), &["199.py:1:5"]);
    let changed = (0..201).map(name).collect();
    let Checked::Unchecked(why) = bench
        .backend
        .check(asking(&bench, "python main.py", changed))
        .await
    else {
        panic!("they are too many");
    };
    assert!(why.contains("more than 200"), "{why}");
}

#[tokio::test]
async fn only_the_first_20_errors_are_told() {
    let names: Vec<_> = (0..30).map(|number| format!("{number}.rb")).collect();
    let files: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), b")".as_slice()))
        .collect();
    assert_eq!(errors("ruby main.rb", &files).await.len(), 20);
}

#[tokio::test]
async fn what_an_interpreter_cannot_tell_is_said_with_its_name() {
    for (command, name, content) in [
        ("node index.js", "deep.js", "[".repeat(200_000)),
        ("python main.py", "deep.py", format!("{}1", "-".repeat(200_000))),
        // Whether that opens PHP is a setting.
        (
            "php index.php",
            "short.php",
            "<?xml version='1.0'?>\n<?php echo 1;".to_owned(),
        ),
    ] {
        let files: Files<'_> = &[(name, content.as_bytes())];
        let Checked::Unchecked(why) = checked(&Bench::new(), command, files).await else {
            panic!("{command}");
        };
        assert!(why.contains(name), "{why}");
    }
}

#[tokio::test]
async fn without_an_interpreter_nobody_knows_and_it_is_named() {
    let bench = Bench::confined_with(Level::ProcessGroup, Interpreters::empty()).await;
    // No machine of ours has it, though it may have all others.
    let missing = Runtime::all().find(|runtime| !has(runtime.family()) && runtime.family() == "deno");
    let Some(runtime) = missing else { return };
    write(&bench, &[("a.ts", b"let")]);
    let asking = Check {
        runtime,
        ..asking(&bench, "./start", vec!["a.ts".into()])
    };
    let Checked::Unchecked(why) = bench.backend.check(asking).await else {
        panic!("nobody can know");
    };
    assert!(why.contains("no Deno is installed"), "{why}");
}

#[tokio::test]
async fn an_interpreter_that_crashes_or_talks_nonsense_leaves_it_unchecked() {
    let place = tempfile::tempdir().unwrap();
    let ruby = place.path().join("ruby");
    for does in [
        "echo hello",
        "exit 3",
        "kill -9 $$",
        "exec yes",
        "echo '{\"errors\":[],\"skipped\":[7]}'",
    ] {
        let script = format!("#!/bin/sh\n[ \"$1\" = -e ] && echo \"$0\" && echo 3.1.2 && exit\n{does}\n");
        fs::write(&ruby, script).unwrap();
        fs::set_permissions(&ruby, fs::Permissions::from_mode(0o755)).unwrap();
        let found = Interpreters::discover(place.path().as_os_str());
        let bench = Bench::confined_with(Level::ProcessGroup, found).await;
        let asking = asking(&bench, "ruby main.rb", vec!["main.rb".into()]);
        let checked = bench.backend.check(asking).await;
        assert!(matches!(checked, Checked::Unchecked(_)), "{does}: {checked:?}");
    }
}

#[tokio::test]
async fn a_language_without_a_checker_and_a_change_without_sources_cost_nothing() {
    // There is nothing here that could run.
    let bench = Bench::confined_with(Level::ProcessGroup, Interpreters::empty()).await;
    let go = Check {
        runtime: Runtime::parse("runtime", "go-1.23").unwrap(),
        ..asking(&bench, "./start", vec!["main.go".into()])
    };
    assert_eq!(bench.backend.check(go).await, Checked::Parses);
    let changed = vec!["README.md".into(), "node_modules/a/index.js".into()];
    assert_eq!(
        bench
            .backend
            .check(asking(&bench, "node index.js", changed))
            .await,
        Checked::Parses
    );
}

#[tokio::test]
async fn the_interpreter_is_the_one_that_the_command_would_have() {
    let versions: Vec<_> = interpreters()
        .all()
        .iter()
        .filter(|found| found.family == "python")
        .map(|found| found.version.rsplit_once('.').unwrap().0.to_owned())
        .collect();
    let has = |version: &str| versions.iter().any(|found| found == version);
    let files: Files<'_> = &[("main.py", b"match x:\n    case 1:\n        pass\n")];
    // `match` came with 3.10.
    if has("3.9") {
        assert_places(&errors("python3.9 main.py", files).await, &["main.py:1:7"]);
    }
    if has("3.11") {
        assert_eq!(errors("python3.11 main.py", files).await, Vec::<String>::new());
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_language_is_checked_at_every_level_of_the_sandbox() {
    for level in [Level::Full, Level::NoNamespaces, Level::ProcessGroup, Level::Off] {
        let bench = Bench::confined(level).await;
        for (family, command, name) in [
            ("node", "node index.js", "index.mjs"),
            ("python", "python main.py", "main.py"),
            ("php", "php index.php", "index.php"),
            ("ruby", "ruby main.rb", "main.rb"),
            ("bun", "bun index.ts", "index.ts"),
            ("deno", "deno run index.ts", "index.ts"),
        ] {
            if !support::can_be_seen(family) {
                assert!(
                    ["bun", "deno"].contains(&family),
                    "no {family}: run scripts/setup"
                );
                continue;
            }
            let good: Files<'_> = &[(name, b"")];
            assert_eq!(
                checked(&bench, command, good).await,
                Checked::Parses,
                "{command} at {level}"
            );
            let bad: Files<'_> = &[(name, b"<?php\nx = ( ]")];
            let errors = told(checked(&bench, command, bad).await);
            assert!(
                errors[0].starts_with(&format!("{name}:")),
                "{command} at {level}: {errors:?}"
            );
        }
        assert!(bench.left_nothing());
    }
}
