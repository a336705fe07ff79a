//! Credentials for a registry: those that `docker login` has left, looked up for each pull. An engine keeps none itself;
//! who asks it to pull shows them.
//!
//! Owns: reading Docker's own configuration, and asking the programs that it names for secrets. Must not: keep any, or log
//! one.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// Docker's name for its own registry, which images mean that name none.
const HUB: &str = "https://index.docker.io/v1/";

/// How long a program that keeps secrets may take. One that asks a person first is not waited for longer.
const PROGRAM_LIMIT: Duration = Duration::from_secs(10);

/// Docker's configuration, as far as it is about registries.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: HashMap<String, Login>,
    /// The program for all registries.
    creds_store: String,
    /// Those for single ones.
    cred_helpers: HashMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    /// Name and password, with a colon between them, in base64.
    auth: String,
    identitytoken: String,
}

/// What a program answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    username: String,
    secret: String,
}

/// The value of the header that a pull of `image` is to have; `None` where there are no credentials for its registry.
pub(super) async fn header_for(image: &str) -> Option<String> {
    let config = read(&file()?).await?;
    let registry = registry_of(image);
    let program = config.cred_helpers.get(registry).unwrap_or(&config.creds_store);
    let kept = if program.is_empty() {
        None
    } else {
        ask(program, registry).await
    };
    let shown = match kept {
        Some(kept) if kept.username == "<token>" => {
            json!({ "identitytoken": kept.secret, "serveraddress": registry })
        }
        Some(kept) => {
            json!({ "username": kept.username, "password": kept.secret, "serveraddress": registry })
        }
        None => of_login(&config, registry)?,
    };
    // Not by the engine's client, whose alphabet is not the one that engines read.
    Some(URL_SAFE.encode(shown.to_string()))
}

fn file() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let docker = folder("DOCKER_CONFIG").or_else(|| Some(folder("HOME")?.join(".docker")))?;
    Some(docker.join("config.json"))
}

async fn read(file: &PathBuf) -> Option<Config> {
    let text = tokio::fs::read(file).await.ok()?;
    match serde_json::from_slice(&text) {
        Ok(config) => Some(config),
        Err(_) => {
            // Without the parser's words, which may quote what it read.
            tracing::warn!(file = %file.display(), "Docker's configuration is not JSON: images are pulled without a login");
            None
        }
    }
}

/// The registry that an image names: what is before its first slash, where that looks like a host.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => match host {
            "docker.io" | "index.docker.io" => HUB,
            host => host,
        },
        _ => HUB,
    }
}

fn of_login(config: &Config, registry: &str) -> Option<serde_json::Value> {
    let bare = |name: &str| -> String {
        let name = name.trim_start_matches("https://").trim_start_matches("http://");
        name.split('/').next().unwrap_or_default().to_owned()
    };
    let (_, login) = config
        .auths
        .iter()
        .find(|(name, _)| bare(name) == bare(registry))?;
    if !login.identitytoken.is_empty() {
        return Some(json!({ "identitytoken": login.identitytoken, "serveraddress": registry }));
    }
    let both = String::from_utf8(STANDARD.decode(&login.auth).ok()?).ok()?;
    let (name, password) = both.split_once(':')?;
    Some(json!({ "username": name, "password": password, "serveraddress": registry }))
}

/// Asks a program by Docker's protocol: the registry in, JSON out; it fails where it has nothing.
async fn ask(program: &str, registry: &str) -> Option<Kept> {
    if program.contains('/') {
        return None;
    }
    let program = format!("docker-credential-{program}");
    let asked = async {
        let mut child = Command::new(&program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(registry.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    match timeout(PROGRAM_LIMIT, asked).await {
        Ok(Ok(output)) if output.status.success() => serde_json::from_slice(&output.stdout).ok(),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, program, "Docker's configuration names a program for logins that does not run");
            None
        }
        Err(_) => {
            tracing::warn!(program, "a program for logins does not answer");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_what_looks_like_a_host() {
        for (image, registry) in [
            ("node:20-alpine", HUB),
            ("appwrite/runtime-for-node:16.0", HUB),
            ("docker.io/library/node", HUB),
            ("ghcr.io/team/tool:1", "ghcr.io"),
            ("localhost/tool", "localhost"),
            ("registry:5000/tool@sha256:00", "registry:5000"),
        ] {
            assert_eq!(registry_of(image), registry, "{image}");
        }
    }

    #[test]
    fn a_login_is_found_by_the_registrys_name_however_it_is_written() {
        let text = json!({ "auths": {
            HUB: { "auth": STANDARD.encode("ada:pass:word") },
            "https://ghcr.io": { "identitytoken": "token" },
            "other.example": { "auth": "no base64" }
        }});
        let config: Config = serde_json::from_value(text).unwrap();
        assert_eq!(
            of_login(&config, HUB),
            Some(json!({ "username": "ada", "password": "pass:word", "serveraddress": HUB }))
        );
        assert_eq!(of_login(&config, "ghcr.io").unwrap()["identitytoken"], "token");
        assert_eq!(of_login(&config, "other.example"), None);
        assert_eq!(of_login(&config, "ghcr.io.evil.example"), None);
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_or_is_a_path_has_nothing() {
        assert!(ask("no-such-program", "ghcr.io").await.is_none());
        assert!(ask("../../bin/true", "ghcr.io").await.is_none());
    }
}
