//! What tests do with functions all day: make one, give it code, run it, wait for the end.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::archive;
use crate::poll::{WHOLE, within};

/// A function to be made, with code to be put live in it.
#[derive(Clone, Debug)]
pub struct Draft {
    body: Value,
    command: String,
    code: Vec<u8>,
}

impl Draft {
    /// A function of a runtime that runs `command` on a fixture.
    pub fn new(runtime: &str, fixture: &str, command: &str) -> Self {
        Self::with_code(runtime, archive::fixture(fixture), command)
    }

    /// A function of a runtime that runs `command` on any archive.
    pub fn with_code(runtime: &str, code: Vec<u8>, command: &str) -> Self {
        let body = json!({ "functionId": "unique()", "name": "Test", "runtime": runtime, "vars": {} });
        Self {
            body,
            command: command.to_owned(),
            code,
        }
    }

    /// A shell script, as the whole code of the function.
    pub fn shell(script: &str) -> Self {
        Self::with_code("node-20.0", archive::one_file("main.sh", script), "sh main.sh")
    }

    /// Other code, for the same command.
    pub fn code(mut self, code: Vec<u8>) -> Self {
        self.code = code;
        self
    }

    /// Any field of the function's creation.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body[field] = value.into();
        self
    }

    /// A variable of the function.
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.body["vars"][name] = value.into();
        self
    }
}

/// A function with an active tag.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its id.
    pub id: String,
    /// Its active tag.
    pub tag: String,
}

impl Deployed {
    /// Its path in the API.
    pub fn path(&self) -> String {
        format!("/v1/functions/{}", self.id)
    }
}

/// The form that SDKs send for a tag: the command and a file.
pub fn form_data(command: &str, file_name: &str, code: Vec<u8>) -> Form {
    let part = Part::bytes(code)
        .file_name(file_name.to_owned())
        .mime_str("application/gzip")
        .unwrap();
    Form::new().text("command", command.to_owned()).part("code", part)
}

impl Actor {
    /// Makes a function without code, and returns its id.
    pub async fn create_function(&self) -> String {
        let body = json!({ "functionId": "unique()", "name": "Test", "runtime": "node-20.0" });
        self.create_function_of(body).await
    }

    /// Makes a function without code from any body, and returns its id.
    pub async fn create_function_of(&self, body: Value) -> String {
        id(&self.post("/v1/functions").json(&body).ok(201).await)
    }

    /// Uploads code to a function and returns the tag's id; it is not active yet.
    pub async fn upload(&self, function: &str, command: &str, code: Vec<u8>) -> String {
        let form = form_data(command, "code.tar.gz", code);
        id(&self
            .post(&format!("/v1/functions/{function}/tags"))
            .multipart(form)
            .ok(201)
            .await)
    }

    /// Makes a tag the active one.
    pub async fn activate(&self, function: &str, tag: &str) {
        self.patch(&format!("/v1/functions/{function}/tag"))
            .json(&json!({ "tag": tag }))
            .ok(200)
            .await;
    }

    /// Makes a function, uploads its code and activates it.
    pub async fn deploy(&self, draft: Draft) -> Deployed {
        let function = self.create_function_of(draft.body).await;
        let tag = self.upload(&function, &draft.command, draft.code).await;
        self.activate(&function, &tag).await;
        Deployed { id: function, tag }
    }

    /// Asks for a run and returns its id at once.
    pub async fn execute(&self, function: &Deployed, data: &str) -> String {
        let path = format!("{}/executions", function.path());
        id(&self.post(&path).json(&json!({ "data": data })).ok(201).await)
    }

    /// The run as it stands now.
    pub async fn execution(&self, function: &Deployed, execution: &str) -> Value {
        self.get(&format!("{}/executions/{execution}", function.path()))
            .ok(200)
            .await
    }

    /// Waits until a run has ended and returns it.
    pub async fn finished(&self, function: &Deployed, execution: &str) -> Value {
        within(WHOLE, &format!("execution {execution} ends"), async || {
            let now = self.execution(function, execution).await;
            matches!(now["status"].as_str(), Some("completed" | "failed")).then_some(now)
        })
        .await
    }

    /// Runs a function to its end.
    pub async fn run(&self, function: &Deployed, data: &str) -> Value {
        let execution = self.execute(function, data).await;
        self.finished(function, &execution).await
    }
}

fn id(object: &Value) -> String {
    object["$id"].as_str().unwrap().to_owned()
}
