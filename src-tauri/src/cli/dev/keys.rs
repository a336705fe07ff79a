//! Single keys of the terminal, without Enter.
//!
//! Owns: the terminal's mode, which is put back at the end. Output and Ctrl-C stay as they are: only lines and echo are
//! off. Must not: read anything when we are not in the foreground, or stdin is no terminal.

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
}

#[cfg(not(unix))]
pub(super) use other::Keys;
#[cfg(unix)]
pub(super) use unix::Keys;

#[cfg(unix)]
mod unix {
    use std::io::{self, IsTerminal as _, Stdin};
    use std::os::fd::AsFd as _;
    use std::sync::mpsc as blocking;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::termios::{self, LocalFlags, SetArg, SpecialCharacterIndices, Termios};
    use nix::unistd::{getpgrp, read, tcgetpgrp};
    use tokio::sync::mpsc;

    use super::Key;

    /// The keys of stdin.
    pub(crate) struct Keys {
        stdin: Stdin,
        /// The terminal as it was.
        before: Termios,
        /// Each has the thread wait for a key once more.
        asks: blocking::Sender<()>,
        /// A key can be read, or will be: the thread itself reads nothing, so that it takes none from an editor.
        answers: mpsc::UnboundedReceiver<()>,
        has_asked: bool,
        is_open: bool,
    }

    impl Keys {
        /// Listens; `None` where there is no terminal of ours.
        pub(crate) fn listen() -> Option<Self> {
            let stdin = io::stdin();
            // To change a terminal from the background stops the process.
            let is_ours = stdin.is_terminal() && tcgetpgrp(&stdin).is_ok_and(|group| group == getpgrp());
            if !is_ours {
                return None;
            }
            let before = termios::tcgetattr(&stdin).ok()?;
            let (asks, asked) = blocking::channel();
            let (answer, answers) = mpsc::unbounded_channel();
            std::thread::spawn(move || {
                let stdin = io::stdin();
                while asked.recv().is_ok() {
                    let mut awaited = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
                    while poll(&mut awaited, PollTimeout::NONE) == Err(nix::errno::Errno::EINTR) {}
                    if answer.send(()).is_err() {
                        return;
                    }
                }
            });
            let keys = Self {
                stdin,
                before,
                asks,
                answers,
                has_asked: false,
                is_open: true,
            };
            keys.single().ok()?;
            Some(keys)
        }

        /// One key at a time, and no echo of it.
        fn single(&self) -> nix::Result<()> {
            let mut mode = self.before.clone();
            mode.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
            // A read takes what is there and never waits.
            mode.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
            mode.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
            termios::tcsetattr(&self.stdin, SetArg::TCSADRAIN, &mode)
        }

        fn put_back(&self) {
            // A terminal that is gone needs nothing.
            let _ = termios::tcsetattr(&self.stdin, SetArg::TCSADRAIN, &self.before);
        }

        /// The next key; never, once the terminal is gone.
        pub(crate) async fn next(&mut self) -> Key {
            while self.is_open {
                let mut byte = [0];
                match read(&self.stdin, &mut byte) {
                    Ok(1) => match Key::of(byte[0]) {
                        Some(key) => return key,
                        None => continue,
                    },
                    // Nothing there yet, or never again.
                    Ok(_) => self.is_open = termios::tcgetattr(&self.stdin).is_ok(),
                    Err(nix::errno::Errno::EINTR) => continue,
                    Err(_) => self.is_open = false,
                }
                if self.is_open && !self.has_asked {
                    self.is_open = self.asks.send(()).is_ok();
                    self.has_asked = true;
                }
                if self.is_open {
                    self.is_open = self.answers.recv().await.is_some();
                    self.has_asked = false;
                }
            }
            std::future::pending().await
        }

        /// Gives the terminal to somebody else for as long as `work` takes.
        pub(crate) async fn lent<T>(&mut self, work: impl Future<Output = T>) -> T {
            self.put_back();
            let done = work.await;
            // What was typed ahead was for the other.
            let _ = termios::tcflush(&self.stdin, termios::FlushArg::TCIFLUSH);
            if self.single().is_err() {
                self.is_open = false;
            }
            done
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            self.put_back();
        }
    }
}

#[cfg(not(unix))]
mod other {
    use std::io::{self, BufRead as _, IsTerminal as _};

    use tokio::sync::mpsc;

    use super::Key;

    /// Keys that need Enter after them: the console of Windows has no mode that leaves the output as it is.
    pub(crate) struct Keys(mpsc::UnboundedReceiver<Key>);

    impl Keys {
        /// Listens; `None` where there is no terminal.
        pub(crate) fn listen() -> Option<Self> {
            if !io::stdin().is_terminal() {
                return None;
            }
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

        /// The next key; never, once the terminal is gone.
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
}
