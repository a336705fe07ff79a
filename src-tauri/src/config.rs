//! The settings of a server: defaults, then config.toml, then DRYDOCK_* variables, then flags.
//!
//! Owns: how the layers are put together, and the errors that name key, source and mend. The table of all
//! settings is in `table.rs`; docs/configuration.md is made from it. Must not: read anything that is not a
//! setting, or start anything.

mod layers;
pub(crate) mod markdown;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use drydock_runtime::{Backend, Limits, Policy};
use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use table::Setting;

/// Everything that a server can be told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The address to listen on; a loopback one unless `allow_remote`.
    #[serde(deserialize_with = "address")]
    pub(crate) host: IpAddr,
    /// Whether other machines may be listened to.
    pub(crate) allow_remote: bool,
    /// Names by which this server may be called beside localhost, separated by commas.
    #[serde(deserialize_with = "names")]
    pub(crate) hosts: Vec<String>,
    /// The port to listen on; 0 takes a free one.
    pub(crate) port: u16,
    /// How the server's own log looks.
    pub(crate) log_format: LogFormat,
    /// Whether calls are counted against the routes' limits.
    pub(crate) rate_limits: bool,
    /// Whether accounts of the console can be made through the API.
    pub(crate) console_signup: bool,
    /// How far functions are kept from this machine.
    pub(crate) sandbox: Policy,
    /// What one execution may take of the machine.
    pub(crate) limits: Limits,
    pub(crate) standby: StandbySettings,
    /// What functions run as that say nothing of it.
    pub(crate) backend: Backend,
    pub(crate) docker: DockerSettings,
    /// By the runtime's id; those that differ from the list.
    #[serde(default)]
    pub(crate) runtimes: BTreeMap<String, RuntimeSettings>,
    pub(crate) executions: ExecutionSettings,
    pub(crate) upload: UploadSettings,
    pub(crate) archive: ArchiveSettings,
    pub(crate) output: OutputSettings,
    pub(crate) retention: RetentionSettings,
}

/// What waits for executions of functions that are used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandbySettings {
    /// Most processes; 0 is none.
    pub(crate) max_processes: usize,
    /// Most memory that they have, all together.
    pub(crate) max_memory_bytes: u64,
    /// How long one waits.
    pub(crate) idle_secs: u64,
}

/// How containers are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DockerSettings {
    /// Most that wait and run; those that run count, but are never ended for it.
    pub(crate) max_containers: usize,
    /// Processors that one may use; 0 is no limit.
    pub(crate) cpus: u64,
}

/// What differs for a runtime.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuntimeSettings {
    /// The image that its functions run in, with the Docker backend.
    pub(crate) image: String,
}

impl Settings {
    /// The images other than the list's, by the runtime's id.
    pub(crate) fn images(&self) -> HashMap<String, String> {
        let image = |(id, runtime): (&String, &RuntimeSettings)| (id.clone(), runtime.image.clone());
        self.runtimes.iter().map(image).collect()
    }
}

/// How many executions run and wait.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecutionSettings {
    /// Most that run at once, in the whole server.
    pub(crate) max_concurrent: usize,
    /// Most that run at once of one function.
    pub(crate) max_concurrent_per_function: usize,
    /// Most that wait, in each project.
    pub(crate) max_waiting: usize,
}

/// What may be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadSettings {
    /// Largest archive, as it is sent.
    pub(crate) max_bytes: u64,
}

/// What an archive may become when it is unpacked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
// The fields are the keys of config.toml, which name their sense.
#[allow(clippy::struct_field_names)]
pub(crate) struct ArchiveSettings {
    /// Most files, folders and links.
    pub(crate) max_entries: u64,
    /// Largest sum of all files.
    pub(crate) max_unpacked_bytes: u64,
    /// Most unpacked bytes for each uploaded one.
    pub(crate) max_ratio: u64,
}

/// What is kept of an execution's output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutputSettings {
    /// Most bytes kept of stdout and stderr together.
    pub(crate) max_bytes: u64,
}

/// What is kept of executions that ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionSettings {
    /// For how long.
    pub(crate) days: u32,
    /// How much at most.
    pub(crate) max_bytes: u64,
}

/// How the server's own log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What flags say; `None` where a flag was not given.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_format: Option<LogFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_remote: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) console_signup: Option<bool>,
}

/// Where settings are read from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// The config file.
    pub(crate) file: PathBuf,
    /// Whether its absence is an error: it was named by a flag.
    pub(crate) file_required: bool,
    /// The variables that begin with DRYDOCK_.
    pub(crate) variables: Vec<(String, String)>,
    /// The flags.
    pub(crate) flags: Flags,
}

impl Sources {
    /// This process's variables, `config` or else `default_file`, and `flags`.
    pub(crate) fn of_this_process(default_file: PathBuf, config: Option<&Path>, flags: Flags) -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name
                    .into_string()
                    .ok()
                    .filter(|name| name.starts_with(table::VARIABLE_PREFIX))?;
                Some((name, value.to_string_lossy().into_owned()))
            })
            .collect();
        Self {
            file: config.map_or(default_file, Path::to_path_buf),
            file_required: config.is_some(),
            variables,
            flags,
        }
    }
}

/// Which layer a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The table's default.
    Default,
    /// The config file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Flag(flag) => write!(f, "the flag {flag}"),
        }
    }
}

/// One setting as it is in force.
#[derive(Debug, Clone)]
pub(crate) struct Effective {
    pub(crate) setting: &'static Setting,
    pub(crate) value: serde_json::Value,
    pub(crate) origin: Origin,
}

/// The settings and where each came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(crate) effective: Vec<Effective>,
    /// Images that the config file chooses, each with its key.
    pub(crate) images: Vec<(String, String)>,
}

/// Everything that is wrong with the settings, each with its key, source and mend.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct ConfigError(pub(crate) Vec<String>);

/// Reads all layers.
///
/// # Errors
/// `ConfigError` with every unknown key and every bad value.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    layers::load(sources)
}

/// `localhost` is what people write; it is the IPv4 loopback address here, as in the printed endpoint.
pub(crate) fn parse_address(text: &str) -> Option<IpAddr> {
    if text == "localhost" {
        Some(IpAddr::from([127, 0, 0, 1]))
    } else {
        text.parse().ok()
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_address(&text).ok_or_else(|| serde::de::Error::custom("not an IP address"))
}

/// Host names in one text, lower-cased.
fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(parse_names(&text).collect())
}

/// The names in a list with commas.
pub(crate) fn parse_names(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(',')
        .map(|name| name.trim().to_lowercase())
        .filter(|name| !name.is_empty())
}
