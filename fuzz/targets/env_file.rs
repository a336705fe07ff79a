//! A `.env` file is read or refused; the names it gives are ones that a process can have.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    if let Ok(vars) = drydock_code::inspect::read_env(file.path()) {
        for name in vars.keys() {
            assert!(
                !name.is_empty() && !name.contains(['=', '\0']),
                "{name:?} is no name"
            );
        }
    }
});
