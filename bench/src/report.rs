//! What a run says: a table for people, JSON for whoever compares runs.
//!
//! Owns: the shape of both. Must not: measure, or decide anything but whether a goal holds.

use serde_json::{Value, json};

use crate::measure::{Measurement, Outcome};
use crate::statistics::{Goal, Round, Side, Spread, Verdict};

/// A measurement with how it went; an error is a text.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) measurement: Measurement,
    pub(crate) outcome: Result<Outcome, String>,
}

/// The table's first line.
pub(crate) fn heading() -> String {
    format!(
        "{:<15} {:>12} {:>12} {:>7} {:>15} {:>7} {:>7}  holds",
        "measurement", "ours", "reference", "ratio", "spread", "must", "aim"
    )
}

impl Entry {
    /// Whether the must was missed.
    pub(crate) fn missed(&self) -> bool {
        self.verdict() == Some(Verdict::Missed)
    }

    fn rounds(&self) -> &[Round] {
        match &self.outcome {
            Ok(Outcome::Measured { rounds, .. }) => rounds,
            _ => &[],
        }
    }

    fn figure(&self) -> Option<Spread> {
        Spread::of(self.rounds().iter().map(Round::figure))
    }

    fn verdict(&self) -> Option<Verdict> {
        Some(self.measurement.goal().judge(self.figure()?.median))
    }

    /// A line of the table, and one more for what a reader must know of it.
    pub(crate) fn line(&self) -> String {
        let name = self.measurement.name();
        let notes = match &self.outcome {
            Ok(Outcome::Measured { notes, .. }) => notes,
            Ok(Outcome::NotMeasured(why)) => return format!("{name:<15} not measured: {why}"),
            Err(error) => return format!("{name:<15} FAILED: {error}"),
        };
        let (Some(figure), Some(verdict)) = (self.figure(), self.verdict()) else {
            return format!("{name:<15} FAILED: no rounds");
        };
        let unit = self.measurement.unit();
        let side = |of: fn(&Round) -> Option<&Side>| {
            let values = self.rounds().iter().filter_map(|round| Some(of(round)?.value));
            Spread::of(values).map_or_else(|| "–".to_owned(), |spread| amount(spread.median, unit))
        };
        let goal = self.measurement.goal();
        let mut line = format!(
            "{name:<15} {:>12} {:>12} {:>7} {:>15} {:>7} {:>7}  {}",
            side(|round| Some(&round.ours)),
            side(|round| round.reference.as_ref()),
            number(figure.median),
            format!("{}..{}", number(figure.min), number(figure.max)),
            limit(goal, goal.must()),
            limit(goal, goal.aim()),
            verdict.name(),
        );
        if !notes.is_empty() {
            line.extend(["\n", &" ".repeat(16), "(", &notes.join("; "), ")"]);
        }
        line
    }

    fn to_json(&self) -> Value {
        let goal = self.measurement.goal();
        let (notes, not_measured, error) = match &self.outcome {
            Ok(Outcome::Measured { notes, .. }) => (json!(notes), Value::Null, Value::Null),
            Ok(Outcome::NotMeasured(why)) => (json!([]), json!(why), Value::Null),
            Err(error) => (json!([]), Value::Null, json!(error)),
        };
        json!({
            "name": self.measurement.name(),
            "unit": self.measurement.unit(),
            "goal": { "sign": goal.sign(), "must": goal.must(), "aim": goal.aim() },
            "figure": self.figure().map(|figure| {
                json!({ "median": figure.median, "min": figure.min, "max": figure.max })
            }),
            "holds": self.verdict().map(|verdict| verdict.name().to_lowercase()),
            "rounds": self.rounds().iter().map(Round::to_json).collect::<Vec<_>>(),
            "notes": notes,
            "notMeasured": not_measured,
            "error": error,
        })
    }
}

/// The whole run.
pub(crate) fn json(at_ms: u128, quick: bool, machine: &Value, versions: &Value, entries: &[Entry]) -> Value {
    json!({
        "atMs": at_ms as u64,
        "quick": quick,
        "machine": machine,
        "versions": versions,
        "measurements": entries.iter().map(Entry::to_json).collect::<Vec<_>>(),
    })
}

fn amount(value: f64, unit: &str) -> String {
    format!("{} {unit}", number(value))
}

fn limit(goal: Goal, value: f64) -> String {
    format!("{} {value}", goal.sign())
}

/// Three digits or so: more would claim what no spread here allows.
fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(pairs: &[(f64, f64)]) -> Entry {
        let rounds = pairs.iter().map(|&(ours, reference)| Round {
            ours: Side::plain(ours),
            reference: Some(Side::plain(reference)),
        });
        Entry {
            measurement: Measurement::StartCold,
            outcome: Ok(Outcome::Measured {
                rounds: rounds.collect(),
                notes: vec!["a note".to_owned()],
            }),
        }
    }

    #[test]
    fn a_line_has_the_median_ratio_its_spread_and_whether_it_holds() {
        let line = measured(&[(60.0, 40.0), (52.0, 40.0), (44.0, 40.0)]).line();
        let words: Vec<_> = line.split_whitespace().collect();
        let expected = "start-cold 52.0 ms 40.0 ms 1.30 1.10..1.50 ≤ 1.5 ≤ 1.2 must (a note)";
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn columns_stand_below_their_names() {
        let entry = measured(&[(60.0, 40.0)]);
        let line = entry.line();
        let column = |line: &str, word: &str| line[..line.find(word).unwrap()].chars().count();
        assert_eq!(column(&heading(), "holds"), column(&line, "must"));
    }

    #[test]
    fn what_was_not_measured_says_why_and_misses_nothing() {
        let entry = Entry {
            measurement: Measurement::StartNode,
            outcome: Ok(Outcome::NotMeasured("this build has no standby".to_owned())),
        };
        assert!(entry.line().ends_with("not measured: this build has no standby"));
        assert!(!entry.missed());
        assert!(measured(&[(70.0, 40.0)]).missed());
    }

    #[test]
    fn the_json_has_every_round_and_the_verdict() {
        let entries = [measured(&[(60.0, 40.0), (44.0, 40.0)])];
        let all = json(7, true, &json!({ "cores": 2 }), &json!({}), &entries);
        let one = &all["measurements"][0];
        assert_eq!(one["name"], "start-cold");
        assert_eq!(one["rounds"][0]["ours"]["value"], 60.0);
        assert_eq!(one["figure"]["median"], 1.3);
        assert_eq!(one["holds"], "must");
        assert_eq!(
            (&all["atMs"], &all["quick"], &all["machine"]["cores"]),
            (&json!(7), &json!(true), &json!(2))
        );
    }
}
