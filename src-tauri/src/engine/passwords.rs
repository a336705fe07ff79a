//! Passwords: argon2id, on a few threads of its own.
//!
//! One takes 19 MiB and some 20 ms, so a burst of sign-ins waits its turn instead of taking all memory. The threads
//! are always the same ones: an allocator keeps such a block for each thread that ever had one.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::thread;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use drydock_core::{Error, Result};
use tokio::sync::{mpsc, oneshot};

/// Passwords that may wait for a thread; beyond it callers wait for a place.
const WAITING: usize = 1024;

/// A hash that no password has: an unknown address takes as long as a wrong password.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&drydock_core::id::random_hex(32)).unwrap_or_default());

type Job = Box<dyn FnOnce() + Send>;

/// Hashes and checks passwords. The threads begin with the first one.
#[derive(Default)]
pub(super) struct Passwords(OnceLock<mpsc::Sender<Job>>);

impl Passwords {
    /// The PHC string of a password.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.off_thread(move || hash_now(&password)).await?
    }

    /// Whether `password` is that of `hash`; takes its time also where there is none.
    pub(super) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = password.to_owned();
        self.off_thread(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            let Ok(hash) = PasswordHash::new(&hash) else {
                return Err(Error::internal("a stored password hash cannot be read"));
            };
            let right = Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok();
            Ok(right && known)
        })
        .await?
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move || {
            // The caller may have gone.
            let _ = sender.send(work());
        });
        let jobs = self.0.get_or_init(start_threads);
        jobs.send(job).await.map_err(|_| Error::ShuttingDown)?;
        receiver
            .await
            .map_err(|_| Error::internal("hashing a password panicked"))
    }
}

/// A thread for each core; they end when nobody can send them work any more.
fn start_threads() -> mpsc::Sender<Job> {
    let (jobs, waiting) = mpsc::channel::<Job>(WAITING);
    let waiting = Arc::new(Mutex::new(waiting));
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for number in 0..cores {
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
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        let Some(job) = job else { return };
        // A panic must not take the thread with it; its caller sees the dropped answer.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("hashing a password panicked");
        }
    }
}

fn hash_now(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|error| Error::internal(format!("hashing a password: {error}")))
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
