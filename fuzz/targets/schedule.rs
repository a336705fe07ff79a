//! A CRON expression is refused with a reason, or has words and runs that come one after the other, on whole minutes.
#![no_main]

use drydock_core::clock::Timestamp;
use drydock_core::schedule::Schedule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(schedule) = Schedule::parse("schedule", text) else {
        return;
    };
    assert_eq!(schedule.as_str(), text);
    assert!(!schedule.words().is_empty());
    let mut last = Timestamp::from_secs(1_700_000_000);
    for run in schedule.runs_after(last).take(3) {
        assert!(run.secs() > last.secs() && run.secs() % 60 == 0);
        last = run;
    }
});
