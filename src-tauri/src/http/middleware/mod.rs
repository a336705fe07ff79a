//! What happens to every request before and after its handler.

pub(super) mod guard;
pub(super) mod headers;
pub(super) mod host;
pub(super) mod origin;
mod rate_limit;
pub(super) mod read_on;
