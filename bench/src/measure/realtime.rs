//! Realtime under load: 1,000 subscribers of one user, 50 to each of 20 functions, of which 200 executions end in a second
//! if the machine can; and one subscriber more, to all of them, that never reads.
//!
//! What is measured is from the moment that an execution ended, as the server notes it, to the moment that its message was
//! read: the p99, against that of a single subscriber at the same pace. Executions are of a program that does nothing, so
//! that the machine is left to the messages. Every subscriber counts what it hears; every tenth notes when.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::StreamExt;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::memory::resident_mb;
use super::{Outcome, Run};
use crate::functions::{NOTHING, execute};
use crate::live::News;
use crate::server::{Folder, Server};
use crate::statistics::{Percentiles, Round, Side};

const SUBSCRIBERS: usize = 1000;
/// Functions that are executed in turn; each subscriber listens to one. Where everybody listens to everything, the client
/// that reads it all takes the cores from the executions.
const FUNCTIONS: usize = 20;
/// Executions in a second, over all that ask for them.
const PACE: u32 = 200;
const ASKERS: u32 = 4;
/// Executions that wait or run at once: where the machine is slower than the pace, the queue does not grow.
const UNDER_WAY: usize = 64;
/// Every so many subscribers one notes when it heard.
const NOTES_EVERY: usize = 10;
/// How long the last messages may take after the last execution.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// The client is to be no burden: the library's own 128 KB for each are more than the messages need.
const BUFFER_BYTES: usize = 16 * 1024;
/// Of the one that does not read, so that it is stuck soon.
const STUCK_BUFFER_BYTES: u32 = 4096;

const CREATED: &str =
    r#"{"type":"event","data":{"event":"functions.executions.create","channels":["executions","executions."#;
const UPDATED: &str =
    r#"{"type":"event","data":{"event":"functions.executions.update","channels":["executions","executions."#;

/// From an execution's end to its message.
pub(super) async fn latency(run: &Run) -> Result<Outcome> {
    let mut rounds = Vec::new();
    let mut notes = Vec::new();
    for round in 0..run.pick(3, 1) {
        let (many, one) = if round % 2 == 0 {
            let many = subscribed(run, SUBSCRIBERS).await?;
            (many, subscribed(run, 1).await?)
        } else {
            let one = subscribed(run, 1).await?;
            (subscribed(run, SUBSCRIBERS).await?, one)
        };
        rounds.push(Round {
            ours: side(&many)?,
            reference: Some(side(&one)?),
        });
        notes = vec![many.words(), format!("one subscriber: {}", one.words())];
    }
    Ok(Outcome::Measured { rounds, notes })
}

/// What subscribers that read did not hear.
pub(super) async fn lost(run: &Run) -> Result<Outcome> {
    let many = subscribed(run, SUBSCRIBERS).await?;
    Ok(Outcome::Measured {
        rounds: vec![Round {
            ours: Side::plain(many.lost as f64),
            reference: None,
        }],
        notes: vec![many.words()],
    })
}

fn side(load: &Load) -> Result<Side> {
    Side::p99(&load.latencies_ms).context("nobody heard anything")
}

/// What came of one load.
struct Load {
    latencies_ms: Vec<f64>,
    per_second: f64,
    messages: u64,
    lost: u64,
    /// Of the server's process: before, with all connected, and at most.
    resident_mb: [f64; 3],
    /// Of the server's process, in cores.
    busy: f64,
    stuck_for: Duration,
}

impl Load {
    fn words(&self) -> String {
        let [p50, p99, max] =
            Percentiles::of(&self.latencies_ms).map_or([0.0; 3], |times| [times.p50, times.p99, times.max]);
        let [before, with, most] = self.resident_mb;
        format!(
            "{:.0} executions/s, {} messages, {} lost, {p50:.1} ms p50, {p99:.1} ms p99, {max:.0} ms at most, {before:.0} MB \
             before, {with:.0} MB connected, {most:.0} MB at most, server on {:.2} cores, the stuck one dropped after {} s",
            self.per_second,
            self.messages,
            self.lost,
            self.busy,
            self.stuck_for.as_secs(),
        )
    }
}

/// One who listens.
#[derive(Default)]
struct Ear {
    created: AtomicU64,
    updated: AtomicU64,
    is_closed: AtomicBool,
    /// Of each end: whose, and when it was heard, in microseconds of the epoch.
    heard: Mutex<Vec<(u64, i64)>>,
}

impl Ear {
    fn count(&self) -> u64 {
        self.created.load(Ordering::Relaxed) + self.updated.load(Ordering::Relaxed)
    }

    fn hear(&self, text: &str, notes: bool) {
        if let Some(rest) = text.strip_prefix(UPDATED) {
            self.updated.fetch_add(1, Ordering::Relaxed);
            if notes && let Some((id, _)) = rest.split_once('"') {
                let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push((key(id), now_us()));
            }
        } else if text.starts_with(CREATED) {
            self.created.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Has `count` listen while executions run, and one more who does not read.
async fn subscribed(run: &Run, count: usize) -> Result<Load> {
    allow_many_files()?;
    let folder = Folder::new(&run.place)?;
    let variables = [("DRYDOCK_RATE_LIMITS".to_owned(), "false".to_owned())];
    let server = Server::start(&run.product, &folder, &variables).await?;
    for number in 0..FUNCTIONS {
        server.deploy_as(&NOTHING, &function(number)).await?;
        server.let_members_execute(&function(number)).await?;
    }
    let cookie = server.sign_up("ada").await?;
    warm_up(&server, &cookie).await?;
    let before = memory(&server, "VmRSS:")?;

    let mut ears = Vec::with_capacity(count);
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let ear = Arc::new(Ear::default());
        let channel = format!("functions.{}", function(number % FUNCTIONS));
        let notes = number % NOTES_EVERY == 0;
        let connected = listen(&server, (&cookie, &channel), Arc::clone(&ear), notes).await;
        tasks.spawn(connected.with_context(|| format!("subscriber {number}"))?);
        ears.push(ear);
    }
    let stuck = stuck(&server, &cookie).await?;
    let with = memory(&server, "VmRSS:")?;

    let time = run.pick(Duration::from_secs(30), Duration::from_secs(5));
    let busy_before = busy_secs(&server)?;
    let begun = Instant::now();
    let watch = watch_stuck(&stuck)?;
    let (ended_at_ms, of_function) = drive(&server, &cookie, time).await?;
    let took = begun.elapsed();
    // That each was made, and that it ended.
    let expected: Vec<u64> = (0..count).map(|ear| 2 * of_function[ear % FUNCTIONS]).collect();
    until_heard(&ears, &expected).await;
    let busy = (busy_secs(&server)? - busy_before) / begun.elapsed().as_secs_f64();
    let most = memory(&server, "VmHWM:")?;
    // With so few messages as of a quick run it is noticed by its silence.
    let stuck_for = tokio::time::timeout(LAST_WORDS, watch).await;
    let stuck_for = stuck_for.context("the subscriber that does not read was not dropped")???;
    drop(stuck);
    tasks.abort_all();
    server.stop().await?;

    let messages = ears.iter().map(|ear| ear.count()).sum();
    let mut latencies_ms = Vec::new();
    for (ear, expected) in ears.iter().zip(&expected) {
        ensure!(ear.count() <= *expected, "a subscriber heard something twice");
        for (id, at_us) in ear.heard.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let ended = ended_at_ms.get(id).context("an end of nothing")?;
            latencies_ms.push((at_us - ended * 1000) as f64 / 1000.0);
        }
    }
    Ok(Load {
        latencies_ms,
        per_second: ended_at_ms.len() as f64 / took.as_secs_f64(),
        messages,
        lost: expected.iter().sum::<u64>() - messages,
        resident_mb: [before, with, most],
        busy,
        stuck_for,
    })
}

async fn warm_up(server: &Server<'_>, cookie: &str) -> Result<()> {
    let mut live = server.live().await?;
    let mut connection = server.connect().await?;
    for number in 0..FUNCTIONS {
        let request = server.execute_as(cookie, &function(number))?;
        let id = execute(&mut connection, &request).await?;
        live.completed(&id).await?;
    }
    Ok(())
}

/// Connects one who listens, and answers what does so.
async fn listen(
    server: &Server<'_>,
    (cookie, channel): (&str, &str),
    ear: Arc<Ear>,
    notes: bool,
) -> Result<impl Future<Output = ()> + Send + 'static> {
    let (address, cookie) = server.listening(cookie, channel)?;
    let mut request = address.into_client_request()?;
    request
        .headers_mut()
        .insert("cookie", HeaderValue::from_str(&cookie)?);
    let settings = WebSocketConfig::default().read_buffer_size(BUFFER_BYTES);
    let (mut socket, _) = connect_async_with_config(request, Some(settings), true).await?;
    let first = socket.next().await.context("it was closed")??;
    let first = first.to_text()?;
    ensure!(
        first.starts_with(r#"{"type":"connected""#),
        "not connected: {first}"
    );
    Ok(async move {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                ear.hear(&text, notes);
            }
        }
        ear.is_closed.store(true, Ordering::Relaxed);
    })
}

/// Connects one who listens to all executions and never reads.
async fn stuck(server: &Server<'_>, cookie: &str) -> Result<TcpStream> {
    let (address, cookie) = server.listening(cookie, "executions")?;
    let path = address
        .split_once(&server.address.to_string())
        .context("no path")?
        .1
        .to_owned();
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(STUCK_BUFFER_BYTES)?;
    let mut stream = socket.connect(server.address).await?;
    let opening = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    stream.write_all(opening.as_bytes()).await?;
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).await?;
    ensure!(&begun == b"HTTP/1.1 101", "the connection was refused");
    Ok(stream)
}

/// Completes when the server has let go of its end of that connection; how long that took.
fn watch_stuck(stuck: &TcpStream) -> Result<JoinHandle<Result<Duration>>> {
    let (begun, port) = (Instant::now(), stuck.local_addr()?.port());
    Ok(tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let table = tokio::task::spawn_blocking(|| fs::read_to_string("/proc/net/tcp")).await??;
            if !is_held(&table, port) {
                return Ok(begun.elapsed());
            }
        }
    }))
}

/// Whether a process has a socket whose other end is at that port.
fn is_held(table: &str, port: u16) -> bool {
    let other_end = format!(":{port:04X}");
    table.lines().skip(1).any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(2);
        fields.next().is_some_and(|remote| remote.ends_with(&other_end))
            && fields.nth(6).is_some_and(|inode| inode != "0")
    })
}

/// Executes the functions in turn for that long at the pace; answers when each ended, and how many of each function.
async fn drive(server: &Server<'_>, cookie: &str, time: Duration) -> Result<(HashMap<u64, i64>, Vec<u64>)> {
    let requests = (0..FUNCTIONS).map(|number| server.execute_as(cookie, &function(number)));
    let requests: Arc<[Vec<u8>]> = requests.collect::<Result<_>>()?;
    let room = Arc::new(Semaphore::new(UNDER_WAY));
    let mut live = server.live().await?;
    let until = Instant::now() + time;
    let mut askers = JoinSet::new();
    for asker in 0..ASKERS as usize {
        let mut connection = server.connect().await?;
        let (requests, room) = (Arc::clone(&requests), Arc::clone(&room));
        askers.spawn(async move {
            let mut beat = interval(Duration::from_secs(1) * ASKERS / PACE);
            beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut counts = vec![0_u64; FUNCTIONS];
            for number in (asker..FUNCTIONS).step_by(ASKERS as usize).cycle() {
                beat.tick().await;
                let permit = room.acquire().await?;
                if Instant::now() >= until {
                    break;
                }
                permit.forget();
                execute(&mut connection, &requests[number]).await?;
                counts[number] += 1;
            }
            anyhow::Ok(counts)
        });
    }
    let mut ended = HashMap::new();
    let mut asked = vec![0; FUNCTIONS];
    loop {
        tokio::select! {
            news = live.next(until + LAST_WORDS) => match news? {
                Some(News::Ended { id, completed, ended_at_ms, .. }) => {
                    ensure!(completed, "execution {id} failed");
                    ended.insert(key(&id), ended_at_ms);
                    room.add_permits(1);
                }
                Some(News::Missed) => bail!("the live stream fell behind"),
                None => bail!("executions did not end"),
            },
            one = askers.join_next(), if !askers.is_empty() => {
                let counts = one.context("nobody asks")???;
                for (sum, count) in asked.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
        if askers.is_empty() && asked.iter().sum::<u64>() == ended.len() as u64 {
            return Ok((ended, asked));
        }
    }
}

/// Waits until all have heard everything, or no more comes.
async fn until_heard(ears: &[Arc<Ear>], expected: &[u64]) {
    let limit = Instant::now() + LAST_WORDS;
    let has_all = |(ear, expected): (&Arc<Ear>, &u64)| {
        ear.count() >= *expected || ear.is_closed.load(Ordering::Relaxed)
    };
    while !ears.iter().zip(expected).all(has_all) && Instant::now() < limit {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn function(number: usize) -> String {
    format!("{}-{number}", NOTHING.name)
}

fn key(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

fn now_us() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}

/// The usual 1024 are fewer than both ends of what is opened here.
fn allow_many_files() -> Result<()> {
    let (now, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = (4 * SUBSCRIBERS as u64).min(most);
    if now < wanted {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, most)?;
    }
    Ok(())
}

fn memory(server: &Server<'_>, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    resident_mb(&status, name).with_context(|| format!("no {name}"))
}

/// User and system time of the server's own process.
fn busy_secs(server: &Server<'_>) -> Result<f64> {
    /// What the kernel counts in, on every system that it tells.
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid()))?;
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .context("no stat")?
        .1
        .split_ascii_whitespace()
        .collect();
    let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).context("no time")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ear_counts_what_it_hears() {
        let ear = Ear::default();
        ear.hear(&format!(r#"{CREATED}a","functions.f"]}}}}"#), true);
        ear.hear(&format!(r#"{UPDATED}a","functions.f"]}}}}"#), true);
        ear.hear(r#"{"type":"connected"}"#, true);
        assert_eq!(
            (ear.count(), ear.created.into_inner(), ear.updated.into_inner()),
            (2, 1, 1)
        );
        assert_eq!(ear.heard.into_inner().unwrap()[0].0, key("a"));
    }

    #[test]
    fn a_socket_is_held_while_a_process_has_it() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:128B 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4242 1 0\n   \
                     1: 0100007F:128B 0100007F:D432 04 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n";
        assert!(is_held(table, 0xD431) && !is_held(table, 0xD432) && !is_held(table, 0x1));
        // The port of our own end is another's.
        assert!(!is_held(table, 0x128B));
    }
}
