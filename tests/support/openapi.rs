//! The published API document as a judge of every answer.
//!
//! Owns: finding the operation of a request, the schema of its answer, and the overlay of what the documents
//! say wrongly (`fixtures/contract/overlay.json`, a merge patch). Stricter than the documents in one thing: an
//! object of the API has no field that they do not name.

use std::collections::HashMap;
use std::fs;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::answer::Answer;

/// The server's document first, then the client's, which has sign-up and sign-in; the console's has what only
/// it describes, such as usage.
const DOCUMENTS: [&str; 3] = [
    "open-api3-0.12.x-server.json",
    "open-api3-0.12.x-client.json",
    "open-api3-0.12.x-console.json",
];

static JUDGE: LazyLock<Judge> = LazyLock::new(Judge::load);

/// Checks an answer of a known `/v1` route; other paths are none of its business.
pub(crate) fn check(answer: &Answer) {
    if let Some(path) = answer.path.strip_prefix("/v1") {
        JUDGE.check(path, answer);
    }
}

struct Operation {
    method: String,
    path: Vec<String>,
    /// Validators of successful answers by status; `None` where the answer has no body.
    answers: HashMap<u16, Option<Validator>>,
}

struct Judge {
    operations: Vec<Operation>,
    error: Validator,
}

impl Judge {
    fn load() -> Self {
        let overlay = read("overlay.json");
        let documents = DOCUMENTS.map(|name| {
            let mut document = read(name);
            correct(&mut document, &overlay);
            close_objects(&mut document["components"]["schemas"]);
            document
        });
        let operations = documents.iter().flat_map(operations).collect();
        let error = validator(&documents[0], &json!({ "$ref": "#/components/schemas/error" }));
        Self { operations, error }
    }

    fn check(&self, path: &str, answer: &Answer) {
        if answer.method == "HEAD" || answer.method == "OPTIONS" {
            return;
        }
        if answer.status >= 400 {
            return judge(&self.error, answer);
        }
        let operation = self
            .find(answer.method.as_str(), path)
            .unwrap_or_else(|| panic!("the API document knows no such call, yet it succeeds: {answer}"));
        match operation.answers.get(&answer.status) {
            Some(Some(validator)) => judge(validator, answer),
            Some(None) => assert!(
                answer.body.is_empty(),
                "the API document says: no content; {answer}"
            ),
            None => panic!("the API document knows no such status of this call: {answer}"),
        }
    }

    /// The operation of a path. A literal segment beats a parameter: `/functions/runtimes` is no function.
    fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        self.operations
            .iter()
            .filter(|operation| operation.method == method && fits(&operation.path, &segments))
            .min_by_key(|operation| {
                operation
                    .path
                    .iter()
                    .filter(|segment| segment.starts_with('{'))
                    .count()
            })
    }
}

fn fits(template: &[String], segments: &[&str]) -> bool {
    template.len() == segments.len()
        && template
            .iter()
            .zip(segments)
            .all(|(template, segment)| template.starts_with('{') || template == segment)
}

fn judge(validator: &Validator, answer: &Answer) {
    let body = answer.json();
    let faults: Vec<_> = validator
        .iter_errors(&body)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(
        faults.is_empty(),
        "not as the API document says:\n{}\n{answer}",
        faults.join("\n")
    );
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let answers =
                operation["responses"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter_map(|(status, response)| {
                        let schema = response.pointer("/content/application~1json/schema");
                        Some((
                            status.parse().ok()?,
                            schema.map(|schema| validator(document, schema)),
                        ))
                    });
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path
                    .trim_start_matches('/')
                    .split('/')
                    .map(str::to_owned)
                    .collect(),
                answers: answers.collect(),
            });
        }
    }
    operations
}

/// The schema's references point into the document, so it stands beside the document's components.
fn validator(document: &Value, schema: &Value) -> Validator {
    jsonschema::draft7::new(&json!({ "allOf": [schema], "components": document["components"] }))
        .unwrap_or_else(|error| panic!("{error} in {schema}"))
}

/// An object with named fields has those and no others.
fn close_objects(schemas: &mut Value) {
    for schema in schemas.as_object_mut().unwrap().values_mut() {
        let named = schema.get("properties").is_some();
        if named && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
    }
}

/// Merges the overlay: all of its components, but only the operations that the document has.
fn correct(document: &mut Value, overlay: &Value) {
    merge(&mut document["components"], &overlay["components"]);
    for (path, methods) in overlay["paths"].as_object().unwrap() {
        for (method, correction) in methods.as_object().unwrap() {
            if let Some(operation) = document["paths"]
                .get_mut(path)
                .and_then(|methods| methods.get_mut(method))
            {
                merge(operation, correction);
            }
        }
    }
}

/// JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name], value);
        }
    }
}

fn read(name: &str) -> Value {
    let path = crate::tests_folder().join("fixtures/contract").join(name);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
