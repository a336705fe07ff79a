//! The channels that a connection asks for, and those it listens to: names of an account's own channels depend on
//! who has signed in.

use drydock_core::id::UserId;
use serde_json::Value;

use crate::http::extract::bracket;

/// Most channels of one connection: more than a page shows executions, and an end for the work of opening.
pub(super) const MAX_CHANNELS: usize = 256;

/// What everybody asks for who wants to hear of their own account.
const ACCOUNT: &str = "account";
/// What an account's channels begin with.
const OF_ACCOUNT: &str = "account.";

/// The channels that a query names, each once and in its order: `channels[]=`, `channels[0]=` or `channels=`, brackets
/// percent-encoded or not. An account's own channel cannot be asked for by name. `None` when there are too many.
pub(super) fn asked_for(query: &str) -> Option<Vec<String>> {
    let mut params = bracket::parse(query)?;
    let named: Vec<Value> = match params.remove("channels") {
        Some(Value::Array(items)) => items,
        Some(Value::Object(members)) => members.into_iter().map(|(_, item)| item).collect(),
        Some(item) => vec![item],
        None => Vec::new(),
    };
    if named.len() > MAX_CHANNELS {
        return None;
    }
    let mut channels: Vec<String> = Vec::new();
    for name in named {
        if let Value::String(name) = name
            && !name.is_empty()
            && !name.starts_with(OF_ACCOUNT)
            && !channels.contains(&name)
        {
            channels.push(name);
        }
    }
    Some(channels)
}

/// What somebody listens to who has asked for these: `account` is also the account's own channel.
pub(super) fn of(asked_for: &[String], user: Option<&UserId>) -> Vec<String> {
    let own = user
        .filter(|_| asked_for.iter().any(|name| name == ACCOUNT))
        .map(|user| format!("{OF_ACCOUNT}{user}"));
    asked_for.iter().cloned().chain(own).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_list_is_read() {
        for query in [
            "channels[]=executions&channels[]=functions.f",
            "channels%5B%5D=executions&channels%5B%5D=functions.f",
            "channels[1]=functions.f&channels[0]=executions",
            "channels[a]=executions&channels[b]=functions.f",
            "project=p&channels[]=executions&channels[]=&channels[]=executions&channels[]=functions.f",
        ] {
            assert_eq!(
                asked_for(query).unwrap(),
                ["executions", "functions.f"],
                "{query}"
            );
        }
        assert_eq!(asked_for("channels=executions").unwrap(), ["executions"]);
        assert!(asked_for("project=p").unwrap().is_empty());
        assert!(asked_for("channels[][x]=executions").unwrap().is_empty());
        assert!(asked_for(&"channels[]=x&".repeat(MAX_CHANNELS + 1)).is_none());
    }

    #[test]
    fn an_account_has_the_channel_of_its_own_and_no_other() {
        let asked = asked_for("channels[]=account&channels[]=account.bob&channels[]=teams").unwrap();
        assert_eq!(asked, ["account", "teams"]);
        assert_eq!(of(&asked, None), ["account", "teams"]);
        let ada = UserId::trusted("ada");
        assert_eq!(of(&asked, Some(&ada)), ["account", "teams", "account.ada"]);
        assert_eq!(of(&["teams".to_owned()], Some(&ada)), ["teams"]);
    }
}
