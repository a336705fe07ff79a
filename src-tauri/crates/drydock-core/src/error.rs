//! What can go wrong, as meanings. The HTTP status of each stands in one table of the server, not here.

use crate::id::TagId;

/// The result of everything that can fail with a meaning.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every meaning of failure that a caller can be told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A required parameter is absent, null or empty.
    #[error("Param \"{param}\" is not optional.")]
    MissingParam {
        /// The parameter's name on the wire.
        param: &'static str,
    },
    /// A parameter breaks its rule.
    #[error("Invalid {param}: {rule}")]
    InvalidParam {
        /// The parameter's name on the wire.
        param: &'static str,
        /// The rule in words, with its numbers.
        rule: String,
    },
    /// The body is not what its content type says.
    #[error("{0}")]
    BadBody(String),
    /// The body's content type is none that the API reads.
    #[error(
        "Content type '{0}' is not supported: send application/json, application/x-www-form-urlencoded or multipart/form-data"
    )]
    UnsupportedContentType(String),
    /// The body is larger than this call takes.
    #[error("The request body is larger than {limit_bytes} bytes")]
    BodyTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// A list's cursor names nothing.
    #[error("{what} '{id}' for the 'cursor' value not found.")]
    CursorNotFound {
        /// What was looked for, such as `Function`.
        what: &'static str,
        /// The id that was sent.
        id: String,
    },
    /// The upload has no file part.
    #[error("No file sent")]
    NoFileSent,
    /// The uploaded file's name or content is not a gzipped tar archive.
    #[error("File type not allowed{0}")]
    FileTypeNotAllowed(String),
    /// The uploaded file is over the limit.
    #[error("File size not allowed: the limit is {limit_bytes} bytes (setting upload.max_bytes)")]
    FileSizeNotAllowed {
        /// The limit.
        limit_bytes: u64,
    },
    /// The archive holds something that must not be unpacked.
    #[error("Archive refused: {0}")]
    ArchiveRefused(String),

    /// No project of that id.
    #[error("Project not found")]
    ProjectNotFound,
    /// No function of that id in the project.
    #[error("Function not found")]
    FunctionNotFound,
    /// No tag of that id in the function.
    #[error("Tag not found")]
    TagNotFound,
    /// No tag of that id in the function, where one was chosen to be run.
    #[error("Tag {tag} is not there: it was deleted, or is another function's. Choose another tag")]
    NoSuchTag {
        /// The tag that was chosen.
        tag: TagId,
    },
    /// The function has no active tag to execute.
    #[error("Tag not found. Deploy tag before trying to execute a function")]
    NoActiveTag,
    /// No execution of that id that the caller may see.
    #[error("Execution not found")]
    ExecutionNotFound,
    /// Nothing of that name that the caller may see.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Somebody has it already; the sentence says what.
    #[error("{0}")]
    Conflict(&'static str),
    /// The id is in use.
    #[error("{what} with the requested ID already exists")]
    AlreadyExists {
        /// What exists, such as `Function`.
        what: &'static str,
    },

    /// The caller's role has not the route's scope.
    #[error("{name} (role: {role}) missing scope ({scope})")]
    MissingScope {
        /// Who called, as the contract prints it.
        name: String,
        /// The role's label.
        role: &'static str,
        /// The scope that is missing.
        scope: &'static str,
    },
    /// The caller's roles are not in the permission list.
    #[error(
        "No permissions provided for the requested action: the function's execute list names none of the caller's roles"
    )]
    NotAllowed,
    /// The caller may not do this, for a reason of its own; the sentence says which.
    #[error("{0}")]
    Denied(&'static str),
    /// The user is blocked, or has deleted the account.
    #[error("Invalid credentials. User is blocked")]
    UserBlocked,
    /// No such user, or another password; which of the two is nobody's business.
    #[error("Invalid credentials")]
    InvalidCredentials,
    /// The JWT is none of ours, or no longer.
    #[error("Failed to verify JWT. {0}")]
    InvalidJwt(&'static str),
    /// Only a session's own secret will do here, not a JWT or a key.
    #[error("No valid session found")]
    NoValidSession,
    /// Called too often.
    #[error("Too many requests")]
    TooManyRequests,
    /// The project has switched off this part of the API.
    #[error("Service is disabled")]
    ServiceDisabled,
    /// The project has switched off this way to sign in.
    #[error("{0} authentication is disabled for this project")]
    AuthMethodDisabled(&'static str),
    /// The project has as many users as its limit allows.
    #[error("Project registration is restricted. Contact your administrator for more information.")]
    RegistrationRestricted,
    /// Accounts of the console cannot be made through the API.
    #[error("Console accounts are off: start the server with `drydock serve --console-signup`")]
    ConsoleSignupOff,
    /// What would be sent by e-mail cannot be sent.
    #[error("SMTP Disabled")]
    SmtpDisabled,
    /// A browser page of an origin that may not change anything.
    #[error(
        "Invalid Origin. Register your new client ({host}) as a new {platform} platform on your project console dashboard"
    )]
    InvalidOrigin {
        /// What kind of app it is, such as `Web`.
        platform: &'static str,
        /// The origin's host.
        host: String,
    },
    /// The request's Host header names another machine.
    #[error("The Host header '{host}' is not one of this server's names: use localhost, 127.0.0.1 or [::1]")]
    MisdirectedHost {
        /// The header's value.
        host: String,
    },
    /// The console's own API without a console session.
    #[error("No console session: run `drydock console` for a fresh link")]
    NoConsoleSession,
    /// The one-time link was used, has expired or was never made.
    #[error("This console link was used before or has expired: run `drydock console` for a fresh one")]
    ConsoleLinkSpent,
    /// No route of that method and path.
    #[error("Not Found")]
    RouteNotFound,

    /// As many executions wait as may.
    #[error(
        "{waiting} executions are waiting in this project, which is the limit (setting executions.max_waiting): try again later"
    )]
    QueueFull {
        /// How many wait.
        waiting: usize,
    },
    /// So much of something waits that one more would wait too long.
    #[error("Too many {0} are waiting: try again in a moment")]
    Busy(&'static str),
    /// No space is left on the disk of the data folder.
    #[error("The disk of the data folder is full: free some space and try again")]
    DiskFull,
    /// The server is shutting down and takes no new work.
    #[error("The server is shutting down")]
    ShuttingDown,

    /// Anything unexpected: logged with its detail, answered without it.
    #[error("Server Error")]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// An unexpected failure from text.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(anyhow::anyhow!(message.into()))
    }

    /// What a failure of the file system means to a caller; `doing` goes to the log.
    pub fn disk(error: std::io::Error, doing: &'static str) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => Self::DiskFull,
            _ => Self::Internal(anyhow::Error::new(error).context(doing)),
        }
    }

    /// `InvalidParam` from a rule.
    pub fn invalid(param: &'static str, rule: impl Into<String>) -> Self {
        Self::InvalidParam {
            param,
            rule: rule.into(),
        }
    }
}
