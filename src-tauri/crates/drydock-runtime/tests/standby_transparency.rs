//! A function cannot tell whether it stood by: programs that print their world say the same in both, beyond what
//! docs/adr/0007 lists.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use drydock_runtime::{Job, Level};
use serde_json::Value;
use support::{Bench, can_be_seen, soon, standing_by_at_most};

const LEVELS: [Level; 2] = [Level::Full, Level::NoNamespaces];

const NODE: &str = r"
const { Worker } = require('worker_threads');
const { spawnSync } = require('child_process');
const world = () => JSON.stringify({
  argv: process.argv, argv0: process.argv0, execArgv: process.execArgv, title: process.title,
  cwd: process.cwd(), env: process.env, cache: Object.keys(require.cache), main: require.main === module,
  children: module.children.length, pathCache: Object.keys(require('module')._pathCache),
  preloaded: require('module').globalPaths, globals: Object.getOwnPropertyNames(globalThis).sort(),
  listeners: process.eventNames(), resources: process.getActiveResourcesInfo(), umask: process.umask(),
  stdin: require('fs').readFileSync(0, 'utf8'), tmp: require('fs').readdirSync(process.env.TMPDIR).length,
});
console.log(world());
const child = spawnSync(process.execPath, ['-p', 'JSON.stringify([process.argv, process.execArgv, process.env])']);
console.log(String(child.stdout), String(child.stderr));
new Worker(`require('worker_threads').parentPort.postMessage(JSON.stringify([
  process.execArgv, process.env, Object.keys(require.cache)]))`, { eval: true }).on('message', console.log);
";

const ES_MODULE: &str = r"
import { argv, execArgv, env, cwd } from 'node:process';
console.log(JSON.stringify({ argv, execArgv, env, cwd: cwd(), url: import.meta.url }));
";

const PYTHON: &str = r"
import sys
modules = sorted(sys.modules)
import json, os, subprocess
child = subprocess.run([sys.executable, '-c', 'import os, sys; print(sys.path[1:], sorted(sys.modules), sorted(os.environ.items()))'],
                       capture_output=True, text=True)
print(json.dumps(dict(
    argv=sys.argv, orig_argv=sys.orig_argv, path=sys.path, modules=modules, env=dict(os.environ),
    path_cache=sorted(sys.path_importer_cache), flags=str(sys.flags), cwd=os.getcwd(), names=sorted(globals()),
    finders=[str(type(finder)) for finder in sys.meta_path], customised=str(sys.modules.get('sitecustomize')),
    stdin=sys.stdin.read(), child=[child.stdout, child.stderr], tmp=len(os.listdir(os.environ['TMPDIR'])))))
";

const PHP: &str = r"<?php
unset($_SERVER['REQUEST_TIME'], $_SERVER['REQUEST_TIME_FLOAT']);
ksort($_SERVER); ksort($_ENV); $all = getenv(); ksort($all);
echo json_encode(['server' => $_SERVER, 'argv' => $_SERVER['argv'], 'env' => $_ENV, 'getenv' => $all, 'argc' => $argc,
    'names' => array_keys(get_defined_vars()), 'functions' => get_defined_functions()['user'],
    'included' => get_included_files(), 'stdin' => stream_get_contents(STDIN), 'cwd' => getcwd(),
    'setting' => ini_get('auto_prepend_file'), 'ini' => ini_get_all(null, false), 'tmp' => count(scandir(getenv('TMPDIR'))),
    'child' => shell_exec('env | sort')]), PHP_EOL;
";

const RUBY: &str = r"
features = $LOADED_FEATURES.sort
require 'json'
puts JSON.generate(argv: ARGV, name: $0, env: ENV.sort, features: features, path: $LOAD_PATH, cwd: Dir.pwd,
  locals: TOPLEVEL_BINDING.local_variables, globals: global_variables.sort, verbose: $VERBOSE,
  encodings: [Encoding.default_external.to_s, Encoding.default_internal.to_s], stdin: $stdin.read,
  constants: Object.constants.sort, child: `env | sort`, tmp: Dir.children(ENV['TMPDIR']).size)
";

const BUN: &str = r"
console.log(JSON.stringify({
  argv: process.argv, execArgv: process.execArgv, cwd: process.cwd(), env: Object.entries(process.env).sort(),
  cache: Object.keys(require.cache), main: require.main === module, globals: Object.getOwnPropertyNames(globalThis).sort(),
  child: String(require('child_process').spawnSync('env').stdout).split('\n').sort(),
}));
";

/// A preload's own path, as far as a function can see it at all.
fn is_of_drydock(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.contains("/drydock/") || text.contains("/preloads/"))
}

/// Takes out of a standing-by program's words what the ADR lists, and nothing else.
fn without_what_is_listed(language: &str, mut world: Value) -> Value {
    match language {
        "php" => {
            world["included"]
                .as_array_mut()
                .unwrap()
                .retain(|file| !is_of_drydock(file));
            for setting in ["/setting", "/ini/auto_prepend_file"] {
                let setting = world.pointer_mut(setting).unwrap();
                assert!(is_of_drydock(setting), "{setting}");
                *setting = "".into();
            }
        }
        "bun" => world["cache"]
            .as_array_mut()
            .unwrap()
            .retain(|file| !is_of_drydock(file)),
        _ => {}
    }
    world
}

fn differences(cold: &Value, warm: &Value) -> Vec<String> {
    match (cold, warm) {
        (Value::Object(cold), Value::Object(warm)) => {
            let names: std::collections::BTreeSet<_> = cold.keys().chain(warm.keys()).collect();
            let differing = names
                .into_iter()
                .filter(|name| cold.get(*name) != warm.get(*name));
            differing
                .map(|name| {
                    format!(
                        "{name}: {:?} when cold, {:?} from standby",
                        cold.get(name),
                        warm.get(name)
                    )
                })
                .collect()
        }
        _ if cold == warm => Vec::new(),
        _ => vec![format!("{cold} when cold, {warm} from standby")],
    }
}

async fn compare(language: &str, file: &str, program: &str, command: &str, own: &[(&str, &str)]) {
    if !can_be_seen(language) {
        // scripts/setup installs all of them; only by hand there may be no Bun.
        assert_eq!(language, "bun", "{language} is not on this machine");
        return;
    }
    for level in LEVELS {
        let bench = Bench::standing_by(level, standing_by_at_most(1))
            .await
            .with(file, program, 0o644);
        let job = || {
            let mut job = Job {
                // The same in both, since HOME and TMPDIR say it.
                scratch_dir: bench.place.path().join("scratch"),
                ..bench.job("node-20.0", command)
            };
            job.blueprint.variables = own
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            job.variables = [
                ("APPWRITE_FUNCTION_DATA", "d\u{e4}t\u{e4} = 1"),
                ("APPWRITE_FUNCTION_EVENT", ""),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
            job
        };
        let cold = soon(bench.run(job())).await;
        let seen = bench.backend.standby_changes();
        let blueprint = job().blueprint;
        assert!(
            bench
                .backend
                .stand_by("function", blueprint, job().scratch_dir, seen)
        );
        let warm = soon(bench.run(job())).await;
        assert_eq!(
            (cold.standby, warm.standby),
            (Some(false), Some(true)),
            "{command}"
        );
        assert_eq!((cold.exit_code, cold.stderr.as_str()), (0, ""), "{command}");
        assert_eq!((warm.exit_code, warm.stderr.as_str()), (0, ""), "{command}");
        assert_eq!(cold.stdout.lines().count(), warm.stdout.lines().count());
        assert!(cold.stdout.contains("APPWRITE_FUNCTION_DATA"));
        for (cold, warm) in cold.stdout.lines().zip(warm.stdout.lines()) {
            let parsed = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| Value::from(line));
            let (cold, warm) = (parsed(cold), without_what_is_listed(language, parsed(warm)));
            assert_eq!(
                differences(&cold, &warm),
                Vec::<String>::new(),
                "{command} at {level}"
            );
        }
    }
}

#[tokio::test]
async fn node_cannot_tell() {
    compare("node", "a.js", NODE, "node a.js 'x y'", &[("NODE_ENV", "test")]).await;
}

#[tokio::test]
async fn node_cannot_tell_in_a_module() {
    compare("node", "a.mjs", ES_MODULE, "node --no-warnings a.mjs", &[]).await;
}

#[tokio::test]
async fn python_cannot_tell() {
    compare("python", "a.py", PYTHON, "python3 a.py 'x y'", &[]).await;
}

#[tokio::test]
async fn python_cannot_tell_with_a_search_path_of_its_own() {
    for path in ["/usr/local/src", "/usr/local/src:/opt", ""] {
        compare(
            "python",
            "a.py",
            PYTHON,
            "python3 -u a.py",
            &[("PYTHONPATH", path)],
        )
        .await;
    }
}

#[tokio::test]
async fn php_cannot_tell() {
    compare("php", "a.php", PHP, "php a.php 'x y'", &[]).await;
}

#[tokio::test]
async fn ruby_cannot_tell() {
    compare("ruby", "a.rb", RUBY, "ruby a.rb 'x y'", &[]).await;
}

#[tokio::test]
async fn bun_cannot_tell() {
    compare("bun", "a.cjs", BUN, "bun a.cjs 'x y'", &[]).await;
}

#[tokio::test]
async fn a_sitecustomize_of_the_functions_own_runs_as_it_would() {
    let program = "import sys; print('program', sys.modules['sitecustomize'].__file__)";
    let bench = Bench::standing_by(Level::Full, standing_by_at_most(1))
        .await
        .with("a.py", program, 0o644)
        .with(
            "sitecustomize.py",
            "import os; print('custom', os.environ['DATA'])",
            0o644,
        );
    let job = || {
        let mut job = bench.job("python-3.11", "python3 a.py");
        job.blueprint.variables = vec![("PYTHONPATH".to_owned(), "/usr/local/src".to_owned())];
        job.variables = vec![("DATA".to_owned(), "given".to_owned())];
        job
    };
    let cold = soon(bench.run(job())).await;
    assert_eq!(
        cold.stdout,
        "custom given\nprogram /usr/local/src/sitecustomize.py\n"
    );
    let seen = bench.backend.standby_changes();
    assert!(
        bench
            .backend
            .stand_by("function", job().blueprint, bench.fresh_scratch(), seen)
    );
    let warm = soon(bench.run(job())).await;
    assert_eq!((warm.standby, warm.stdout), (Some(true), cold.stdout));
}
