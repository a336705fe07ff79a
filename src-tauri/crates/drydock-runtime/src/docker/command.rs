//! A tag's command as a container is told it.
//!
//! Owns: its words, its environment, how its interpreter waits, and what is handed over to it. Must not: know the engine.
//! The interpreter waits by the same preload as a process of this machine; for one that has none, a shell waits in its
//! place. Either way the image decides which program a name means.

use std::ffi::OsString;
use std::path::Path;

use super::engine::Failure;
use crate::command;
use crate::interpreters::known;
use crate::job::{Blueprint, EndReason, Job};
use crate::process::environment;
use crate::standby::preload::{Preload, VARIABLE};

/// Where a function sees its code: where Appwrite's own containers had it, so that a path in a stack trace reads the same.
pub(super) const CODE_FOLDER: &str = "/usr/local/src";

/// Where it sees what has its interpreter wait.
pub(super) const PRELOAD_FOLDER: &str = "/run/drydock";

/// Standard input and standard output, as a preload is told them.
const INPUT_AND_OUTPUT: &str = "0,1";

/// What a container runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    /// As the engine takes it: `NAME=value`.
    pub(super) environment: Vec<String>,
    pub(super) preload: Option<&'static Preload>,
}

impl Command {
    /// What a tag's command becomes; `by_shell` is where its interpreter cannot be had to wait.
    pub(super) fn of(blueprint: &Blueprint, by_shell: bool) -> Result<Self, Failure> {
        let words = command::split(&blueprint.command).map_err(|why| {
            let message = format!("Drydock: the command could not be started: {why}.\n");
            Failure::Command(EndReason::CannotStart(why), message)
        })?;
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_default();
        let mut arguments: Vec<String> = words.collect();
        let family = known::family_of_program(&name).filter(|_| !name.contains('/'));
        let preload = family
            .and_then(|family| Preload::of(family.name, &arguments))
            .filter(|preload| !by_shell && preload.bears(&blueprint.variables));
        if let Some(family) = family {
            family.add_to(&mut arguments);
        }
        let mut environment = environment::in_an_image(Path::new("/tmp"), &blueprint.variables);
        let mut arguments: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
        if let Some(preload) = preload {
            preload.add_to(PRELOAD_FOLDER.as_ref(), &mut arguments, &mut environment);
            environment.push((VARIABLE.into(), INPUT_AND_OUTPUT.into()));
        }
        let text = |text: OsString| text.to_string_lossy().into_owned();
        let environment = environment
            .into_iter()
            .map(|(name, value)| format!("{}={}", text(name), text(value)))
            // The engine's own addition, which a run has nowhere else. A name alone takes it away.
            .chain(["HOSTNAME".to_owned()])
            .collect();
        Ok(Self {
            words: [name]
                .into_iter()
                .chain(arguments.into_iter().map(text))
                .collect(),
            environment,
            preload,
        })
    }

    /// What is written to a container that waits: how much, then that.
    pub(super) fn handover(&self, job: &Job) -> Vec<u8> {
        let restored = self
            .preload
            .and_then(|preload| preload.restored(&job.blueprint.variables));
        let variables: Vec<_> = restored.into_iter().chain(&job.variables).cloned().collect();
        let environment = environment::of(&variables)
            .into_iter()
            .map(|(name, value)| (name.into_encoded_bytes(), value.into_encoded_bytes()));
        let mut bytes = Vec::new();
        if self.preload.is_some() {
            for (name, value) in environment {
                bytes.extend([&name, b"=".as_slice(), &value, b"\0"].concat());
            }
        } else {
            for (name, value) in environment {
                bytes.extend([b"export ".as_slice(), &name, b"=", &quoted(&value), b"\n"].concat());
            }
            // What the shell itself has put there.
            bytes.extend(b"unset PWD OLDPWD SHLVL\nprintf .\nexec \"$@\" </dev/null\n");
        }
        [format!("{}\n", bytes.len()).into_bytes(), bytes].concat()
    }
}

/// A value as one word of a shell.
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for &byte in value {
        match byte {
            b'\'' => word.extend(b"'\\''"),
            byte => word.push(byte),
        }
    }
    word.push(b'\'');
    word
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use drydock_core::runtime::Runtime;

    use super::*;
    use crate::job::Backend;
    use crate::sandbox::{Limits, Network};

    fn job(command: &str, variables: &[(&str, &str)]) -> Job {
        let owned = |pairs: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect::<Vec<_>>()
        };
        Job {
            name: None,
            owner: "function".to_owned(),
            blueprint: Blueprint {
                runtime: Runtime::parse("runtime", "python-3.12").unwrap(),
                command: command.to_owned(),
                backend: Backend::Docker,
                code_dir: PathBuf::from("/code"),
                code_id: "the tag".to_owned(),
                variables: owned(variables),
                limits: Limits::default(),
                network: Network::Full,
            },
            scratch_dir: PathBuf::from("/scratch"),
            variables: owned(&[("APPWRITE_FUNCTION_DATA", "it's\n")]),
            timeout: Duration::from_secs(15),
        }
    }

    #[test]
    fn a_known_interpreter_waits_by_its_preload_and_gets_its_variables_back() {
        let job = job(
            "python main.py",
            &[("PYTHONPATH", "/mine"), ("TZ", "Europe/Vienna")],
        );
        let command = Command::of(&job.blueprint, false).unwrap();
        assert_eq!(command.words, ["python", "main.py"]);
        for expected in [
            "PYTHONPATH=/run/drydock/python:/mine",
            "DRYDOCK_STANDBY=0,1",
            "TZ=Europe/Vienna",
            "HOSTNAME",
        ] {
            assert!(
                command.environment.iter().any(|one| one == expected),
                "{command:?}"
            );
        }
        assert_eq!(
            command.handover(&job),
            b"55\nPYTHONPATH=/mine\0APPWRITE_FUNCTION_DATA=it's\n\0".map(|byte| byte)[..]
                .strip_prefix(b"55")
                .map(|rest| [b"46", rest].concat())
                .unwrap()
        );
    }

    #[test]
    fn another_program_waits_in_a_shell_which_no_value_can_leave() {
        let job = job("./tool --flag", &[]);
        let command = Command::of(&job.blueprint, false).unwrap();
        assert_eq!(
            (command.words.as_slice(), command.preload),
            (["./tool".to_owned(), "--flag".to_owned()].as_slice(), None)
        );
        let script = String::from_utf8(command.handover(&job)).unwrap();
        assert!(
            script.contains("export APPWRITE_FUNCTION_DATA='it'\\''s\n'\n"),
            "{script}"
        );
        assert!(script.ends_with("exec \"$@\" </dev/null\n"));
        // The same of one that could wait, where its preload is not wanted.
        let job = super::tests::job("python main.py", &[]);
        assert_eq!(Command::of(&job.blueprint, true).unwrap().preload, None);
    }

    #[test]
    fn a_command_that_cannot_be_split_says_why() {
        let job = job("sh -c 'open", &[]);
        assert!(
            matches!(Command::of(&job.blueprint, false), Err(Failure::Command(_, why)) if why.contains("never closed"))
        );
    }
}
