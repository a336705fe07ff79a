//! What the dialect lets through, what it refuses, and in which words.

use super::*;

fn pattern(text: &str) -> String {
    normalise(text).map_or_else(|rule| format!("refused: {rule}"), |normal| normal.pattern)
}

#[test]
fn names_ranges_and_steps_become_numbers() {
    assert_eq!(
        pattern("*/20 8-10 1,15W,L jan-mar MON#2,friL"),
        "0,20,40 8,9,10 1,15W,L 1,2,3 1#2,5L"
    );
}

#[test]
fn ranges_of_weekdays_run_over_the_end_of_the_week() {
    for (range, days) in [
        ("FRI-SUN", "5,6,0"),
        ("5-7", "5,6,0"),
        ("6-0", "6,0"),
        ("5-1", "5,6,0,1"),
        ("7-2", "0,1,2"),
        ("SUN-SUN", "0"),
        ("7-7", "0"),
        ("7-0", "0"),
        ("0-7", "0,1,2,3,4,5,6,0"),
    ] {
        assert_eq!(
            pattern(&format!("0 0 * * {range}")),
            format!("0 0 * * {days}"),
            "{range}"
        );
    }
}

#[test]
fn only_a_lone_star_or_question_mark_leaves_a_day_field_open() {
    assert_eq!(pattern("0 0 ? * ?"), "0 0 * * *");
    assert_eq!(pattern("0 0 * * */3,*"), "0 0 * * 0,3,6,0,1,2,3,4,5,6,0");
}

#[test]
fn every_refusal_names_the_item_the_field_and_the_mend() {
    for (text, words) in [
        (
            "5/15 * * * *",
            "'5/15' in the field minute: a step needs a range: write 5-59/15 or */15",
        ),
        (
            "* 22-2 * * *",
            "'22-2' in the field hour: a range runs upwards: write 22-23,0-2",
        ),
        (
            "* * 32 * *",
            "'32' in the field day of month: allowed are 1 to 31",
        ),
        (
            "* * L,LW * *",
            "'L,LW' in the field day of month: L (last day) and LW (last working day) exclude",
        ),
        (
            "* * * FOO *",
            "'FOO' in the field month: allowed are 1 to 12 and JAN to DEC",
        ),
        (
            "* * * * L",
            "'L' in the field day of week: L needs a day before it, such as 5L or FRIL",
        ),
        (
            "* * * * 1#6",
            "'1#6' in the field day of week: after # stands a number from 1 to 5",
        ),
        (
            "*/0 * * * *",
            "'*/0' in the field minute: a step is a whole number of at least 1",
        ),
        ("1,,3 * * * *", "'' in the field minute: allowed are 0 to 59"),
        (
            "* * * * * *",
            "has 5 fields (minute, hour, day of month, month, day of week; no seconds",
        ),
        (
            "@reboot",
            "'@reboot' is none of the macros @yearly, @annually, @monthly",
        ),
    ] {
        let got = pattern(text);
        assert!(got.starts_with("refused") && got.contains(words), "{text}: {got}");
    }
}

#[test]
fn what_croner_would_forgive_is_refused() {
    for text in [
        "",
        "? * * * *",
        "* * *? * *",
        "* * ?,1 * *",
        "* * * * +1",
        "+5 * * * *",
        "/5 * * * *",
        "1-2-3 * * * *",
        "1-5/2/2 * * * *",
        "* * 1-5W * *",
        "* * W * *",
        "* * L-3 * *",
        "* * * * 1-5#2",
        "* * * * 15W",
        "* * * * MONDAY",
        "* * * MON *",
        "99999999999 * * * *",
        "@ hourly",
        "0 0 * * \u{ff11}",
    ] {
        assert!(
            normalise(text).is_err(),
            "{text:?} was taken as {}",
            pattern(text)
        );
    }
}
