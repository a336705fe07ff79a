//! A project with people in it, whose every secret the test knows.
//!
//! Owns: accounts, sessions, JWTs, teams and invitations, made through the API as an app and its server make
//! them; a JWT forged with the server's own signing key. For tests that ask what each kind of caller may do.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::actor::Actor;
use crate::console::Console;
use crate::dock::Dock;

/// Passwords of accounts that nobody gave one. A phrase that is found nowhere else, so that a search for it means something.
pub const PASSWORD: &str = "correct-horse-battery-4711";

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user's id.
    pub id: String,
    /// Lower case, as the API keeps it.
    pub email: String,
    /// In plain.
    pub password: String,
}

/// A session of somebody.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// The session's id.
    pub id: String,
    /// The cookie's name, `a_session_PROJECT`.
    pub cookie_name: String,
    /// The cookie's value: base64 of the user's id and the session's secret.
    pub cookie: String,
    /// The caller, by the cookie.
    pub actor: Actor,
}

impl Session {
    /// The secret within the cookie.
    pub fn secret(&self) -> String {
        let decoded: Value = serde_json::from_slice(&from_base64(&self.cookie)).unwrap();
        decoded["secret"].as_str().unwrap().to_owned()
    }

    /// A fresh JWT of this session.
    pub async fn jwt(&self) -> String {
        let made = self.actor.post("/v1/account/jwt").ok(201).await;
        made["jwt"].as_str().unwrap().to_owned()
    }
}

/// A membership.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Its id.
    pub id: String,
    /// Its team.
    pub team: String,
}

/// A project of a server, and its key with every scope.
#[derive(Clone, Debug)]
pub struct Stage<'d> {
    dock: &'d Dock,
    project: String,
    key: Actor,
}

impl<'d> Stage<'d> {
    /// The project that is there from the first start.
    pub fn first(dock: &'d Dock) -> Self {
        Self {
            dock,
            project: dock.ready("project").to_owned(),
            key: dock.key(),
        }
    }

    /// A project more, with a key that has every scope.
    pub async fn another(dock: &'d Dock, id: &str) -> Self {
        machine_owner(dock)
            .post("/v1/projects")
            .json(&json!({ "projectId": id, "name": id, "teamId": OWNERS }))
            .ok(201)
            .await;
        let (_, secret) = create_key(dock, id, &every_scope()).await;
        let key = dock
            .stranger()
            .header("x-appwrite-project", id)
            .header("x-appwrite-key", &secret);
        Self {
            dock,
            project: id.to_owned(),
            key,
        }
    }

    /// Its id.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Its key with every scope.
    pub fn key(&self) -> Actor {
        self.key.clone()
    }

    /// A caller of this project who shows nothing.
    pub fn guest(&self) -> Actor {
        self.dock.stranger().header("x-appwrite-project", &self.project)
    }

    /// An account, made by the server's side of an app.
    pub async fn account(&self, name: &str) -> Account {
        let email = format!("{name}@people.example").to_lowercase();
        let body = json!({ "userId": name, "email": email, "password": PASSWORD, "name": name });
        self.key.post("/v1/users").json(&body).ok(201).await;
        Account {
            id: name.to_owned(),
            email,
            password: PASSWORD.to_owned(),
        }
    }

    /// Signs in by e-mail and password, as an app does.
    pub async fn sign_in(&self, account: &Account) -> Session {
        let body = json!({ "email": account.email, "password": account.password });
        let answer = self.guest().post("/v1/account/sessions").json(&body).send().await;
        answer.expect_status(201);
        let cookie_name = format!("a_session_{}", self.project);
        let cookie = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|cookie| cookie.to_str().unwrap().split(';').next()?.split_once('='))
            .find_map(|(name, value)| (name == cookie_name).then(|| value.to_owned()))
            .unwrap_or_else(|| panic!("no cookie {cookie_name} in {answer}"));
        Session {
            account: account.clone(),
            id: answer.json()["$id"].as_str().unwrap().to_owned(),
            actor: self.guest().header("cookie", &format!("{cookie_name}={cookie}")),
            cookie_name,
            cookie,
        }
    }

    /// Somebody new, signed in.
    pub async fn user(&self, name: &str) -> Session {
        let account = self.account(name).await;
        self.sign_in(&account).await
    }

    /// A caller by a JWT.
    pub fn by_jwt(&self, jwt: &str) -> Actor {
        self.guest().header("x-appwrite-jwt", jwt)
    }

    /// A team without members.
    pub async fn team(&self, id: &str) {
        let body = json!({ "teamId": id, "name": id });
        self.key.post("/v1/teams").json(&body).ok(201).await;
    }

    /// Makes somebody a member of a team; the key's word is enough.
    pub async fn join(&self, team: &str, account: &Account, roles: &[&str]) -> Membership {
        invite(&self.key, team, &account.email, roles).await
    }
}

/// Asks somebody into a team; whether that needs her yes depends on who asks.
pub async fn invite(by: &Actor, team: &str, email: &str, roles: &[&str]) -> Membership {
    let body = json!({ "email": email, "roles": roles, "url": "http://localhost/join", "name": "" });
    let path = format!("/v1/teams/{team}/memberships");
    let made = by.post(&path).json(&body).ok(201).await;
    Membership {
        id: made["$id"].as_str().unwrap().to_owned(),
        team: team.to_owned(),
    }
}

/// The secret of an open invitation, from the link that the console shows.
pub async fn secret_of_invitation(console: &Console, project: &str, invited: &Membership) -> String {
    let path = format!("/projects/{project}/teams/{}/memberships?limit=100", invited.team);
    let list = console.get(&path).await;
    let rows = list["memberships"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["id"] == invited.id)
        .unwrap_or_else(|| panic!("no membership {} in {list}", invited.id));
    let link = row["invitation"]
        .as_str()
        .unwrap_or_else(|| panic!("no link in {row}"));
    let (_, query) = link.split_once('?').unwrap();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find_map(|(name, value)| (name == "secret").then(|| value.to_owned()))
        .unwrap()
}

/// The team in project `console` to which every project belongs.
pub const OWNERS: &str = "drydock";

/// The owner of the machine in project `console`, where projects, keys and platforms are made.
pub fn machine_owner(dock: &Dock) -> Actor {
    dock.owner().header("x-appwrite-project", "console")
}

/// Makes an API key and returns its id and secret.
pub async fn create_key(dock: &Dock, project: &str, scopes: &[String]) -> (String, String) {
    let made = machine_owner(dock)
        .post(&format!("/v1/projects/{project}/keys"))
        .json(&json!({ "name": "made by a test", "scopes": scopes }))
        .ok(201)
        .await;
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("$id"), text("secret"))
}

/// Registers the host of a web app.
pub async fn create_web_platform(dock: &Dock, project: &str, host: &str) -> String {
    let made = machine_owner(dock)
        .post(&format!("/v1/projects/{project}/platforms"))
        .json(&json!({ "type": "web", "name": host, "hostname": host }))
        .ok(201)
        .await;
    made["$id"].as_str().unwrap().to_owned()
}

/// Makes a webhook that is told of nothing.
pub async fn create_webhook(dock: &Dock, project: &str) -> String {
    let made = machine_owner(dock)
        .post(&format!("/v1/projects/{project}/webhooks"))
        .json(&json!({ "name": "hook", "events": [], "url": "http://localhost", "security": true }))
        .ok(201)
        .await;
    made["$id"].as_str().unwrap().to_owned()
}

/// Every scope that a key can have.
pub fn every_scope() -> Vec<String> {
    let path = crate::tests_folder().join("fixtures/contract/scopes-0.12.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A JWT with any claims, signed with the server's own key. A test may read the data folder of its server; a
/// client cannot.
pub fn forge_jwt(dock: &Dock, claims: &Value) -> String {
    let key = std::fs::read(dock.data().join("secrets/jwt.key")).unwrap();
    sign_jwt(&key, &json!({ "typ": "JWT", "alg": "HS256" }), claims)
}

/// A JWT with any header and claims, signed by HMAC-SHA256 with any key.
pub fn sign_jwt(key: &[u8], header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = hmac_sha256(key, signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The claims within a JWT.
pub fn jwt_claims(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// RFC 2104.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK_BYTES: usize = 64;
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

/// Standard base64, percent-encoded or not.
pub fn from_base64(text: &str) -> Vec<u8> {
    let plain = text.replace("%3D", "=").replace("%2B", "+").replace("%2F", "/");
    BASE64_STANDARD.decode(plain).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_rfc_4231() {
        let signature = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            BASE64_STANDARD.encode(signature),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
    }
}
