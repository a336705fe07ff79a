//! What an execution wrote and the log database has not yet: bookkeeping without I/O.
//!
//! Owns: which of it is worth writing. Of an execution's output only the beginning and the end are kept, so what is
//! followed by as much as an end holds is dropped here, before it costs the disk anything. Must not: drop what the
//! log would keep, or hold more than a known number of bytes.

use std::collections::VecDeque;

use drydock_core::output::{Frame, Stream};
use drydock_store::table::outputs::{Batch, head_bytes};

/// Bytes held for one execution at most. More than the end that is kept with the usual cap, so that a process that
/// writes faster than a disk is not held back; where the cap is higher, it is.
const MOST_BYTES: usize = 16_000_000;

/// What a frame takes beside its bytes: itself and what the allocator adds, so that a process that writes byte by
/// byte is bounded too.
const FRAME_BYTES: usize = size_of::<Frame>() + 32;

/// Output that waits to be written.
pub(super) struct Backlog {
    /// Of the beginning.
    head: VecDeque<Frame>,
    /// Of what follows it, the newest.
    tail: VecDeque<Frame>,
    /// Bytes of output in `tail`.
    tail_bytes: usize,
    /// How long the beginning may yet become.
    head_left: usize,
    /// How long the end may be: what the cap leaves beside the beginning as it came.
    tail_most: usize,
    /// Most bytes of a batch.
    batch_most: usize,
    /// What all of it takes in memory.
    held_bytes: usize,
    /// Dropped before what is in `tail`, of each stream.
    skipped_stdout: usize,
    skipped_stderr: usize,
}

impl Backlog {
    /// Nothing yet, of an execution of which `cap_bytes` are kept.
    pub(super) fn new(cap_bytes: u64) -> Self {
        let head = head_bytes(cap_bytes as i64) as usize;
        Self {
            head: VecDeque::new(),
            tail: VecDeque::new(),
            tail_bytes: 0,
            head_left: head,
            tail_most: cap_bytes as usize,
            batch_most: head,
            held_bytes: 0,
            skipped_stdout: 0,
            skipped_stderr: 0,
        }
    }

    /// Adds what came next.
    pub(super) fn push(&mut self, frame: Frame) {
        let bytes = frame.bytes.len();
        self.held_bytes += bytes + FRAME_BYTES;
        if self.head_left > 0 {
            self.head_left = self.head_left.saturating_sub(bytes);
            self.tail_most = self.tail_most.saturating_sub(bytes);
            self.head.push_back(frame);
            return;
        }
        self.tail_bytes += bytes;
        self.tail.push_back(frame);
        // The newest stays, however small the cap.
        while self.tail_bytes > self.tail_most && self.tail.len() > 1 {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(frame) = self.tail.pop_front() else {
            return;
        };
        let bytes = frame.bytes.len();
        self.tail_bytes -= bytes;
        self.held_bytes -= bytes + FRAME_BYTES;
        match frame.stream {
            Stream::Stdout => self.skipped_stdout += bytes,
            Stream::Stderr => self.skipped_stderr += bytes,
        }
    }

    /// Takes the oldest of it, as much as one chunk of the log should hold; `None` when there is nothing.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        // Never of both: the log keeps a chunk that begins in the head, whole.
        let is_head = !self.head.is_empty();
        let from = if is_head { &mut self.head } else { &mut self.tail };
        let mut bytes = 0;
        while let Some(frame) =
            from.pop_front_if(|next| bytes == 0 || bytes + next.bytes.len() <= self.batch_most)
        {
            bytes += frame.bytes.len();
            batch.frames.push(frame);
        }
        if batch.frames.is_empty() {
            return None;
        }
        self.held_bytes -= bytes + batch.frames.len() * FRAME_BYTES;
        if !is_head {
            self.tail_bytes -= bytes;
            batch.skipped_stdout_bytes = std::mem::take(&mut self.skipped_stdout) as i64;
            batch.skipped_stderr_bytes = std::mem::take(&mut self.skipped_stderr) as i64;
        }
        Some(batch)
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// Whether there is as much as a batch holds.
    pub(super) fn fills_a_batch(&self) -> bool {
        self.held_bytes >= self.batch_most
    }

    /// Whether some was dropped since a batch was taken of the tail: it comes faster than it is written.
    pub(super) fn drops(&self) -> bool {
        self.skipped_stdout + self.skipped_stderr > 0
    }

    /// Whether nothing more should be added before a batch was taken.
    pub(super) fn is_full(&self) -> bool {
        self.held_bytes >= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: u64 = 1000;

    fn frame(stream: Stream, at_ms: i64, bytes: usize) -> Frame {
        Frame {
            stream,
            at_ms,
            bytes: vec![b'x'; bytes],
        }
    }

    fn times(batch: &Batch) -> Vec<i64> {
        batch.frames.iter().map(|frame| frame.at_ms).collect()
    }

    fn rest(backlog: &mut Backlog) -> Vec<Batch> {
        std::iter::from_fn(|| backlog.next_batch()).collect()
    }

    #[test]
    fn what_fits_below_the_cap_comes_out_as_it_went_in() {
        let mut backlog = Backlog::new(CAP);
        for at_ms in 0..20 {
            backlog.push(frame(Stream::Stdout, at_ms, 50));
        }
        assert!(!backlog.drops() && backlog.fills_a_batch());
        let batches = rest(&mut backlog);
        assert!(batches.iter().all(|batch| batch.skipped_stdout_bytes == 0));
        // A tenth of the cap is in each.
        assert_eq!(batches.len(), 10);
        assert_eq!(
            batches.iter().flat_map(times).collect::<Vec<_>>(),
            (0..20).collect::<Vec<_>>()
        );
        assert!(backlog.is_empty() && backlog.held_bytes == 0 && backlog.tail_bytes == 0);
    }

    #[test]
    fn of_more_the_beginning_and_the_end_are_left_and_what_is_missing_is_counted() {
        let mut backlog = Backlog::new(CAP);
        for at_ms in 0..100 {
            let stream = if at_ms % 2 == 0 {
                Stream::Stdout
            } else {
                Stream::Stderr
            };
            backlog.push(frame(stream, at_ms, 50));
        }
        assert!(backlog.drops());
        let head = backlog.next_batch().unwrap_or_default();
        assert_eq!(times(&head), [0, 1]);
        assert_eq!((head.skipped_stdout_bytes, head.skipped_stderr_bytes), (0, 0));
        let tail = rest(&mut backlog);
        // 100 bytes are the head's, so 900 are left: 18 frames.
        assert_eq!(
            tail.iter().flat_map(times).collect::<Vec<_>>(),
            (82..100).collect::<Vec<_>>()
        );
        assert_eq!(
            (tail[0].skipped_stdout_bytes, tail[0].skipped_stderr_bytes),
            (2000, 2000)
        );
        assert!(tail[1..].iter().all(|batch| batch.skipped_stdout_bytes == 0));
        assert!(!backlog.drops());
    }

    #[test]
    fn the_head_is_never_dropped_and_no_batch_mixes_it_with_the_tail() {
        let mut backlog = Backlog::new(CAP);
        for (at_ms, bytes) in [(0, 60), (1, 60), (2, 60), (3, 800), (4, 800)] {
            backlog.push(frame(Stream::Stdout, at_ms, bytes));
        }
        let batches: Vec<_> = rest(&mut backlog).iter().map(times).collect();
        assert_eq!(batches, [vec![0], vec![1], vec![4]]);
    }

    #[test]
    fn the_newest_stays_however_small_the_cap() {
        let mut backlog = Backlog::new(CAP);
        for at_ms in 0..5 {
            backlog.push(frame(Stream::Stdout, at_ms, 5000));
        }
        let batches: Vec<_> = rest(&mut backlog).iter().map(times).collect();
        assert_eq!(batches, [vec![0], vec![4]]);
    }

    #[test]
    fn what_is_held_is_bounded_also_byte_by_byte_and_under_a_high_cap() {
        for bytes in [1, 64 * 1024] {
            let mut backlog = Backlog::new(1_000_000_000);
            let mut pushed = 0;
            while !backlog.is_full() {
                backlog.push(frame(Stream::Stdout, 0, bytes));
                pushed += 1;
            }
            assert!(pushed * (bytes + size_of::<Frame>()) < MOST_BYTES + 64 * 1024);
            assert!(!backlog.drops());
            backlog.next_batch();
            assert!(!backlog.is_full());
        }
    }

    #[test]
    fn the_usual_end_fits_in() {
        let mut backlog = Backlog::new(10_000_000);
        for at_ms in 0..1600 {
            backlog.push(frame(Stream::Stdout, at_ms, 64_000));
            assert!(!backlog.is_full());
        }
    }
}
