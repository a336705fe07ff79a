//! The check of a tag's sources before it is live: whether what changed parses.

use drydock_code::tree::Change;
use drydock_core::function::Function;
use drydock_core::tag::{Check, Tag};

use super::Engine;

impl Engine {
    /// Whether those of a tag's sources that changed parse.
    pub(super) async fn check(&self, _function: &Function, _tag: &Tag, _changes: &[Change]) -> Check {
        Check::default()
    }
}
