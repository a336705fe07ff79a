//! People with an account in a project, as their browser speaks for them.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::actor::Actor;
use crate::answer::Answer;
use crate::cookie::SetCookie;

/// Somebody who is signed in; requests are made with the session's cookie.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Their password; empty when they have none.
    pub password: String,
    /// The id of the session.
    pub session: String,
    cookie: SetCookie,
    guest: Actor,
    actor: Actor,
}

impl Person {
    /// Makes an account with the API and signs in.
    pub(crate) async fn sign_up(guest: &Actor, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let password = format!("password of {name}");
        let body = json!({ "userId": name, "email": email, "password": password, "name": name });
        guest.post("/v1/account").json(&body).ok(201).await;
        Self::sign_in(guest, &email, &password).await
    }

    /// Signs in to an account that exists.
    pub async fn sign_in(guest: &Actor, email: &str, password: &str) -> Self {
        let body = json!({ "email": email, "password": password });
        let answer = guest.post("/v1/account/sessions").json(&body).send().await;
        answer.expect_status(201);
        let mut person = Self::of(guest, &answer);
        email.clone_into(&mut person.email);
        password.clone_into(&mut person.password);
        person
    }

    /// Somebody without a name, address or password.
    pub async fn anonymous(guest: &Actor) -> Self {
        let answer = guest.post("/v1/account/sessions/anonymous").send().await;
        answer.expect_status(201);
        Self::of(guest, &answer)
    }

    /// The person whose session an answer has begun.
    fn of(guest: &Actor, answer: &Answer) -> Self {
        let session = answer.json();
        let text = |field: &str| session[field].as_str().unwrap().to_owned();
        let cookie = session_cookie(answer);
        Self {
            id: text("userId"),
            email: String::new(),
            password: String::new(),
            session: text("$id"),
            actor: guest.clone().header("cookie", &cookie.pair()),
            guest: guest.clone(),
            cookie,
        }
    }

    /// The same person with one session more.
    pub async fn again(&self) -> Self {
        Self::sign_in(&self.guest, &self.email, &self.password).await
    }

    /// The session's cookie, as the answer set it.
    pub fn cookie(&self) -> &SetCookie {
        &self.cookie
    }

    /// The caller with the session's cookie, to change its headers.
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// The caller that shows no credential, in the same project.
    pub fn guest(&self) -> Actor {
        self.guest.clone()
    }

    /// A fresh token of this session.
    pub async fn jwt(&self) -> String {
        let answer = self.actor.post("/v1/account/jwt").ok(201).await;
        answer["jwt"].as_str().unwrap().to_owned()
    }

    /// The same person by a token, without the cookie.
    pub async fn by_jwt(&self) -> Actor {
        self.guest().header("x-appwrite-jwt", &self.jwt().await)
    }

    /// What the API says of them.
    pub async fn account(&self) -> Value {
        self.actor.get("/v1/account").ok(200).await
    }
}

impl Deref for Person {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}

/// The main cookie of the session that an answer has begun, whatever the project.
pub(crate) fn session_cookie(answer: &Answer) -> SetCookie {
    let found = answer
        .cookies()
        .into_iter()
        .find(|cookie| cookie.name.starts_with("a_session_") && !cookie.name.ends_with("_legacy"));
    found.unwrap_or_else(|| panic!("no session's cookie in {answer}"))
}
