//! What those who wait for a container hear meanwhile.
//!
//! Owns: the last word of whoever makes it, and its way into the output of a run. Must not: hold up the making: words that
//! nobody has read yet give way to the next ones.

use std::future::Future;

use drydock_core::output::Stream;
use tokio::sync::watch;

use crate::sink::Sink;

/// The end of whoever makes the container. It may be made before a run wants it, so that words come before listeners.
#[derive(Debug)]
pub(super) struct News(watch::Sender<String>);

/// The end of a run that waits for it.
#[derive(Debug)]
pub(super) struct Listener(watch::Receiver<String>);

impl News {
    pub(super) fn new() -> (Self, Listener) {
        let (news, listener) = watch::channel(String::new());
        (Self(news), Listener(listener))
    }

    /// A line, in the place of the last one.
    pub(super) fn say(&self, words: String) {
        self.0.send_replace(words);
    }
}

impl Listener {
    /// Awaits `work`; what is said until it is done, and what was said last before, goes to `sink`.
    pub(super) async fn until<T>(mut self, work: impl Future<Output = T>, sink: &Sink) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                changed = self.0.changed() => {
                    if changed.is_err() {
                        return work.await;
                    }
                    let words = self.0.borrow_and_update().clone();
                    sink.send(Stream::Stderr, words.into_bytes()).await;
                }
                done = &mut work => return done,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use drydock_core::output::Frame;
    use tokio::sync::{mpsc, oneshot};
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn sink() -> (Sink, mpsc::Receiver<Frame>) {
        let (frames, heard) = mpsc::channel(8);
        let abandoned = CancellationToken::new();
        (Sink { frames, abandoned }, heard)
    }

    #[tokio::test]
    async fn who_comes_later_hears_the_last_word_and_all_that_follow() {
        let (sink, mut heard) = sink();
        let (news, listener) = News::new();
        news.say("one\n".to_owned());
        news.say("two\n".to_owned());
        let (done, work) = oneshot::channel();
        let waiting = tokio::spawn(async move { listener.until(work, &sink).await });
        assert_eq!(heard.recv().await.unwrap().bytes, b"two\n");
        news.say("three\n".to_owned());
        assert_eq!(heard.recv().await.unwrap().bytes, b"three\n");
        // Whoever makes it says nothing more before it is done.
        drop(news);
        done.send(7).unwrap();
        assert_eq!(waiting.await.unwrap(), Ok(7));
        assert!(heard.recv().await.is_none());
    }

    #[tokio::test]
    async fn nothing_is_heard_where_nothing_was_said() {
        let (sink, mut heard) = sink();
        let (_news, listener) = News::new();
        assert_eq!(listener.until(async { 7 }, &sink).await, 7);
        drop(sink);
        assert!(heard.recv().await.is_none());
    }
}
