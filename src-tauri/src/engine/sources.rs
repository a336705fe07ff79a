//! The check of a tag's sources before it is live: whether what changed parses.

use drydock_code::tree::{Change, Side};
use drydock_core::function::Function;
use drydock_core::tag::{Check, ParseError, Tag};
use drydock_runtime::{Check as Asked, Checked};

use super::Engine;
use super::trees::key_of;

impl Engine {
    /// Whether those of a tag's sources that changed parse. The tag is laid out, and stays so meanwhile.
    pub(super) async fn check(&self, function: &Function, tag: &Tag, changes: &[Change]) -> Check {
        let is_there = |change: &&Change| matches!(change.after, Some(Side::Leaf(_)));
        let asked = Asked {
            runtime: function.runtime,
            command: tag.command.clone(),
            code_dir: self.0.code.tree(&key_of(tag)),
            scratch_dir: self.0.scratch.join(self.0.ids.unique()),
            changed: changes
                .iter()
                .filter(is_there)
                .map(|change| change.path.clone())
                .collect(),
            timeout: Asked::TIMEOUT,
        };
        let _held = self.0.code.hold(key_of(tag));
        match self.backend().await.check(asked).await {
            Checked::Parses => Check::default(),
            Checked::DoesNotParse(errors) => Check {
                errors: errors.into_iter().map(told).collect(),
                notice: None,
            },
            Checked::Unchecked(notice) => Check {
                errors: Vec::new(),
                notice: Some(notice),
            },
        }
    }
}

fn told(error: drydock_runtime::ParseError) -> ParseError {
    ParseError {
        file: error.file.to_string_lossy().into_owned(),
        line: error.line,
        column: error.column,
        message: error.message,
    }
}
