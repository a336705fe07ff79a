//! A project and everybody in it.

use serde_json::json;

use crate::actor::Actor;
use crate::dock::{Dock, Launch};
use crate::person::Person;

/// A project of a server.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its id.
    pub id: String,
    guest: Actor,
    owner: Actor,
}

impl Project {
    /// A caller without any credential.
    pub fn guest(&self) -> Actor {
        self.guest.clone()
    }

    /// The owner of the machine, acting in the project.
    pub fn owner(&self) -> Actor {
        self.owner.clone()
    }

    /// The owner of the machine in project `console`, where projects are looked after.
    pub fn console_owner(&self) -> Actor {
        self.owner().header("x-appwrite-project", "console")
    }

    /// The path of something that belongs to the project: `keys`, `platforms`, or nothing for the project itself.
    pub fn path(&self, rest: &str) -> String {
        let slash = if rest.is_empty() { "" } else { "/" };
        format!("/v1/projects/{}{slash}{rest}", self.id)
    }

    /// A caller with a fresh API key of those scopes.
    pub async fn key_with(&self, scopes: &[&str]) -> Actor {
        let body = json!({ "name": scopes.join(" "), "scopes": scopes });
        let key = self
            .console_owner()
            .post(&self.path("keys"))
            .json(&body)
            .ok(201)
            .await;
        self.guest()
            .header("x-appwrite-key", key["secret"].as_str().unwrap())
    }

    /// Somebody who makes an account of that name and signs in.
    pub async fn sign_up(&self, name: &str) -> Person {
        Person::sign_up(&self.guest, name).await
    }

    /// Lets pages of that host use the API, and returns the platform's id.
    pub async fn add_web_platform(&self, hostname: &str) -> String {
        let body = json!({ "type": "web", "name": hostname, "hostname": hostname });
        let platform = self
            .console_owner()
            .post(&self.path("platforms"))
            .json(&body)
            .ok(201)
            .await;
        platform["$id"].as_str().unwrap().to_owned()
    }

    /// Turns a way to sign in on or off.
    pub async fn switch_auth(&self, method: &str, on: bool) {
        let path = self.path(&format!("auth/{method}"));
        let body = json!({ "status": on });
        self.console_owner().patch(&path).json(&body).ok(200).await;
    }

    /// Turns a service on or off.
    pub async fn switch_service(&self, service: &str, on: bool) {
        let body = json!({ "service": service, "status": on });
        self.console_owner()
            .patch(&self.path("service"))
            .json(&body)
            .ok(200)
            .await;
    }
}

impl Dock {
    /// The project that is made at first start.
    pub fn home(&self) -> Project {
        Project {
            id: self.ready("project").to_owned(),
            guest: self.guest(),
            owner: self.owner(),
        }
    }

    /// A project more, made with the API.
    pub async fn project(&self, id: &str) -> Project {
        let body = json!({ "projectId": id, "name": id, "teamId": "drydock" });
        self.console_owner()
            .post("/v1/projects")
            .json(&body)
            .ok(201)
            .await;
        Project {
            id: id.to_owned(),
            guest: self.guest().header("x-appwrite-project", id),
            owner: self.owner().header("x-appwrite-project", id),
        }
    }

    /// The owner of the machine in project `console`, where projects are looked after.
    pub fn console_owner(&self) -> Actor {
        self.home().console_owner()
    }

    /// A caller with a fresh API key of those scopes.
    pub async fn key_with(&self, scopes: &[&str]) -> Actor {
        self.home().key_with(scopes).await
    }

    /// Somebody who makes an account of that name and signs in.
    pub async fn sign_up(&self, name: &str) -> Person {
        self.home().sign_up(name).await
    }

    /// A server without rate limits, for tests that ask one question many times.
    pub fn unlimited() -> Launch {
        Self::launch().env("DRYDOCK_RATE_LIMITS", "false")
    }
}
