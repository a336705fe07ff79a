//! A directory's list has one way to be written: what can be read is written as it was read.
#![no_main]

use drydock_code::tree::Directory;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(directory) = Directory::decode(bytes) {
        assert_eq!(directory.encode().1, bytes);
    }
});
