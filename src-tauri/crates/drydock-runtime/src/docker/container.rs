//! One container, from its creation until its interpreter waits.
//!
//! Owns: how a container is made and confined, and the way to it. Must not: run anything of a function; `run` hands over.
//! A container serves one execution and is thrown away, so that each has a `/tmp` and processes of its own and everything
//! of it ends with it.

use std::collections::HashMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::time::Duration;

use bollard::Docker;
use bollard::container::{AttachContainerResults, LogOutput};
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, ResourcesUlimits};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder,
};
use drydock_core::output::Stream;
use futures_util::StreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::bridge::HOST_IN_CONTAINERS;
use super::command::{CODE_FOLDER, Command, PRELOAD_FOLDER};
use super::engine::{Engine, Failure};
use super::output::{Heard, Reader, Refusal};
use super::volume::mount;
use crate::job::{Blueprint, EndReason};
use crate::sandbox::limits::TASKS_PER_PROCESS;
use crate::sandbox::{Limits, Network};

/// What runs as process 1.
const INIT: &str = include_str!("init.sh");

/// Nobody: no file of any image is this user's.
const USER: &str = "65534:65534";

/// From a container's start until its interpreter waits: some 50 ms; a Java machine on a busy engine takes seconds.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// Processes that are ours: process 1, and the one that waits for the server's end.
pub(super) const OUR_PROCESSES: u64 = 2;

/// What a container is made of.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) image: &'a str,
    pub(super) name: String,
    pub(super) labels: HashMap<String, String>,
    pub(super) blueprint: &'a Blueprint,
    pub(super) code_volume: &'a str,
    pub(super) preload_volume: &'a str,
    /// Where it finds this server's API, if it does.
    pub(super) api: Option<Ipv4Addr>,
    /// What its process 1 ends its outputs with.
    pub(super) word: &'a str,
    /// Processors, in billionths; none is no limit.
    pub(super) nano_cpus: Option<i64>,
}

/// By what a container is asked for in its engine.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    pub(super) docker: Docker,
    pub(super) id: String,
}

/// A container whose interpreter waits.
pub(super) struct Container {
    pub(super) handle: Handle,
    pub(super) command: Command,
    pub(super) reader: Reader,
    output: Pin<Box<dyn futures_util::Stream<Item = Result<LogOutput, Error>> + Send>>,
    input: Pin<Box<dyn AsyncWrite + Send>>,
}

impl fmt::Debug for Container {
    /// Without its environment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("id", &self.handle.id)
            .finish_non_exhaustive()
    }
}

/// Makes a container and waits until its interpreter waits. Nothing is left of one that fails.
pub(super) async fn make(engine: &Engine, plan: &Plan<'_>) -> Result<Container, Failure> {
    match attempt(engine, plan, false).await {
        // Its interpreter says something of its own first, or cannot load ours.
        Ok(None) => match attempt(engine, plan, true).await {
            Ok(Some(container)) => Ok(container),
            Ok(None) => Err(Failure::Refused(format!(
                "a container of the image {} ended before it could wait for an execution",
                plan.image
            ))),
            Err(failure) => Err(failure),
        },
        Ok(Some(container)) => Ok(container),
        Err(failure) => Err(failure),
    }
}

/// `None` where it cannot wait in this way.
async fn attempt(engine: &Engine, plan: &Plan<'_>, by_shell: bool) -> Result<Option<Container>, Failure> {
    let command = Command::of(plan.blueprint, by_shell)?;
    let docker = engine.docker().await?;
    let name = if by_shell {
        format!("{}-sh", plan.name)
    } else {
        plan.name.clone()
    };
    let options = CreateContainerOptionsBuilder::default().name(&name).build();
    let created = docker.create_container(Some(options), body(plan, &command)).await;
    let id = created.map_err(|error| engine.failure(error))?.id;
    let made = begin(engine, &docker, id.clone(), command, plan).await;
    if !matches!(made, Ok(Some(_))) {
        remove(&docker, &id).await;
    }
    made
}

async fn begin(
    engine: &Engine,
    docker: &Docker,
    id: String,
    command: Command,
    plan: &Plan<'_>,
) -> Result<Option<Container>, Failure> {
    // Before its start, so that nothing of its output is lost.
    let options = AttachContainerOptionsBuilder::default()
        .stdin(true)
        .stdout(true)
        .stderr(true)
        .stream(true)
        .build();
    let attached = docker.attach_container(&id, Some(options)).await;
    let AttachContainerResults { output, input } = attached.map_err(|error| engine.failure(error))?;
    if let Err(error) = docker.start_container(&id, None).await {
        return Err(not_started(engine.failure(error), plan.image));
    }
    let mut container = Container {
        handle: Handle {
            docker: docker.clone(),
            id,
        },
        command,
        reader: Reader::new(plan.word),
        output,
        input,
    };
    let limit = Instant::now() + READY_LIMIT;
    let mut complaints = String::new();
    loop {
        let Ok(next) = timeout_at(limit, container.next()).await else {
            return Err(Failure::Refused(format!(
                "a container of the image {} did not get ready in {} s",
                plan.image,
                READY_LIMIT.as_secs()
            )));
        };
        let Some(heard) = next else {
            tracing::debug!(
                complaints,
                image = plan.image,
                "a container ended before it could wait"
            );
            return Ok(None);
        };
        for one in heard {
            match one {
                Heard::Ready => return Ok(Some(container)),
                Heard::Refused(refusal) => return Err(refused(refusal, &container.command, plan.image)),
                Heard::Strange | Heard::Begun | Heard::Ended(_) => return Ok(None),
                Heard::Wrote(_, bytes) => complaints.push_str(&String::from_utf8_lossy(&bytes)),
            }
        }
    }
}

impl Container {
    /// What comes next of it; `None` when nothing more can come.
    pub(super) async fn next(&mut self) -> Option<Vec<Heard>> {
        let (stream, message) = match self.output.next().await?.ok()? {
            LogOutput::StdOut { message } => (Stream::Stdout, message),
            LogOutput::StdErr { message } => (Stream::Stderr, message),
            LogOutput::StdIn { .. } | LogOutput::Console { .. } => return Some(Vec::new()),
        };
        Some(self.reader.push(stream, &message))
    }

    /// Writes to what waits in it.
    pub(super) async fn hand_over(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.input.write_all(bytes).await?;
        self.input.flush().await
    }
}

impl Handle {
    /// Kills all that runs in it.
    pub(super) async fn kill(&self) {
        if let Err(error) = self.docker.kill_container(&self.id, None).await {
            tracing::debug!(%error, "a container was not killed");
        }
    }

    /// Removes it, with all that runs in it; `false` where the engine does not answer.
    pub(super) async fn remove(&self) -> bool {
        remove(&self.docker, &self.id).await
    }
}

/// Removes a container, running or not; `false` where the engine does not answer.
pub(super) async fn remove(docker: &Docker, id: &str) -> bool {
    let options = RemoveContainerOptionsBuilder::default().force(true).build();
    match docker.remove_container(id, Some(options)).await {
        // Gone, or somebody else is at it.
        Ok(())
        | Err(Error::DockerResponseServerError {
            status_code: 404 | 409,
            ..
        }) => true,
        Err(error) => {
            tracing::warn!(%error, id, "a container is still there; it goes when the engine is used again");
            false
        }
    }
}

fn not_started(failure: Failure, image: &str) -> Failure {
    match failure {
        Failure::Refused(why) | Failure::Missing(why) if why.contains("executable file not found") => {
            Failure::Refused(format!(
                "the image {image} has no `sh`, with which Drydock starts commands ({why})"
            ))
        }
        other => other,
    }
}

fn refused(refusal: Refusal, command: &Command, image: &str) -> Failure {
    let name = command.words.first().map_or("", String::as_str);
    match refusal {
        Refusal::NotFound => Failure::Command(
            EndReason::NotFound,
            format!(
                "Drydock: '{name}' was not found, neither in the image {image} nor in the folder of the tag's code.\n"
            ),
        ),
        Refusal::Folder => Failure::Command(
            EndReason::NotRunnable,
            format!("Drydock: '{name}' is a folder, not a program.\n"),
        ),
        Refusal::NotExecutable => Failure::Command(
            EndReason::NotRunnable,
            format!(
                "Drydock: '{name}' is not executable. Run `chmod +x` on it before the code is packed, or name its \
                 interpreter in the command.\n"
            ),
        ),
    }
}

fn body(plan: &Plan<'_>, command: &Command) -> ContainerCreateBody {
    let start = [INIT, plan.word].map(str::to_owned);
    ContainerCreateBody {
        image: Some(plan.image.to_owned()),
        user: Some(USER.to_owned()),
        env: Some(command.environment.clone()),
        entrypoint: Some(vec!["sh".to_owned(), "-c".to_owned()]),
        cmd: Some(start.into_iter().chain(command.words.clone()).collect()),
        working_dir: Some(CODE_FOLDER.to_owned()),
        labels: Some(plan.labels.clone()),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        // So that it hears of the server's end.
        stdin_once: Some(true),
        tty: Some(false),
        // An engine that stops would wait for a process 1 that it has told to end, which has nothing to put away.
        stop_signal: Some("SIGKILL".to_owned()),
        network_disabled: Some(plan.blueprint.network == Network::None),
        host_config: Some(HostConfig {
            mounts: Some(mounts(plan)),
            tmpfs: Some(HashMap::from([(
                "/tmp".to_owned(),
                format!(
                    "rw,exec,nosuid,nodev,mode=1777,size={}",
                    plan.blueprint.limits.scratch_bytes
                ),
            )])),
            readonly_rootfs: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            // Its default seccomp profile is the engine's, where nothing else is said.
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            network_mode: match plan.blueprint.network {
                Network::Full => None,
                Network::None => Some("none".to_owned()),
            },
            extra_hosts: plan
                .api
                .map(|address| vec![format!("{HOST_IN_CONTAINERS}:{address}")]),
            nano_cpus: plan.nano_cpus,
            // The output goes to us and nowhere else, above all not onto the engine's disk.
            log_config: Some(HostConfigLogConfig {
                typ: Some("none".to_owned()),
                config: None,
            }),
            ..within(&plan.blueprint.limits)
        }),
        ..ContainerCreateBody::default()
    }
}

fn mounts(plan: &Plan<'_>) -> Vec<Mount> {
    vec![
        mount(plan.code_volume, CODE_FOLDER, true),
        mount(plan.preload_volume, PRELOAD_FOLDER, true),
    ]
}

fn within(limits: &Limits) -> HostConfig {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let ulimit = |name: &str, value: u64| ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(number(value)),
        hard: Some(number(value)),
    };
    let mut ulimits = vec![
        ulimit("fsize", limits.file_bytes),
        ulimit("nofile", limits.open_files),
        ulimit("core", 0),
    ];
    if limits.cpu_secs > 0 {
        ulimits.push(ulimit("cpu", limits.cpu_secs));
    }
    let memory = number(limits.memory_bytes);
    HostConfig {
        memory: Some(memory),
        // Memory and swap together: none of the latter.
        memory_swap: Some(memory),
        pids_limit: Some(number(tasks(limits))),
        ulimits: Some(ulimits),
        ..HostConfig::default()
    }
}

/// How many processes and threads the kernel lets a container have.
pub(super) fn tasks(limits: &Limits) -> u64 {
    limits.processes * TASKS_PER_PROCESS + OUR_PROCESSES
}
