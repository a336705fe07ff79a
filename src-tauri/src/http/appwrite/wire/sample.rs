//! A payload for each event of the list, to try out what listens to it: made up, and of the shape of a real one.

use drydock_core::event_name::EventName;
use serde_json::{Value, json};

const USER: &str = "5e5ea5c168bb8";
const TEAM: &str = "5e5ea5c16897e";
/// A Monday in 2024.
const AT_SECS: i64 = 1_718_000_000;

/// What a payload of that event looks like.
pub(in crate::http) fn sample(event: EventName) -> Value {
    let name = event.as_str();
    let parts: Vec<_> = name.split('.').collect();
    match parts.as_slice() {
        ["account", "recovery" | "verification", _] => token(),
        ["account", "sessions", _] => session(),
        ["functions", "tags", "create" | "delete"] => tag(),
        ["functions", "executions", what] => execution(what == &"update"),
        ["functions", ..] => function(),
        ["teams", "memberships", ..] => membership(),
        ["teams", ..] => team(),
        ["storage", ..] => file(),
        ["database", "collections", _] => collection(),
        ["database", "attributes", _] => attribute(),
        ["database", "indexes", _] => index(),
        ["database", ..] => document(),
        // Of accounts and of users.
        _ => user(name != "account.delete"),
    }
}

fn user(status: bool) -> Value {
    json!({
        "$id": USER, "name": "Ada Lovelace", "registration": AT_SECS, "status": status, "passwordUpdate": AT_SECS,
        "email": "ada@example.com", "emailVerification": true, "prefs": { "theme": "dark" },
    })
}

fn session() -> Value {
    json!({
        "$id": "5e5ea5c16d55e", "userId": USER, "expire": AT_SECS + 31_536_000, "provider": "email",
        "providerUid": "ada@example.com", "providerToken": "", "ip": "127.0.0.1", "osCode": "LIN", "osName": "GNU/Linux",
        "osVersion": "", "clientType": "browser", "clientCode": "FF", "clientName": "Firefox", "clientVersion": "128.0",
        "clientEngine": "Gecko", "clientEngineVersion": "128.0", "deviceName": "desktop", "deviceBrand": "",
        "deviceModel": "", "countryCode": "--", "countryName": "Unknown", "current": true,
    })
}

fn token() -> Value {
    json!({ "$id": "bb8ea5c16897e", "userId": USER, "secret": "", "expire": AT_SECS + 3600 })
}

fn function() -> Value {
    json!({
        "$id": "hello", "execute": ["role:member"], "name": "Hello", "dateCreated": AT_SECS, "dateUpdated": AT_SECS,
        "status": "disabled", "runtime": "node-16.0", "tag": "5e5ea5c16897f", "vars": { "KEY": "value" }, "events": [],
        "schedule": "", "scheduleNext": 0, "schedulePrevious": 0, "timeout": 15,
    })
}

fn tag() -> Value {
    json!({
        "$id": "5e5ea5c16897f", "functionId": "hello", "dateCreated": AT_SECS, "command": "node index.js", "size": 128,
    })
}

fn execution(has_ended: bool) -> Value {
    let (status, stdout, time) = if has_ended {
        ("completed", "Hello\n", 0.05)
    } else {
        ("waiting", "", 0.0)
    };
    json!({
        "$id": "5e5ea5c16897d", "$read": [format!("user:{USER}")], "functionId": "hello", "dateCreated": AT_SECS,
        "trigger": "http", "status": status, "exitCode": 0, "stdout": stdout, "stderr": "", "time": time,
    })
}

fn team() -> Value {
    json!({ "$id": TEAM, "name": "Analysts", "dateCreated": AT_SECS, "sum": 1 })
}

fn membership() -> Value {
    json!({
        "$id": "5e5ea5c16897c", "userId": USER, "teamId": TEAM, "name": "Ada Lovelace", "email": "ada@example.com",
        "invited": AT_SECS, "joined": AT_SECS, "confirm": true, "roles": ["owner"],
    })
}

fn file() -> Value {
    json!({
        "$id": "5e5ea5c16897b", "$read": ["role:all"], "$write": [format!("user:{USER}")], "name": "notes.txt",
        "dateCreated": AT_SECS, "signature": "5d529fd02b544198ae075bd57c1762bb", "mimeType": "text/plain",
        "sizeOriginal": 17_890,
    })
}

fn collection() -> Value {
    json!({
        "$id": "5e5ea5c15117e", "$read": ["role:all"], "$write": [format!("user:{USER}")], "name": "Books", "enabled": true,
        "permission": "document", "attributes": [attribute()], "indexes": [index()],
    })
}

fn attribute() -> Value {
    json!({
        "key": "title", "type": "string", "status": "available", "required": true, "array": false, "size": 128,
        "default": "",
    })
}

fn index() -> Value {
    json!({ "key": "by_title", "type": "key", "status": "available", "attributes": ["title"], "orders": ["ASC"] })
}

fn document() -> Value {
    json!({
        "$id": "5e5ea5c16897a", "$collection": "5e5ea5c15117e", "$read": ["role:all"], "$write": [format!("user:{USER}")],
        "title": "Notes on the Analytical Engine",
    })
}
