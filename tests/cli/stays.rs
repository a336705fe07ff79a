//! A command that stays: started, read while it runs, spoken to, and ended by its own pid.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use drydock_tests::{LIMIT, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// The command.
pub(crate) struct Stays {
    child: Child,
    stdin: Option<ChildStdin>,
    out: PathBuf,
    /// As far as was waited for: what comes next is looked for behind it.
    read: usize,
    _folder: TempDir,
}

impl Stays {
    /// Starts a command without a terminal.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::spawn(command, Stdio::null())
    }

    /// Starts a command in a terminal of its own.
    pub(crate) fn in_a_terminal(command: &Command) -> Self {
        let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap().replace('\'', "'\\''"));
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(quoted)
            .collect();
        let mut script = Command::new("script");
        script
            .args(["-qefc", &format!("exec {}", words.join(" ")), "/dev/null"])
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        Self::spawn(&mut script, Stdio::piped())
    }

    fn spawn(command: &mut Command, stdin: Stdio) -> Self {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("out");
        let file = File::create(&out).unwrap();
        let mut child = command
            .stdin(stdin)
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take(),
            child,
            out,
            read: 0,
            _folder: folder,
        }
    }

    /// All it has printed so far.
    pub(crate) fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap()).into_owned()
    }

    /// Waits until it prints that, after what was waited for before; the whole line.
    pub(crate) async fn prints(&mut self, wanted: &str) -> String {
        let begun = std::time::Instant::now();
        loop {
            let printed = self.printed();
            // Whole lines only: the last may still grow.
            let whole = printed.rfind('\n').map_or(0, |end| end + 1);
            let unread = printed.get(self.read..whole).unwrap_or_default();
            if let Some(at) = unread.find(wanted) {
                let start = unread[..at].rfind('\n').map_or(0, |end| end + 1);
                let end = at + unread[at..].find('\n').unwrap();
                self.read += end + 1;
                return unread[start..end].trim_end_matches('\r').to_owned();
            }
            assert!(
                begun.elapsed() < LIMIT,
                "waited in vain for '{wanted}' in:\n{printed}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
        }
    }

    /// Waits until it tells how an execution ended which was made like that, and what it wrote, in either order: what a
    /// slow one writes is told before its end.
    pub(crate) async fn tells_of_run(&mut self, ended: &str, made: &str, written: &str) {
        let before = self.read;
        let line = self.prints(ended).await;
        assert!(line.contains(made), "{line}");
        let after = std::mem::replace(&mut self.read, before);
        self.prints(written).await;
        self.read = self.read.max(after);
    }

    /// Types something.
    pub(crate) fn types(&mut self, keys: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Its pid.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as Ctrl-C does.
    pub(crate) async fn interrupt(&mut self) -> ExitStatus {
        kill(Pid::from_raw(self.pid().cast_signed()), Signal::SIGINT).unwrap();
        self.ends().await
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ends(&mut self) -> ExitStatus {
        until("the command ends", async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Stays {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("--- the command printed\n{}", self.printed());
            }
        }
    }
}
