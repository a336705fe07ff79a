//! Variables of a folder's `.env` file, which is never part of the code, that its function does not have.

use std::path::Path;

use anyhow::{Context as _, Result};
use drydock_core::function::Vars;
use reqwest::Method;

use crate::cli::client::Client;
use crate::cli::linking::LinkedFunction;
use crate::cli::wire::{Function, FunctionChange};

const ENV_FILE: &str = ".env";

/// Variables that could be taken over.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) function: String,
    vars: Vars,
}

impl Import {
    /// Those that `linked` does not have, or has with another value; `None` where there are none.
    ///
    /// # Errors
    /// Where the file cannot be read, or is none.
    pub(super) fn of(linked: &LinkedFunction) -> Result<Option<Self>> {
        if !linked.has_env {
            return Ok(None);
        }
        let read = drydock_code::inspect::read_env(&Path::new(&linked.row.folder).join(ENV_FILE))?;
        let is_new = |(name, value): &(String, String)| linked.function.vars.get(name) != Some(value);
        let vars: Vars = read.into_iter().filter(is_new).collect();
        let function = linked.row.function_id.clone();
        Ok((!vars.is_empty()).then_some(Self { function, vars }))
    }

    /// Their names; the values are nobody's to see.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.vars.keys().map(String::as_str).collect();
        names.join(", ")
    }

    /// Gives them to the function, whose others stay.
    pub(super) async fn take(&self, client: &Client) -> Result<()> {
        let path = ["functions", self.function.as_str()];
        let function: Function = client.get(&path).await?;
        let mut change = FunctionChange::from(function);
        change.vars.extend(self.vars.clone());
        let taken: Result<Function> = client.send(Method::PUT, &path, &change).await;
        taken.context("the variables of .env are not taken over")?;
        Ok(())
    }
}
