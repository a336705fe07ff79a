//! The contract's documents are what their README says: facts without prose, and an overlay that is needed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;

const CLIENT: &str = include_str!("../../../../tests/fixtures/contract/open-api3-0.12.x-client.json");
const SERVER: &str = include_str!("../../../../tests/fixtures/contract/open-api3-0.12.x-server.json");
const CONSOLE: &str = include_str!("../../../../tests/fixtures/contract/open-api3-0.12.x-console.json");
const OVERLAY: &str = include_str!("../../../../tests/fixtures/contract/overlay.json");

/// Collects the path of every text of more than one word.
fn find_prose(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.trim().contains(char::is_whitespace) => {
            found.push(format!("{path}: {text}"));
        }
        Value::Array(items) => items.iter().for_each(|item| find_prose(item, path, found)),
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, field)| find_prose(field, &format!("{path}/{name}"), found));
        }
        _ => {}
    }
}

#[test]
fn the_documents_hold_no_prose() {
    let mut found = Vec::new();
    for text in [CLIENT, SERVER, CONSOLE] {
        find_prose(&serde_json::from_str(text).unwrap(), "", &mut found);
        for keyword in ["\"summary\":", "\"x-example\":", "\"demo\":", "\"externalDocs\":"] {
            assert!(!text.contains(keyword), "{keyword}");
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_correction_of_the_overlay_has_a_reason_and_changes_a_field_that_the_console_document_has() {
    let overlay: Value = serde_json::from_str(OVERLAY).unwrap();
    let document: Value = serde_json::from_str(CONSOLE).unwrap();
    let schemas = &document["components"]["schemas"];
    for (name, correction) in overlay["components"]["schemas"].as_object().unwrap() {
        if schemas.get(name).is_none() {
            // A schema that the document refers to without defining it.
            let reference = format!("\"#/components/schemas/{name}\"");
            assert!(
                CONSOLE.contains(&reference) && correction["$comment"].is_string(),
                "{name}"
            );
            continue;
        }
        for (field, corrected) in correction["properties"].as_object().unwrap() {
            let published = schemas[name]["properties"].get(field);
            let published = published.unwrap_or_else(|| panic!("{name}.{field} is not in the document"));
            assert!(
                corrected["$comment"].is_string(),
                "{name}.{field} gives no reason"
            );
            let keywords = corrected
                .as_object()
                .unwrap()
                .iter()
                .filter(|(keyword, _)| *keyword != "$comment");
            let changed = keywords
                .into_iter()
                .any(|(keyword, wanted)| published.get(keyword) != Some(wanted));
            assert!(changed, "{name}.{field} is right in the document");
        }
    }
}

#[test]
fn every_corrected_answer_has_a_reason_and_another_schema_than_the_console_document() {
    let overlay: Value = serde_json::from_str(OVERLAY).unwrap();
    let document: Value = serde_json::from_str(CONSOLE).unwrap();
    let groups: Vec<_> = overlay.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(groups, ["components", "paths"]);
    for (path, methods) in overlay["paths"].as_object().unwrap() {
        for (method, correction) in methods.as_object().unwrap() {
            let published = &document["paths"][path][method]["responses"];
            assert!(
                correction["$comment"].is_string(),
                "{method} {path} gives no reason"
            );
            for (status, answer) in correction["responses"].as_object().unwrap() {
                const SCHEMA: &str = "/content/application~1json/schema";
                let (was, wanted) = (published[status].pointer(SCHEMA), answer.pointer(SCHEMA));
                assert!(was.is_some(), "{method} {path} {status} is not in the document");
                assert!(wanted.is_some(), "{method} {path} {status} corrects nothing");
                assert_ne!(was, wanted, "{method} {path} {status} is right in the document");
                let name = wanted.unwrap()["$ref"]
                    .as_str()
                    .unwrap()
                    .rsplit('/')
                    .next()
                    .unwrap();
                assert!(
                    document["components"]["schemas"].get(name).is_some(),
                    "{name} is not in the document"
                );
            }
        }
    }
}
