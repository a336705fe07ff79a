//! Runtimes: the list of what a function can declare on this machine.

use axum::Json;
use drydock_core::list::Page;
use drydock_core::runtime::Runtime;

use super::wire;

pub(in crate::http) async fn list() -> Json<wire::RuntimeList> {
    let rows: Vec<_> = Runtime::all().collect();
    Json(
        Page {
            sum: rows.len() as i64,
            rows,
        }
        .into(),
    )
}
