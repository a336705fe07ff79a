//! What a container's attached outputs mean.
//!
//! Owns: telling the words of its process 1 (`init.sh`) and of the waiting interpreter from what the command writes, and
//! cutting that into pieces at characters. Must not: do any I/O. The first byte of standard output says whether the
//! interpreter waits, the second that it goes on; each output ends with the same line, which begins with a word that only
//! this container's process 1 was given. Who prints that word says of itself that it has ended, and is believed and killed.

use std::time::Duration;

use drydock_core::output::{Stream, incomplete_suffix};

/// What stands around the last line: a character that no text has.
const MARK: u8 = 0x1E;

/// The longest last line: the word, and five numbers.
const MAX_LAST_LINE: usize = 256;

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The interpreter is there and waits.
    Ready,
    /// There is nothing that could be run, because of what the letter says.
    Refused(Refusal),
    /// Something else than our own words came first.
    Strange,
    /// It has what was handed over: from here on the command runs.
    Begun,
    /// The command wrote this.
    Wrote(Stream, Vec<u8>),
    /// The command has ended, and all that it wrote is there.
    Ended(Report),
}

/// Why a command cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not there.
    NotFound,
    /// It is a folder.
    Folder,
    /// It is not executable.
    NotExecutable,
}

/// What process 1 says at the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// The command's exit code, with 128 added to a signal.
    pub(super) code: i32,
    /// The most memory that the container had.
    pub(super) peak_memory_bytes: Option<u64>,
    /// User and system time of all its processes.
    pub(super) cpu_time: Option<Duration>,
    /// Processes that the kernel killed for the container's memory.
    pub(super) out_of_memory: u64,
    /// Processes and threads that it did not let the container have.
    pub(super) refused_tasks: u64,
}

/// Reads the two outputs of one container.
#[derive(Debug)]
pub(super) struct Reader {
    last: Vec<u8>,
    signals: u8,
    stdout: Side,
    stderr: Side,
}

/// One output.
#[derive(Debug, Default)]
struct Side {
    /// What cannot be told apart yet: part of a character, or what may be the last line.
    held: Vec<u8>,
    report: Option<Report>,
}

impl Reader {
    /// `word` is what its process 1 was given.
    pub(super) fn new(word: &str) -> Self {
        Self {
            last: [&[MARK], word.as_bytes(), b" "].concat(),
            signals: 0,
            stdout: Side::default(),
            stderr: Side::default(),
        }
    }

    /// Takes what came next of one output.
    pub(super) fn push(&mut self, stream: Stream, mut bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        while stream == Stream::Stdout && self.signals < 2 {
            let Some((signal, rest)) = bytes.split_first() else {
                return heard;
            };
            bytes = rest;
            heard.push(match (self.signals, signal) {
                (0, b'.') => Heard::Ready,
                (1, b'.') => Heard::Begun,
                (0, b'n') => Heard::Refused(Refusal::NotFound),
                (0, b'd') => Heard::Refused(Refusal::Folder),
                (0, b'x') => Heard::Refused(Refusal::NotExecutable),
                _ => Heard::Strange,
            });
            self.signals += 1;
        }
        let side = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let wrote = side.push(&self.last, bytes);
        if !wrote.is_empty() {
            heard.push(Heard::Wrote(stream, wrote));
        }
        if let (Some(report), Some(_)) = (self.stdout.report, self.stderr.report) {
            heard.push(Heard::Ended(report));
        }
        heard
    }

    /// What is still held back, when nothing more can come.
    pub(super) fn rest(&mut self) -> Vec<(Stream, Vec<u8>)> {
        let sides = [
            (Stream::Stdout, &mut self.stdout),
            (Stream::Stderr, &mut self.stderr),
        ];
        sides
            .into_iter()
            .map(|(stream, side)| (stream, std::mem::take(&mut side.held)))
            .filter(|(_, held)| !held.is_empty())
            .collect()
    }

    /// What one output said about the end, where the other says nothing more.
    pub(super) fn report(&self) -> Option<Report> {
        self.stdout.report.or(self.stderr.report)
    }
}

impl Side {
    /// Gives what the command wrote for certain. Nothing that comes after the last line is of the command.
    fn push(&mut self, last: &[u8], bytes: &[u8]) -> Vec<u8> {
        if self.report.is_some() {
            return Vec::new();
        }
        self.held.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(at) = position(&self.held[from..], MARK).map(|at| from + at) {
            let begun = &self.held[at..];
            if !begun.starts_with(last) && !last.starts_with(begun) {
                from = at + 1;
                continue;
            }
            match position(begun.get(last.len()..).unwrap_or_default(), MARK) {
                Some(end) => match Report::parse(&begun[last.len()..last.len() + end]) {
                    Some(report) => {
                        self.report = Some(report);
                        self.held.truncate(at);
                        return std::mem::take(&mut self.held);
                    }
                    None => from = at + 1,
                },
                None if begun.len() > MAX_LAST_LINE => from = at + 1,
                None => return self.held.drain(..at).collect(),
            }
        }
        let whole = self.held.len() - incomplete_suffix(&self.held);
        self.held.drain(..whole).collect()
    }
}

fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|&byte| byte == wanted)
}

impl Report {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let mut next = || words.next();
        let report = Self {
            code: next()?.parse().ok().filter(|code| (0..=255).contains(code))?,
            // Where the kernel counts it.
            peak_memory_bytes: next()?.parse().ok(),
            cpu_time: next()?.parse().ok().map(Duration::from_micros),
            out_of_memory: next()?.parse().ok()?,
            refused_tasks: next()?.parse().ok()?,
        };
        Some(report)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAST: &[u8] = b"\x1Eword 3 4096 1500 0 0\x1E";

    fn report() -> Report {
        Report {
            code: 3,
            peak_memory_bytes: Some(4096),
            cpu_time: Some(Duration::from_micros(1500)),
            out_of_memory: 0,
            refused_tasks: 0,
        }
    }

    fn begun() -> Reader {
        let mut reader = Reader::new("word");
        assert_eq!(reader.push(Stream::Stdout, b".."), [Heard::Ready, Heard::Begun]);
        reader
    }

    #[test]
    fn the_first_two_bytes_are_ours_and_the_rest_is_the_commands() {
        let mut reader = Reader::new("word");
        assert_eq!(reader.push(Stream::Stdout, b"."), [Heard::Ready]);
        assert_eq!(
            reader.push(Stream::Stdout, b"..x"),
            [Heard::Begun, Heard::Wrote(Stream::Stdout, b".x".to_vec())]
        );
        assert_eq!(
            Reader::new("word").push(Stream::Stdout, b"PHP Warning")[0],
            Heard::Strange
        );
        assert_eq!(
            Reader::new("word").push(Stream::Stdout, b"n"),
            [Heard::Refused(Refusal::NotFound)]
        );
    }

    #[test]
    fn it_has_ended_when_both_outputs_have() {
        let mut reader = begun();
        assert_eq!(
            reader.push(Stream::Stdout, &[b"out", LAST].concat()),
            [Heard::Wrote(Stream::Stdout, b"out".to_vec())]
        );
        assert_eq!(reader.push(Stream::Stdout, b"a daemon's words"), []);
        assert_eq!(
            reader.push(Stream::Stderr, &[b"err", LAST].concat()),
            [
                Heard::Wrote(Stream::Stderr, b"err".to_vec()),
                Heard::Ended(report())
            ]
        );
    }

    #[test]
    fn what_only_looks_like_the_last_line_is_the_commands() {
        let mut reader = begun();
        for like in [
            b"\x1Eother 0 - - 0 0\x1E".as_slice(),
            b"\x1Eword of mouth\x1E",
            b"\x1Eword 300 - - 0 0\x1E",
            &[b"\x1Eword 1".as_slice(), &b"1".repeat(MAX_LAST_LINE)].concat(),
        ] {
            let heard = reader.push(Stream::Stdout, &[like, b"\n"].concat());
            assert_eq!(heard, [Heard::Wrote(Stream::Stdout, [like, b"\n"].concat())]);
        }
        // What is held back comes when nothing else does.
        assert_eq!(reader.push(Stream::Stdout, b"\x1Ewor"), []);
        assert_eq!(reader.rest(), [(Stream::Stdout, b"\x1Ewor".to_vec())]);
    }

    #[test]
    fn a_machine_that_counts_nothing_is_believed_too() {
        let parsed = Report::parse(b"137 - - 1 2").unwrap();
        assert_eq!(
            (parsed.code, parsed.peak_memory_bytes, parsed.cpu_time),
            (137, None, None)
        );
        assert_eq!((parsed.out_of_memory, parsed.refused_tasks), (1, 2));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_all_comes_out_and_no_character_is_in_two_pieces(
            text in "[a-zü\u{1F600}\u{1E}]{0,40}", size in 1_usize..7,
        ) {
            let mut reader = begun();
            let whole = [text.as_bytes(), LAST].concat();
            let mut written = Vec::new();
            for piece in whole.chunks(size) {
                for heard in reader.push(Stream::Stdout, piece) {
                    match heard {
                        Heard::Wrote(Stream::Stdout, bytes) => {
                            prop_assert!(std::str::from_utf8(&bytes).is_ok());
                            written.extend(bytes);
                        }
                        other => prop_assert!(false, "{:?}", other),
                    }
                }
            }
            prop_assert_eq!(written, text.as_bytes());
            prop_assert_eq!(reader.report(), Some(report()));
        }
    }
}
