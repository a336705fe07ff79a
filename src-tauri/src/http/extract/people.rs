//! Parameters about people: addresses, passwords, preferences, and the pages that invitations lead to.

use drydock_core::project::Project;
use drydock_core::team::MAX_URL_LENGTH;
use drydock_core::user::{
    MAX_EMAIL_LENGTH, MAX_PASSWORD_LENGTH, MAX_PREFS_BYTES, MIN_PASSWORD_LENGTH, Prefs,
};
use drydock_core::{Error, Result};
use email_address::{EmailAddress, Options};

use super::Params;
use crate::http::middleware::host as hosts;

impl Params {
    /// An e-mail address that must be there, lower-cased.
    pub(in crate::http) fn email(&self, name: &'static str) -> Result<String> {
        let text = self.required_text(name, MAX_EMAIL_LENGTH)?;
        let rules = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        match EmailAddress::parse_with_options(&text, rules) {
            Ok(address) => Ok(address.as_str().to_lowercase()),
            Err(_) => Err(Error::invalid(name, "must be a valid email address")),
        }
    }

    /// A password that must be there.
    pub(in crate::http) fn password(&self, name: &'static str) -> Result<String> {
        self.optional_password(name)?
            .ok_or(Error::MissingParam { param: name })
    }

    /// A password.
    pub(in crate::http) fn optional_password(&self, name: &'static str) -> Result<Option<String>> {
        let password = self.text(name, MAX_PASSWORD_LENGTH)?;
        match password {
            Some(password) if password.chars().count() < MIN_PASSWORD_LENGTH => Err(Error::invalid(
                name,
                format!("at least {MIN_PASSWORD_LENGTH} characters"),
            )),
            other => Ok(other),
        }
    }

    /// Preferences that must be there.
    pub(in crate::http) fn prefs(&self, name: &'static str) -> Result<Prefs> {
        self.object(name, MAX_PREFS_BYTES)?
            .ok_or(Error::MissingParam { param: name })
    }

    /// The address of any page; empty where none is given.
    pub(in crate::http) fn page(&self, name: &'static str) -> Result<String> {
        let text = self.text(name, MAX_URL_LENGTH)?.unwrap_or_default();
        if !text.is_empty() {
            web_address(name, &text)?;
        }
        Ok(text)
    }

    /// As [`Params::page`], of one that must be there.
    pub(in crate::http) fn required_page(&self, name: &'static str) -> Result<String> {
        let text = self.required_text(name, MAX_URL_LENGTH)?;
        web_address(name, &text)?;
        Ok(text)
    }

    /// The address of a page of one of the project's apps, or of this machine.
    pub(in crate::http) fn page_of(
        &self,
        name: &'static str,
        project: &Project,
        own: &str,
    ) -> Result<String> {
        let text = self.required_text(name, MAX_URL_LENGTH)?;
        let url = web_address(name, &text)?;
        let host = url.host_str().unwrap_or_default();
        let known =
            hosts::is_loopback(host) || host.eq_ignore_ascii_case(own) || project.knows_origin(&text, host);
        if known {
            return Ok(text);
        }
        Err(Error::invalid(
            name,
            format!(
                "its host must be localhost or a platform of the project, and {host} is none: register it first"
            ),
        ))
    }
}

fn web_address(name: &'static str, text: &str) -> Result<reqwest::Url> {
    reqwest::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
        .ok_or_else(|| Error::invalid(name, "must be a URL with http or https and a host"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::http::Request;
    use serde_json::json;

    use super::*;

    async fn params(body: serde_json::Value) -> Params {
        let request = Request::post("/").header("content-type", "application/json");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Params::of_body(&parts, body.to_string().into()).await.unwrap()
    }

    #[tokio::test]
    async fn addresses_are_lower_cased_and_strange_ones_refused() {
        assert_eq!(
            params(json!({"email": "Ada@Example.COM"}))
                .await
                .email("email")
                .unwrap(),
            "ada@example.com"
        );
        for bad in [
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "Ada <ada@example.com>",
            "a b@example.com",
            "a@[127.0.0.1]",
        ] {
            assert!(
                params(json!({ "email": bad })).await.email("email").is_err(),
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn the_page_of_an_invitation_is_one_of_the_project_s() {
        use drydock_core::clock::Timestamp;
        use drydock_core::id::{ProjectId, TeamId};
        let project = Project::new(
            ProjectId::trusted("p"),
            "P".into(),
            TeamId::trusted("t"),
            Timestamp(0),
        );
        let check = async |url: &str| {
            params(json!({ "url": url }))
                .await
                .page_of("url", &project, "dock.test")
                .is_ok()
        };
        assert!(check("http://localhost:3000/join?x=1").await);
        assert!(check("https://dock.test/join").await);
        for bad in [
            "https://evil.test",
            "javascript:alert(1)",
            "localhost",
            "http://localhost@evil.test/",
            "http://",
        ] {
            assert!(!check(bad).await, "{bad}");
        }
    }
}
