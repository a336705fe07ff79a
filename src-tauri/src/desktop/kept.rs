//! What the window remembers: where it stood, how large, and what it is to tell. One small file in the data folder, so that
//! each folder has its own and deleting the folder is a full reset.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::server_file::write_private;

/// Pixels, as a display without scaling has them.
pub(super) const MIN_SIZE: (f64, f64) = (640.0, 480.0);
/// Steps of the zoom, as browsers have them.
const ZOOMS: &[f64] = &[
    0.5, 0.67, 0.75, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0,
];

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Kept {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Where its corner was; the system decides where it never stood anywhere.
    pub(super) at: Option<(f64, f64)>,
    pub(super) is_maximized: bool,
    pub(super) zoom: f64,
    pub(super) notifications: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            // The console's list, detail and panel side by side.
            width: 1280.0,
            height: 820.0,
            at: None,
            is_maximized: false,
            zoom: 1.0,
            notifications: true,
        }
    }
}

impl Kept {
    /// What that file says; what it does not say, or nonsense, is as at the first start.
    pub(super) fn read(path: &Path) -> Self {
        let kept = std::fs::read(path).ok();
        let kept: Self = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self {
            width: kept.width.clamp(MIN_SIZE.0, 20_000.0),
            height: kept.height.clamp(MIN_SIZE.1, 20_000.0),
            zoom: nearest(kept.zoom),
            ..kept
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        write_private(path, &serde_json::to_vec_pretty(self)?)?;
        Ok(())
    }

    /// The next zoom, larger or smaller, while there is one.
    pub(super) fn zoomed(&self, larger: bool) -> f64 {
        let next = if larger {
            ZOOMS.iter().find(|zoom| **zoom > self.zoom)
        } else {
            ZOOMS.iter().rev().find(|zoom| **zoom < self.zoom)
        };
        next.copied().unwrap_or(self.zoom)
    }
}

fn nearest(zoom: f64) -> f64 {
    let is_nearer = |a: &&f64, b: &&f64| (**a - zoom).abs().total_cmp(&(**b - zoom).abs());
    ZOOMS.iter().min_by(is_nearer).copied().unwrap_or(1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nonsense_is_the_first_start() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("window.json");
        assert_eq!(Kept::read(&path), Kept::default());

        let kept = Kept {
            at: Some((3.0, 4.0)),
            zoom: 1.25,
            notifications: false,
            ..Kept::default()
        };
        kept.write(&path).unwrap();
        assert_eq!(Kept::read(&path), kept);

        for nonsense in ["", "[]", r#"{"width":"wide"}"#] {
            std::fs::write(&path, nonsense).unwrap();
            assert_eq!(Kept::read(&path), Kept::default(), "{nonsense}");
        }
        std::fs::write(&path, r#"{"width":1,"height":1e9,"zoom":-4}"#).unwrap();
        let kept = Kept::read(&path);
        assert_eq!((kept.width, kept.height, kept.zoom), (640.0, 20_000.0, 0.5));
    }

    #[test]
    fn the_zoom_goes_by_steps_and_stops_at_the_ends() {
        let at = |zoom| Kept {
            zoom,
            ..Kept::default()
        };
        assert!((at(1.0).zoomed(true) - 1.1).abs() < 1e-9);
        assert!((at(1.0).zoomed(false) - 0.9).abs() < 1e-9);
        assert!((at(3.0).zoomed(true) - 3.0).abs() < 1e-9);
        assert!((at(0.5).zoomed(false) - 0.5).abs() < 1e-9);
    }
}
