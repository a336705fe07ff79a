//! Values of a JSON file that are what they should be, or an error that names file and key.
//!
//! Owns: reading the file, and that a wrong value is told by where it is. `null` is as good as absent. Must not: know
//! what any key means.

use std::path::Path;

use serde_json::{Map, Value};

use super::{InspectError, read_text};

/// A value, and where it is.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    file: &'a Path,
    key: String,
    value: &'a Value,
}

/// Reads a JSON file; `None` where there is none.
pub(super) fn read(file: &Path) -> Result<Option<Value>, InspectError> {
    let text = read_text(file).map_err(|error| InspectError::Unreadable(file.to_owned(), error))?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| InspectError::NotJson(file.to_owned(), error.to_string()))
}

impl<'a> At<'a> {
    /// The whole of a file.
    pub(super) fn all_of(file: &'a Path, value: &'a Value) -> Self {
        let key = String::new();
        Self { file, key, value }
    }

    /// What a key of this object holds.
    pub(super) fn get(&self, key: &str) -> Result<Option<Self>, InspectError> {
        let value = self.object()?.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| self.below(key, value)))
    }

    /// The entries of this object, in order.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = (&'a str, Self)>, InspectError> {
        let entries = self.object()?.iter();
        Ok(entries.map(|(key, value)| (key.as_str(), self.below(key, value))))
    }

    /// The items of this list.
    pub(super) fn items(&self) -> Result<Vec<Self>, InspectError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        let item = |(at, value)| Self {
            file: self.file,
            key: format!("{}[{at}]", self.key),
            value,
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// This text.
    pub(super) fn text(&self) -> Result<&'a str, InspectError> {
        self.value.as_str().ok_or_else(|| self.wrong("text"))
    }

    /// This yes or no.
    pub(super) fn flag(&self) -> Result<bool, InspectError> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    /// This whole number.
    pub(super) fn number(&self) -> Result<u32, InspectError> {
        let number = self.value.as_u64().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| self.wrong("a whole number"))
    }

    /// These texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, InspectError> {
        let items = self.items()?;
        items.iter().map(|item| Ok(item.text()?.to_owned())).collect()
    }

    /// The value of a variable: text, or what is written as one.
    pub(super) fn variable(&self) -> Result<String, InspectError> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(self.value.to_string()),
            _ => Err(self.wrong("text")),
        }
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// Whether it is text.
    pub(super) fn is_text(&self) -> bool {
        self.value.is_string()
    }

    /// Where it is, as it would be written in JavaScript.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The error that it is not what it must be.
    pub(super) fn wrong(&self, rule: &str) -> InspectError {
        let whole = "the whole file";
        InspectError::Wrong {
            file: self.file.to_owned(),
            key: if self.key.is_empty() { whole } else { &self.key }.to_owned(),
            rule: rule.to_owned(),
        }
    }

    fn object(&self) -> Result<&'a Map<String, Value>, InspectError> {
        self.value.as_object().ok_or_else(|| self.wrong("an object"))
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        let key = match self.key.as_str() {
            "" => key.to_owned(),
            above => format!("{above}.{key}"),
        };
        Self {
            file: self.file,
            key,
            value,
        }
    }
}
