//! The only place where a meaning becomes a status: [`drydock_core::Error`] to the error of the contract.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use drydock_core::Error;
use drydock_core::id::random_hex;
use serde::Serialize;

use super::state::VERSION;

/// The result of a handler.
pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// A failure on its way to a client.
#[derive(Debug)]
pub(crate) struct ApiError(Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

#[derive(Serialize)]
struct Body {
    message: String,
    code: u16,
    version: &'static str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = status(&self.0);
        match &self.0 {
            Error::Internal(detail) => {
                // The detail stays here; the id lets a user's report be matched with it.
                let request_id = random_hex(8);
                tracing::error!(request_id, "{detail:?}");
            }
            // No fault of the caller's, who may be a program: for who looks after this machine.
            Error::DiskFull => tracing::error!("{}", self.0),
            _ => {}
        }
        let body = Body {
            message: self.0.to_string(),
            code: status.as_u16(),
            version: VERSION,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache, no-store, must-revalidate"),
        );
        if matches!(
            self.0,
            Error::QueueFull { .. } | Error::Busy(_) | Error::ShuttingDown
        ) {
            // One second: a queue moves that fast, and a restart takes no longer.
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::MissingParam { .. }
        | Error::InvalidParam { .. }
        | Error::BadBody(_)
        | Error::UnsupportedContentType(_)
        | Error::CursorNotFound { .. }
        | Error::NoFileSent
        | Error::FileTypeNotAllowed(_)
        | Error::FileSizeNotAllowed { .. }
        | Error::ArchiveRefused(_) => StatusCode::BAD_REQUEST,
        Error::MissingScope { .. }
        | Error::NotAllowed
        | Error::Denied(_)
        | Error::UserBlocked
        | Error::InvalidCredentials
        | Error::InvalidJwt(_)
        | Error::NoValidSession
        | Error::NoConsoleSession
        | Error::ConsoleLinkSpent => StatusCode::UNAUTHORIZED,
        Error::InvalidOrigin { .. } => StatusCode::FORBIDDEN,
        Error::ProjectNotFound
        | Error::FunctionNotFound
        | Error::TagNotFound
        | Error::NoSuchTag { .. }
        | Error::NoActiveTag
        | Error::ExecutionNotFound
        | Error::NotFound(_)
        | Error::RouteNotFound => StatusCode::NOT_FOUND,
        Error::AlreadyExists { .. } | Error::Conflict(_) => StatusCode::CONFLICT,
        Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::MisdirectedHost { .. } => StatusCode::MISDIRECTED_REQUEST,
        Error::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Error::AuthMethodDisabled(_) | Error::RegistrationRestricted | Error::ConsoleSignupOff => {
            StatusCode::NOT_IMPLEMENTED
        }
        Error::QueueFull { .. }
        | Error::Busy(_)
        | Error::ShuttingDown
        | Error::ServiceDisabled
        | Error::SmtpDisabled => StatusCode::SERVICE_UNAVAILABLE,
        Error::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        // No `_` arm: a new meaning must choose its status.
    }
}
