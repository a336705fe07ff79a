//! The engine: which one, how it is reached, and the words for what it refuses.
//!
//! Owns: the connection, which is made when something first needs it and outlives the engine's own restarts, since each
//! request has a connection of its own. Must not: know containers.

use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};
use drydock_core::execution::exit_code;
use tokio::sync::OnceCell;

use crate::job::{EndReason, Ended, could_not_start};

/// What names the engine, as for Docker's own command line.
const VARIABLE: &str = "DOCKER_HOST";

/// Whether an engine over TCP is asked by TLS, as for Docker's own command line.
const TLS: &str = "DOCKER_TLS_VERIFY";

/// Where an engine listens that was told nothing.
const USUAL: &str = "unix:///var/run/docker.sock";

/// How long the engine may take for one answer. It starts a container in 0.1 to 1 s; a busy one needs longer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The engine does not answer.
    Unreachable {
        /// Where it was looked for.
        host: String,
        /// The system's words.
        why: String,
    },
    /// The engine has no room for it.
    Full {
        /// Where it is.
        host: String,
        /// Its own words.
        why: String,
    },
    /// The engine refuses, in its own words.
    Refused(String),
    /// What was asked for is not there.
    Missing(String),
    /// An image is not there and cannot be had.
    NoImage {
        /// Which.
        image: String,
        /// The words of the engine or of the registry.
        why: String,
    },
    /// The data folder takes no note that the engine is used, for the reason given.
    NoNote(String),
    /// The command cannot be run.
    Command(EndReason, String),
}

impl Failure {
    /// The end of a run that this kept from beginning.
    pub(super) fn ended(self) -> Ended {
        match self {
            Self::Command(reason, message) => Ended::never_ran(reason, message),
            Self::NoImage { .. } => Ended::never_ran(EndReason::NotRunnable, could_not_start(self.words())),
            _ => Ended::cannot_start(self.words()),
        }
    }

    /// It in a clause.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Unreachable { host, why } => format!(
                "the container engine at {host} does not answer ({why}). Start it, name another one in the variable \
                 {VARIABLE}, or give the function the backend \"process\""
            ),
            Self::Full { host, why } => format!(
                "the disk of the container engine at {host} is full ({why}). Make room there: `docker system df` says what \
                 takes it"
            ),
            Self::Refused(why) | Self::Missing(why) => format!("the container engine refuses: {why}"),
            Self::NoImage { image, why } => format!(
                "the image {image} is not there and could not be pulled: {why}. `docker pull {image}` says more; another \
                 image is chosen by [runtimes.\"ID\"] image in config.toml"
            ),
            Self::NoNote(why) => format!(
                "the data folder takes no note of the engine ({why}), without which nothing is made there. Give it some \
                 space"
            ),
            Self::Command(_, message) => message.trim_end().to_owned(),
        }
    }
}

/// The engine that the environment names.
#[derive(Debug)]
pub(super) struct Engine {
    host: String,
    connected: OnceCell<Docker>,
}

impl Engine {
    /// That of `DOCKER_HOST`, else of Docker's usual socket.
    pub(super) fn of_the_environment() -> Self {
        let named = std::env::var(VARIABLE).ok().filter(|host| !host.is_empty());
        Self {
            host: named.unwrap_or_else(|| USUAL.to_owned()),
            connected: OnceCell::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn at(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            connected: OnceCell::new(),
        }
    }

    /// Whether it is on this machine, as far as its name tells: what is at the other end of a TCP connection may be a tunnel.
    pub(super) fn is_here(&self) -> bool {
        self.host.starts_with("unix://")
    }

    /// Where it is.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// A way to ask it; its version of the API is asked for once.
    pub(super) async fn docker(&self) -> Result<Docker, Failure> {
        let connect = || async {
            // An empty variable is none, as for Docker's own command line.
            let docker = if std::env::var(TLS).is_ok_and(|value| value.is_empty())
                && self.host.starts_with("tcp://")
            {
                Docker::connect_with_http(&self.host, ANSWER_LIMIT.as_secs(), API_DEFAULT_VERSION)?
            } else {
                Docker::connect_with_host(&self.host)?
            };
            let docker = docker.with_timeout(ANSWER_LIMIT);
            docker.negotiate_version().await
        };
        let connected = self.connected.get_or_try_init(connect).await;
        connected.cloned().map_err(|error| self.failure(error))
    }

    /// What an error of a request means.
    pub(super) fn failure(&self, error: Error) -> Failure {
        match error {
            Error::DockerResponseServerError {
                status_code: 404,
                message,
            } => Failure::Missing(message),
            Error::DockerResponseServerError { message, .. }
            | Error::DockerStreamError { error: message } => self.refusal(message),
            other => Failure::Unreachable {
                host: self.host.clone(),
                why: in_full(&other),
            },
        }
    }
}

impl Engine {
    /// What the words mean with which it refuses.
    fn refusal(&self, why: String) -> Failure {
        let host = self.host.clone();
        if why.contains("no space left on device") {
            return Failure::Full { host, why };
        }
        if why.contains("HTTP request to an HTTPS server") {
            let why = format!(
                "it wants TLS: set {TLS}=1, and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem"
            );
            return Failure::Unreachable { host, why };
        }
        Failure::Refused(why)
    }
}

/// An error with what caused it, which alone says that a connection was refused.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

/// The end of a run whose container was lost while it ran.
pub(super) fn lost(why: &str) -> Ended {
    let words = format!("Drydock: this execution was ended because {why}.\n");
    Ended {
        exit_code: exit_code::INTERRUPTED,
        ..Ended::never_ran(EndReason::LauncherLost, words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_named_with_the_mend() {
        let engine = Engine::at("unix:///no/such/docker.sock");
        let ended = engine.docker().await.unwrap_err().ended();
        assert!(
            ended.stderr.contains("unix:///no/such/docker.sock"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("DOCKER_HOST") && ended.stderr.contains("\"process\""));
        assert_eq!(ended.exit_code, exit_code::INTERRUPTED);
    }

    #[test]
    fn a_missing_image_is_named_with_the_reason() {
        let failure = Failure::NoImage {
            image: "node:99".to_owned(),
            why: "manifest unknown".to_owned(),
        };
        let ended = failure.ended();
        assert!(ended.stderr.contains("node:99") && ended.stderr.contains("manifest unknown"));
        assert_eq!(ended.exit_code, exit_code::NOT_RUNNABLE);
    }
}
