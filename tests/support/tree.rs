//! What lies in a folder, so that a test can say that nothing was left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Every entry below `folder`, by its path and size, sorted; empty when there is no such folder.
pub fn list(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// The places of a data folder where code and uploads lie.
pub fn code(data: &Path) -> Vec<String> {
    ["code", "staging", "trash"]
        .iter()
        .flat_map(|name| {
            list(&data.join(name))
                .into_iter()
                .map(move |entry| format!("{name}/{entry}"))
        })
        .collect()
}

/// The permission bits of a file or folder.
pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o7777
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue;
        };
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if metadata.is_dir() {
            found.push(format!("{name}/"));
            walk(root, &path, found);
        } else {
            found.push(format!("{name} {}", metadata.len()));
        }
    }
}
