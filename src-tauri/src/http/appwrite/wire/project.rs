//! A project on the wire, with everything that the contract's console shows of one.

use drydock_core::project::{self, AuthMethod, Service};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Key, Platform, Webhook};
use crate::engine::{OpenKey, OpenWebhook};

/// The services that a user could sign in with elsewhere. Here none can be set up, so the two fields that the
/// contract has for each are empty.
const PROVIDERS: [&str; 27] = [
    "Amazon",
    "Apple",
    "Bitbucket",
    "Bitly",
    "Box",
    "Discord",
    "Dropbox",
    "Facebook",
    "Github",
    "Gitlab",
    "Google",
    "Linkedin",
    "Microsoft",
    "Paypal",
    "PaypalSandbox",
    "Salesforce",
    "Slack",
    "Spotify",
    "Tradeshift",
    "TradeshiftBox",
    "Twitch",
    "Vk",
    "Yahoo",
    "Yammer",
    "Yandex",
    "Wordpress",
    "Mock",
];

/// A project.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Project {
    #[serde(rename = "$id")]
    id: String,
    name: String,
    description: String,
    team_id: String,
    logo: String,
    url: String,
    legal_name: String,
    legal_country: String,
    legal_state: String,
    legal_city: String,
    legal_address: String,
    legal_tax_id: String,
    auth_limit: i64,
    platforms: Vec<Platform>,
    webhooks: Vec<Webhook>,
    keys: Vec<Key>,
    domains: [(); 0],
    #[serde(flatten)]
    switches: Map<String, Value>,
}

impl Project {
    pub(in crate::http) fn new(
        project: project::Project,
        keys: Vec<OpenKey>,
        webhooks: Vec<OpenWebhook>,
    ) -> Self {
        let mut switches = Map::new();
        for provider in PROVIDERS {
            for field in ["Appid", "Secret"] {
                switches.insert(format!("provider{provider}{field}"), Value::from(""));
            }
        }
        for &method in AuthMethod::ALL {
            let on = !project.auth_off.contains(&method);
            switches.insert(auth_field(method).to_owned(), Value::from(on));
        }
        for &service in Service::ALL {
            let on = !project.services_off.contains(&service);
            switches.insert(
                format!("serviceStatusFor{}", capital(service.as_str())),
                Value::from(on),
            );
        }
        let details = project.details;
        Self {
            id: project.id.to_string(),
            name: project.name,
            description: details.description,
            team_id: project.team.to_string(),
            logo: details.logo,
            url: details.url,
            legal_name: details.legal_name,
            legal_country: details.legal_country,
            legal_state: details.legal_state,
            legal_city: details.legal_city,
            legal_address: details.legal_address,
            legal_tax_id: details.legal_tax_id,
            auth_limit: project.auth_limit,
            platforms: project.platforms.into_iter().map(Into::into).collect(),
            webhooks: webhooks.into_iter().map(Into::into).collect(),
            keys: keys.into_iter().map(Into::into).collect(),
            domains: [],
            switches,
        }
    }
}

const fn auth_field(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::EmailPassword => "authEmailPassword",
        AuthMethod::MagicUrl => "authUsersAuthMagicURL",
        AuthMethod::Anonymous => "authAnonymous",
        AuthMethod::Invites => "authInvites",
        AuthMethod::Jwt => "authJWT",
        AuthMethod::Phone => "authPhone",
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// One page of projects.
#[derive(Serialize)]
pub(in crate::http) struct ProjectList {
    pub(in crate::http) sum: i64,
    pub(in crate::http) projects: Vec<Project>,
}
