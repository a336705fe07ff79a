//! Output of functions: how bytes become text, and what is kept of it.
//!
//! Valid UTF-8 stays as it is; every invalid byte becomes the Latin-1 character of that byte, never an
//! error and never U+FFFD. The API shows the last 8000 characters; the full log is a row of [`Frame`]s.

use serde::{Deserialize, Serialize};

/// Characters of stdout and of stderr that the API shows.
pub const TAIL_CHARS: usize = 8000;

/// One of a process's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A piece of output, as it was read from the process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which output.
    pub stream: Stream,
    /// When it was read, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What was read. A UTF-8 character never lies across two frames of one stream.
    pub bytes: Vec<u8>,
}

/// Text of `bytes` by the rule above.
pub fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
    }
    text
}

/// How many bytes at the end of `bytes` begin a UTF-8 character that is not complete yet (0 to 3).
pub fn incomplete_suffix(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let width = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        // A prefix that no continuation can make valid (such as E0 80) is not waited for.
        let hopeful =
            std::str::from_utf8(&bytes[bytes.len() - back..]).is_err_and(|error| error.error_len().is_none());
        return if back < width && hopeful { back } else { 0 };
    }
    0
}

/// Keeps the last [`TAIL_CHARS`] characters of a stream of bytes in bounded memory.
#[derive(Debug, Default)]
pub struct Tail {
    bytes: Vec<u8>,
}

/// Four bytes are the longest character, and one character more shields the cut at the front.
const TAIL_BYTES: usize = (TAIL_CHARS + 1) * 4;

impl Tail {
    /// Adds what came next.
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes.len() >= TAIL_BYTES {
            self.bytes.clear();
            self.bytes.extend_from_slice(&bytes[bytes.len() - TAIL_BYTES..]);
            return;
        }
        self.bytes.extend_from_slice(bytes);
        // Cut rarely: at twice the need, so that each byte is moved once on average.
        if self.bytes.len() > TAIL_BYTES * 2 {
            self.bytes.drain(..self.bytes.len() - TAIL_BYTES);
        }
    }

    /// The text so far.
    pub fn text(&self) -> String {
        let text = decode(&self.bytes);
        match text.char_indices().rev().nth(TAIL_CHARS - 1) {
            Some((start, _)) => text[start..].to_owned(),
            None => text,
        }
    }
}

/// `words` as they are to follow `before`: behind a line that was begun, on the next.
pub fn on_a_line_of_its_own(before: &str, words: &str) -> String {
    let begun = !before.is_empty() && !before.ends_with('\n');
    if begun {
        format!("\n{words}")
    } else {
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn latin_1_bytes_read_as_their_characters() {
        assert_eq!(decode(b"\xEA\xE4"), "êä");
        assert_eq!(decode("grün \u{1F600}".as_bytes()), "grün \u{1F600}");
        assert_eq!(decode(b"gr\xFCn and gr\xC3\xBCn"), "grün and grün");
    }

    #[test]
    fn the_tail_keeps_the_last_8000_characters_however_wide() {
        let mut tail = Tail::default();
        for _ in 0..10 {
            tail.push("\u{1F600}".repeat(3000).as_bytes());
        }
        tail.push(b"end");
        let text = tail.text();
        assert_eq!(text.chars().count(), TAIL_CHARS);
        assert!(text.ends_with("\u{1F600}end"));
        assert!(text.starts_with('\u{1F600}'));
    }

    #[test]
    fn of_a_large_piece_only_the_end_is_looked_at() {
        let mut tail = Tail::default();
        tail.push(b"begin");
        tail.push(format!("{}end", "\u{1F600}".repeat(TAIL_BYTES)).as_bytes());
        assert_eq!(tail.bytes.len(), TAIL_BYTES);
        assert_eq!(tail.text(), format!("{}end", "\u{1F600}".repeat(TAIL_CHARS - 3)));
        tail.push(b"!");
        assert!(tail.text().ends_with("\u{1F600}end!"));
    }

    #[test]
    fn an_unfinished_character_is_waited_for_and_an_impossible_one_is_not() {
        assert_eq!(incomplete_suffix("ü".as_bytes()), 0);
        assert_eq!(incomplete_suffix(&"ü".as_bytes()[..1]), 1);
        assert_eq!(incomplete_suffix(&"\u{1F600}".as_bytes()[..3]), 3);
        assert_eq!(incomplete_suffix(b"\xE0\x80"), 0);
        assert_eq!(incomplete_suffix(b"abc"), 0);
        assert_eq!(incomplete_suffix(b""), 0);
    }

    proptest! {
        #[test]
        fn decoding_never_fails_and_cutting_at_characters_changes_nothing(
            bytes in prop::collection::vec(any::<u8>(), 0..64), cut in 0_usize..64,
        ) {
            let whole = decode(&bytes);
            let replaced = whole.contains(char::REPLACEMENT_CHARACTER);
            prop_assert!(!replaced || bytes.windows(3).any(|window| window == [0xEF, 0xBF, 0xBD]));
            let cut = cut.min(bytes.len());
            let head_length = cut - incomplete_suffix(&bytes[..cut]);
            prop_assert_eq!(decode(&bytes[..head_length]) + &decode(&bytes[head_length..]), whole);
        }

        #[test]
        fn valid_text_is_left_alone(text in ".{0,200}") {
            prop_assert_eq!(decode(text.as_bytes()), text);
        }
    }
}
