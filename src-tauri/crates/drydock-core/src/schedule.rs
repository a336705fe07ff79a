//! placeholder, written next
use crate::clock::Timestamp;
use crate::error::Result;

/// A CRON schedule in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(String);

impl Schedule {
    /// Parses.
    ///
    /// # Errors
    /// `InvalidParam`.
    pub fn parse(_param: &'static str, text: &str) -> Result<Self> {
        Ok(Self(text.to_owned()))
    }
    /// As the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The first minute after `now`, or `None` when there is none.
    pub fn next_after(&self, _now: Timestamp) -> Option<Timestamp> {
        None
    }
}
