//! Who listens to realtime: a WebSocket with what came over it.
//!
//! Owns: opening one as an SDK does, and waiting for its messages with the limit of every wait. What was not said is
//! known by what was said after it: a test never waits for silence.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
pub use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::cookie::SetCookie;
use crate::dock::Dock;
use crate::person::Person;

/// A connection to be opened.
#[derive(Clone, Debug)]
pub struct Dial {
    address: String,
    headers: Vec<(String, String)>,
}

impl Dial {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds somebody's session.
    pub fn cookie(self, cookie: &SetCookie) -> Self {
        self.header("cookie", &cookie.pair())
    }

    /// Opens it, whatever is said then.
    pub async fn open(self) -> Listener {
        let mut request = self.address.into_client_request().unwrap();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).unwrap();
            request
                .headers_mut()
                .insert(name, HeaderValue::from_str(value).unwrap());
        }
        let (socket, _) = within(connect_async(request)).await.unwrap();
        Listener { socket }
    }

    /// Opens it, expects to be connected, and answers with whom and what.
    pub async fn connected(self) -> (Listener, Value) {
        let mut listener = self.open().await;
        let told = listener.next().await;
        assert_eq!(told["type"], "connected", "{told}");
        (listener, told["data"].clone())
    }

    /// Opens it, expects an error and then an end of that code, and answers the sentence.
    pub async fn refused(self, code: u16) -> String {
        let mut listener = self.open().await;
        let sentence = listener.error(code).await;
        assert_eq!(listener.closed().await, Some(code));
        sentence
    }
}

impl Dock {
    /// A connection to `/v1/realtime` with that query.
    pub fn dial(&self, query: &str) -> Dial {
        let origin = self.origin().replace("http://", "ws://");
        Dial {
            address: format!("{origin}/v1/realtime?{query}"),
            headers: Vec::new(),
        }
    }

    /// Somebody who listens to channels of project `default`.
    pub async fn listen(&self, person: Option<&Person>, channels: &[&str]) -> Listener {
        let named: Vec<_> = channels.iter().map(|name| format!("channels[]={name}")).collect();
        let mut dial = self.dial(&format!("project=default&{}", named.join("&")));
        if let Some(person) = person {
            dial = dial.cookie(person.cookie());
        }
        dial.connected().await.0
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Listener {
    /// The next message of the server.
    pub async fn next(&mut self) -> Value {
        match self.frame().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("no message but {other:?}"),
        }
    }

    /// The next message, which is an event.
    pub async fn event(&mut self) -> Value {
        let told = self.next().await;
        assert_eq!(told["type"], "event", "{told}");
        told["data"].clone()
    }

    /// The next message, which is an error of that code; answers its sentence.
    pub async fn error(&mut self, code: u16) -> String {
        let told = self.next().await;
        assert_eq!(told["type"], "error", "{told}");
        assert_eq!(told["data"]["code"], code, "{told}");
        told["data"]["message"].as_str().unwrap().to_owned()
    }

    /// Says something.
    pub async fn say(&mut self, message: Message) {
        within(self.socket.send(message)).await.unwrap();
    }

    /// Says something that the server may refuse to read to its end.
    pub async fn shout(&mut self, message: Message) {
        let _ = within(self.socket.send(message)).await;
    }

    /// Says JSON.
    pub async fn say_json(&mut self, message: &Value) {
        self.say(Message::text(message.to_string())).await;
    }

    /// Shows a session, as an SDK does whose browser sends no cookies.
    pub async fn show(&mut self, session: &str) {
        self.say_json(&json!({ "type": "authentication", "data": { "session": session } }))
            .await;
    }

    /// Shows a person's session, and expects to be them.
    pub async fn sign_in(&mut self, person: &Person) -> Value {
        self.show(&person.cookie().value).await;
        let told = self.next().await;
        assert_eq!(told["type"], "response", "{told}");
        told["data"].clone()
    }

    /// Waits for the end and answers its code; `None` where the connection broke.
    pub async fn closed(&mut self) -> Option<u16> {
        match self.frame().await {
            Some(Message::Close(frame)) => frame.map(|frame| frame.code.into()),
            None => None,
            other => panic!("not closed, but {other:?}"),
        }
    }

    /// Reads all that comes, up to the end; answers its code and how many messages came before.
    pub async fn read_to_the_end(&mut self) -> (Option<u16>, usize) {
        let mut count = 0;
        loop {
            match self.frame().await {
                Some(Message::Close(frame)) => return (frame.map(|frame| frame.code.into()), count),
                None => return (None, count),
                Some(_) => count += 1,
            }
        }
    }

    /// The next frame that is no ping; `None` at the end of the connection.
    async fn frame(&mut self) -> Option<Message> {
        let frame = async {
            loop {
                match self.socket.next().await? {
                    Ok(Message::Ping(_) | Message::Pong(_)) => {}
                    Ok(message) => return Some(message),
                    Err(_) => return None,
                }
            }
        };
        within(frame).await
    }
}

async fn within<T>(wait: impl Future<Output = T>) -> T {
    let limit: Duration = crate::LIMIT;
    let done = timeout(limit, wait).await;
    done.unwrap_or_else(|_| panic!("waited {} s in vain for a WebSocket", limit.as_secs()))
}
