//! Functions that do what none should, by one table, as processes of this machine and in containers: each ends as told, and
//! after each the server is well, another function runs and no process of the bad one is left. What differs between the
//! two is in `fixtures` and `sandbox` here, and in `tests/docker`.

use drydock_tests::{Deployed, Dock, Draft, archive, process};
use serde_json::Value;

/// A function, and how it has to end.
struct Row {
    draft: Draft,
    /// With network `none`.
    is_cut_off: bool,
    status: &'static str,
    code: i64,
    stdout: Said,
    /// Words of stderr.
    stderr: &'static str,
}

enum Said {
    Exactly(String),
    /// So many characters of it are kept.
    Length(usize),
    Anything,
}

impl Row {
    fn completes(draft: Draft, stdout: &str) -> Self {
        Self {
            draft,
            is_cut_off: false,
            status: "completed",
            code: 0,
            stdout: Said::Exactly(stdout.to_owned()),
            stderr: "",
        }
    }

    fn fails(draft: Draft, code: i64, stdout: Said, stderr: &'static str) -> Self {
        Self {
            draft,
            is_cut_off: false,
            status: "failed",
            code,
            stdout,
            stderr,
        }
    }

    fn cut_off(mut self) -> Self {
        self.is_cut_off = true;
        self
    }
}

fn sh(script: &str) -> Draft {
    Draft::shell(script).set("timeout", 60)
}

pub(crate) fn python(script: &str) -> Draft {
    let code = archive::one_file("main.py", script);
    Draft::with_code("python-3.9", code, "python3 main.py").set("timeout", 60)
}

/// A server, beside whose bad functions a good one runs.
pub(crate) struct Place {
    dock: Dock,
    hello: Deployed,
}

impl Place {
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let launch = settings
            .iter()
            .fold(crate::launch(), |launch, (name, value)| launch.env(name, *value));
        let dock = launch.start().await;
        let hello = dock.key().deploy(Draft::shell("echo hello")).await;
        Self { dock, hello }
    }

    /// Runs it to its end, and sees that this cost nobody else anything.
    pub(crate) async fn run(&self, draft: Draft, is_cut_off: bool) -> Value {
        let (key, mark) = (self.dock.key(), process::mark());
        let function = key.deploy(draft.var(process::MARK, &mark)).await;
        if is_cut_off {
            self.dock
                .another_console()
                .await
                .set_network(&function.id, "none")
                .await;
        }
        let run = key.run(&function, "").await;
        process::none_left(&mark).await;
        for path in ["/v1/health", "/v1/health/db"] {
            key.get(path).ok(200).await;
        }
        let hello = key.run(&self.hello, "").await;
        assert_eq!(
            (&hello["status"], &hello["stdout"]),
            (&"completed".into(), &"hello\n".into()),
            "after {run:.300}"
        );
        assert!(!self.dock.log().contains("panicked"), "{}", self.dock.log());
        key.delete(&function.path()).ok(204).await;
        run
    }

    async fn runs_all(&self, rows: Vec<Row>) {
        for row in rows {
            let told = format!("{:?}", row.draft);
            let run = self.run(row.draft, row.is_cut_off).await;
            let (stdout, stderr) = (run["stdout"].as_str().unwrap(), run["stderr"].as_str().unwrap());
            assert_eq!(
                (run["status"].as_str(), run["exitCode"].as_i64()),
                (Some(row.status), Some(row.code)),
                "{told:.300}: {stdout:.300} {stderr:.600}"
            );
            match row.stdout {
                Said::Exactly(text) => assert_eq!(stdout, text, "{told:.300}: {stderr:.600}"),
                Said::Length(length) => assert_eq!(stdout.len(), length, "{told:.300}"),
                Said::Anything => {}
            }
            assert!(stderr.contains(row.stderr), "{told:.300}: {stderr:.600}");
        }
    }
}

/// A daemon by the book: two forks, a session of its own, nothing open, deaf to what can be ignored.
pub(crate) const DAEMON: &str = "import os, signal, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 32):
        if number not in (9, 17, 19):
            signal.signal(number, signal.SIG_IGN)
    os.chdir('/')
    os.write(write, b'x')
    os.closerange(0, 64)
    time.sleep(600)
os.read(read, 1)
print('daemon runs')
";

#[tokio::test]
async fn who_floods_its_output_or_never_ends_is_ended_at_its_time_and_no_other() {
    let stubborn = Draft::new("python-3.9", "python-stubborn", "python3 main.py").set("timeout", 1);
    let place = Place::with(&[]).await;
    place
        .runs_all(vec![
            Row::fails(sh("yes endless").set("timeout", 2), 124, Said::Length(8000), ""),
            Row::fails(
                sh("yes endless >&2").set("timeout", 2),
                124,
                Said::Exactly(String::new()),
                "endless",
            ),
            Row::completes(
                sh("head -c 50000000 /dev/zero | tr '\\0' x").set("timeout", 120),
                &"x".repeat(8000),
            ),
            Row::completes(
                sh("printf 'no end of line'; printf '\\033]0;title\\007\\036' >&2"),
                "no end of line",
            ),
            Row::completes(sh("exec >&- 2>&-; sleep 1"), ""),
            Row::completes(sh("sleep 600 & setsid sleep 600 & echo left"), "left\n"),
            Row::completes(python(DAEMON), "daemon runs\n"),
            Row::fails(stubborn, 124, Said::Anything, ""),
            Row::fails(sh("kill -STOP $$").set("timeout", 2), 124, Said::Anything, ""),
            Row::fails(
                sh("while :; do :; done").set("timeout", 2),
                124,
                Said::Anything,
                "",
            ),
        ])
        .await;
}

#[tokio::test]
async fn who_takes_too_much_is_stopped_at_the_limit_and_the_setting_is_named() {
    let memory = "limits.memory_bytes";
    let place = Place::with(&[("DRYDOCK_LIMITS__MEMORY_BYTES", "64000000")]).await;
    place
        .runs_all(vec![
            Row::fails(
                python("x = []\nwhile True: x.append(bytearray(4_000_000))"),
                137,
                Said::Anything,
                memory,
            ),
            // Of many, none of which has much; and of memory that they share.
            Row::fails(
                python("import os, time\nfor n in range(8):\n  if os.fork() == 0:\n    x = bytearray(20_000_000)\n    time.sleep(600)\nos.wait(); time.sleep(600)"),
                137,
                Said::Anything,
                memory,
            ),
            Row::fails(
                python("import mmap\nm = mmap.mmap(-1, 500_000_000)\nfor n in range(0, len(m), 4096): m[n] = 1"),
                137,
                Said::Anything,
                memory,
            ),
        ])
        .await;
    // The usual bomb of a shell dies of its own failures at the kernel's limit. This one doubles in steps and stays until
    // somebody ends it, which also spares the other tests of this machine. Its memory is not what is looked for.
    let bomb = "import os, time
while True:
    try: os.fork()
    except OSError: pass
    time.sleep(0.05)
";
    let files = "import os
held = []
try:
    while True: held.append(os.dup(0))
except OSError as error: print(error.strerror, len(held) < 1024)
";
    let place = Place::with(&[
        ("DRYDOCK_LIMITS__MEMORY_BYTES", "4000000000"),
        ("DRYDOCK_LIMITS__SCRATCH_BYTES", "5000000"),
        ("DRYDOCK_LIMITS__FILE_BYTES", "2000000"),
    ])
    .await;
    place
        .runs_all(vec![
            Row::fails(python(bomb), 137, Said::Anything, "limits.processes"),
            Row::completes(python(files), "Too many open files True\n"),
            Row::completes(
                sh("n=0; while head -c 1000000 /dev/zero > /tmp/$n; do n=$((n+1)); done 2>/tmp/why; rm /tmp/0; cat /tmp/why >&2; [ $n -gt 1 ] && [ $n -le 5 ] && echo full"),
                "full\n",
            ),
            Row::fails(
                sh("exec head -c 3000000 /dev/zero >/tmp/x"),
                137,
                Said::Anything,
                "limits.file_bytes",
            ),
        ])
        .await;
}

#[tokio::test]
async fn who_reaches_for_the_machine_gets_nothing() {
    let calls = "import ctypes, os, socket, time
c = ctypes.CDLL(None, use_errno=True)
def tried(name, what):
    try: print(name, 'refused' if what() == -1 else 'WORKED')
    except OSError: print(name, 'refused')
tried('mount', lambda: c.mount(b'none', b'/tmp', b'tmpfs', 0, None))
tried('unshare', lambda: c.unshare(0x10000000))
tried('namespace', lambda: c.setns(os.open('/proc/self/ns/mnt', os.O_RDONLY), 0))
tried('root', lambda: c.setuid(0))
tried('group', lambda: c.setgid(0))
tried('device', lambda: c.mknod(b'/tmp/disk', 0o060666, 0x800))
tried('chroot', lambda: c.chroot(b'/tmp'))
tried('module', lambda: c.syscall(175, 0, 0, b''))
tried('bpf', lambda: c.syscall(321, 0, 0, 0))
tried('keys', lambda: c.syscall(250, 0, -3, 1))
tried('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close())
tried('packets', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close())
tried('nice', lambda: os.nice(-5))
tried('clock', lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
tried('host name', lambda: c.sethostname(b'x', 1))
";
    let refused: String = [
        "mount",
        "unshare",
        "namespace",
        "root",
        "group",
        "device",
        "chroot",
        "module",
        "bpf",
        "keys",
        "raw",
        "packets",
        "nice",
        "clock",
        "host name",
    ]
    .map(|name| format!("{name} refused\n"))
    .concat();
    let files = "for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches /proc/1/mem \
                 /sys/kernel/mm/transparent_hugepage/enabled /sys/fs/cgroup/x /sys/fs/cgroup/cgroup.procs /dev/mem \
                 /dev/kmsg /dev/sda /etc/passwd /usr/bin/x /x ../x main.sh ./x; do
  (echo x >>\"$f\") 2>/dev/null && echo \"wrote $f\"
done
for f in /etc/shadow /var/run/docker.sock /run/docker.sock /root/.ssh /proc/kcore /dev/mem; do
  (cat \"$f\" | head -c 1 | grep -q .) 2>/dev/null && echo \"read $f\"
done
echo end";
    let links = "cd /tmp && ln -s / root && ln -s .. up && ln -s loop loop && mkfifo pipe && mkdir -p locked/in \
                 && chmod 0 locked && touch \"$(printf 'new\\nline \\377')\" -- -rf && echo done";
    let lonely = "import socket
def works(family, kind, address):
    try:
        s = socket.socket(family, kind)
        s.settimeout(10)
        s.connect(address)
        s.send(b'x')
        return True
    except OSError:
        return False
# For documents only (RFC 5737); datagrams need a way out of the machine, and nothing more.
print(works(socket.AF_INET, socket.SOCK_DGRAM, ('192.0.2.1', 9)), works(socket.AF_INET, socket.SOCK_STREAM, ('172.17.0.1', 22)))
";
    let place = Place::with(&[]).await;
    place
        .runs_all(vec![
            Row::completes(python(calls), &refused),
            Row::completes(sh(files), "end\n"),
            Row::completes(sh(links), "done\n"),
            Row::completes(python(lonely), "False False\n").cut_off(),
            Row::fails(
                sh("echo here; rm -rf \"$PWD\" ./* && echo gone"),
                1,
                Said::Exactly("here\n".to_owned()),
                "main.sh",
            ),
            // What started it, and everything that it sees.
            Row::completes(
                sh("kill -9 $PPID; kill -9 1; kill -STOP 1; kill -9 -- -1; echo alive"),
                "alive\n",
            ),
        ])
        .await;
}
