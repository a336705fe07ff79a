//! The functions that are executed, and the same code as a bare process.
//!
//! Owns: their code, which both sides run from the same file, and the reference's environment: what the function
//! itself says that it got, with a home of its own. Must not: let a version manager's stand-in run on either side.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::server::Server;

/// What functions get as their data; both sides print it.
pub(crate) const DATA: &str = "x";

/// A function's code: one file.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) text: &'static str,
    pub(crate) runtime: &'static str,
    pub(crate) program: &'static str,
}

const fn node(name: &'static str, text: &'static str) -> Code {
    Code {
        name,
        file: "index.js",
        text,
        runtime: "node-20.0",
        program: "node",
    }
}

const fn python(name: &'static str, text: &'static str) -> Code {
    Code {
        name,
        file: "main.py",
        text,
        runtime: "python-3.9",
        program: "python3",
    }
}

/// Says hello and ends.
pub(crate) const NODE_HELLO: Code = node("node-hello", include_str!("../functions/node-hello/index.js"));
/// Writes 100 MB.
pub(crate) const NODE_BURST: Code = node("node-burst", include_str!("../functions/node-burst/index.js"));
/// Writes so many lines in so many seconds: that of the console's tests, whose scenario is measured with it.
pub(crate) const NODE_LOG: Code = node(
    "node-log",
    include_str!("../../tests/fixtures/functions/node-log/index.js"),
);
/// Keeps a core busy for as many milliseconds as its data says.
pub(crate) const NODE_SPIN: Code = node("node-spin", include_str!("../functions/node-spin/index.js"));
/// Ends at once, without an interpreter: an execution that is nothing but one.
pub(crate) const NOTHING: Code = Code {
    name: "nothing",
    file: "nothing.txt",
    text: "",
    runtime: "node-20.0",
    program: "true",
};
/// Says hello and ends.
pub(crate) const PYTHON_HELLO: Code =
    python("python-hello", include_str!("../functions/python-hello/main.py"));

const NODE_ENVIRONMENT: Code = node(
    "node-environment",
    include_str!("../functions/node-environment/index.js"),
);
const PYTHON_ENVIRONMENT: Code = python(
    "python-environment",
    include_str!("../functions/python-environment/main.py"),
);

/// A function's code as a process without Drydock around it.
#[derive(Clone, Debug)]
pub(crate) struct Bare {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
    folder: PathBuf,
    file: &'static str,
    variables: Vec<(String, String)>,
}

impl Bare {
    /// The reference of `code`, which is deployed in `folder`: interpreter and variables are those that a function
    /// of its runtime finds.
    pub(crate) async fn of(server: &Server<'_>, code: &Code, folder: PathBuf) -> Result<Self> {
        let teller = if code.program == NODE_ENVIRONMENT.program {
            &NODE_ENVIRONMENT
        } else {
            &PYTHON_ENVIRONMENT
        };
        server.deploy(teller).await?;
        let mut live = server.live().await?;
        let mut connection = server.connect().await?;
        let id = execute(&mut connection, &server.execute(teller.name, DATA)?).await?;
        live.completed(&id).await?;
        let path = format!("/v1/functions/{}/executions/{id}", teller.name);
        let execution = connection.exchange(&server.get(&path)?).await?.json(200)?;
        let said: Value = serde_json::from_str(execution["stdout"].as_str().context("no stdout")?)?;
        let home = folder.join("home");
        fs::create_dir_all(&home)?;
        let home = home.to_str().context("a folder with an odd name")?.to_owned();
        let variables = said["variables"].as_object().context("no variables")?;
        let variables = variables.iter().map(|(name, value)| {
            let value = match name.as_str() {
                "HOME" | "TMPDIR" => home.clone(),
                _ => value.as_str().unwrap_or_default().to_owned(),
            };
            (name.clone(), value)
        });
        Ok(Self {
            program: said["program"].as_str().context("no program")?.into(),
            version: said["version"].as_str().unwrap_or_default().to_owned(),
            folder,
            file: code.file,
            variables: variables.collect(),
        })
    }

    /// The words after which the file's name would be a whole command.
    pub(crate) fn words(&self) -> [&std::ffi::OsStr; 2] {
        [self.program.as_os_str(), self.file.as_ref()]
    }

    /// A command with this environment and folder, to be given streams.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    /// Runs it once from spawn to exit, with its output into `output` or nowhere.
    pub(crate) async fn run(&self, output: Option<&Path>) -> Result<Duration> {
        let mut command = self.command(&self.program);
        command.arg(self.file).stderr(Stdio::null()).stdout(Stdio::null());
        if let Some(output) = output {
            command.stdout(fs::File::create(output)?);
        }
        // In a thread that does nothing but wait: an async wait would add its own way of noticing to the time.
        tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let status = command.spawn()?.wait()?;
            let took = begun.elapsed();
            ensure!(status.success(), "the bare process ended with {status}");
            Ok(took)
        })
        .await?
    }
}

/// Asks for a run and answers its id.
pub(crate) async fn execute(connection: &mut crate::http::Connection, request: &[u8]) -> Result<String> {
    let execution = connection.exchange(request).await?.json(201)?;
    Ok(execution["$id"].as_str().context("no id")?.to_owned())
}
