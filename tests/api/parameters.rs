//! Bad parameters, sent in turn: what the answer must say of each.

use drydock_tests::Actor;
use serde_json::{Value, json};

/// A parameter, a value that it must not have, and a word of the rule that the answer names.
pub(crate) type Bad = (&'static str, Value, &'static str);

/// A call that would succeed, to be spoilt.
pub(crate) struct Call<'a> {
    actor: &'a Actor,
    method: &'a str,
    path: &'a str,
    good: Value,
}

impl<'a> Call<'a> {
    /// `call` is method and path, as `POST /v1/account`.
    pub(crate) fn new(actor: &'a Actor, call: &'a str, good: Value) -> Self {
        let (method, path) = call.split_once(' ').unwrap();
        Self {
            actor,
            method,
            path,
            good,
        }
    }

    /// What is said of a body: status, and message of an error.
    async fn told(&self, body: &Value) -> (u16, String) {
        let request = self.actor.request(self.method, self.path).json(body);
        let answer = request.send().await;
        let message = if answer.status < 400 {
            String::new()
        } else {
            answer.message()
        };
        (answer.status, message)
    }

    /// Each of these is asked for by name when it is left out, null or empty.
    pub(crate) async fn needs(self, names: &[&str]) -> Self {
        let mut faults = Vec::new();
        for name in names {
            for absent in [None, Some(json!(null)), Some(json!(""))] {
                let mut body = self.good.clone();
                body.as_object_mut().unwrap().remove(*name);
                if let Some(absent) = &absent {
                    body[*name] = absent.clone();
                }
                let told = self.told(&body).await;
                if told != (400, format!("Param \"{name}\" is not optional.")) {
                    faults.push(format!("{name}={absent:?} -> {told:?}"));
                }
            }
        }
        self.none(&faults)
    }

    /// Each value is refused by the parameter's name, with a text that names the rule.
    pub(crate) async fn refuses(self, cases: impl IntoIterator<Item = Bad>) -> Self {
        let mut faults = Vec::new();
        for (name, value, rule) in cases {
            let mut body = self.good.clone();
            body[name] = value.clone();
            let (status, message) = self.told(&body).await;
            let start = format!("Invalid {name}: ");
            let right = status == 400
                && message.starts_with(&start)
                && message.len() > start.len() + 5
                && message.contains(rule)
                // An error does not repeat a long value.
                && message.len() < 500;
            if !right {
                faults.push(format!(
                    "{name}={value:.80} ({rule:?}) -> {status} {message:.500}"
                ));
            }
        }
        self.none(&faults)
    }

    fn none(self, faults: &[String]) -> Self {
        let call = format!("{} {}", self.method, self.path);
        assert!(faults.is_empty(), "{call}\n{}", faults.join("\n"));
        self
    }
}

/// Values that are no custom id, for [`Call::refuses`].
pub(crate) fn bad_ids(name: &'static str) -> Vec<Bad> {
    vec![
        (name, json!("a/b"), "36"),
        (name, json!("-first"), ""),
        (name, json!("a".repeat(37)), "36"),
        (name, json!("with space"), ""),
        (name, json!("größe"), ""),
        (name, json!(["hello"]), ""),
        (name, json!({ "a": "b" }), ""),
    ]
}

/// Values that are no address of e-mail.
pub(crate) fn bad_emails(name: &'static str) -> Vec<Bad> {
    vec![
        (name, json!("ada"), ""),
        (name, json!("ada@"), ""),
        (name, json!("@example.com"), ""),
        (name, json!("a da@example.com"), ""),
        (name, json!("ada@example.com, bob@example.com"), ""),
        (name, json!(["ada@example.com"]), ""),
        (name, json!({ "a": "b" }), ""),
    ]
}

/// Values that are no name of at most 128 characters.
pub(crate) fn bad_names(name: &'static str) -> Vec<Bad> {
    vec![
        (name, json!("n".repeat(129)), "128"),
        (name, json!(["n"]), ""),
        (name, json!({ "a": "b" }), ""),
    ]
}

/// Values that are no password.
pub(crate) fn bad_passwords(name: &'static str) -> Vec<Bad> {
    vec![
        (name, json!("1234567"), "8"),
        (name, json!(["12345678"]), ""),
        (name, json!({ "a": "b" }), ""),
    ]
}
