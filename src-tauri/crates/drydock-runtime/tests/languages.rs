//! The languages of the machine: found, resolved and run. `scripts/setup` installs node, python, php and
//! ruby, so their absence is a failure; deno and bun are tried where they are.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use drydock_core::runtime::Runtime;
use drydock_runtime::Interpreters;
use support::{Bench, interpreters};

async fn prints(bench: &Bench, runtime: &str, command: &str, expected: &str) {
    let mut job = bench.job(runtime, command);
    job.variables = vec![("APPWRITE_FUNCTION_DATA".to_owned(), "grün".to_owned())];
    let ended = bench.run(job).await;
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        (expected, ""),
        "{command}"
    );
    assert_eq!(ended.exit_code, 0, "{command}");
}

#[tokio::test]
async fn every_language_reads_its_variables() {
    let bench = Bench::new()
        .with("a.js", "console.log(process.env.APPWRITE_FUNCTION_DATA)", 0o644)
        .with(
            "a.py",
            "import os; print(os.environ['APPWRITE_FUNCTION_DATA'])",
            0o644,
        )
        .with(
            "a.php",
            "<?php echo $_ENV['APPWRITE_FUNCTION_DATA'], getenv('APPWRITE_FUNCTION_DATA'), PHP_EOL;",
            0o644,
        )
        .with("a.rb", "puts ENV['APPWRITE_FUNCTION_DATA']", 0o644)
        .with(
            "a.ts",
            "console.log(Deno.env.get('APPWRITE_FUNCTION_DATA'))",
            0o644,
        );
    prints(&bench, "node-16.0", "node a.js", "grün\n").await;
    prints(&bench, "python-3.9", "python a.py", "grün\n").await;
    prints(&bench, "python-3.9", "python3 a.py", "grün\n").await;
    prints(&bench, "php-8.0", "php a.php", "grüngrün\n").await;
    prints(&bench, "ruby-3.0", "ruby a.rb", "grün\n").await;
    let found = |family| {
        interpreters()
            .all()
            .iter()
            .any(|interpreter| interpreter.family == family)
    };
    if found("deno") {
        prints(&bench, "deno-1.40", "deno run --allow-env a.ts", "grün\n").await;
    }
    if found("bun") {
        prints(&bench, "bun-1.0", "bun a.js", "grün\n").await;
    }
}

#[test]
fn the_languages_of_this_machine_are_found_as_real_binaries() {
    let interpreters = interpreters();
    for (family, runtime) in [
        ("node", "node-16.0"),
        ("python", "python-3.9"),
        ("php", "php-8.0"),
        ("ruby", "ruby-3.0"),
    ] {
        let found = interpreters.for_runtime(Runtime::parse("runtime", runtime).unwrap());
        let found = found.unwrap_or_else(|| panic!("no {family}: run scripts/setup"));
        assert!(
            found.path.is_absolute() && found.version.contains('.'),
            "{found:?}"
        );
    }
    let shim = interpreters
        .all()
        .iter()
        .find(|found| found.path.iter().any(|folder| folder == "shims"));
    assert_eq!(shim, None);
}

#[tokio::test]
async fn a_declared_version_that_is_installed_is_the_one_that_runs() {
    let bench = Bench::new();
    for found in interpreters()
        .all()
        .iter()
        .filter(|found| found.family == "python")
    {
        let minor = found.version.rsplit_once('.').unwrap().0;
        let Ok(runtime) = Runtime::parse("runtime", &format!("python-{minor}")) else {
            continue;
        };
        let command = "python -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])'";
        prints(&bench, runtime.id, command, &format!("{minor}\n")).await;
    }
}

#[test]
fn a_shim_is_resolved_once_to_the_binary_behind_it() {
    let place = tempfile::tempdir().unwrap();
    let shims = place.path().join("shims");
    fs::create_dir(&shims).unwrap();
    let real = interpreters();
    let real = real.all().iter().find(|found| found.family == "ruby").unwrap();
    let shim = shims.join("ruby");
    fs::write(
        &shim,
        format!("#!/bin/sh\nexec '{}' \"$@\"\n", real.path.display()),
    )
    .unwrap();
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        Interpreters::discover(shims.as_os_str()).all(),
        std::slice::from_ref(real)
    );
}
