//! Pieces of two outputs, made into marked lines for `logs`.

use anyhow::Result;

use super::wire::{Frame, OutputStream};

/// A line of output that is longer is printed in parts, so that none is held back for ever.
const MAX_HELD_BYTES: usize = 64_000;

/// Makes lines of pieces that end anywhere, each marked with the output it is of.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    stdout: String,
    stderr: String,
}

impl Lines {
    /// Adds a piece and prints what is now whole.
    pub(crate) fn push(&mut self, frame: &Frame, print: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        let mark = mark(frame.stream);
        let held = match frame.stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        };
        held.push_str(&frame.text);
        let text = std::mem::take(held);
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            print(&format!("{mark} | {}", line.trim_end_matches('\r')))?;
            rest = after;
        }
        rest.clone_into(held);
        if held.len() > MAX_HELD_BYTES {
            print(&format!("{mark} | {held}"))?;
            held.clear();
        }
        Ok(())
    }

    /// Prints the last lines that have no end.
    pub(crate) fn finish(&mut self, print: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        for (stream, held) in [
            (OutputStream::Stdout, &mut self.stdout),
            (OutputStream::Stderr, &mut self.stderr),
        ] {
            if !held.is_empty() {
                print(&format!("{} | {held}", mark(stream)))?;
                held.clear();
            }
        }
        Ok(())
    }
}

const fn mark(stream: OutputStream) -> &'static str {
    match stream {
        OutputStream::Stdout => "out",
        OutputStream::Stderr => "err",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_whole_lines_of_their_own_output() {
        let mut lines = Lines::default();
        let mut printed = Vec::new();
        let mut print = |line: &str| {
            printed.push(line.to_owned());
            Ok(())
        };
        let piece = |stream, text: &str| Frame {
            stream,
            at_ms: 0,
            text: text.to_owned(),
        };
        lines
            .push(&piece(OutputStream::Stdout, "one\r\ntw"), &mut print)
            .unwrap();
        lines
            .push(&piece(OutputStream::Stderr, "oops\n\nlast"), &mut print)
            .unwrap();
        lines
            .push(&piece(OutputStream::Stdout, "o\n"), &mut print)
            .unwrap();
        lines.finish(&mut print).unwrap();
        assert_eq!(
            printed,
            ["out | one", "err | oops", "err | ", "out | two", "err | last"]
        );
    }

    #[test]
    fn a_line_without_an_end_is_not_held_for_ever() {
        let mut lines = Lines::default();
        let mut printed = 0;
        let piece = Frame {
            stream: OutputStream::Stdout,
            at_ms: 0,
            text: "x".repeat(MAX_HELD_BYTES + 1),
        };
        lines
            .push(&piece, &mut |_| {
                printed += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!((printed, lines.stdout.len()), (1, 0));
    }
}
