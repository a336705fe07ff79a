//! A container engine of the tests' own: Debian's `dockerd` in a folder of its own, with images made of this machine's
//! interpreters.
//!
//! Owns: its start and its end, also where the test is killed: a shell holds it for as long as this process lives. Its
//! bridge is in a network namespace of its own. Must not: touch any other engine of the machine. Needs root.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Starts an engine, and ends it with its folder when its own standard input does.
const HOLDER: &str = r#"
folder=$0
rm -f "$folder/pid"
# With a loopback of its own, for tests that go where it is.
unshare --net sh -c 'busybox ip link set lo up && exec "$0" "$@"' \
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" -H "unix://$folder/engine.sock" \
  --iptables=false --ip-forward=false --ip-masq=false --storage-driver=overlay2 "$@" >>"$folder/log" 2>&1 &
read -r words
kill $! 2>/dev/null
wait $!
# What a killed one leaves.
left=$(cat "$folder/exec/containerd/containerd.pid" 2>/dev/null)
if [ "$left" ] && grep -qs "$folder/" "/proc/$left/cmdline"; then
  kill "$left"
  while [ -e "/proc/$left" ]; do sleep 0.05; done
fi
rm -f "$folder/exec/containerd/containerd.pid"
[ "$words" = stay ] && exit
# What a killed engine leaves besides: a shim for each container, and its data mounted on itself.
for process in /proc/[0-9]*; do
  grep -qs containerd-shim "$process/cmdline" && grep -qs "$folder/" "$process/cmdline" && kill -9 "${process#/proc/}"
done
grep "$folder/" /proc/mounts | while read -r _ place _; do umount -l "$place"; done
rm -rf "$folder"
"#;

/// From its start until it answers: a second. This long only on a machine that is nearly dead.
const LIMIT: Duration = Duration::from_secs(60);

/// The names under which tests want the image of all interpreters: those of the runtimes that they use.
const NAMES: &[&str] = &[
    "node:20-alpine",
    "appwrite/runtime-for-node:16.0",
    "appwrite/runtime-for-python:3.9",
    "python:3.12-alpine",
    "appwrite/runtime-for-php:8.0",
    "appwrite/runtime-for-ruby:3.0",
    "golang:1.23-alpine",
];

/// An engine. It ends when it is dropped, or this process ends.
#[derive(Debug)]
pub struct Engine {
    folder: PathBuf,
    /// What it is told besides.
    arguments: Vec<String>,
    holder: Mutex<Option<Child>>,
}

/// What an engine's images hold.
#[derive(Clone, Copy, Debug)]
pub enum Images {
    /// Busybox alone, as `node:20-alpine`: a shell is enough for most.
    Small,
    /// All interpreters, under the names of the runtimes that tests use.
    All,
}

impl Engine {
    /// The engine that the tests of this process share, with all images.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Engine> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Images::All))
    }

    /// One of the test's own, with those images.
    pub fn start(images: Images) -> Self {
        Self::start_with(images, |_| Vec::new())
    }

    pub(crate) fn start_with(images: Images, arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        assert!(
            nix::unistd::geteuid().is_root(),
            "these tests start a container engine, which needs root: leave them out with `--skip`, or run them as root"
        );
        // Short: the path of a socket may have 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("drydock-engine-")
            .tempdir()
            .unwrap()
            .keep();
        let engine = Self {
            arguments: arguments(&folder),
            folder,
            holder: Mutex::new(None),
        };
        engine.begin();
        engine.import(images);
        engine
    }

    /// What `DOCKER_HOST` has to be.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Of the engine itself.
    pub(crate) fn pid(&self) -> i32 {
        let text = fs::read_to_string(self.folder().join("pid")).unwrap();
        text.trim().parse().unwrap()
    }

    /// Where it has everything.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of Docker's command line for this engine.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", self.host()).args(arguments);
        command
    }

    /// Runs a command of Docker's command line, which must work, and answers what it printed.
    pub fn docker(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "docker {arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// The names of all containers, running or not.
    pub fn containers(&self) -> Vec<String> {
        lines(&self.docker(&["ps", "--all", "--format", "{{.Names}}"]))
    }

    /// The names of all volumes.
    pub fn volumes(&self) -> Vec<String> {
        lines(&self.docker(&["volume", "ls", "--format", "{{.Name}}"]))
    }

    /// Ends the engine, with everything that runs in it. Its images stay.
    pub fn stop(&self) {
        self.end(b"stay\n");
    }

    /// Ends the engine as a crash does: its containers go on.
    pub fn kill(&self) {
        let pid = self.pid();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        let begun = Instant::now();
        while Path::new(&format!("/proc/{pid}/exe")).exists() && begun.elapsed() < LIMIT {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.end(b"stay\n");
    }

    /// Starts it again.
    pub fn begin(&self) {
        let holder = Command::new("sh")
            .args(["-c", HOLDER])
            .arg(&self.folder)
            .args(&self.arguments)
            // The developer's own engine is none of its business.
            .env_remove("DOCKER_HOST")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        *self.holder.lock().unwrap() = Some(holder);
        let begun = Instant::now();
        while !self
            .command(&["version"])
            .output()
            .is_ok_and(|done| done.status.success())
        {
            let log = fs::read_to_string(self.folder().join("log")).unwrap_or_default();
            assert!(
                begun.elapsed() < LIMIT,
                "no container engine starts; `scripts/setup test` installs what it needs. Its log:\n{log}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Makes the images of this machine's own files.
    fn import(&self, images: Images) {
        let (word, names) = match images {
            Images::Small => ("small", &NAMES[..1]),
            Images::All => ("all", NAMES),
        };
        let root = self.folder().join("image");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/support/image.sh");
        let filled = Command::new("sh")
            .arg(script)
            .arg(&root)
            .arg(word)
            .output()
            .unwrap();
        assert!(
            filled.status.success(),
            "no image can be made of this machine's interpreters: {}",
            String::from_utf8_lossy(&filled.stderr)
        );
        let mut tar = Command::new("tar")
            .args(["-c", "-C"])
            .arg(&root)
            .arg(".")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let imported = self
            .command(&["import", "-", names[0]])
            .stdin(tar.stdout.take().unwrap())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(tar.wait().unwrap().success() && imported.success());
        for name in &names[1..] {
            self.docker(&["tag", names[0], name]);
        }
        fs::remove_dir_all(root).unwrap();
    }

    fn end(&self, words: &[u8]) {
        if let Some(mut holder) = self.holder.lock().unwrap().take() {
            let mut input = holder.stdin.take().unwrap();
            // Fails only where the holder is gone already.
            let _ = input.write_all(words);
            drop(input);
            let _ = holder.wait();
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder().join("engine.sock")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end(b"\n");
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
