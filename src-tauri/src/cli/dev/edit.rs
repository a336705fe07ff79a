//! Editing the data of an execution in the user's own editor.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use drydock_core::execution::MAX_DATA_LENGTH;

/// Editors that are looked for where neither VISUAL nor EDITOR names one, the friendliest first.
const EDITORS: &[&str] = if cfg!(windows) {
    &["notepad"]
} else {
    &["sensible-editor", "nano", "vim", "vi"]
};

/// A Ctrl-C by which somebody leaves an editor may be heard of when that has ended already, and leaves nothing else.
const ITS_LAST: Duration = Duration::from_secs(1);

/// Whether an editor has the terminal: then Ctrl-C, which all programs in it hear, is for the editor alone.
#[derive(Debug, Default)]
pub(super) struct Turn(Mutex<Whose>);

#[derive(Debug, Default)]
enum Whose {
    #[default]
    Ours,
    Editors,
    OursSince(Instant),
}

impl Turn {
    /// The editor's, for as long as `work` takes.
    pub(super) async fn of_editor<T>(&self, work: impl Future<Output = T>) -> T {
        self.set(Whose::Editors);
        let done = work.await;
        self.set(Whose::OursSince(Instant::now()));
        done
    }

    /// Whether a Ctrl-C that is heard of now is for the editor.
    pub(super) fn has_editor(&self) -> bool {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Whose::Ours => false,
            Whose::Editors => true,
            Whose::OursSince(end) => end.elapsed() < ITS_LAST,
        }
    }

    fn set(&self, whose: Whose) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = whose;
    }
}

/// The data as the user leaves it.
///
/// # Errors
/// Where there is no editor, it fails, or leaves what no data can be.
pub(super) async fn edit(data: &str) -> Result<String> {
    let editor = editor()?;
    let mut file = tempfile::Builder::new()
        .prefix("drydock-data-")
        .suffix(".json")
        .tempfile()
        .context("there is no room for a temporary file")?;
    file.write_all(data.as_bytes())?;
    file.flush()?;
    let path = file.into_temp_path();
    let mut command = tokio::process::Command::new(&editor[0]);
    let status = command
        .args(&editor[1..])
        .arg(&*path)
        .stdin(Stdio::inherit())
        // It must not outlive us in a terminal that is no longer ours.
        .kill_on_drop(true)
        .status()
        .await
        .with_context(|| format!("the editor {} cannot be started", editor[0].display()))?;
    if !status.success() {
        bail!("the editor ended with {status}: the data stays as it was");
    }
    read(&path, data)
}

/// The words of the editor's command.
fn editor() -> Result<Vec<OsString>> {
    for name in ["VISUAL", "EDITOR"] {
        let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let text = value
            .to_str()
            .with_context(|| format!("{name} is not UTF-8 text"))?;
        let words = drydock_runtime::command::split(text)
            .map_err(|reason| anyhow::anyhow!("{name} names no editor: {reason}"))?;
        return Ok(words.into_iter().map(Into::into).collect());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&&str| {
        let name = Path::new(name).with_extension(std::env::consts::EXE_EXTENSION);
        std::env::split_paths(&path).any(|folder| folder.join(&name).is_file())
    };
    let Some(found) = EDITORS.iter().find(is_there) else {
        bail!("there is no editor: name one in the variable EDITOR");
    };
    Ok(vec![found.into()])
}

/// What the editor left, without the end of line that most of them add to the last line.
fn read(path: &Path, before: &str) -> Result<String> {
    let bytes = std::fs::read(path).context("what the editor left cannot be read")?;
    let Ok(mut text) = String::from_utf8(bytes) else {
        bail!("the data is not UTF-8 text: it stays as it was");
    };
    if !before.ends_with('\n') && text.ends_with('\n') {
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    if text.chars().count() > MAX_DATA_LENGTH {
        bail!(
            "the data has more than {MAX_DATA_LENGTH} characters, the most that the API takes: it stays as it was"
        );
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ctrl_c_is_the_editors_until_just_after_it_has_ended() {
        let turn = Turn::default();
        assert!(!turn.has_editor());
        turn.of_editor(async { assert!(turn.has_editor()) }).await;
        assert!(turn.has_editor());
        turn.set(Whose::OursSince(Instant::now().checked_sub(ITS_LAST).unwrap()));
        assert!(!turn.has_editor());
    }

    fn left(bytes: &[u8], before: &str) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        std::fs::write(&path, bytes).unwrap();
        read(&path, before)
    }

    #[test]
    fn the_end_of_line_that_an_editor_adds_is_no_data() {
        assert_eq!(left(b"{}\n", "").unwrap(), "{}");
        assert_eq!(left(b"a\nb\r\n", "a").unwrap(), "a\nb");
        assert_eq!(left(b"a\n", "b\n").unwrap(), "a\n");
    }

    #[test]
    fn what_no_data_can_be_is_refused() {
        assert!(left(&[0xff], "").is_err());
        assert!(left("ü".repeat(MAX_DATA_LENGTH).as_bytes(), "").is_ok());
        assert!(left("ü".repeat(MAX_DATA_LENGTH + 1).as_bytes(), "").is_err());
    }
}
