//! Output becomes text without loss, and the tail of it is the same in whatever pieces it came.
#![no_main]

use drydock_core::output::{TAIL_CHARS, Tail, decode, incomplete_suffix};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let whole = pieces.concat();
    let text = decode(&whole);
    assert!(std::str::from_utf8(&whole).map_or(true, |valid| valid == text));
    assert!(incomplete_suffix(&whole) <= 3);

    // Cut where a reader cuts, each piece is decoded by itself as it is in the whole.
    let (mut by_pieces, mut rest) = (String::new(), Vec::new());
    for piece in &pieces {
        rest.extend_from_slice(piece);
        let ready = rest.len() - incomplete_suffix(&rest);
        by_pieces.push_str(&decode(&rest[..ready]));
        rest.drain(..ready);
    }
    by_pieces.push_str(&decode(&rest));
    assert_eq!(by_pieces, text);

    let mut tail = Tail::default();
    for piece in &pieces {
        tail.push(piece);
    }
    let chars: Vec<char> = text.chars().collect();
    let last: String = chars[chars.len().saturating_sub(TAIL_CHARS)..].iter().collect();
    assert_eq!(tail.text(), last);
});
