//! The HTTP client of the running server: finds it, names ourselves, and makes errors of its answers.

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::stream::Events;
use super::wire::{ExecutionPage, ExecutionRow, Found, LinkRow, Linked, LogPage};
use crate::data_dir::DataDir;
use crate::server_file::ServerFile;

/// A local server answers in milliseconds; this is for one whose disk is very busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// An upload of the default 30 MB is unpacked to up to 500 MB meanwhile, on a slow disk at 10 MB/s.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(2);
/// The event stream says something every 15 seconds; after three silent times it is dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(45);
/// Loopback connects at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Rows in a page of a list, the most that the API gives.
const PAGE_LIMIT: usize = 100;

/// A connection to the server of a data folder, for one project.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: ServerFile,
    project: String,
}

impl Client {
    /// Finds the server that runs on `data_dir`.
    ///
    /// # Errors
    /// When none runs, naming the command that starts one.
    pub(crate) fn connect(data_dir: &DataDir, project: &str) -> Result<Self> {
        let Some(server) = ServerFile::of_running_server(data_dir)? else {
            if let Some(held) = data_dir.locked_by() {
                let pid = held.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                bail!(
                    "the server{pid} on {} does not listen yet or is stopping: try again",
                    data_dir.path().display()
                );
            }
            bail!(
                "no server runs on the data folder {}: start one with `drydock serve`",
                data_dir.path().display()
            );
        };
        let http = reqwest::Client::builder()
            // The server is on this machine: a proxy of the environment must not get the token.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .build()
            .context("the HTTP client cannot start")?;
        Ok(Self {
            http,
            server,
            project: project.to_owned(),
        })
    }

    /// An address of the Appwrite API.
    fn api_url(&self, path: &[&str]) -> Result<Url> {
        url(&self.server.endpoint, path)
    }

    /// An address of the console API, within the project.
    fn console_url(&self, path: &[&str]) -> Result<Url> {
        let start = ["console", "api", "projects", &self.project];
        url(&self.server.console, &[&start, path].concat())
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http
            .request(method, url)
            .header("X-Drydock-Admin", &self.server.admin_token)
            .header("X-Appwrite-Project", &self.project)
    }

    /// GET of the Appwrite API.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T> {
        let request = self
            .request(Method::GET, self.api_url(path)?)
            .timeout(ANSWER_TIMEOUT);
        self.json(request).await
    }

    /// A call of the Appwrite API that changes something.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T> {
        let request = self.request(method, self.api_url(path)?).json(body);
        self.json(request.timeout(ANSWER_TIMEOUT)).await
    }

    /// DELETE of the Appwrite API.
    pub(crate) async fn delete(&self, path: &[&str]) -> Result<()> {
        let request = self
            .request(Method::DELETE, self.api_url(path)?)
            .timeout(ANSWER_TIMEOUT);
        self.answer(request).await.map(drop)
    }

    /// POST of a form with a file.
    pub(crate) async fn upload(&self, path: &[&str], form: Form) -> Result<Value> {
        let request = self
            .request(Method::POST, self.api_url(path)?)
            .header("X-Drydock-Origin", "cli");
        self.json(request.multipart(form).timeout(UPLOAD_TIMEOUT)).await
    }

    /// Up to `most` rows of a list of the Appwrite API, and how many there are.
    pub(crate) async fn list(&self, path: &[&str], plural: &str, search: &str, most: usize) -> Result<Value> {
        self.pages(&self.api_url(path)?, plural, search, most).await
    }

    /// The same of the console API, within the project.
    pub(crate) async fn console_list(
        &self,
        path: &[&str],
        plural: &str,
        search: &str,
        most: usize,
    ) -> Result<Value> {
        self.pages(&self.console_url(path)?, plural, search, most).await
    }

    async fn pages(&self, url: &Url, plural: &str, search: &str, most: usize) -> Result<Value> {
        // The console's own rows have an `id`; those that add to a row of the Appwrite API keep its `$id`.
        let id_of = |row: &Value| row["$id"].as_str().or(row["id"].as_str()).map(str::to_owned);
        let mut rows: Vec<Value> = Vec::new();
        let mut sum = Value::from(0);
        while rows.len() < most {
            let limit = PAGE_LIMIT.min(most - rows.len());
            let mut query = vec![("limit", limit.to_string())];
            if !search.is_empty() {
                query.push(("search", search.to_owned()));
            }
            if let Some(last) = rows.last().and_then(id_of) {
                query.push(("cursor", last));
            }
            let request = self.request(Method::GET, url.clone()).query(&query);
            let mut page = self.json::<Value>(request.timeout(ANSWER_TIMEOUT)).await?;
            sum = page["sum"].take();
            let Value::Array(page_rows) = page[plural].take() else {
                bail!("the server's answer has no list of {plural}");
            };
            let is_last = page_rows.len() < limit;
            rows.extend(page_rows);
            if is_last {
                break;
            }
        }
        Ok(serde_json::json!({ "sum": sum, plural: rows }))
    }

    /// GET of the console API, within the project.
    pub(crate) async fn console_get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T> {
        let request = self.request(Method::GET, self.console_url(path)?).query(query);
        self.json(request.timeout(ANSWER_TIMEOUT)).await
    }

    /// A call of the console API, within the project, that changes something.
    pub(crate) async fn console_send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T> {
        let request = self.request(method, self.console_url(path)?).json(body);
        self.json(request.timeout(ANSWER_TIMEOUT)).await
    }

    /// What a folder of this machine holds, by its absolute path.
    pub(crate) async fn inspect(&self, folder: &str) -> Result<Found> {
        let url = url(&self.server.console, &["console", "api", "folders", "inspect"])?;
        let request = self
            .request(Method::POST, url)
            .json(&serde_json::json!({ "folder": folder }));
        self.json(request.timeout(ANSWER_TIMEOUT)).await
    }

    /// The server as it says itself.
    pub(crate) fn server(&self) -> &ServerFile {
        &self.server
    }

    /// DELETE of the console API, within the project.
    pub(crate) async fn console_delete(&self, path: &[&str]) -> Result<()> {
        let request = self.request(Method::DELETE, self.console_url(path)?);
        self.answer(request.timeout(ANSWER_TIMEOUT)).await.map(drop)
    }

    /// The answer of a GET of the console API whose body is a file.
    pub(crate) async fn console_file(&self, path: &[&str]) -> Result<Response> {
        self.answer(self.request(Method::GET, self.console_url(path)?))
            .await
    }

    /// A fresh one-time link to the console.
    pub(crate) async fn console_link(&self) -> Result<Value> {
        let url = url(&self.server.console, &["console", "api", "links"])?;
        self.json(self.request(Method::POST, url).timeout(ANSWER_TIMEOUT))
            .await
    }

    /// Brings the server's window to the front; `false` where none is open.
    #[cfg(feature = "desktop")]
    pub(crate) async fn focus_window(&self) -> Result<bool> {
        let url = url(&self.server.console, &["console", "api", "window", "focus"])?;
        let asked = self.answer(self.request(Method::POST, url).timeout(ANSWER_TIMEOUT));
        Ok(or_missing(asked.await)?.is_some())
    }

    /// What a window is told, from now on.
    #[cfg(feature = "desktop")]
    pub(crate) async fn window_events(&self) -> Result<Events> {
        let url = url(&self.server.console, &["console", "api", "window"])?;
        Ok(Events::new(self.answer(self.request(Method::GET, url)).await?))
    }

    /// Pauses or resumes the watching of linked folders.
    #[cfg(feature = "desktop")]
    pub(crate) async fn pause_watching(&self, paused: bool) -> Result<()> {
        let url = url(&self.server.console, &["console", "api", "watching"])?;
        let request = self
            .request(Method::PUT, url)
            .json(&serde_json::json!({ "paused": paused }));
        self.answer(request.timeout(ANSWER_TIMEOUT)).await.map(drop)
    }

    /// One execution.
    pub(crate) async fn execution(&self, id: &str) -> Result<ExecutionRow> {
        self.console_get(&["executions", id], &[]).await
    }

    /// The newest executions of a function, at most `limit`, oldest first.
    pub(crate) async fn newest_executions(&self, function: &str, limit: u32) -> Result<Vec<ExecutionRow>> {
        let path = ["functions", function, "executions"];
        let mut page: ExecutionPage = self.console_get(&path, &[("limit", limit.to_string())]).await?;
        page.executions.reverse();
        Ok(page.executions)
    }

    /// Asks for what has run before once more; without a tag on the one that it ran.
    pub(crate) async fn replay(&self, execution: &str, tag: Option<&str>) -> Result<ExecutionRow> {
        let body = serde_json::json!({ "tag": tag });
        self.console_send(Method::POST, &["executions", execution, "replay"], &body)
            .await
    }

    /// A function's link, if it has one.
    pub(crate) async fn link(&self, function: &str) -> Result<Option<LinkRow>> {
        let linked: Linked = self.console_get(&["functions", function, "link"], &[]).await?;
        Ok(linked.link)
    }

    /// What is in the stderr of the Appwrite API: where a process could not start its reason, which is no output.
    pub(crate) async fn stderr(&self, row: &ExecutionRow) -> Result<String> {
        let path = ["functions", &row.function_id, "executions", &row.id];
        let execution: Value = self.get(&path).await?;
        Ok(execution["stderr"].as_str().unwrap_or_default().to_owned())
    }

    /// The page of an execution's output that follows `after`.
    pub(crate) async fn log(&self, id: &str, after: i64) -> Result<LogPage> {
        self.console_get(&["executions", id, "log"], &[("after", after.to_string())])
            .await
    }

    /// The project's event stream, from now on.
    pub(crate) async fn events(&self) -> Result<Events> {
        let request = self.request(Method::GET, self.console_url(&["stream"])?);
        Ok(Events::new(self.answer(request).await?))
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let body = self
            .answer(request)
            .await?
            .bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&body)
            .context("the server's answer is not what this version of drydock expects")
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.unwrap_or_default();
        let message = serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|body| body["message"].as_str().map(str::to_owned))
            .unwrap_or_else(|| "no message".to_owned());
        let status = status.as_u16();
        Err(Refused { status, message }.into())
    }

    fn unreachable(&self, error: &reqwest::Error) -> anyhow::Error {
        let (pid, endpoint) = (self.server.pid, &self.server.endpoint);
        if error.is_timeout() {
            return anyhow!("the server (pid {pid}) at {endpoint} did not answer in time");
        }
        let cause = root_cause(error);
        let message = format!(
            "the server (pid {pid}) at {endpoint} cannot be reached: {cause}. Look at what `drydock serve` printed"
        );
        Unreachable(message).into()
    }
}

/// The server does not answer, or went while it did.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreachable(String);

/// The answer, or nothing where something of that id is there already.
pub(crate) fn or_taken<T>(answer: Result<T>) -> Result<Option<T>> {
    or_refused(answer, 409)
}

/// An answer that is an error: what the server says, and its status.
#[derive(Debug, thiserror::Error)]
#[error("{message} ({status})")]
struct Refused {
    status: u16,
    message: String,
}

/// The answer, or nothing where the server says that there is none.
pub(crate) fn or_missing<T>(answer: Result<T>) -> Result<Option<T>> {
    or_refused(answer, 404)
}

fn or_refused<T>(answer: Result<T>, status: u16) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if error
                .downcast_ref::<Refused>()
                .is_some_and(|it| it.status == status) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The error with a mend before it, where it is that something named is not there.
pub(crate) fn or_else_see(error: Error, mend: impl FnOnce() -> String) -> Error {
    match error.downcast_ref::<Refused>() {
        Some(Refused { status: 404, .. }) => error.context(mend()),
        _ => error,
    }
}

/// The innermost of an error's causes, which is the one that says something.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn url(base: &str, path: &[&str]) -> Result<Url> {
    let mut url =
        Url::parse(base).with_context(|| format!("server.json names '{base}', which is no address"))?;
    url.path_segments_mut()
        .map_err(|()| anyhow!("server.json names '{base}', which has no paths"))?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn without_a_server_the_error_names_the_command_that_starts_one() {
        let temp = tempfile::tempdir().unwrap();
        let data_dir = DataDir::resolve(Some(temp.path().to_owned())).unwrap();
        let message = Client::connect(&data_dir, "default").unwrap_err().to_string();
        assert!(message.contains("`drydock serve`"), "{message}");
        assert!(message.contains(&temp.path().display().to_string()), "{message}");

        let _starting = data_dir.lock().unwrap();
        let message = Client::connect(&data_dir, "default").unwrap_err().to_string();
        assert!(
            message.contains(&format!("(pid {})", std::process::id())),
            "{message}"
        );
    }

    #[test]
    fn addresses_keep_their_base_and_escape_their_parts() {
        let made = url("http://127.0.0.1:1/v1", &["functions", "a/b c"]).unwrap();
        assert_eq!(made.as_str(), "http://127.0.0.1:1/v1/functions/a%2Fb%20c");
        assert_eq!(
            url("http://127.0.0.1:1", &["console"]).unwrap().as_str(),
            "http://127.0.0.1:1/console"
        );
    }
}
