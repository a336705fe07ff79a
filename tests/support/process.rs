//! Which processes of a test are alive.
//!
//! A test gives its functions a variable with a mark of its own; every process they start carries it in its
//! environment, also after it has left its group, its session and its parents. Linux only: it reads `/proc`.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::poll::until;

/// The variable that carries the mark.
pub const MARK: &str = "DRYDOCK_TEST_MARK";

/// A mark that no other test has.
pub fn mark() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "mark-{}-{}-end",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// A living process that carries a mark.
#[derive(Debug)]
pub struct Marked {
    /// Its number.
    pub pid: u32,
    /// Its command line.
    pub command: String,
}

/// Every living process with that mark in its environment or command line. Zombies are not alive; what stands by for
/// the next run, below a living server, belongs to no run.
pub fn marked(mark: &str) -> Vec<Marked> {
    each(|pid| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let carries = contains(&environ, mark.as_bytes()) || contains(&command, mark.as_bytes());
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let waits =
            contains(&environ, b"DRYDOCK_STANDBY=") && is_served(pid) || is_of_a_container(pid, &command);
        let counts = carries && alive(pid) && !waits;
        counts.then_some(Marked { pid, command })
    })
}

/// Whether it is what a container has beside a function that runs: its process 1, and what waits for a run to be handed
/// over.
fn is_of_a_container(pid: u32, command: &str) -> bool {
    let input = fs::read_link(format!("/proc/{pid}/fd/0")).unwrap_or_default();
    command.contains("# Process 1 of a container") || input.to_string_lossy().contains("/.drydock")
}

/// Whether a server is among a process's ancestors.
fn is_served(pid: u32) -> bool {
    std::iter::successors(Some(pid), |pid| parent(*pid).filter(|parent| *parent > 1)).any(|pid| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.split(|byte| *byte == 0).nth(1) == Some(b"serve")
    })
}

/// Every living process below `ancestor`, but for a server's zygote: the one child that stays, from which those of
/// executions are forked.
pub fn descendants(ancestor: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = each(|pid| Some((pid, parent(pid)?)));
    let mut found = vec![ancestor];
    let mut at = 0;
    while at < found.len() {
        let children = parents
            .iter()
            .filter(|(_, parent)| *parent == found[at])
            .map(|(pid, _)| *pid);
        found.extend(children.collect::<Vec<_>>());
        at += 1;
    }
    let is_zygote = |pid: u32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        parent(pid) == Some(ancestor) && contains(&command, b"\0__launch\0")
    };
    let below = found.split_off(1).into_iter();
    below.filter(|pid| alive(*pid) && !is_zygote(*pid)).collect()
}

/// A process, told from a later one of the same number by the moment of its birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Born {
    /// Its number.
    pub pid: u32,
    at_ticks: u64,
}

/// Every process below `ancestor`, to be looked for when that one is dead and its children are nobody's.
pub fn family(ancestor: u32) -> Vec<Born> {
    descendants(ancestor).into_iter().filter_map(born).collect()
}

/// Waits until none of these processes is alive.
pub async fn none_alive(family: &[Born]) {
    let left = || -> Vec<Born> {
        let same = |one: &&Born| alive(one.pid) && born(one.pid) == Some(**one);
        family.iter().filter(same).copied().collect()
    };
    let begun = Instant::now();
    while begun.elapsed() < VANISHING && !left().is_empty() {
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    assert!(left().is_empty(), "processes outlive their server: {:?}", left());
}

fn born(pid: u32) -> Option<Born> {
    // The 22nd field of the line; the state is the 3rd, and the first that is left here.
    let at_ticks = stat(pid)?.split(' ').nth(22 - 3)?.parse().ok()?;
    Some(Born { pid, at_ticks })
}

/// How long a process may take to vanish after the run it belonged to has ended: it was killed before, so this
/// is the time of the kernel alone, and generous.
const VANISHING: Duration = Duration::from_secs(5);

/// Waits until no process carries the mark. Survivors fail the test and are ended here, so that they do not
/// disturb the next one; the mark says that they are this test's own.
pub async fn none_left(mark: &str) {
    let begun = Instant::now();
    while begun.elapsed() < VANISHING {
        if marked(mark).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    let survivors = marked(mark);
    for survivor in &survivors {
        let _ = kill(Pid::from_raw(survivor.pid.cast_signed()), Signal::SIGKILL);
    }
    assert!(survivors.is_empty(), "processes outlive their run: {survivors:?}");
}

/// Waits until at least `count` processes carry the mark.
pub async fn running(mark: &str, count: usize) {
    until(&format!("{count} processes carry {mark}"), async || {
        (marked(mark).len() >= count).then_some(())
    })
    .await;
}

/// Stops a process as SIGSTOP does, and waits until every thread of it stands still: what its files hold then is what
/// a kill in this moment would leave.
pub async fn stop(pid: u32) {
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP).unwrap();
    let stands = |task: std::io::Result<fs::DirEntry>| {
        let stat = fs::read_to_string(task.unwrap().path().join("stat"));
        // One that has ended meanwhile does nothing either.
        stat.map_or(true, |text| {
            text.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    };
    until("every thread stands still", async || {
        let mut tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        tasks.all(stands).then_some(())
    })
    .await;
}

/// Whether a process of that number runs, and is no zombie.
pub fn alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

fn each<T>(look: impl Fn(u32) -> Option<T>) -> Vec<T> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(look)
        .collect()
}

/// The fields after the name, which stands in brackets and may hold anything.
fn stat(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(text.rsplit_once(") ")?.1.to_owned())
}

fn state(pid: u32) -> Option<char> {
    stat(pid)?.chars().next()
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.split(' ').nth(1)?.parse().ok()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
