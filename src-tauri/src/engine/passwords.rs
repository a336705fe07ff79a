//! Passwords: argon2id, on a few threads of its own.
//!
//! One takes 19 MiB and some 20 ms, so a burst of sign-ins waits its turn instead of taking all memory. Each thread
//! keeps that memory and uses it again: given back and taken anew each time, an allocator came to hold ten times as
//! much.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::thread;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, RECOMMENDED_SALT_LEN, Version};
use drydock_core::id::{fill_random, random_hex};
use drydock_core::{Error, Result};
use subtle::ConstantTimeEq;
use tokio::sync::{mpsc, oneshot};

/// Passwords that may wait for a thread, some 5 to 10 seconds of work on two cores; further callers are refused.
const WAITING: usize = 512;

/// Most threads: more would only take memory from functions.
const MAX_THREADS: usize = 4;

/// A hash that no password has: an unknown address takes as long as a wrong password.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&mut Vec::new(), &random_hex(32)).unwrap_or_default());

/// What argon2 fills; the thread's own, whatever is left in it.
type Memory = Vec<Block>;
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// Hashes and checks passwords. The threads begin with the first one.
#[derive(Default)]
pub(super) struct Passwords(OnceLock<mpsc::Sender<Job>>);

impl Passwords {
    /// The PHC string of a password.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.off_thread(move |memory| hash_now(memory, &password)).await?
    }

    /// Whether `password` is that of `hash`; takes its time also where there is none.
    pub(super) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = password.to_owned();
        self.off_thread(move |memory| {
            let known = hash.is_some();
            let right = is_now(memory, &password, hash.as_deref().unwrap_or(&NOBODY))?;
            Ok(right && known)
        })
        .await?
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // The caller may have gone.
            let _ = sender.send(work(memory));
        });
        let jobs = self.0.get_or_init(start_threads);
        match jobs.try_send(job) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(Error::Busy("passwords to check")),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(Error::ShuttingDown),
        }
        receiver
            .await
            .map_err(|_| Error::internal("hashing a password panicked"))
    }
}

/// A thread for each of some cores; they end when nobody can send them work any more.
fn start_threads() -> mpsc::Sender<Job> {
    let (jobs, waiting) = mpsc::channel::<Job>(WAITING);
    let waiting = Arc::new(Mutex::new(waiting));
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for number in 0..cores.min(MAX_THREADS) {
        let waiting = Arc::clone(&waiting);
        let started = thread::Builder::new()
            .name(format!("passwords-{number}"))
            .spawn(move || work(&waiting));
        if let Err(error) = started {
            tracing::error!(%error, "a thread for passwords cannot start");
        }
    }
    jobs
}

fn work(waiting: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Memory::new();
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        let Some(job) = job else { return };
        // A panic must not take the thread with it; its caller sees the dropped answer.
        let job = std::panic::AssertUnwindSafe(|| job(&mut memory));
        if std::panic::catch_unwind(job).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

fn hash_now(memory: &mut Memory, password: &str) -> Result<String> {
    let params = Params::default();
    let mut salt = [0_u8; RECOMMENDED_SALT_LEN];
    fill_random(&mut salt);
    let hash = compute(memory, &params, password, &salt)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(unexpected)?,
        salt: Some(Salt::new(&salt).map_err(unexpected)?),
        hash: Some(hash),
    }
    .to_string())
}

fn is_now(memory: &mut Memory, password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(unexpected)?;
    let params = Params::try_from(&stored).map_err(unexpected)?;
    let (Some(salt), Some(hash)) = (&stored.salt, &stored.hash) else {
        return Err(Error::internal("a stored password hash is not whole"));
    };
    let computed = compute(memory, &params, password, salt.as_ref())?;
    Ok(computed.as_ref().ct_eq(hash.as_ref()).into())
}

fn compute(memory: &mut Memory, params: &Params, password: &str, salt: &[u8]) -> Result<Output> {
    memory.resize(params.block_count(), Block::new());
    let mut hash = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut hash, memory)
        .map_err(unexpected)?;
    Output::new(&hash).map_err(unexpected)
}

fn unexpected(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("a password's hash: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert_ne!(hash, passwords.hash("correct horse").await.unwrap(), "salted");
        assert!(
            passwords
                .verify("correct horse", Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("Correct horse", Some(hash)).await.unwrap());
        assert!(!passwords.verify("anything", None).await.unwrap());
    }
}
