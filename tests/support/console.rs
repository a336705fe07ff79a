//! The console's own door, as its page in a browser uses it: link, cookie, proof, JSON.
//!
//! Owns: the session of a test and the pages of an execution's log. What a person sees is tested in a real
//! browser; this is for facts that only the console's API tells, such as a log of more than 8000 characters.

use serde_json::{Value, json};

use crate::actor::{Actor, Request};
use crate::dock::Dock;

/// A console session.
#[derive(Clone, Debug)]
pub struct Console {
    actor: Actor,
    cookie: String,
    proof: String,
}

/// A piece of an execution's log.
#[derive(Clone, Debug)]
pub struct Frame {
    /// `stdout` or `stderr`.
    pub stream: String,
    /// When it was read.
    pub at_ms: i64,
    /// What was read.
    pub text: String,
}

impl Dock {
    /// A fresh one-time link, as the command line asks for one.
    pub async fn fresh_link(&self) -> String {
        let answer = self.owner().post("/console/api/links").send_unchecked().await;
        answer.expect_status(201);
        answer.json()["url"].as_str().unwrap().to_owned()
    }

    /// A console session that has nothing to do with the ready file's link.
    pub async fn another_console(&self) -> Console {
        Console::open(self.origin(), &self.fresh_link().await).await
    }
}

impl Console {
    pub(crate) async fn open(origin: &str, link: &str) -> Self {
        let token = link
            .split_once("#token=")
            .expect("the link carries a token in its fragment")
            .1;
        let actor = Actor::new(origin)
            .header("origin", origin)
            .header("sec-fetch-site", "same-origin");
        let request = actor
            .post("/console/api/session")
            .json(&json!({ "token": token }));
        let answer = request.send_unchecked().await;
        answer.expect_status(200);
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let proof = answer.json()["proof"].as_str().unwrap().to_owned();
        Self {
            actor: actor
                .header("cookie", &cookie)
                .header("x-drydock-console", &proof),
            cookie,
            proof,
        }
    }

    /// The session's cookie, name and value.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The half of the session that the page keeps for itself and sends as a header.
    pub fn proof(&self) -> &str {
        &self.proof
    }

    /// The headers of the session as an actor, to leave some out or to call the Appwrite API.
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// A request to the console's API; `path` begins after `/console/api`.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.actor.request(method, &format!("/console/api{path}"))
    }

    /// GET of the console's API, as JSON.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path).send_unchecked().await;
        answer.expect_status(200);
        answer.json()
    }

    /// Says what a function of project `default` can reach; answers its row.
    pub async fn set_network(&self, function: &str, network: &str) -> Value {
        let answer = self
            .request("PATCH", &format!("/projects/default/functions/{function}"))
            .json(&json!({ "network": network }))
            .send_unchecked()
            .await;
        answer.expect_status(200);
        answer.json()
    }

    /// Says what a function of project `default` runs as; answers its row.
    pub async fn set_backend(&self, function: &str, backend: &str) -> Value {
        let answer = self
            .request("PATCH", &format!("/projects/default/functions/{function}"))
            .json(&json!({ "backend": backend }))
            .send_unchecked()
            .await;
        answer.expect_status(200);
        answer.json()
    }

    /// The whole log of an execution of project `default`, page by page.
    pub async fn log(&self, execution: &str) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut after = 0;
        loop {
            let page = self
                .get(&format!(
                    "/projects/default/executions/{execution}/log?after={after}"
                ))
                .await;
            for frame in page["frames"].as_array().unwrap() {
                frames.push(Frame {
                    stream: frame["stream"].as_str().unwrap().to_owned(),
                    at_ms: frame["atMs"].as_i64().unwrap(),
                    text: frame["text"].as_str().unwrap().to_owned(),
                });
            }
            if page["more"] != true {
                return frames;
            }
            let next = page["next"].as_i64().unwrap();
            assert!(
                next > after,
                "a page with more after it moves on: {next} after {after}"
            );
            after = next;
        }
    }
}
