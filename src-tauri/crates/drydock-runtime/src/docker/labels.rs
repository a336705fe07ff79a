//! What says whose a container or volume is.
//!
//! Owns: names and labels. Everything that Drydock makes in an engine carries the identity of its data folder and of the
//! server's run, so that servers share an engine without touching each other's, and what a dead server left is known.
//! Must not: ask the engine.

use std::collections::HashMap;

const DATA: &str = "io.drydock.data";
const RUN: &str = "io.drydock.run";
const CODE: &str = "io.drydock.code";

/// Whose things are.
#[derive(Debug, Clone)]
pub(super) struct Labels {
    /// Of the data folder.
    data: String,
    /// Of this run of the server.
    run: String,
}

impl Labels {
    pub(super) fn new(data: String, run: String) -> Self {
        Self { data, run }
    }

    /// Those of a thing for some code.
    pub(super) fn of(&self, code_id: &str) -> HashMap<String, String> {
        [(DATA, &self.data), (RUN, &self.run)]
            .into_iter()
            .chain([(CODE, &code_id.to_owned())])
            .map(|(label, value)| (label.to_owned(), value.clone()))
            .collect()
    }

    /// The filter for everything of this data folder; of all of them, where there is none.
    pub(super) fn filter(&self) -> HashMap<String, Vec<String>> {
        let label = match self.data.as_str() {
            "" => DATA.to_owned(),
            data => format!("{DATA}={data}"),
        };
        HashMap::from([("label".to_owned(), vec![label])])
    }

    /// Whether a thing of this data folder is of an earlier run.
    pub(super) fn is_left_over(&self, labels: Option<&HashMap<String, String>>) -> bool {
        labels
            .is_some_and(|labels| labels.get(DATA) == Some(&self.data) && labels.get(RUN) != Some(&self.run))
    }

    /// Whether a thing is of this run.
    pub(super) fn is_ours(&self, labels: Option<&HashMap<String, String>>) -> bool {
        labels
            .is_some_and(|labels| labels.get(DATA) == Some(&self.data) && labels.get(RUN) == Some(&self.run))
    }

    /// A name that nothing else in the engine has; `what` makes it readable.
    pub(super) fn name(&self, what: &str, number: u64) -> String {
        let what: String = what
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        format!("drydock-{}-{what}-{number}", self.run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_run_or_another_server_made_is_told_apart() {
        let now = Labels::new("folder".to_owned(), "b".to_owned());
        let before = Labels::new("folder".to_owned(), "a".to_owned()).of("x");
        let other = Labels::new("another".to_owned(), "c".to_owned()).of("x");
        assert!(now.is_left_over(Some(&before)) && !now.is_ours(Some(&before)));
        assert!(now.is_ours(Some(&now.of("x"))) && !now.is_left_over(Some(&now.of("x"))));
        assert!(!now.is_left_over(Some(&other)) && !now.is_ours(Some(&other)));
        assert!(!now.is_left_over(None) && !now.is_ours(None));
    }

    #[test]
    fn a_name_is_one_that_an_engine_takes() {
        let name = Labels::new("folder".to_owned(), "b1".to_owned()).name("default/6 ü", 7);
        assert_eq!(name, "drydock-b1-default_6__-7");
    }
}
