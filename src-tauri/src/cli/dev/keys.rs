//! Single keys of the terminal, without Enter.
//!
//! Owns: the terminal's mode, which is put back at the end. Output and Ctrl-C stay as they are: only lines and echo are
//! off. Must not: read from or change the terminal while another program has it, which would stop this process.

use std::collections::VecDeque;

/// So much at once was not typed key by key: it was pasted, and means nothing here.
const MAX_TYPED: usize = 3;

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Execute,
    Replay,
    Edit,
    Import,
    Help,
    Quit,
}

impl Key {
    fn of(byte: u8) -> Option<Self> {
        Some(match byte.to_ascii_lowercase() {
            b'\n' | b'\r' | b'x' => Self::Execute,
            b'r' => Self::Replay,
            b'e' => Self::Edit,
            b'i' => Self::Import,
            b'h' | b'?' => Self::Help,
            // Ctrl-D, as in a shell.
            b'q' | 4 => Self::Quit,
            _ => return None,
        })
    }

    /// The keys of what was read at once. A sequence (an arrow, F2, a report of the terminal) is none of them.
    fn all_of(typed: &[u8]) -> VecDeque<Self> {
        if typed.len() > MAX_TYPED || typed.contains(&0x1b) {
            return VecDeque::new();
        }
        typed.iter().copied().filter_map(Self::of).collect()
    }
}

#[cfg(not(unix))]
pub(super) use other::{Keys, Terminal};
#[cfg(unix)]
pub(super) use unix::{Keys, Terminal};

#[cfg(unix)]
mod unix {
    use std::collections::VecDeque;
    use std::fs::File;
    use std::io::{self, IsTerminal as _, Read as _};
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::sync::{Arc, Mutex, PoisonError, mpsc as blocking};
    use std::time::Duration;

    use nix::errno::Errno;
    use nix::fcntl::OFlag;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::signal::Signal;
    use nix::sys::termios::{self, FlushArg, LocalFlags, SetArg, Termios};
    use nix::unistd::{getpgrp, tcgetpgrp};
    use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
    use tokio::sync::mpsc;

    use super::Key;

    /// While another program has the terminal, it is looked at so often whether we have it again; mostly a signal says it.
    const LOOK_AGAIN: Duration = Duration::from_millis(500);

    /// The terminal that this process was started in.
    #[derive(Debug)]
    pub(crate) struct Terminal {
        /// Of our own, so that reading from it without waiting is nobody else's matter.
        file: File,
        /// Its mode as it was.
        before: Mutex<Termios>,
    }

    impl Terminal {
        /// `None` where stdin is none.
        pub(crate) fn find() -> Option<Arc<Self>> {
            if !io::stdin().is_terminal() {
                return None;
            }
            let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
            let file = File::options()
                .read(true)
                .custom_flags(flags.bits())
                .open("/dev/tty")
                .ok()?;
            let before = termios::tcgetattr(&file).ok()?;
            let before = Mutex::new(before);
            Some(Arc::new(Self { file, before }))
        }

        /// Whether it is ours, and no other program's.
        fn is_ours(&self) -> bool {
            tcgetpgrp(&self.file).is_ok_and(|group| group == getpgrp())
        }

        /// One key at a time, and no echo of it. A shell puts lines back whenever it has the terminal.
        fn read_keys(&self) {
            let Ok(mut mode) = termios::tcgetattr(&self.file) else {
                return;
            };
            if mode.local_flags.contains(LocalFlags::ICANON) {
                mode.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
                // A terminal that is gone needs nothing.
                let _ = termios::tcsetattr(&self.file, SetArg::TCSADRAIN, &mode);
            }
        }

        /// Puts back the mode that it had.
        pub(crate) fn put_back(&self) {
            if self.is_ours() {
                let before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = termios::tcsetattr(&self.file, SetArg::TCSADRAIN, &before);
            }
        }
    }

    /// The keys that are pressed.
    pub(crate) struct Keys {
        terminal: Arc<Terminal>,
        typed: VecDeque<Key>,
        /// Each has the thread wait for a key once more.
        asks: blocking::Sender<()>,
        /// A key can be read, or will be: the thread itself reads nothing, so that it takes none from an editor.
        answers: mpsc::UnboundedReceiver<()>,
        has_asked: bool,
        /// We go on after we were stopped.
        resumed: Signals,
    }

    impl Keys {
        /// Listens to the terminal from now on.
        pub(crate) fn of(terminal: &Arc<Terminal>) -> Option<Self> {
            let resumed = signal(SignalKind::from_raw(Signal::SIGCONT as i32)).ok()?;
            let (asks, asked) = blocking::channel();
            let (answer, answers) = mpsc::unbounded_channel();
            let watched = Arc::clone(terminal);
            std::thread::spawn(move || {
                while asked.recv().is_ok() {
                    let mut awaited = [PollFd::new(watched.file.as_fd(), PollFlags::POLLIN)];
                    while poll(&mut awaited, PollTimeout::NONE) == Err(Errno::EINTR) {}
                    if answer.send(()).is_err() {
                        return;
                    }
                }
            });
            if terminal.is_ours() {
                terminal.read_keys();
            }
            Some(Self {
                terminal: Arc::clone(terminal),
                typed: VecDeque::new(),
                asks,
                answers,
                has_asked: false,
                resumed,
            })
        }

        /// The next key; never, once the terminal is gone. Loses nothing when dropped half-way.
        pub(crate) async fn next(&mut self) -> Key {
            loop {
                if let Some(key) = self.typed.pop_front() {
                    return key;
                }
                if !self.terminal.is_ours() {
                    tokio::select! {
                        _ = self.resumed.recv() => {}
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                    }
                    continue;
                }
                self.terminal.read_keys();
                let mut bytes = [0; 64];
                match (&self.terminal.file).read(&mut bytes) {
                    // The terminal is gone.
                    Ok(0) => std::future::pending().await,
                    Ok(count) => {
                        self.typed = Key::all_of(&bytes[..count]);
                        continue;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => std::future::pending().await,
                }
                if !self.has_asked {
                    self.has_asked = self.asks.send(()).is_ok();
                }
                tokio::select! {
                    Some(()) = self.answers.recv() => self.has_asked = false,
                    _ = self.resumed.recv() => {}
                }
            }
        }

        /// Gives the terminal to somebody else for as long as `work` takes.
        pub(crate) async fn lent<T>(&mut self, work: impl Future<Output = T>) -> T {
            self.terminal.put_back();
            let done = work.await;
            // What was typed ahead was for the other.
            if self.terminal.is_ours() {
                let _ = termios::tcflush(&self.terminal.file, FlushArg::TCIFLUSH);
            }
            done
        }
    }
}

#[cfg(not(unix))]
mod other {
    use std::io::{self, BufRead as _, IsTerminal as _};
    use std::sync::Arc;

    use tokio::sync::mpsc;

    use super::Key;

    /// The console that this process was started in.
    #[derive(Debug)]
    pub(crate) struct Terminal;

    impl Terminal {
        /// `None` where stdin is none.
        pub(crate) fn find() -> Option<Arc<Self>> {
            io::stdin().is_terminal().then(|| Arc::new(Self))
        }

        /// Its mode is never another.
        pub(crate) fn put_back(&self) {}
    }

    /// Keys that need Enter after them: the console of Windows has no mode that leaves the output as it is.
    pub(crate) struct Keys(mpsc::UnboundedReceiver<Key>);

    impl Keys {
        /// Listens to the console from now on.
        pub(crate) fn of(_terminal: &Arc<Terminal>) -> Option<Self> {
            let (sender, keys) = mpsc::unbounded_channel();
            std::thread::spawn(move || {
                for line in io::stdin().lock().lines() {
                    let Ok(line) = line else { return };
                    let byte = line.trim().bytes().next().unwrap_or(b'\n');
                    if Key::of(byte).is_some_and(|key| sender.send(key).is_err()) {
                        return;
                    }
                }
            });
            Some(Self(keys))
        }

        /// The next key; never, once the console is gone.
        pub(crate) async fn next(&mut self) -> Key {
            match self.0.recv().await {
                Some(key) => key,
                None => std::future::pending().await,
            }
        }

        /// Editors there have a window of their own.
        pub(crate) async fn lent<T>(&mut self, work: impl Future<Output = T>) -> T {
            work.await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_the_same_in_capitals_and_others_mean_nothing() {
        let keys = [b'\n', b'r', b'R', b'e', b'q', 4, b'?'].map(Key::of);
        let expected = [
            Key::Execute,
            Key::Replay,
            Key::Replay,
            Key::Edit,
            Key::Quit,
            Key::Quit,
            Key::Help,
        ];
        assert_eq!(keys, expected.map(Some));
        assert_eq!([b'z', 27, 0].map(Key::of), [None; 3]);
    }

    #[test]
    fn sequences_of_the_terminal_and_pasted_text_are_no_keys() {
        assert_eq!(Key::all_of(b"rq"), [Key::Replay, Key::Quit]);
        // F2, F3, an arrow, a report that the window is looked at, and text.
        for bytes in [&b"\x1bOQ"[..], b"\x1bOR", b"\x1b[A", b"\x1b[I", b"require('x')"] {
            assert!(Key::all_of(bytes).is_empty(), "{bytes:?}");
        }
    }
}
