//! Somebody outside to whom functions report, and who decides when they may go on.
//!
//! A function connects, says its execution's id in one line and waits for a line back. So a test holds runs
//! exactly where it wants them and counts what really happened, without files in the function's folder and
//! without a length of time. Loopback only.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::poll::until;

/// What a function has told.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The execution's id, or whatever its first line said.
    pub id: String,
    /// Whether it came back to say that its work is done.
    pub finished: bool,
}

/// Listens to functions.
#[derive(Clone, Debug)]
pub struct Witness {
    port: u16,
    visitors: Arc<Mutex<Vec<Visitor>>>,
    gate: Arc<(Mutex<bool>, Notify)>,
}

impl Witness {
    /// Listens on a free port; nobody may go on before [`Witness::open`].
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let witness = Self {
            port: listener.local_addr().unwrap().port(),
            visitors: Arc::default(),
            gate: Arc::new((Mutex::new(false), Notify::new())),
        };
        let host = witness.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(host.clone().receive(stream));
            }
        });
        witness
    }

    /// The port, as text for a function's variables.
    pub fn port(&self) -> String {
        self.port.to_string()
    }

    /// Lets everybody go on, those who wait and those who come.
    pub fn open(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_waiters();
    }

    /// Everybody who came, in the order in which they came.
    pub fn visitors(&self) -> Vec<Visitor> {
        self.visitors.lock().unwrap().clone()
    }

    /// Waits until `count` have come.
    pub async fn visited_by(&self, count: usize) -> Vec<Visitor> {
        until(&format!("{count} runs report to the witness"), async || {
            let visitors = self.visitors();
            (visitors.len() >= count).then_some(visitors)
        })
        .await
    }

    async fn receive(self, stream: TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let Ok(Some(id)) = lines.next_line().await else {
            return;
        };
        let number = {
            let mut visitors = self.visitors.lock().unwrap();
            visitors.push(Visitor { id, finished: false });
            visitors.len() - 1
        };
        loop {
            let opened = self.gate.1.notified();
            tokio::pin!(opened);
            // Registered before the look, so that an opening in between is not missed.
            opened.as_mut().enable();
            if *self.gate.0.lock().unwrap() {
                break;
            }
            opened.await;
        }
        if write.write_all(b"go\n").await.is_err() {
            return;
        }
        if let Ok(Some(line)) = lines.next_line().await {
            self.visitors.lock().unwrap()[number].finished = line == "done";
        }
    }
}
