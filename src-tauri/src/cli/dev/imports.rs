//! Variables of a folder's `.env` file, which is never part of the code, that its function does not have.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use drydock_core::function::Vars;
use reqwest::Method;

use crate::cli::client::Client;
use crate::cli::wire::{Function, FunctionChange};

const ENV_FILE: &str = ".env";

/// The file of a function's folder. It is read anew each time: it may come, change and go.
#[derive(Debug)]
pub(super) struct EnvFile {
    pub(super) function: String,
    path: PathBuf,
}

impl EnvFile {
    /// The one of that folder, there or not.
    pub(super) fn of(function: &str, folder: &str) -> Self {
        Self {
            function: function.to_owned(),
            path: Path::new(folder).join(ENV_FILE),
        }
    }

    /// Those of its variables that `function` has not, or has with other values.
    ///
    /// # Errors
    /// Where it cannot be read, or is not written as such a file is.
    pub(super) fn new_for(&self, function: &Function) -> Result<Vars> {
        if !self.path.exists() {
            return Ok(Vars::new());
        }
        let read = drydock_code::inspect::read_env(&self.path)?;
        let is_new = |(name, value): &(String, String)| function.vars.get(name) != Some(value);
        Ok(read.into_iter().filter(is_new).collect())
    }

    /// Gives them to the function, whose others stay. Answers their names; the values are nobody's to see.
    pub(super) async fn import(&self, client: &Client) -> Result<Vec<String>> {
        let path = ["functions", self.function.as_str()];
        let function: Function = client.get(&path).await?;
        let vars = self.new_for(&function)?;
        let names: Vec<_> = vars.keys().cloned().collect();
        if !vars.is_empty() {
            let mut change = FunctionChange::from(function);
            change.vars.extend(vars);
            let taken: Result<Function> = client.send(Method::PUT, &path, &change).await;
            taken.context("the variables of .env are not taken over")?;
        }
        Ok(names)
    }
}
