//! A command is split or refused with a reason; its words are what a process can be given.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|command: &str| match drydock_runtime::command::split(command) {
    Ok(words) => {
        assert!(!words[0].is_empty());
        assert!(words.iter().all(|word| !word.contains('\0')));
    }
    Err(why) => assert!(!why.is_empty()),
});
