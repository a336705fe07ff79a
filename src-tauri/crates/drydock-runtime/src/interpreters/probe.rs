//! Asking an interpreter what it is.
//!
//! Owns: running each candidate once, at start, within a limit, and reading its answer. Must not: run code
//! of functions. The candidates get the server's own environment, since a shim needs its owner's HOME.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::Interpreter;
use super::discover::Candidate;
use super::known::{Family, Says};

/// An interpreter answers in 10 to 500 ms; one that takes this long would make every function time out.
const LIMIT: Duration = Duration::from_secs(5);

/// The longest answer (Java's properties) has some 4 KB.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Asks all of them at once; gives those that answered, in the same order, each binary once.
pub(super) fn all(candidates: Vec<Candidate>, search_path: &OsStr) -> Vec<Interpreter> {
    let answers = std::thread::scope(|scope| {
        let asked: Vec<_> = candidates
            .into_iter()
            .map(|candidate| scope.spawn(move || ask(&candidate, search_path)))
            .collect();
        asked
            .into_iter()
            .filter_map(|asked| asked.join().ok().flatten())
            .collect::<Vec<_>>()
    });
    let mut seen = HashSet::new();
    answers
        .into_iter()
        .filter(|found| {
            seen.insert(std::fs::canonicalize(&found.path).unwrap_or_else(|_| found.path.clone()))
        })
        .collect()
}

fn ask(candidate: &Candidate, search_path: &OsStr) -> Option<Interpreter> {
    let Candidate {
        family,
        path,
        version,
    } = candidate;
    if let Some(version) = version {
        return usable(family, path.clone(), version.clone());
    }
    let answer = answer(path, family.ask, search_path)
        .inspect_err(|error| tracing::debug!(path = %path.display(), error, "not usable as an interpreter"))
        .ok()?;
    let (path, version) = understand(family, path, &answer)?;
    usable(family, path, version)
}

fn usable(family: &Family, path: PathBuf, version: String) -> Option<Interpreter> {
    // Python 2 is nobody's Python any more, and serving it for a declared 3.x would only confuse.
    let usable = path.is_absolute() && !(family.name == "python" && version.starts_with("2."));
    usable.then_some(Interpreter {
        family: family.name,
        path,
        version,
    })
}

/// What the program writes to either output.
fn answer(program: &Path, arguments: &[&str], search_path: &OsStr) -> Result<String, String> {
    let (mut reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("PATH", search_path)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null());
    command
        .stdout(writer.try_clone().map_err(|error| error.to_string())?)
        .stderr(writer);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    // Our copies of the writing end: with them open the answer would never end.
    drop(command);
    let (sender, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = reader.by_ref().take(MAX_ANSWER_BYTES).read_to_end(&mut bytes);
        // The receiver is gone once the time is over.
        let _ = sender.send(read.map(|_| bytes));
    });
    let answer = answer.recv_timeout(LIMIT);
    if answer.is_err() {
        let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    match answer {
        Ok(Ok(bytes)) if status.success() => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Ok(bytes)) => Err(format!("{status}: {}", String::from_utf8_lossy(&bytes).trim())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs())),
    }
}

/// Path and version in an answer.
fn understand(family: &Family, asked: &Path, answer: &str) -> Option<(PathBuf, String)> {
    // Some print a warning before their answer, so two lines are taken from the end.
    let mut last = answer
        .lines()
        .rev()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let program = family.programs.first().copied().unwrap_or(family.name);
    match family.says {
        Says::PathAndVersion => {
            let version = version_in(last.next()?)?;
            Some((last.next()?.into(), version))
        }
        Says::HomeAndVersion => {
            let version = version_in(last.next()?)?;
            Some((Path::new(last.next()?).join("bin").join(program), version))
        }
        Says::JavaProperties => {
            let property = |name: &str| {
                let value = |line: &str| {
                    Some(
                        line.trim()
                            .strip_prefix(name)?
                            .trim()
                            .strip_prefix('=')?
                            .trim()
                            .to_owned(),
                    )
                };
                answer.lines().find_map(value)
            };
            Some((
                Path::new(&property("java.home")?).join("bin/java"),
                version_in(&property("java.version")?)?,
            ))
        }
        Says::Version => Some((std::fs::canonicalize(asked).ok()?, version_in(last.next()?)?)),
    }
}

/// The first thing in `text` that looks like a version: digits, with dots between.
fn version_in(text: &str) -> Option<String> {
    let words = text.split(|character: char| !(character.is_ascii_digit() || character == '.'));
    words
        .map(|word| word.trim_matches('.'))
        .find(|word| !word.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpreters::known::family_of_program;

    #[test]
    fn answers_are_understood() {
        let understood = |program: &str, answer: &str| {
            let (path, version) =
                understand(family_of_program(program).unwrap(), Path::new("/bin/sh"), answer).unwrap();
            (path.to_str().unwrap().to_owned(), version)
        };
        let expected = |path: &str, version: &str| (path.to_owned(), version.to_owned());
        assert_eq!(
            understood("node", "a warning\n/opt/node/bin/node\n22.1.0\n"),
            expected("/opt/node/bin/node", "22.1.0")
        );
        assert_eq!(
            understood("go", "/usr/lib/go\ngo1.23.4\n"),
            expected("/usr/lib/go/bin/go", "1.23.4")
        );
        assert_eq!(
            understood(
                "java",
                "Property settings:\n    java.home = /opt/jdk\n    java.version = 17.0.9\n    java.version.date = 2023\n"
            ),
            expected("/opt/jdk/bin/java", "17.0.9")
        );
        let (_, version) = understood(
            "dotnet",
            "Microsoft.NETCore.App 6.0.1 [/x]\nMicrosoft.NETCore.App 8.0.4 [/x]\n",
        );
        assert_eq!(version, "8.0.4");
    }

    #[test]
    fn a_program_that_fails_or_says_nonsense_is_no_interpreter() {
        assert!(
            answer(
                Path::new("/bin/sh"),
                &["-c", "echo broken; exit 3"],
                OsStr::new("/bin")
            )
            .unwrap_err()
            .contains("broken")
        );
        assert!(
            understand(
                family_of_program("node").unwrap(),
                Path::new("/bin/sh"),
                "hello\n"
            )
            .is_none()
        );
    }
}
