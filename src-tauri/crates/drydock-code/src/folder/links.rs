//! Symbolic links in a folder: those that stay inside are kept as links, others are left out.

use std::path::{Component, Path, PathBuf};

/// What the link at `inside` (from the root, which is a real path) that leads to `target` is in a snapshot; `None` where
/// it leads out. One with an absolute target inside becomes a relative one.
pub fn kept(root: &Path, inside: &Path, target: &Path) -> Option<PathBuf> {
    let folder = inside.parent().unwrap_or(Path::new(""));
    if !target.is_absolute() {
        return stays_inside(folder, target).then(|| target.to_owned());
    }
    // Also one that leads to nothing yet, if it is written plainly.
    let below = match target.strip_prefix(root) {
        Ok(below) => below.to_owned(),
        Err(_) => target.canonicalize().ok()?.strip_prefix(root).ok()?.to_owned(),
    };
    let up: PathBuf = folder.components().map(|_| Component::ParentDir).collect();
    let kept = up.join(below);
    (!kept.as_os_str().is_empty() && stays_inside(folder, &kept)).then_some(kept)
}

/// Whether `target`, read from `folder`, never climbs above the root.
fn stays_inside(folder: &Path, target: &Path) -> bool {
    let mut depth = folder.components().count();
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}
