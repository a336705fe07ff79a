//! Full output of executions, in the log database: an `outputs` row each, and chunks of frames.
//!
//! What is kept of one execution is bounded: its head and, from its tail, as much as the cap leaves. The
//! gap between is known by its size, so that readers can say what is missing.

use drydock_core::id::{ExecutionId, FunctionId, ProjectId};
use drydock_core::output::{Frame, Stream};
use drydock_core::{Error, Result};
use rusqlite::params;

use crate::sql::{Meaning, ReadTx, WriteTx, column};

/// Bytes kept from the beginning of an execution's output, whatever follows: 1 MB holds how it began. With a
/// small cap it is a tenth of that, so that most of what is kept is the end.
const HEAD_BYTES: i64 = 1_000_000;

/// How long the beginning that is kept under a cap is; also the most that a batch should hold, so that what is dropped
/// to keep to the cap is not much more than it must be.
pub const fn head_bytes(cap_bytes: i64) -> i64 {
    if cap_bytes / 10 < HEAD_BYTES {
        cap_bytes / 10
    } else {
        HEAD_BYTES
    }
}

/// Frames that are written together, and what was left out before them.
#[derive(Debug, Default)]
pub struct Batch {
    /// Bytes of standard output that came before the frames and are not to be kept.
    pub skipped_stdout_bytes: i64,
    /// The same of standard error.
    pub skipped_stderr_bytes: i64,
    /// In the order in which they were read.
    pub frames: Vec<Frame>,
}

/// How much an execution wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// To standard output.
    pub stdout_bytes: i64,
    /// To standard error.
    pub stderr_bytes: i64,
    /// Of both, what was dropped.
    pub dropped_bytes: i64,
}

/// What a reader finds: output, or the place where some was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A frame of output.
    Frame(Frame),
    /// Bytes of a stream that were dropped here.
    Gap {
        /// Which stream.
        stream: Stream,
        /// How many bytes.
        bytes: i64,
    },
}

/// One page of an execution's output.
#[derive(Debug, Clone, Default)]
pub struct LogPage {
    /// In the order in which it was read from the process.
    pub pieces: Vec<Piece>,
    /// Ask for what comes after this next time.
    pub next: i64,
    /// Whether more is stored already.
    pub more: bool,
    /// How much there is in all.
    pub size: Size,
}

/// Appends a batch to an execution's output and drops from its middle what is over `cap_bytes`.
pub fn append(
    tx: &WriteTx<'_>,
    project: &ProjectId,
    function: &FunctionId,
    execution: &ExecutionId,
    batch: &Batch,
    cap_bytes: i64,
) -> Result<()> {
    let frames = &batch.frames;
    tx.run(
        "insert into outputs (project_id, function_id, execution_id) values (?1, ?2, ?3) \
         on conflict (project_id, execution_id) do nothing",
        [project.as_str(), function.as_str(), execution.as_str()],
    )?;
    let row = "select output, stdout_bytes, stderr_bytes, kept_bytes from outputs where project_id = ?1 and execution_id = ?2";
    let (output, stdout_at, stderr_at, mut kept) = tx
        .first(row, [project.as_str(), execution.as_str()], |row| {
            Ok((
                column::<i64>(row, "output")?,
                column::<i64>(row, "stdout_bytes")? + batch.skipped_stdout_bytes,
                column::<i64>(row, "stderr_bytes")? + batch.skipped_stderr_bytes,
                column::<i64>(row, "kept_bytes")?,
            ))
        })?
        .ok_or_else(|| Error::internal("the output row vanished"))?;

    let bytes_of = |stream| -> i64 {
        frames
            .iter()
            .filter(|frame| frame.stream == stream)
            .map(|frame| frame.bytes.len() as i64)
            .sum()
    };
    let (stdout_bytes, stderr_bytes) = (bytes_of(Stream::Stdout), bytes_of(Stream::Stderr));
    tx.run(
        "insert into chunks (output, stdout_at, stderr_at, stdout_bytes, stderr_bytes, frames) \
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            output,
            stdout_at,
            stderr_at,
            stdout_bytes,
            stderr_bytes,
            encode(frames)
        ],
    )?;
    let newest = tx.newest();
    kept += stdout_bytes + stderr_bytes;
    while kept > cap_bytes {
        // The oldest chunk behind the head goes; never the one just written.
        let oldest = tx.first(
            "select seq, stdout_bytes + stderr_bytes as bytes from chunks \
             where output = ?1 and stdout_at + stderr_at >= ?2 and seq <> ?3 order by seq limit 1",
            [output, head_bytes(cap_bytes), newest],
            |row| Ok((column::<i64>(row, "seq")?, column::<i64>(row, "bytes")?)),
        )?;
        let Some((seq, bytes)) = oldest else { break };
        tx.run("delete from chunks where seq = ?1", [seq])?;
        kept -= bytes;
    }
    tx.run(
        "update outputs set stdout_bytes = ?2, stderr_bytes = ?3, kept_bytes = ?4 where output = ?1",
        [output, stdout_at + stdout_bytes, stderr_at + stderr_bytes, kept],
    )
    .map(drop)
}

/// The output that was written after `after`, up to about `max_bytes` of it.
pub fn read(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    execution: &ExecutionId,
    after: i64,
    max_bytes: i64,
) -> Result<LogPage> {
    let row = "select * from outputs where project_id = ?1 and execution_id = ?2";
    let found = tx.first(row, [project.as_str(), execution.as_str()], |row| {
        let (stdout_bytes, stderr_bytes): (i64, i64) =
            (column(row, "stdout_bytes")?, column(row, "stderr_bytes")?);
        let dropped_bytes = stdout_bytes + stderr_bytes - column::<i64>(row, "kept_bytes")?;
        Ok((
            column::<i64>(row, "output")?,
            Size {
                stdout_bytes,
                stderr_bytes,
                dropped_bytes,
            },
        ))
    })?;
    let mut page = LogPage {
        next: after,
        ..LogPage::default()
    };
    let Some((output, size)) = found else {
        return Ok(page);
    };
    page.size = size;

    // Where the reader stands in each stream: the end of the chunk it has seen last. Where that was dropped
    // meanwhile it is not known, and nothing is said about a gap before the first chunk.
    let seen = "select stdout_at + stdout_bytes as stdout_end, stderr_at + stderr_bytes as stderr_end from chunks \
                where output = ?1 and seq = ?2";
    let seen_ends = tx.first(seen, [output, after], |row| {
        Ok((
            column::<i64>(row, "stdout_end")?,
            column::<i64>(row, "stderr_end")?,
        ))
    })?;
    let unknown = if after == 0 { (0, 0) } else { (i64::MAX, i64::MAX) };
    let (mut stdout_end, mut stderr_end) = seen_ends.unwrap_or(unknown);

    let mut bytes = 0;
    let mut statement = tx.prepare("select * from chunks where output = ?1 and seq > ?2 order by seq")?;
    let mut rows = statement.query([output, after]).meaning()?;
    while let Some(row) = rows.next().meaning()? {
        if bytes >= max_bytes {
            page.more = true;
            break;
        }
        let (stdout_at, stderr_at): (i64, i64) = (column(row, "stdout_at")?, column(row, "stderr_at")?);
        for (stream, at, end) in [
            (Stream::Stdout, stdout_at, stdout_end),
            (Stream::Stderr, stderr_at, stderr_end),
        ] {
            if at > end {
                page.pieces.push(Piece::Gap {
                    stream,
                    bytes: at - end,
                });
            }
        }
        let (stdout_bytes, stderr_bytes): (i64, i64) =
            (column(row, "stdout_bytes")?, column(row, "stderr_bytes")?);
        (stdout_end, stderr_end) = (stdout_at + stdout_bytes, stderr_at + stderr_bytes);
        bytes += stdout_bytes + stderr_bytes;
        page.next = column(row, "seq")?;
        let blob = row.get_ref("frames").meaning()?;
        let blob = blob
            .as_blob()
            .map_err(|error| Error::internal(error.to_string()))?;
        page.pieces.extend(decode(blob)?.into_iter().map(Piece::Frame));
    }
    Ok(page)
}

/// How much an execution wrote.
pub fn size(tx: &ReadTx<'_>, project: &ProjectId, execution: &ExecutionId) -> Result<Size> {
    Ok(read(tx, project, execution, i64::MAX, 0)?.size)
}

/// Removes the output of one execution.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, execution: &ExecutionId) -> Result<()> {
    let sql = "delete from outputs where project_id = ?1 and execution_id = ?2";
    tx.run(sql, [project.as_str(), execution.as_str()]).map(drop)
}

/// How many bytes of frames are kept of each of these executions, in their order.
pub fn kept_bytes<'a>(
    tx: &ReadTx<'_>,
    executions: impl Iterator<Item = (&'a ProjectId, &'a ExecutionId)>,
) -> Result<Vec<i64>> {
    let sql = "select kept_bytes from outputs where project_id = ?1 and execution_id = ?2";
    executions
        .map(|(project, execution)| {
            let kept = tx.first(sql, [project.as_str(), execution.as_str()], |row| {
                column::<i64>(row, "kept_bytes")
            })?;
            Ok(kept.unwrap_or_default())
        })
        .collect()
}

/// Removes the output of these executions in their order, until about `max_bytes` are gone; answers how many it
/// came to, which is one at least.
pub fn delete_some(
    tx: &WriteTx<'_>,
    executions: &[(ProjectId, ExecutionId)],
    max_bytes: i64,
) -> Result<usize> {
    let kept = kept_bytes(
        tx,
        executions.iter().map(|(project, execution)| (project, execution)),
    )?;
    let mut bytes = 0;
    for (done, ((project, execution), kept)) in executions.iter().zip(kept).enumerate() {
        if bytes >= max_bytes {
            return Ok(done);
        }
        delete(tx, project, execution)?;
        bytes += kept;
    }
    Ok(executions.len())
}

/// Asks the file for something, to see that it answers.
pub fn answers(tx: &ReadTx<'_>) -> Result<()> {
    tx.first("select 1 from outputs limit 1", [], |_| Ok(()))
        .map(drop)
}

/// Every function that output is kept of.
pub fn functions(tx: &ReadTx<'_>) -> Result<Vec<(ProjectId, FunctionId)>> {
    tx.all(
        "select distinct project_id, function_id from outputs",
        [],
        |row| {
            Ok((
                ProjectId::trusted(column::<String>(row, "project_id")?),
                FunctionId::trusted(column::<String>(row, "function_id")?),
            ))
        },
    )
}

/// Removes the output of every execution of the function.
pub fn delete_of_function(tx: &WriteTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<()> {
    let sql = "delete from outputs where project_id = ?1 and function_id = ?2";
    tx.run(sql, [project.as_str(), function.as_str()])?;
    // 4096 pages (16 MB) bound how long the writer is held.
    super::space::give_back(tx, 4096)
}

/// A frame in a chunk: stream (1 byte), time (8), length (4), bytes; numbers little-endian.
const FRAME_HEADER: usize = 13;

fn encode(frames: &[Frame]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(frames.iter().map(|frame| FRAME_HEADER + frame.bytes.len()).sum());
    for frame in frames {
        blob.push(u8::from(frame.stream == Stream::Stderr));
        blob.extend_from_slice(&frame.at_ms.to_le_bytes());
        blob.extend_from_slice(&(frame.bytes.len() as u32).to_le_bytes());
        blob.extend_from_slice(&frame.bytes);
    }
    blob
}

fn decode(mut blob: &[u8]) -> Result<Vec<Frame>> {
    let mut frames = Vec::new();
    while !blob.is_empty() {
        let frame = split_frame(&mut blob).ok_or_else(|| Error::internal("a chunk of output is damaged"))?;
        frames.push(frame);
    }
    Ok(frames)
}

fn split_frame(blob: &mut &[u8]) -> Option<Frame> {
    let (stream, rest) = blob.split_first()?;
    let (at_ms, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *blob = rest;
    Some(Frame {
        stream: if *stream == 0 {
            Stream::Stdout
        } else {
            Stream::Stderr
        },
        at_ms: i64::from_le_bytes(*at_ms),
        bytes: bytes.to_vec(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Database, Kind, Options};

    fn frame(stream: Stream, at_ms: i64, bytes: &[u8]) -> Frame {
        Frame {
            stream,
            at_ms,
            bytes: bytes.to_vec(),
        }
    }

    struct Log {
        database: Database,
        _folder: tempfile::TempDir,
    }

    impl Log {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let database =
                Database::open(&folder.path().join("logs.db"), Kind::Logs, Options { readers: 1 }).unwrap();
            Self {
                database,
                _folder: folder,
            }
        }

        async fn append(&self, frames: Vec<Frame>, cap_bytes: i64) {
            let batch = Batch {
                frames,
                ..Batch::default()
            };
            self.append_batch(batch, cap_bytes).await;
        }

        async fn append_batch(&self, batch: Batch, cap_bytes: i64) {
            let (project, function, execution) = names();
            self.database
                .write(move |tx| append(tx, &project, &function, &execution, &batch, cap_bytes))
                .await
                .unwrap();
        }

        async fn read(&self, after: i64, max_bytes: i64) -> LogPage {
            let (project, _, execution) = names();
            self.database
                .read(move |tx| read(tx, &project, &execution, after, max_bytes))
                .await
                .unwrap()
        }
    }

    fn names() -> (ProjectId, FunctionId, ExecutionId) {
        (
            ProjectId::trusted("p"),
            FunctionId::trusted("f"),
            ExecutionId::trusted("e"),
        )
    }

    #[tokio::test]
    async fn what_is_appended_is_read_page_by_page() {
        let log = Log::open();
        log.append(
            vec![
                frame(Stream::Stdout, 1, b"one\n"),
                frame(Stream::Stderr, 2, b"\xEA"),
            ],
            1000,
        )
        .await;
        log.append(vec![frame(Stream::Stdout, 3, b"two\n")], 1000).await;
        let first = log.read(0, 1).await;
        assert_eq!(first.pieces.len(), 2);
        assert!(first.more);
        let second = log.read(first.next, 1000).await;
        assert_eq!(second.pieces, [Piece::Frame(frame(Stream::Stdout, 3, b"two\n"))]);
        assert!(!second.more);
        assert_eq!(
            second.size,
            Size {
                stdout_bytes: 8,
                stderr_bytes: 1,
                dropped_bytes: 0
            }
        );
        assert!(log.read(second.next, 1000).await.pieces.is_empty());
    }

    #[tokio::test]
    async fn over_the_cap_the_middle_goes_and_the_gap_says_how_much() {
        let log = Log::open();
        let chunk = HEAD_BYTES / 2;
        for number in 0..10 {
            log.append(
                vec![frame(Stream::Stdout, number, &vec![b'x'; chunk as usize])],
                chunk * 4,
            )
            .await;
        }
        let page = log.read(0, i64::MAX).await;
        let times: Vec<_> = page
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Frame(frame) => frame.at_ms,
                Piece::Gap { bytes, .. } => -*bytes,
            })
            .collect();
        assert_eq!(times, [0, -6 * chunk, 7, 8, 9]);
        assert_eq!(page.size.dropped_bytes, 6 * chunk);
    }

    #[tokio::test]
    async fn what_was_left_out_before_a_batch_is_a_gap_in_its_place() {
        let log = Log::open();
        log.append(vec![frame(Stream::Stdout, 1, b"begin")], 1000).await;
        let seen = log.read(0, i64::MAX).await.next;
        let batch = Batch {
            skipped_stdout_bytes: 70,
            skipped_stderr_bytes: 7,
            frames: vec![frame(Stream::Stdout, 2, b"end"), frame(Stream::Stderr, 3, b"why")],
        };
        log.append_batch(batch, 1000).await;
        let gap = |stream, bytes| Piece::Gap { stream, bytes };
        let page = log.read(seen, i64::MAX).await;
        assert_eq!(
            page.pieces,
            [
                gap(Stream::Stdout, 70),
                gap(Stream::Stderr, 7),
                Piece::Frame(frame(Stream::Stdout, 2, b"end")),
                Piece::Frame(frame(Stream::Stderr, 3, b"why")),
            ]
        );
        assert_eq!(
            page.size,
            Size {
                stdout_bytes: 78,
                stderr_bytes: 10,
                dropped_bytes: 77
            }
        );
    }

    #[tokio::test]
    async fn under_the_smallest_cap_the_end_is_still_kept() {
        let log = Log::open();
        for number in 0..50 {
            log.append(vec![frame(Stream::Stdout, number, &[b'x'; 60_000])], 64_000)
                .await;
        }
        let page = log.read(0, i64::MAX).await;
        let last = page.pieces.last();
        assert!(
            matches!(last, Some(Piece::Frame(frame)) if frame.at_ms == 49),
            "{last:?}"
        );
        assert_eq!(page.size.dropped_bytes, 48 * 60_000);
    }

    #[test]
    fn a_damaged_chunk_is_an_error_not_a_panic() {
        let blob = encode(&[frame(Stream::Stdout, 1, b"abc")]);
        for cut in 1..blob.len() {
            assert!(decode(&blob[..cut]).is_err());
        }
    }
}
