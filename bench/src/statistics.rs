//! The arithmetic of a measurement: percentiles of samples, ratios of rounds, and whether a goal holds.
//!
//! Pure. Every round measures both sides one after the other, so that a machine which becomes slower halfway is
//! slower for both; what counts is the median of the rounds' ratios, and their spread says how far to trust it.

use serde_json::{Value, json};

/// Many times of one kind, in the unit of the measurement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Percentiles {
    pub(crate) count: usize,
    pub(crate) min: f64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Percentiles {
    /// `None` of no samples.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let sorted = sorted(samples);
        Some(Self {
            count: sorted.len(),
            min: *sorted.first()?,
            p50: nearest_rank(&sorted, 0.50),
            p90: nearest_rank(&sorted, 0.90),
            p99: nearest_rank(&sorted, 0.99),
            max: *sorted.last()?,
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "count": self.count, "min": self.min, "p50": self.p50, "p90": self.p90, "p99": self.p99, "max": self.max,
        })
    }
}

/// What one side showed in one round.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Side {
    /// The figure that is compared.
    pub(crate) value: f64,
    /// Where it is one of many.
    pub(crate) samples: Option<Percentiles>,
}

impl Side {
    /// A figure without samples behind it, such as a rate.
    pub(crate) const fn plain(value: f64) -> Self {
        Self { value, samples: None }
    }

    /// The middle of the samples; `None` of none.
    pub(crate) fn p50(samples: &[f64]) -> Option<Self> {
        Percentiles::of(samples).map(|samples| Self {
            value: samples.p50,
            samples: Some(samples),
        })
    }

    /// The bad end of the samples; `None` of none.
    pub(crate) fn p99(samples: &[f64]) -> Option<Self> {
        Percentiles::of(samples).map(|samples| Self {
            value: samples.p99,
            samples: Some(samples),
        })
    }

    fn to_json(&self) -> Value {
        json!({ "value": self.value, "samples": self.samples.as_ref().map(Percentiles::to_json) })
    }
}

/// Both sides, measured one after the other; a measurement of an absolute figure has no reference.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Round {
    pub(crate) ours: Side,
    pub(crate) reference: Option<Side>,
}

impl Round {
    /// What the goal is about: ours by the reference, or ours alone.
    pub(crate) fn figure(&self) -> f64 {
        self.reference
            .as_ref()
            .map_or(self.ours.value, |reference| self.ours.value / reference.value)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "ours": self.ours.to_json(),
            "reference": self.reference.as_ref().map(Side::to_json),
            "figure": self.figure(),
        })
    }
}

/// The middle of the rounds, and how far they were apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// `None` of no figures.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let sorted = sorted(&figures.into_iter().collect::<Vec<_>>());
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let median = if sorted.len() % 2 == 1 {
            upper
        } else {
            f64::midpoint(sorted[middle - 1], upper)
        };
        Some(Self {
            median,
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }
}

/// What the figure must be, and what we want it to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// Less is better.
    AtMost { must: f64, aim: f64 },
    /// More is better.
    AtLeast { must: f64, aim: f64 },
}

/// How a figure stands to its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The aim is reached, and with it the must.
    Aim,
    /// The must holds, the aim does not.
    Must,
    /// Neither.
    Missed,
}

impl Verdict {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Missed => "MISSED",
        }
    }
}

impl Goal {
    pub(crate) const fn must(self) -> f64 {
        match self {
            Self::AtMost { must, .. } | Self::AtLeast { must, .. } => must,
        }
    }

    pub(crate) const fn aim(self) -> f64 {
        match self {
            Self::AtMost { aim, .. } | Self::AtLeast { aim, .. } => aim,
        }
    }

    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::AtMost { .. } => "≤",
            Self::AtLeast { .. } => "≥",
        }
    }

    /// A figure that is no number, as of a reference that did nothing, reaches nothing.
    pub(crate) fn judge(self, figure: f64) -> Verdict {
        let reaches = |limit: f64| match self {
            Self::AtMost { .. } => figure <= limit,
            Self::AtLeast { .. } => figure.is_finite() && figure >= limit,
        };
        if reaches(self.aim()) {
            Verdict::Aim
        } else if reaches(self.must()) {
            Verdict::Must
        } else {
            Verdict::Missed
        }
    }
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The smallest sample that at least that share of all does not exceed: always one that was measured.
fn nearest_rank(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_that_were_measured_whatever_their_order() {
        let samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let percentiles = Percentiles::of(&samples).unwrap();
        let expected = Percentiles {
            count: 100,
            min: 1.0,
            p50: 50.0,
            p90: 90.0,
            p99: 99.0,
            max: 100.0,
        };
        assert_eq!(percentiles, expected);
    }

    #[test]
    fn one_sample_is_all_its_percentiles_and_no_sample_has_none() {
        let one = Percentiles::of(&[7.0]).unwrap();
        assert_eq!((one.min, one.p50, one.p99, one.max), (7.0, 7.0, 7.0, 7.0));
        assert_eq!(Percentiles::of(&[]), None);
        assert_eq!(Side::p50(&[]), None);
    }

    #[test]
    fn the_ninety_ninth_of_a_thousand_leaves_ten_above() {
        let samples: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(Side::p99(&samples).unwrap().value, 990.0);
    }

    #[test]
    fn a_round_with_a_reference_is_a_ratio_and_one_without_is_the_figure_itself() {
        let ours = Side::plain(3.0);
        let with = Round {
            ours: ours.clone(),
            reference: Some(Side::plain(2.0)),
        };
        assert_eq!(with.figure(), 1.5);
        let without = Round {
            ours,
            reference: None,
        };
        assert_eq!(without.figure(), 3.0);
    }

    #[test]
    fn the_median_of_an_even_number_of_rounds_is_between_the_middle_two() {
        let odd = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.min, odd.max), (2.0, 1.0, 3.0));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_goal_holds_at_its_limit_in_both_directions() {
        let less = Goal::AtMost { must: 1.5, aim: 1.2 };
        assert_eq!(less.judge(1.2), Verdict::Aim);
        assert_eq!(less.judge(1.5), Verdict::Must);
        assert_eq!(less.judge(1.51), Verdict::Missed);
        let more = Goal::AtLeast { must: 0.8, aim: 0.95 };
        assert_eq!(more.judge(0.95), Verdict::Aim);
        assert_eq!(more.judge(0.8), Verdict::Must);
        assert_eq!(more.judge(0.79), Verdict::Missed);
    }

    #[test]
    fn a_reference_of_nothing_reaches_no_goal() {
        for goal in [
            Goal::AtMost { must: 1.0, aim: 1.0 },
            Goal::AtLeast { must: 1.0, aim: 1.0 },
        ] {
            assert_eq!(goal.judge(f64::NAN), Verdict::Missed);
            assert_eq!(goal.judge(f64::INFINITY), Verdict::Missed);
        }
    }
}
