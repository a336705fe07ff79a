//! Asking an interpreter what it is.
//!
//! Owns: running each candidate once, at start, within a limit, and reading its answer. Must not: run code
//! of functions. The candidates get the server's own environment, since a shim needs its owner's HOME.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::Interpreter;
use super::discover::Candidate;
use super::known::{Family, Says};

/// An interpreter answers in 10 to 500 ms; one that takes this long would make every function time out.
const LIMIT: Duration = Duration::from_secs(5);

/// How often to look whether a program has ended: they end within a few ms of their last word, and only those
/// that do not are asked often.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long a killed program may take to go. One in an uninterruptible wait (a hung network disk) may never,
/// and is then left unreaped.
const KILL_LIMIT: Duration = Duration::from_secs(1);

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
    let answer = answer(path, family.ask, search_path, LIMIT)
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

/// What the program writes to either output, if it has written it and ended within `limit`.
fn answer(
    program: &Path,
    arguments: &[&str],
    search_path: &OsStr,
    limit: Duration,
) -> Result<String, String> {
    let deadline = Instant::now() + limit;
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
    let answer = answer.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    // A program may close its outputs and stay.
    let status = match answer {
        Ok(_) => ended_by(&mut child, deadline).map_err(|error| error.to_string())?,
        Err(_) => None,
    };
    let Some(status) = status else {
        // Not reaped yet, so its number is still its own and its group's.
        let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
        // It may have gone to another group.
        let _ = child.kill();
        let _ = ended_by(&mut child, Instant::now() + KILL_LIMIT);
        let missing = if answer.is_ok() { "end" } else { "answer" };
        return Err(format!("no {missing} within {} s", limit.as_secs()));
    };
    match answer {
        Ok(Ok(bytes)) if status.success() => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(Ok(bytes)) => Err(format!("{status}: {}", String::from_utf8_lossy(&bytes).trim())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// How the child ended; `None` while it has not at `deadline`. Looks at least once.
fn ended_by(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        let left = deadline.saturating_duration_since(Instant::now());
        if status.is_some() || left.is_zero() {
            return Ok(status);
        }
        std::thread::sleep(LOOK_AGAIN.min(left));
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
    fn a_program_that_closes_its_output_and_stays_is_killed_with_its_group() {
        use std::os::unix::fs::OpenOptionsExt;

        let place = tempfile::tempdir().unwrap();
        let alive = place.path().join("alive");
        nix::unistd::mkfifo(&alive, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let mut writers = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
            .open(&alive)
            .unwrap();
        // Left alone it ends well, but only after a minute.
        let script = "exec 9>\"$0\"; echo here >&9; sleep 60 >&- 2>&- & exec >&- 2>&-; wait";
        let arguments = ["-c", script, alive.to_str().unwrap()];
        let error = answer(
            Path::new("/bin/sh"),
            &arguments,
            OsStr::new("/usr/bin:/bin"),
            Duration::from_secs(2),
        )
        .unwrap_err();
        assert_eq!(error, "no end within 2 s");
        // The pipe's end comes only when nobody holds it any more; the limit is for a test that fails.
        let limit = Instant::now() + Duration::from_secs(30);
        let mut written = Vec::new();
        while let Err(error) = writers.read_to_end(&mut written) {
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
            assert!(Instant::now() < limit, "something of the program lives on");
            std::thread::sleep(LOOK_AGAIN);
        }
        assert_eq!(written, b"here\n");
    }

    #[test]
    fn a_program_that_fails_or_says_nonsense_is_no_interpreter() {
        assert!(
            answer(
                Path::new("/bin/sh"),
                &["-c", "echo broken; exit 3"],
                OsStr::new("/bin"),
                LIMIT
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
