//! What the page may ask of the window: the two commands of `commands`, from the server's exact origin and no other.
//!
//! Made when the server's port is known. Nothing else of tauri is granted to anybody, and build.rs has the commands
//! declared, so that they are refused to whoever is not named here.

use tauri::ipc::CapabilityBuilder;
use tauri::{AppHandle, Manager as _};

use super::window::LABEL;

/// Grants them to `origin`, such as `http://127.0.0.1:4747`.
pub(super) fn grant(app: &AppHandle, origin: &str) -> tauri::Result<()> {
    app.add_capability(
        CapabilityBuilder::new(format!("console-at-{origin}"))
            .local(false)
            .remote(format!("{origin}/*"))
            .window(LABEL)
            .permission("allow-pick-folder")
            .permission("allow-dropped-folder"),
    )
}
