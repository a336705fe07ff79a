//! Tests of the store of contents.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::*;

fn store() -> (Contents, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    (Contents::open(place.path().join("content")).unwrap(), place)
}

fn keep(contents: &Contents, bytes: &[u8], executable: bool) -> ContentId {
    let mut source = bytes;
    let (id, size_bytes) = contents.keep(&mut source, 0, executable).unwrap();
    assert_eq!(size_bytes, bytes.len() as u64);
    id
}

fn bytes_of(contents: &Contents, id: &ContentId) -> Vec<u8> {
    let mut bytes = Vec::new();
    contents.read(id).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_same_bytes_are_kept_once_and_the_right_to_run_them_apart() {
    let (contents, _place) = store();
    let one = keep(&contents, b"hello", false);
    assert_eq!(keep(&contents, b"hello", false), one);
    assert_eq!(contents.size_bytes(), 5);
    let run = keep(&contents, b"hello", true);
    assert_ne!(run, one);
    assert_eq!(run.hash, one.hash);
    assert_eq!(contents.size_bytes(), 10);
    assert_eq!(bytes_of(&contents, &one), b"hello");
    assert_eq!(bytes_of(&contents, &run), b"hello");
    assert_eq!(bytes_of(&contents, &keep(&contents, b"", false)), b"");
}

#[test]
fn a_long_file_is_the_same_as_in_memory() {
    let (contents, _place) = store();
    for length in [IN_MEMORY_BYTES, IN_MEMORY_BYTES + 1, 3 * IN_MEMORY_BYTES + 7] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let id = keep(&contents, &bytes, false);
        assert_eq!(id.hash, <[u8; 32]>::from(Sha256::digest(&bytes)));
        assert_eq!(bytes_of(&contents, &id), bytes);
        assert_eq!(keep(&contents, &bytes, false), id);
    }
    assert_eq!(drafts(&contents), 0);
}

#[cfg(unix)]
#[test]
fn a_content_can_be_read_by_all_and_written_by_nobody() {
    use std::os::unix::fs::PermissionsExt as _;
    let (contents, _place) = store();
    let mode = |id: &ContentId| {
        let found = std::fs::metadata(contents.path(id)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode(&keep(&contents, b"a", false)), 0o444);
    assert_eq!(mode(&keep(&contents, b"a", true)), 0o555);
    let long = vec![b'a'; 2 * IN_MEMORY_BYTES as usize];
    assert_eq!(mode(&keep(&contents, &long, true)), 0o555);
}

#[test]
fn one_that_was_cut_off_is_written_again() {
    let (contents, _place) = store();
    let id = keep(&contents, b"hello", false);
    let path = contents.path(&id);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    assert_eq!(keep(&contents, b"hello", false), id);
    assert_eq!(bytes_of(&contents, &id), b"hello");
}

#[test]
fn opening_removes_drafts_and_what_is_there_can_be_counted() {
    let (contents, place) = store();
    keep(&contents, b"hello", false);
    keep(&contents, b"world!", true);
    std::fs::write(place.path().join("content/draft-7"), "half").unwrap();
    let again = Contents::open(place.path().join("content")).unwrap();
    assert_eq!((again.size_bytes(), drafts(&again)), (0, 0));
    again.take_stock().unwrap();
    assert_eq!(again.size_bytes(), 11);
}

#[test]
fn a_source_that_fails_leaves_nothing() {
    struct Failing(u64);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("the disk is gone"));
            }
            let length = (buffer.len() as u64).min(self.0) as usize;
            self.0 -= length as u64;
            Ok(length)
        }
    }
    let (contents, _place) = store();
    for length in [10, 2 * IN_MEMORY_BYTES] {
        assert!(contents.keep(&mut Failing(length), 0, false).is_err());
    }
    assert_eq!((contents.size_bytes(), drafts(&contents)), (0, 0));
}

#[test]
fn a_sweep_removes_what_is_neither_needed_nor_kept_meanwhile() {
    let (contents, _place) = store();
    let [needed, again, gone] = [b"needed", b"again!", b"gone!!"].map(|bytes| keep(&contents, bytes, false));
    let sweep = contents.begin_sweep();
    keep(&contents, b"again!", false);
    let new = keep(&contents, b"new", false);
    let swept = sweep.remove_all_but(&HashSet::from([needed])).unwrap();
    assert_eq!((swept.contents, swept.size_bytes), (1, 6));
    for id in [needed, again, new] {
        assert!(contents.path(&id).exists());
    }
    assert!(!contents.path(&gone).exists());
    assert_eq!(contents.size_bytes(), 15);
    // The next sweep does not spare what this one did.
    let swept = contents.begin_sweep().remove_all_but(&HashSet::new()).unwrap();
    assert_eq!(swept.contents, 3);
    assert_eq!(contents.size_bytes(), 0);
}

fn drafts(contents: &Contents) -> usize {
    let entries = std::fs::read_dir(&contents.folder).unwrap();
    entries
        .filter(|entry| !entry.as_ref().unwrap().file_type().unwrap().is_dir())
        .count()
}
