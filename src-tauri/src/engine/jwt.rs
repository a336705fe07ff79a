//! JWTs of users: made in a session, good for 15 minutes and only while that session is open.

use std::fmt;
use std::path::Path;

use drydock_core::clock::Timestamp;
use drydock_core::id::{ExecutionId, SessionId, UserId};
use drydock_core::session::JWT_SECS;
use drydock_core::{Error, Result};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::secrets;

/// How far the clock of who made a token may be ahead or behind.
const LEEWAY_SECS: i64 = 10;

/// Makes and checks tokens with the data folder's own key.
pub(crate) struct Jwts {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl fmt::Debug for Jwts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwts")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    user_id: String,
    session_id: String,
    /// The execution that it was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_id: Option<String>,
    exp: i64,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bearer {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    /// The execution that it was given to, if it was made for one.
    pub(super) execution: Option<ExecutionId>,
}

impl Jwts {
    /// With the key in `path`, which is made at first start.
    pub(crate) fn load_or_create(path: &Path) -> anyhow::Result<Self> {
        Ok(Self::new(&secrets::load_or_create_key(path)?))
    }

    fn new(key: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
        }
    }

    /// A token of that session, for an execution if that is named, and when it ends.
    pub(super) fn make(
        &self,
        user: &UserId,
        session: &SessionId,
        execution: Option<&ExecutionId>,
        now: Timestamp,
    ) -> Result<(String, Timestamp)> {
        let exp = now.secs() + JWT_SECS;
        let claims = Claims {
            user_id: user.to_string(),
            session_id: session.to_string(),
            execution_id: execution.map(ToString::to_string),
            exp,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| Error::internal(format!("making a JWT: {error}")))?;
        Ok((token, Timestamp::from_secs(exp)))
    }

    /// Whose token that is. Whether the session is still open is for the store to say.
    ///
    /// # Errors
    /// `InvalidJwt` for one that is malformed, not ours, or too old.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<Bearer> {
        let mut validation = Validation::new(Algorithm::HS256);
        // By the clock of ours, below.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|error| {
                Error::InvalidJwt(match error.kind() {
                    ErrorKind::InvalidSignature => "Invalid token: Signature failed",
                    ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
                        "Invalid token: Algorithm is not HS256"
                    }
                    _ => "Invalid token: Malformed",
                })
            })?
            .claims;
        if now.secs() > claims.exp.saturating_add(LEEWAY_SECS) {
            return Err(Error::InvalidJwt("Invalid token: Expired"));
        }
        Ok(Bearer {
            user: UserId::trusted(claims.user_id),
            session: SessionId::trusted(claims.session_id),
            execution: claims.execution_id.map(ExecutionId::trusted),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn why(error: Error) -> String {
        error.to_string()
    }

    #[test]
    fn a_token_is_good_for_fifteen_minutes_and_ten_seconds_of_leeway() {
        let jwts = Jwts::new(b"key");
        let (user, session) = (UserId::trusted("ada"), SessionId::trusted("s"));
        let execution = ExecutionId::trusted("x");
        let (token, ends_at) = jwts.make(&user, &session, Some(&execution), NOW).unwrap();
        assert_eq!(ends_at.secs(), NOW.secs() + 900);
        let later = |secs| Timestamp::from_secs(NOW.secs() + secs);
        assert_eq!(
            jwts.check(&token, later(910)).unwrap(),
            Bearer {
                user: user.clone(),
                session: session.clone(),
                execution: Some(execution)
            }
        );
        assert_eq!(
            why(jwts.check(&token, later(911)).unwrap_err()),
            "Failed to verify JWT. Invalid token: Expired"
        );
        let other = Jwts::new(b"another key");
        assert!(why(other.check(&token, NOW).unwrap_err()).ends_with("Signature failed"));
    }

    #[test]
    fn what_is_no_token_of_ours_is_refused() {
        let jwts = Jwts::new(b"key");
        let (token, _) = jwts
            .make(&UserId::trusted("ada"), &SessionId::trusted("s"), None, NOW)
            .unwrap();
        let claims = token.split('.').nth(1).unwrap();
        // {"typ":"JWT","alg":"none"}
        let unsigned = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{claims}.");
        for bad in [
            "x",
            "a.b.c",
            "",
            unsigned.as_str(),
            token.trim_end_matches(|c| c != '.'),
        ] {
            assert!(why(jwts.check(bad, NOW).unwrap_err()).starts_with("Failed to verify JWT."));
        }
    }
}
