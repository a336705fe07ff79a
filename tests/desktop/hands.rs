//! Hands for the page in the window: WebDriver, spoken through tauri-driver to WebKit's own driver, which starts the app.
//!
//! Owns: the driver's process and the one session. Must not: know what is on the page.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use drydock_tests::{Folder, repository, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{binary, settings};
use crate::bus::Bus;
use crate::screen::Screen;

/// By which name WebDriver hands over an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A session.
#[derive(Debug)]
pub(crate) struct Hands {
    driver: Child,
    http: reqwest::Client,
    base: String,
}

impl Hands {
    /// Starts the app on that display and data folder, and takes hold of its page.
    pub(crate) async fn on(screen: &Screen, folder: &Folder) -> Self {
        Self::of(screen, folder, None).await
    }

    /// The same where there is that bus.
    pub(crate) async fn on_bus(screen: &Screen, folder: &Folder, bus: &Bus) -> Self {
        Self::of(screen, folder, Some(bus)).await
    }

    async fn of(screen: &Screen, folder: &Folder, bus: Option<&Bus>) -> Self {
        let (port, native) = (free_port(), free_port());
        let mut command = Command::new(driver());
        screen.within(&mut command);
        settings(&mut command, folder);
        if let Some(bus) = bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        }
        let log = fs::File::create(folder.beside("driver.log")).unwrap();
        let driver = command
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("tauri-driver is there: scripts/setup test builds it");
        let mut hands = Self {
            driver,
            http: reqwest::Client::new(),
            base: format!("http://127.0.0.1:{port}"),
        };
        until("the driver answers", async || {
            let status = hands.http.get(format!("{}/status", hands.base)).send().await;
            status
                .ok()
                .filter(|status| status.status().is_success())
                .map(drop)
        })
        .await;
        let wanted = json!({ "tauri:options": { "application": binary() } });
        let begun = hands
            .call(
                Method::POST,
                "/session",
                &json!({ "capabilities": { "alwaysMatch": wanted } }),
            )
            .await
            .unwrap_or_else(|error| panic!("no session: {error}"));
        let session = begun["sessionId"].as_str().unwrap().to_owned();
        hands.base = format!("{}/session/{session}", hands.base);
        hands
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if method == Method::POST {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let is_success = answer.status().is_success();
        let mut answer: Value = answer.json().await.unwrap();
        let value = answer["value"].take();
        if is_success { Ok(value) } else { Err(value) }
    }

    /// Waits for what that XPath finds, and answers the first.
    pub(crate) async fn find(&self, xpath: &str) -> String {
        until(&format!("{xpath} is on the page"), async || {
            let body = json!({ "using": "xpath", "value": xpath });
            let found = self.call(Method::POST, "/element", &body).await.ok()?;
            found[ELEMENT].as_str().map(str::to_owned)
        })
        .await
    }

    /// Waits for it and clicks it.
    pub(crate) async fn click(&self, xpath: &str) {
        until(&format!("{xpath} can be clicked"), async || {
            let element = self.find(xpath).await;
            // It may be drawn anew just now.
            let path = format!("/element/{element}/click");
            self.call(Method::POST, &path, &json!({})).await.ok()
        })
        .await;
    }

    /// Goes to the tab whose name begins so.
    pub(crate) async fn tab(&self, name: &str) {
        self.click(&format!(
            "//*[@role='tab' and starts-with(normalize-space(.), '{name}')]"
        ))
        .await;
    }

    /// Waits until it says that.
    pub(crate) async fn says(&self, xpath: &str, text: &str) {
        until(&format!("{xpath} says {text:?}"), async || {
            let element = self.find(xpath).await;
            let path = format!("/element/{element}/text");
            let said = self.call(Method::GET, &path, &Value::Null).await.ok()?;
            said.as_str()?.contains(text).then_some(())
        })
        .await;
    }

    /// What a script returns that is the body of an async function.
    pub(crate) async fn script(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; (async () => {{ {body} }})().then(done, (error) => done('refused: ' + error));"
        );
        let body = json!({ "script": script, "args": [] });
        self.call(Method::POST, "/execute/async", &body).await.unwrap()
    }

    /// Where the page is.
    pub(crate) async fn address(&self) -> String {
        let url = self.call(Method::GET, "/url", &Value::Null).await.unwrap();
        url.as_str().unwrap().to_owned()
    }

    /// Takes a picture of the page.
    pub(crate) async fn picture(&self, name: &str) {
        let picture = self.call(Method::GET, "/screenshot", &Value::Null).await.unwrap();
        let folder = repository().join("target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let bytes = BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        // The app is the native driver's child, and both end with this one.
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(self.driver.id().cast_signed()),
            nix::sys::signal::Signal::SIGTERM,
        );
        let _ = self.driver.wait();
    }
}

fn driver() -> PathBuf {
    let ours = repository().join("target/tools/bin/tauri-driver");
    if ours.exists() {
        ours
    } else {
        PathBuf::from("tauri-driver")
    }
}

/// Taken by nobody a moment ago: the driver cannot be told to choose one and say which.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
