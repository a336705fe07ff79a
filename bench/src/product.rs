//! The build under measurement: its binary, the variables that its servers get, and which settings it knows.
//!
//! Owns: asking the binary itself, so that a measurement of something this build does not have is left out instead
//! of failing. Must not: start a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The setting that says how many standby processes there may be; 0 is none.
const STANDBY: &str = "standby.max_processes";

/// Where system programs are. No folder of a version manager's stand-ins.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A binary with what is known of it.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) binary: PathBuf,
    pub(crate) version: String,
    /// Given variables of settings that this build does not have: it would refuse to start with them.
    pub(crate) left_out: Vec<String>,
    environment: Vec<(String, String)>,
    settings: Vec<Value>,
}

impl Product {
    /// Asks the binary what it is. `given` goes to every server and to every command.
    pub(crate) fn ask(binary: &Path, given: &[(String, String)], home: &Path) -> Result<Self> {
        let node = Command::new("node").args(["-p", "process.execPath"]).output();
        let node = node.context("node is missing")?;
        let node = PathBuf::from(String::from_utf8(node.stdout)?.trim());
        let folder = node.parent().context("node does not say where it is")?;
        let environment = vec![
            ("PATH".to_owned(), format!("{}:{SYSTEM_PATH}", folder.display())),
            ("HOME".to_owned(), home.display().to_string()),
        ];
        let mut product = Self {
            binary: std::path::absolute(binary)?,
            version: String::new(),
            left_out: Vec::new(),
            environment,
            settings: Vec::new(),
        };
        let version = product.output(&["--version"])?;
        version.trim().clone_into(&mut product.version);
        let place = home.join("no-data");
        let place = place.to_str().context("a folder with an odd name")?;
        let config = ["config", "--json", "--data-dir", place];
        product.settings = settings(&product.output(&config)?)?;
        product.give(given);
        // Again, with their values.
        product.settings = settings(&product.output(&config)?)?;
        Ok(product)
    }

    /// Adds variables to the environment, but for those of unknown settings.
    fn give(&mut self, variables: &[(String, String)]) {
        for (name, value) in variables {
            let known = |setting: &Value| setting["variable"] == name.as_str();
            if name.starts_with("DRYDOCK_") && !self.settings.iter().any(known) {
                self.left_out.push(name.clone());
            } else {
                self.environment.push((name.clone(), value.clone()));
            }
        }
    }

    fn output(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        let command = command.args(arguments).env_clear().envs(self.environment.clone());
        let output = command
            .output()
            .with_context(|| format!("{} does not start", self.binary.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "drydock {}: {said}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What every server and command of this run finds in its environment.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// A whole number among the settings in force.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.setting(key)?["value"].as_u64()
    }

    /// The variable that sets `key` to that value.
    pub(crate) fn variable(&self, key: &str, value: u64) -> Option<(String, String)> {
        let name = self.setting(key)?["variable"].as_str()?;
        Some((name.to_owned(), value.to_string()))
    }

    /// Why there are no standby processes, or `None` when there are.
    pub(crate) fn no_standby(&self) -> Option<String> {
        if self.setting(STANDBY).is_none() {
            Some("this build has no standby".to_owned())
        } else if self.number(STANDBY) == Some(0) {
            Some("standby is off".to_owned())
        } else {
            None
        }
    }

    /// What switches standby off; nothing where there is none.
    pub(crate) fn standby_off(&self) -> Option<(String, String)> {
        self.variable(STANDBY, 0)
    }

    /// Whether functions can be confined by this build.
    pub(crate) fn knows_sandbox(&self) -> bool {
        let key = |setting: &Value| {
            setting["key"]
                .as_str()
                .is_some_and(|key| key.starts_with("sandbox"))
        };
        self.settings.iter().any(key)
    }

    fn setting(&self, key: &str) -> Option<&Value> {
        self.settings.iter().find(|setting| setting["key"] == key)
    }
}

fn settings(config: &str) -> Result<Vec<Value>> {
    let config: Value = serde_json::from_str(config)?;
    Ok(config["settings"].as_array().context("no settings")?.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(settings: Value) -> Product {
        Product {
            binary: PathBuf::new(),
            version: String::new(),
            left_out: Vec::new(),
            environment: Vec::new(),
            settings: settings.as_array().unwrap().clone(),
        }
    }

    #[test]
    fn a_build_without_the_setting_has_no_standby_and_needs_no_switching_off() {
        let product = with(serde_json::json!([{ "key": "port", "value": 0, "variable": "DRYDOCK_PORT" }]));
        assert_eq!(product.no_standby().unwrap(), "this build has no standby");
        assert_eq!(product.standby_off(), None);
        assert!(!product.knows_sandbox());
    }

    #[test]
    fn a_build_with_standby_is_switched_off_by_the_variable_that_it_names() {
        let setting = |value: u64| serde_json::json!([{ "key": STANDBY, "value": value, "variable": "V" }]);
        assert_eq!(with(setting(8)).no_standby(), None);
        assert_eq!(
            with(setting(8)).standby_off(),
            Some(("V".to_owned(), "0".to_owned()))
        );
        assert_eq!(with(setting(0)).no_standby().unwrap(), "standby is off");
    }

    #[test]
    fn a_variable_of_an_unknown_setting_is_left_out_and_any_other_is_given() {
        let mut product =
            with(serde_json::json!([{ "key": "port", "value": 0, "variable": "DRYDOCK_PORT" }]));
        let given = ["DRYDOCK_PORT", "DRYDOCK_NEW", "RUST_LOG"].map(|name| (name.to_owned(), "1".to_owned()));
        product.give(&given);
        assert_eq!(product.left_out, ["DRYDOCK_NEW"]);
        assert_eq!(product.environment(), [given[0].clone(), given[2].clone()]);
    }
}
