//! The server under measurement: the real binary on a free port with a fresh data folder.
//!
//! Owns: its start, its end by its own pid, the credentials of its ready file, and functions deployed through the
//! command line as a user does it. Must not: inherit anything from the developer's environment, so that two people
//! measure the same thing.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::functions::Code;
use crate::http::{Connection, request};
use crate::live::Live;
use crate::product::Product;

/// A start takes well under a second; with a million executions in the database somewhat more.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A server gives running executions 10 s before it ends.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// Lines of the server's log that a failed start shows.
const LOG_LINES: usize = 20;

/// A data folder with what belongs to it; gone when dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(place: &Path) -> Result<Self> {
        Ok(Self(
            tempfile::Builder::new().prefix("server-").tempdir_in(place)?,
        ))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }
}

/// A running server. Killed when dropped.
pub(crate) struct Server<'a> {
    product: &'a Product,
    folder: &'a Folder,
    environment: Vec<(String, String)>,
    child: Child,
    ready: Value,
    pub(crate) address: SocketAddr,
}

impl<'a> Server<'a> {
    /// Starts on that folder with some variables more than all servers of this run get.
    pub(crate) async fn start(
        product: &'a Product,
        folder: &'a Folder,
        variables: &[(String, String)],
    ) -> Result<Self> {
        let ready_file = folder.0.path().join("ready.json");
        let log_file = folder.0.path().join("log.txt");
        let _ = fs::remove_file(&ready_file);
        let log = File::create(&log_file)?;
        let environment = [product.environment(), variables].concat();
        let mut child = Command::new(&product.binary)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(folder.data())
            .arg("--ready-file")
            .arg(&ready_file)
            .env_clear()
            .envs(environment.clone())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} does not start", product.binary.display()))?;
        let limit = Instant::now() + START_LIMIT;
        let ready: Value = loop {
            if let Ok(text) = fs::read(&ready_file) {
                break serde_json::from_slice(&text)?;
            }
            let ended = child.try_wait()?;
            if ended.is_some() || Instant::now() > limit {
                let _ = child.kill();
                let _ = child.wait();
                bail!("the server did not get ready ({ended:?}):\n{}", end_of(&log_file));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let address = ready["endpoint"]
            .as_str()
            .and_then(|endpoint| endpoint.strip_prefix("http://")?.strip_suffix("/v1"))
            .and_then(|address| address.replace("localhost", "127.0.0.1").parse().ok())
            .with_context(|| format!("no address in {ready}"))?;
        Ok(Self {
            product,
            folder,
            environment,
            child,
            ready,
            address,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A text of the ready file.
    fn ready(&self, field: &str) -> Result<&str> {
        let text = self.ready[field].as_str();
        text.with_context(|| format!("no {field} in the ready file"))
    }

    /// The headers of a caller with the key of the first start.
    pub(crate) fn headers(&self) -> Result<Vec<(String, String)>> {
        Ok(vec![
            ("x-appwrite-project".to_owned(), self.ready("project")?.to_owned()),
            ("x-appwrite-key".to_owned(), self.ready("key")?.to_owned()),
        ])
    }

    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>> {
        Ok(request("GET", path, &self.headers()?, None))
    }

    /// The request that executes a function.
    pub(crate) fn execute(&self, function: &str, data: &str) -> Result<Vec<u8>> {
        let path = format!("/v1/functions/{function}/executions");
        Ok(request(
            "POST",
            &path,
            &self.headers()?,
            Some(&json!({ "data": data })),
        ))
    }

    /// A session of a new user of the project, as its cookie.
    pub(crate) async fn sign_up(&self, name: &str) -> Result<String> {
        let email = format!("{name}@example.com");
        let mut connection = self.connect().await?;
        let user = json!({ "userId": name, "email": email, "password": "a long password", "name": name });
        let create = request("POST", "/v1/users", &self.headers()?, Some(&user));
        connection.exchange(&create).await?.json(201)?;
        let session = json!({ "email": email, "password": "a long password" });
        let project = self.headers()?[..1].to_vec();
        let sign_in = request("POST", "/v1/account/sessions", &project, Some(&session));
        let answer = connection.exchange(&sign_in).await?;
        answer.json(201)?;
        let cookie = answer
            .header("set-cookie")
            .and_then(|cookie| cookie.split(';').next());
        Ok(cookie.context("no cookie")?.to_owned())
    }

    /// The request that lets everybody with a session execute a function.
    pub(crate) async fn let_members_execute(&self, function: &str) -> Result<()> {
        let settings = json!({ "name": function, "execute": ["role:member"], "timeout": 900 });
        let path = format!("/v1/functions/{function}");
        let update = request("PUT", &path, &self.headers()?, Some(&settings));
        self.connect().await?.exchange(&update).await?.json(200)?;
        Ok(())
    }

    /// The request by which somebody with that cookie executes a function.
    pub(crate) fn execute_as(&self, cookie: &str, function: &str) -> Result<Vec<u8>> {
        let mut headers = self.headers()?[..1].to_vec();
        headers.push(("cookie".to_owned(), cookie.to_owned()));
        let path = format!("/v1/functions/{function}/executions");
        Ok(request("POST", &path, &headers, Some(&json!({ "data": "" }))))
    }

    /// The request by which somebody with that cookie listens to their executions on a channel, as a WebSocket's address and
    /// headers.
    pub(crate) fn listening(&self, cookie: &str, channel: &str) -> Result<(String, String)> {
        let project = self.ready("project")?;
        let address = format!(
            "ws://{}/v1/realtime?project={project}&channels[]={channel}",
            self.address
        );
        Ok((address, cookie.to_owned()))
    }

    pub(crate) async fn connect(&self) -> Result<Connection> {
        Connection::open(self.address).await
    }

    /// Opens the live stream with a console session of its own.
    pub(crate) async fn live(&self) -> Result<Live> {
        let origin = format!("http://{}", self.address);
        let link = self.link().await?;
        let token = link.split_once("#token=").context("a link without a token")?.1;
        let mut headers = vec![
            ("origin".to_owned(), origin),
            ("sec-fetch-site".to_owned(), "same-origin".to_owned()),
        ];
        let body = json!({ "token": token });
        let enter = request("POST", "/console/api/session", &headers, Some(&body));
        let mut connection = self.connect().await?;
        let answer = connection.exchange(&enter).await?;
        let proof = answer.json(200)?["proof"]
            .as_str()
            .context("no proof")?
            .to_owned();
        let cookie = answer
            .header("set-cookie")
            .and_then(|cookie| cookie.split(';').next());
        headers.push(("cookie".to_owned(), cookie.context("no cookie")?.to_owned()));
        headers.push(("x-drydock-console".to_owned(), proof));
        let path = format!("/console/api/projects/{}/stream", self.ready("project")?);
        let follow = request("GET", &path, &headers, None);
        let (stream, begun) = self.connect().await?.follow(&follow).await?;
        Ok(Live::read(stream, begun))
    }

    /// What a scenario of the console's tests is told of the server.
    pub(crate) async fn console_environment(&self) -> Result<[(&'static str, String); 3]> {
        Ok([
            ("CONSOLE_LINK", self.link().await?),
            ("DRYDOCK_ENDPOINT", self.ready("endpoint")?.to_owned()),
            ("DRYDOCK_KEY", self.ready("key")?.to_owned()),
        ])
    }

    /// A fresh one-time link to the console, as the command line asks for one.
    async fn link(&self) -> Result<String> {
        let headers = self.admin()?;
        let mut connection = self.connect().await?;
        let ask = request("POST", "/console/api/links", &headers, None);
        let link = connection.exchange(&ask).await?.json(201)?;
        Ok(link["url"].as_str().context("no link")?.to_owned())
    }

    /// Makes a function of that code, under its name, and puts the code live. Answers its folder.
    pub(crate) async fn deploy(&self, code: &Code) -> Result<PathBuf> {
        self.deploy_as(code, code.name).await
    }

    /// Makes a function of that name, and its code the active tag; answers the folder.
    pub(crate) async fn deploy_as(&self, code: &Code, name: &str) -> Result<PathBuf> {
        let folder = self.folder.0.path().join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(code.file), code.text)?;
        let runtime = code.runtime;
        self.create_function(name, runtime).await?;
        let path = folder.to_str().context("a folder with an odd name")?;
        let command = format!("{} {}", code.program, code.file);
        self.cli(&[
            "tags",
            "create",
            name,
            "--code",
            path,
            "--command",
            &command,
            "--activate",
        ])
        .await?;
        Ok(folder)
    }

    /// Makes a tag of a folder more, which is not active, and answers its id.
    pub(crate) async fn upload(&self, code: &Code, folder: &str) -> Result<String> {
        let command = format!("{} {}", code.program, code.file);
        let words = [
            "tags",
            "create",
            code.name,
            "--code",
            folder,
            "--command",
            &command,
            "--json",
        ];
        let made: Value = serde_json::from_str(&self.cli(&words).await?)?;
        Ok(made["$id"].as_str().context("no id of a tag")?.to_owned())
    }

    /// The request that activates a tag.
    pub(crate) fn activate(&self, function: &str, tag: &str) -> Result<Vec<u8>> {
        let path = format!("/v1/functions/{function}/tag");
        let body = json!({ "tag": tag });
        Ok(request("PATCH", &path, &self.headers()?, Some(&body)))
    }

    /// Headers of the machine's owner, as the command line sends them.
    pub(crate) fn admin(&self) -> Result<Vec<(String, String)>> {
        let file: Value = serde_json::from_slice(&fs::read(self.folder.data().join("server.json"))?)?;
        let token = file["adminToken"]
            .as_str()
            .context("no token in server.json")?
            .to_owned();
        let mut headers = self.headers()?;
        headers.truncate(1);
        headers.push(("x-drydock-admin".to_owned(), token));
        Ok(headers)
    }

    /// Makes a function without code.
    pub(crate) async fn create_function(&self, name: &str, runtime: &str) -> Result<()> {
        let id = ["functions", "create", "--id", name, "--name", name];
        let rest = ["--runtime", runtime, "--timeout", "900"];
        self.cli(&[&id[..], &rest[..]].concat()).await.map(drop)
    }

    async fn cli(&self, arguments: &[&str]) -> Result<String> {
        let output = tokio::process::Command::new(&self.product.binary)
            .args(arguments)
            .env_clear()
            .envs(self.environment.clone())
            .env("DRYDOCK_DATA_DIR", self.folder.data())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "drydock {}: {said}", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Ends the server as Ctrl-C does, and waits for it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(self.pid().cast_signed()), Signal::SIGINT)?;
        let limit = Instant::now() + STOP_LIMIT;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < limit, "the server did not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Fails only when it has ended already. What it runs ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
