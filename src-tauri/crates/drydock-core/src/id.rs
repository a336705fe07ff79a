//! Ids: what is a valid one, and how a new one is made.
//!
//! A custom id is `[A-Za-z0-9][A-Za-z0-9._-]{0,35}`; a made one is 20 lowercase hex characters, 13 of
//! microsecond time and 7 random, so that ids sort by age.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::error::{Error, Result};

/// The longest id that the wire contract allows.
pub const MAX_ID_LENGTH: usize = 36;

/// The word a client sends to have an id made for it.
pub const UNIQUE: &str = "unique()";

/// Whether `text` obeys the id rule.
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.first(), Some(first) if first.is_ascii_alphanumeric())
        && bytes.len() <= MAX_ID_LENGTH
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks `text` against the id rule; `param` names it in the error.
            ///
            /// # Errors
            /// `InvalidParam` when the text is not an id.
            pub fn parse(param: &'static str, text: &str) -> Result<Self> {
                if is_valid(text) {
                    return Ok(Self(text.to_owned()));
                }
                Err(Error::InvalidParam {
                    param,
                    rule: format!(
                        "an id has 1 to {MAX_ID_LENGTH} characters of a-z, A-Z, 0-9, period, hyphen and \
                         underscore, and begins with a letter or digit"
                    ),
                })
            }

            /// Takes text that was checked before, such as a stored row or a fresh unique id.
            pub fn trusted(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id_type!(
    /// Names a project; every row of data belongs to one.
    ProjectId
);
id_type!(
    /// Names a function within its project.
    FunctionId
);
id_type!(
    /// Names a tag (a code version) within its project.
    TagId
);
id_type!(
    /// Names an execution within its project.
    ExecutionId
);
id_type!(
    /// Names an event within its project.
    EventId
);
id_type!(
    /// Names an API key.
    KeyId
);
id_type!(
    /// Names a user within their project.
    UserId
);
id_type!(
    /// Names a user's session.
    SessionId
);
id_type!(
    /// Names a team within its project.
    TeamId
);
id_type!(
    /// Names a user's membership in a team.
    MembershipId
);
id_type!(
    /// Names a saved payload of a function.
    PayloadId
);
id_type!(
    /// Names an app whose pages or devices may call a project.
    PlatformId
);
id_type!(
    /// Names a webhook.
    WebhookId
);
id_type!(
    /// Names the delivery of an event to a webhook.
    DeliveryId
);

/// Makes unique, time-ordered ids.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    last_micros: AtomicI64,
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSource").finish_non_exhaustive()
    }
}

impl IdSource {
    /// A source that reads `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            last_micros: AtomicI64::new(0),
        }
    }

    /// A new id. Later calls sort after earlier ones, also when the clock steps back meanwhile.
    pub fn unique(&self) -> String {
        let now = self.clock.now_micros().max(0);
        let previous = self
            .last_micros
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(now.max(last + 1))
            })
            .unwrap_or(now);
        let micros = now.max(previous + 1);
        // 13 hex digits hold microseconds until the year 2112; the mask keeps the length after that.
        format!(
            "{:013x}{:07x}",
            micros & 0xf_ffff_ffff_ffff,
            random_u32() & 0x0fff_ffff
        )
    }

    /// The id a client asked for: its own, or a new one for `unique()`.
    ///
    /// # Errors
    /// `InvalidParam` when it is neither.
    pub fn resolve<T>(
        &self,
        param: &'static str,
        wish: &str,
        parse: fn(&'static str, &str) -> Result<T>,
    ) -> Result<T> {
        if wish == UNIQUE {
            parse(param, &self.unique())
        } else {
            parse(param, wish)
        }
    }
}

/// `bytes` random bytes from the system as lowercase hex, for keys and tokens.
pub fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    fill_random(&mut buffer);
    buffer
        .iter()
        .fold(String::with_capacity(bytes * 2), |mut hex, byte| {
            use fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Fills `buffer` from the system's random source.
///
/// # Panics
/// When the system has no random source: no id or secret could be safe then.
#[allow(clippy::expect_used)]
pub fn fill_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the system's random source answers on every supported system");
}

fn random_u32() -> u32 {
    let mut buffer = [0_u8; 4];
    fill_random(&mut buffer);
    u32::from_ne_bytes(buffer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::SystemClock;

    struct Stuck;
    impl Clock for Stuck {
        fn now_micros(&self) -> i64 {
            1_700_000_000_000_000
        }
    }

    #[test]
    fn ids_of_one_microsecond_are_unique_and_sort_by_age() {
        let source = IdSource::new(Arc::new(Stuck));
        let ids: Vec<_> = (0..1000).map(|_| source.unique()).collect();
        assert!(ids.windows(2).all(|pair| pair[0][..13] < pair[1][..13]));
        assert!(ids.iter().all(|id| id.len() == 20 && is_valid(id)));
    }

    #[test]
    fn unique_asks_for_a_made_id_and_anything_else_is_taken_as_it_is() {
        let source = IdSource::new(Arc::new(SystemClock));
        assert_eq!(
            source
                .resolve("functionId", "hello", FunctionId::parse)
                .unwrap()
                .as_str(),
            "hello"
        );
        assert_eq!(
            source
                .resolve("functionId", UNIQUE, FunctionId::parse)
                .unwrap()
                .as_str()
                .len(),
            20
        );
        assert!(source.resolve("functionId", "unique", FunctionId::parse).is_ok());
        assert!(source.resolve("functionId", "a/b", FunctionId::parse).is_err());
    }

    proptest! {
        #[test]
        fn the_rule_agrees_with_its_regular_expression(text in "[A-Za-z0-9._/ é-]{0,40}") {
            let mut chars = text.chars();
            let first = chars.next().is_some_and(|c| c.is_ascii_alphanumeric());
            let rest = chars.all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            prop_assert_eq!(is_valid(&text), first && rest && text.chars().count() <= 36);
        }
    }
}
