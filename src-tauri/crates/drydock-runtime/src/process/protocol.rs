//! What the server says to the zygote and to launchers over their sockets, and they to it.
//!
//! Owns: the messages and their framing, a length of four bytes (big endian) before a JSON text. Must not:
//! do any I/O of its own choosing. The server sends one [`Spec`], for a command that stands by one [`Handover`]
//! later, and then nothing: the end of its stream, for whatever reason, is the order to kill. The launcher sends
//! [`Report`]s, the last one at the end.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::sandbox::{Confinement, Level, LimitHit};
use crate::standby::preload::Ear;

/// The largest message: an environment may hold 2 MB on Linux, and JSON writes a byte in up to 4.
const MAX_MESSAGE_BYTES: u32 = 16 * 1024 * 1024;

/// What all launchers share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) level: Level,
    /// What of the machine a function may read.
    pub(crate) readable: Vec<PathBuf>,
    /// How many files may be open where no limit of an execution says less, if the server raised that for itself.
    pub(crate) open_files: Option<u64>,
}

/// What the zygote tells: the first answers its setup, each other one a wish for a launcher.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ZygoteReport {
    /// It waits for wishes.
    Ready,
    /// What executions share cannot be had.
    Unconfined {
        /// The step that failed and the system's words for it.
        why: String,
    },
    /// A launcher waits for its spec.
    Launched {
        /// Its process id.
        pid: i32,
        /// Whether it was born in the control group that came with the wish.
        is_in_group: bool,
    },
    /// What executions share has changed on this machine; the zygote ends.
    Outdated,
}

/// What to start. Everything is an OS string: paths need not be UTF-8.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Spec {
    /// Absolute path.
    pub(super) program: OsString,
    /// Without the program's name.
    pub(super) arguments: Vec<OsString>,
    /// The whole environment.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// Where it runs.
    pub(super) folder: OsString,
    /// From its start; of one that stands by, none: its handover says.
    pub(super) timeout_ms: u64,
    pub(super) confinement: Confinement,
    /// Where the command hears of its execution, if it is to wait for one.
    pub(super) standby: Option<Ear>,
    /// Whether only the confinement is tried, and nothing started.
    pub(super) probe: bool,
}

impl Spec {
    /// Whether the program lies where the command cannot see it.
    pub(super) fn hides_the_program(&self) -> bool {
        let (confinement, program) = (&self.confinement, Path::new(&self.program));
        confinement.level == Level::Full
            && !program.starts_with(confinement.code_inside())
            && !confinement
                .readable
                .iter()
                .any(|shown| program.starts_with(shown))
    }
}

/// What a command that stands by needs to go on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Handover {
    /// What is added to its environment.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// From now.
    pub(super) timeout_ms: u64,
}

/// What a launcher tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The confinement cannot be had, so nothing was started.
    Unconfined {
        /// The step that failed and the system's words for it.
        why: String,
    },
    /// The probe's answer: it can be had.
    Confined,
    /// The command stands by: its interpreter is there and waits.
    Ready {
        /// What it has of its own; 0 where that is not known.
        memory_bytes: u64,
    },
    /// The command is about to be executed. Said before, since its first act may be to kill the launcher. Of one that
    /// stood by: it has what was handed over. Its end without this means that nothing of the execution has run.
    Starting,
    /// The command runs.
    Started {
        /// Its process id, which is its process group's too; none where it is a number of its own namespace.
        pid: Option<i32>,
    },
    /// The command could not be executed.
    Refused {
        /// The system's number for it, where there is one.
        errno: Option<i32>,
        /// The same in words.
        message: String,
    },
    /// The command ended, and what it had started was killed.
    Ended(End),
}

/// How a run ended and what it took.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) status: Status,
    pub(super) cause: Cause,
    /// From the command's start to its end.
    pub(super) duration_us: u64,
    /// User and system time of the whole tree.
    pub(super) cpu_us: u64,
    /// Of its largest process, or of all together where that was seen to be more.
    pub(super) peak_memory_bytes: u64,
    /// Whether some process could not be killed in time.
    pub(super) survivors: bool,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    /// By `exit`.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// Through whom it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cause {
    /// By itself.
    Own,
    /// Its time was over.
    Timeout,
    /// The server ordered it, or is gone.
    Order,
    /// It was over a limit.
    Limit(LimitHit),
}

/// A message as bytes.
pub(super) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    match u32::try_from(bytes.len() - 4) {
        Ok(length) if length <= MAX_MESSAGE_BYTES => bytes[..4].copy_from_slice(&length.to_be_bytes()),
        _ => return Err(too_large()),
    }
    Ok(bytes)
}

/// Takes the first message off `buffer`; `None` while it is not complete.
pub(super) fn take<T: DeserializeOwned>(buffer: &mut Vec<u8>) -> io::Result<Option<T>> {
    let Some(head) = buffer.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = checked_length(*head)?;
    let Some(body) = buffer.get(4..4 + length) else {
        return Ok(None);
    };
    let message = serde_json::from_slice(body)?;
    buffer.drain(..4 + length);
    Ok(Some(message))
}

/// Reads one message, waiting for it.
pub(super) fn read<T: DeserializeOwned>(mut from: impl Read) -> io::Result<T> {
    let mut head = [0; 4];
    from.read_exact(&mut head)?;
    let mut body = vec![0; checked_length(head)?];
    from.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

fn checked_length(head: [u8; 4]) -> io::Result<usize> {
    match u32::from_be_bytes(head) {
        length if length <= MAX_MESSAGE_BYTES => Ok(length as usize),
        _ => Err(too_large()),
    }
}

fn too_large() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a message between server and launcher is over 16 MB",
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::sandbox::{Limits, Network};

    #[test]
    fn a_spec_survives_the_way_with_bytes_that_are_not_utf_8() {
        let odd = OsString::from_vec(b"/tmp/\xEA".to_vec());
        let spec = Spec {
            program: odd.clone(),
            arguments: vec!["a b".into()],
            environment: vec![("NAME".into(), odd.clone())],
            folder: "/".into(),
            timeout_ms: 15_000,
            confinement: Confinement {
                level: Level::Full,
                network: Network::Full,
                limits: Limits::default(),
                code: "/code".into(),
                scratch: "/scratch".into(),
                readable: Vec::new(),
                preloads: None,
            },
            standby: Some(Ear::Stdin),
            probe: false,
        };
        let read: Spec = read(encode(&spec).unwrap().as_slice()).unwrap();
        assert_eq!(read.program, odd);
        assert_eq!(read.environment, [("NAME".into(), odd)]);
    }

    #[test]
    fn messages_come_out_whole_however_they_were_cut() {
        let bytes = [encode(&Cause::Own).unwrap(), encode(&Cause::Order).unwrap()].concat();
        let (mut buffer, mut seen) = (Vec::new(), Vec::new());
        for byte in bytes {
            buffer.push(byte);
            seen.extend(take::<Cause>(&mut buffer).unwrap());
        }
        assert_eq!(seen, [Cause::Own, Cause::Order]);
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_memory_is_taken() {
        assert!(read::<Cause>([0xFF; 8].as_slice()).is_err());
        assert!(take::<Cause>(&mut vec![0xFF; 8]).is_err());
    }
}
