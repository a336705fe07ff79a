//! The one table of settings. The variable, the checks, `drydock config` and docs/configuration.md all
//! come from it; a setting that is not here does not exist.

use std::ops::RangeInclusive;

use drydock_runtime::Limits;
use figment::value::Value;

/// What every variable begins with.
pub(crate) const VARIABLE_PREFIX: &str = "DRYDOCK_";

/// Variables of this prefix that are no settings, and who reads them.
pub(crate) const OTHER_VARIABLES: &[(&str, &str)] = &[
    ("DRYDOCK_DATA_DIR", "the data folder, for every command"),
    ("DRYDOCK_BIN", "the binary that the project's own tests drive"),
    ("DRYDOCK_DESKTOP_BIN", "the same, built with the window"),
    (
        "DRYDOCK_DEV_SERVER",
        "the server that the console's development server forwards to",
    ),
];

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its name in config.toml, with dots between tables.
    pub(crate) key: &'static str,
    /// Its flag of `drydock serve`.
    pub(crate) flag: Option<&'static str>,
    /// What it may be.
    pub(crate) kind: Kind,
    /// What it is when nobody says.
    pub(crate) default: Fallback,
    /// What it does and why the default is what it is.
    pub(crate) reason: &'static str,
}

/// What a setting may be.
#[derive(Debug)]
pub(crate) enum Kind {
    /// An IP address to listen on.
    Address,
    /// Yes or no.
    Switch,
    /// Host names, separated by commas.
    HostNames,
    /// A whole number in a range.
    Whole(RangeInclusive<u64>),
    /// One of some words.
    Choice(&'static [&'static str]),
}

/// A default.
#[derive(Debug)]
pub(crate) enum Fallback {
    Text(&'static str),
    Number(u64),
    Switch(bool),
    /// So many for each core of the machine.
    PerCore(u64),
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "host",
        flag: Some("--host"),
        kind: Kind::Address,
        default: Fallback::Text("127.0.0.1"),
        reason: "The address to listen on. One that other machines reach needs `allow_remote`: functions are code that anyone who reaches the API with a key can run.",
    },
    Setting {
        key: "allow_remote",
        flag: Some("--allow-remote"),
        kind: Kind::Switch,
        default: Fallback::Switch(false),
        reason: "Whether `host` may be an address that other machines reach. What they send and get is not encrypted, keys and passwords included.",
    },
    Setting {
        key: "hosts",
        flag: None,
        kind: Kind::HostNames,
        default: Fallback::Text(""),
        reason: "Names by which this server may be called beside localhost and its address, separated by commas. A request for any other name is refused (421), so that a web page cannot reach it by a name of its own.",
    },
    Setting {
        key: "port",
        flag: Some("--port"),
        kind: Kind::Whole(0..=65_535),
        default: Fallback::Number(4747),
        reason: "The port to listen on; 0 takes a free one. no common developer tool uses 4747.",
    },
    Setting {
        key: "log_format",
        flag: Some("--log-format"),
        kind: Kind::Choice(&["text", "json"]),
        default: Fallback::Text("text"),
        reason: "How the server's own log on stderr looks: lines for people, or one JSON object a line.",
    },
    Setting {
        key: "rate_limits",
        flag: None,
        kind: Kind::Switch,
        default: Fallback::Switch(true),
        reason: "Whether the rate limits of the Appwrite API hold for users and guests, as they do in production. Keys and the console are never limited.",
    },
    Setting {
        key: "console_signup",
        flag: Some("--console-signup"),
        kind: Kind::Switch,
        default: Fallback::Switch(false),
        reason: "Whether anyone who reaches the API can make a console account (`POST /v1/account` of project `console`), as in Appwrite. The owner of this machine needs none.",
    },
    Setting {
        key: "executions.max_concurrent",
        flag: None,
        kind: Kind::Whole(1..=1024),
        default: Fallback::PerCore(2),
        reason: "Executions that run at once. Functions mostly wait for a network, so two for each core keep it busy.",
    },
    Setting {
        key: "executions.max_concurrent_per_function",
        flag: None,
        kind: Kind::Whole(1..=1024),
        default: Fallback::Number(1024),
        reason: "Executions of one function that run at once. 1024 is as many as can run at all, which is no limit: functions take turns, and a busy one does not starve the others. 1 is for functions that must not run beside themselves.",
    },
    Setting {
        key: "executions.max_waiting",
        flag: None,
        kind: Kind::Whole(1..=1_000_000),
        default: Fallback::Number(10_000),
        reason: "Executions that may wait in each project; one more is answered 503. 10,000 end a loop that queues for ever.",
    },
    Setting {
        key: "sandbox",
        flag: None,
        kind: Kind::Choice(&["auto", "strict", "off"]),
        default: Fallback::Text("auto"),
        reason: "How far functions are kept from this machine: `auto` takes the strongest level that it gives and names it, `strict` refuses to start below the full one, `off` is for debugging.",
    },
    Setting {
        key: "backend",
        flag: None,
        kind: Kind::Choice(&["process", "docker"]),
        default: Fallback::Text("process"),
        reason: "What functions run as that say nothing of it themselves: `process` is this machine's own interpreter, sandboxed; `docker` is a container of the runtime's image, in the engine that `DOCKER_HOST` names.",
    },
    Setting {
        key: "docker.max_containers",
        flag: None,
        kind: Kind::Whole(1..=1000),
        default: Fallback::Number(10),
        reason: "Containers that run or wait for an execution; over it the one that waits and was used least recently goes. Those that run are never ended for it. Ten of Node.js take some 400 MB. They wait as long as `standby.idle_secs` says, and none does where `standby.max_processes` is 0.",
    },
    Setting {
        key: "docker.cpus",
        flag: None,
        kind: Kind::Whole(0..=1024),
        default: Fallback::Number(0),
        reason: "Processors that a container may use; 0 is no limit, as for processes of this machine.",
    },
    Setting {
        key: "limits.memory_bytes",
        flag: None,
        kind: Kind::Whole(16_000_000..=1_000_000_000_000),
        default: Fallback::Number(Limits::DEFAULT.memory_bytes),
        reason: "Memory of all processes of an execution together, without the contents of files. 256 MB is what hosted functions commonly get, so what runs here runs there.",
    },
    Setting {
        key: "limits.processes",
        flag: None,
        kind: Kind::Whole(1..=100_000),
        default: Fallback::Number(Limits::DEFAULT.processes),
        reason: "Processes of an execution at once. A build tool takes some 20; a fork bomb ends here.",
    },
    Setting {
        key: "limits.cpu_secs",
        flag: None,
        kind: Kind::Whole(0..=1_000_000),
        default: Fallback::Number(Limits::DEFAULT.cpu_secs),
        reason: "Seconds of CPU time of all processes of an execution together; 0 is no limit, since the timeout bounds it already.",
    },
    Setting {
        key: "limits.file_bytes",
        flag: None,
        kind: Kind::Whole(1_000_000..=1_000_000_000_000),
        default: Fallback::Number(Limits::DEFAULT.file_bytes),
        reason: "Largest file that an execution may write. 100 MB hold a video that is worked on, and end a loop that writes for ever.",
    },
    Setting {
        key: "limits.open_files",
        flag: None,
        kind: Kind::Whole(64..=1_048_576),
        default: Fallback::Number(Limits::DEFAULT.open_files),
        reason: "Open files of each process of an execution: what Linux gives by default.",
    },
    Setting {
        key: "limits.scratch_bytes",
        flag: None,
        kind: Kind::Whole(1_000_000..=1_000_000_000_000),
        default: Fallback::Number(Limits::DEFAULT.scratch_bytes),
        reason: "All files in the `/tmp` of an execution, which lies in memory at the full level of the sandbox. Five of the largest files; nothing is taken before it is written.",
    },
    Setting {
        key: "standby.max_processes",
        flag: None,
        kind: Kind::Whole(0..=64),
        default: Fallback::Number(4),
        reason: "Processes that wait with their interpreter started, one for each function that was used last; 0 is none. Four are more functions than one works on at once.",
    },
    Setting {
        key: "standby.max_memory_bytes",
        flag: None,
        kind: Kind::Whole(16_000_000..=1_000_000_000_000),
        default: Fallback::Number(256_000_000),
        reason: "Memory of their own that those processes may have together; the one that has waited longest goes first. One of Node.js has some 10 MB.",
    },
    Setting {
        key: "standby.idle_secs",
        flag: None,
        kind: Kind::Whole(1..=86_400),
        default: Fallback::Number(600),
        reason: "Seconds that such a process waits for an execution before it ends. Ten minutes outlast reading, thinking and typing.",
    },
    Setting {
        key: "upload.max_bytes",
        flag: None,
        kind: Kind::Whole(1..=10_000_000_000),
        default: Fallback::Number(30_000_000),
        reason: "Largest archive of a tag, as it is sent. 30 MB is what Appwrite takes.",
    },
    Setting {
        key: "archive.max_entries",
        flag: None,
        kind: Kind::Whole(1..=10_000_000),
        default: Fallback::Number(50_000),
        reason: "Files, links and every folder in their names. A large node_modules has about 40,000.",
    },
    Setting {
        key: "archive.max_unpacked_bytes",
        flag: None,
        kind: Kind::Whole(1..=1_000_000_000_000),
        default: Fallback::Number(500_000_000),
        reason: "Bytes of an archive when unpacked. 500 MB hold every real function and keep a bomb from filling the disk.",
    },
    Setting {
        key: "archive.max_ratio",
        flag: None,
        // Deflate cannot do better than 1032, so a higher number would mean nothing.
        kind: Kind::Whole(1..=1032),
        default: Fallback::Number(200),
        reason: "Unpacked bytes for each byte sent. Code packs 3 to 10 times, logs up to 50; zeros 1,000 times.",
    },
    Setting {
        key: "output.max_bytes",
        flag: None,
        // Below 64 kB not even the 8000 characters (32,000 bytes) of both outputs that the API shows would be there.
        kind: Kind::Whole(64_000..=1_000_000_000),
        default: Fallback::Number(10_000_000),
        reason: "Bytes of output kept for each execution; the middle of more is dropped and marked. The console shows 10 MB smoothly.",
    },
    Setting {
        key: "retention.days",
        flag: None,
        kind: Kind::Whole(1..=36_500),
        default: Fallback::Number(14),
        reason: "Days after its end that an execution and its output are kept. Two weeks reach back to before a holiday. Pinned ones stay.",
    },
    Setting {
        key: "retention.max_bytes",
        flag: None,
        // Less would not hold the output of one execution.
        kind: Kind::Whole(10_000_000..=10_000_000_000_000),
        default: Fallback::Number(2_000_000_000),
        reason: "Bytes that `drydock.db` and `logs.db` may hold together; beyond it the executions that ended first go, up to a minute later. 2 GB hold the full output of 200 executions, or some million that say little.",
    },
];

/// What there is for each runtime, and only in the config file, since an id has a dot: the key of one as a user writes it.
pub(crate) const IMAGE_KEY: &str = "runtimes.\"ID\".image";

/// What that does.
pub(crate) const IMAGE_REASON: &str = "The image that functions of the runtime ID run in with the Docker backend. The defaults are the images of Appwrite and of the languages' own projects, as `GET /v1/functions/runtimes` lists them.";

/// The runtime's id in a key of its image, as the config file's keys are put together.
pub(crate) fn runtime_of_image_key(key: &str) -> Option<&str> {
    key.strip_prefix("runtimes.")?.strip_suffix(".image")
}

impl Setting {
    /// The environment variable: the key in capitals, two underscores for a dot.
    pub(crate) fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.key.replace('.', "__").to_uppercase())
    }

    /// The default on this machine.
    pub(crate) fn default_value(&self) -> Value {
        match self.default {
            Fallback::Text(text) => Value::from(text),
            Fallback::Number(number) => Value::from(number),
            Fallback::Switch(on) => Value::from(on),
            Fallback::PerCore(factor) => {
                // A machine that does not tell has at least one core.
                let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
                Value::from((cores * factor).min(1024))
            }
        }
    }

    /// The default in words.
    pub(crate) fn default_text(&self) -> String {
        match self.default {
            Fallback::Text("") => "none".to_owned(),
            Fallback::Text(text) => text.to_owned(),
            Fallback::Number(number) => number.to_string(),
            Fallback::Switch(on) => on.to_string(),
            Fallback::PerCore(factor) => format!("{factor} × cores"),
        }
    }
}

impl Kind {
    /// What is wanted, in words.
    pub(crate) fn wants(&self) -> String {
        match self {
            Self::Address => "an IP address or localhost".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::HostNames => "host names without scheme and port, separated by commas".to_owned(),
            Self::Whole(range) => {
                format!(
                    "a whole number from {} to {}, in digits",
                    range.start(),
                    range.end()
                )
            }
            Self::Choice(words) => words.join(" or "),
        }
    }

    /// Whether `value` is one of this kind.
    pub(crate) fn takes(&self, value: &Value) -> bool {
        match self {
            Self::Address => value.as_str().and_then(super::parse_address).is_some(),
            Self::Switch => matches!(value, Value::Bool(..)),
            Self::HostNames => value
                .as_str()
                .is_some_and(|text| super::parse_names(text).all(|name| is_host_name(&name))),
            Self::Whole(range) => {
                let number = match value {
                    Value::Num(_, number) => number
                        .to_u128()
                        .or_else(|| number.to_i128().and_then(|n| u128::try_from(n).ok())),
                    _ => None,
                };
                number
                    .and_then(|number| u64::try_from(number).ok())
                    .is_some_and(|n| range.contains(&n))
            }
            Self::Choice(words) => value.as_str().is_some_and(|text| words.contains(&text)),
        }
    }
}

/// Letters, digits, hyphens and dots: what a Host header can name.
fn is_host_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}
