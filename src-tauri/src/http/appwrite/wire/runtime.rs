//! A runtime on the wire.

use drydock_core::runtime::{self, Architecture};
use serde::Serialize;

/// As the closed list of the contract has it.
#[derive(Debug, Serialize)]
pub(in crate::http) struct Runtime {
    #[serde(rename = "$id")]
    id: &'static str,
    name: &'static str,
    version: &'static str,
    base: &'static str,
    image: &'static str,
    logo: &'static str,
    supports: &'static [Architecture],
}

impl From<&'static runtime::Runtime> for Runtime {
    fn from(runtime: &'static runtime::Runtime) -> Self {
        Self {
            id: runtime.id,
            name: runtime.name,
            version: runtime.version,
            base: runtime.base,
            image: runtime.image,
            logo: runtime.logo,
            supports: runtime.supports,
        }
    }
}
