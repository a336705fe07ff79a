//! What only the console and the command line need: links and sessions, the server's state, richer rows
//! than the Appwrite API has, logs, the stream of changes, and the console's own files.

pub(super) mod executions;
pub(super) mod functions;
pub(super) mod session;
pub(super) mod shell;
pub(super) mod status;
pub(super) mod stream;
