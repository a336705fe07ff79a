//! Tests of following a folder.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use proptest::prelude::*;

use super::*;
use crate::tree::{Side, changes};

const LIMITS: FolderLimits = FolderLimits {
    max_files: 1000,
    max_bytes: 10_000_000,
};

struct Seen<'a>(&'a mut Vec<PathBuf>);

impl Observer for Seen<'_> {
    fn meet(&mut self, directory: &Path) {
        self.0.push(directory.to_owned());
    }

    fn settle(&mut self) {}
}

struct Bench {
    place: tempfile::TempDir,
    contents: Contents,
    folder: Folder,
    directories: HashMap<TreeId, Directory>,
    observed: Vec<PathBuf>,
}

impl Bench {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap().join("root");
        fs::create_dir(&root).unwrap();
        Self {
            contents: Contents::open(place.path().join("content")).unwrap(),
            folder: Folder::new(root, Vec::new(), None, LIMITS),
            place,
            directories: HashMap::new(),
            observed: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.root().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn look(&mut self, place: &Where) -> Snapshot {
        let observed = &mut self.observed;
        observed.clear();
        let mut observe = Seen(observed);
        let snapshot = self
            .folder
            .snapshot(Some(&self.contents), place, &mut observe)
            .unwrap();
        for (id, bytes) in self.folder.unsaved() {
            self.directories.insert(*id, Directory::decode(bytes).unwrap());
        }
        self.folder.saved();
        snapshot
    }

    fn look_at(&mut self, paths: &[&str]) -> Snapshot {
        self.look(&Where::at(paths.iter().map(PathBuf::from)))
    }

    /// Every file of the snapshot with its text; a link as `-> target`.
    fn files(&self, snapshot: &Snapshot) -> BTreeMap<String, String> {
        let mut read = |id: &TreeId| Ok::<_, Infallible>(self.directories[id].clone());
        let found = changes(&mut read, None, &snapshot.root).unwrap();
        let texts = found.into_iter().filter_map(|change| {
            let text = match change.after? {
                Side::Directory => return None,
                Side::Leaf(Node::File { content, .. }) => {
                    fs::read_to_string(self.contents.path(&content)).unwrap()
                }
                Side::Leaf(Node::Link { target }) => format!("-> {}", target.display()),
                Side::Leaf(Node::Directory { .. }) => unreachable!("a directory is no leaf"),
            };
            Some((change.path.to_str().unwrap().to_owned(), text))
        });
        texts.collect()
    }

    fn names(&self, snapshot: &Snapshot) -> Vec<String> {
        self.files(snapshot).into_keys().collect()
    }
}

#[test]
fn a_snapshot_holds_the_files_and_the_next_reads_only_what_changed() {
    let mut bench = Bench::new();
    bench.write("index.js", "1");
    bench.write("lib/a.js", "a");
    let first = bench.look(&Where::everywhere());
    assert_eq!((first.totals.files, first.totals.size_bytes), (2, 2));
    assert_eq!(bench.names(&first), ["index.js", "lib/a.js"]);
    assert_eq!(
        bench.observed,
        [bench.path(""), bench.path("lib")].map(|path| path.components().collect::<PathBuf>())
    );
    assert_eq!(bench.look(&Where::everywhere()), first);

    bench.write("index.js", "2");
    bench.write("lib/b.js", "not told of");
    let second = bench.look_at(&["index.js"]);
    assert!(bench.observed.is_empty());
    assert_ne!(second.root, first.root);
    assert_eq!(bench.files(&second)["index.js"], "2");
    assert_eq!(bench.names(&second), ["index.js", "lib/a.js"]);
    // Back to what it was is the first again.
    bench.write("index.js", "1");
    assert_eq!(bench.look_at(&["index.js"]).root, first.root);
    let all = bench.look(&Where::everywhere());
    assert_eq!(bench.names(&all), ["index.js", "lib/a.js", "lib/b.js"]);
}

#[test]
fn a_directory_that_was_told_of_is_observed_with_all_below_since_it_may_be_another_one() {
    let mut bench = Bench::new();
    bench.write("a/b/c.js", "c");
    bench.write("d/e.js", "e");
    bench.look(&Where::everywhere());
    // The new ones may well have the numbers of the old ones.
    fs::remove_dir_all(bench.path("a")).unwrap();
    bench.write("a/b/c.js", "c");
    bench.look_at(&["a"]);
    assert_eq!(bench.observed, [bench.path("a"), bench.path("a/b")]);
}

#[test]
fn a_write_within_one_tick_of_the_clock_is_found_by_a_look_at_everything() {
    let mut bench = Bench::new();
    for round in 0..50 {
        bench.write("a", &format!("{round:03}"));
        let snapshot = bench.look(&Where::everywhere());
        assert_eq!(bench.files(&snapshot)["a"], format!("{round:03}"));
    }
}

#[test]
fn what_comes_goes_or_becomes_something_else_is_seen() {
    let mut bench = Bench::new();
    bench.write("a/b/c.js", "c");
    bench.write("d", "d");
    bench.look(&Where::everywhere());
    fs::remove_dir_all(bench.path("a")).unwrap();
    bench.write("a", "a file now");
    fs::remove_file(bench.path("d")).unwrap();
    bench.write("d/e/f", "f");
    let snapshot = bench.look_at(&["a", "d"]);
    assert_eq!(bench.names(&snapshot), ["a", "d/e/f"]);
    assert_eq!(bench.observed, [bench.path("d"), bench.path("d/e")]);
    // Another directory under the same name.
    bench.write("x/y/z", "z");
    bench.look_at(&["x"]);
    fs::rename(bench.path("x"), bench.place.path().join("x")).unwrap();
    bench.write("x/y/w", "w");
    let snapshot = bench.look_at(&["x"]);
    assert_eq!(bench.names(&snapshot), ["a", "d/e/f", "x/y/w"]);
    assert_eq!(bench.observed, [bench.path("x"), bench.path("x/y")]);
}

#[test]
fn the_right_to_run_a_file_is_part_of_it() {
    let mut bench = Bench::new();
    bench.write("run.sh", "#!/bin/sh");
    let before = bench.look(&Where::everywhere());
    fs::set_permissions(bench.path("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_ne!(bench.look(&Where::everywhere()).root, before.root);
    // The user's other bits are not.
    fs::set_permissions(bench.path("run.sh"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(bench.look(&Where::everywhere()).root, before.root);
}

#[test]
fn links_inside_stay_links_and_those_that_lead_out_are_left_out_and_said() {
    let mut bench = Bench::new();
    bench.write("lib/a.js", "a");
    symlink("../lib/a.js", bench.path("lib/same.js")).unwrap();
    symlink(bench.path("lib"), bench.path("absolute")).unwrap();
    symlink("/etc/passwd", bench.path("out")).unwrap();
    symlink("../../x", bench.path("lib/up")).unwrap();
    symlink("lib/none", bench.path("dangling")).unwrap();
    symlink(".", bench.path("loop")).unwrap();
    let snapshot = bench.look(&Where::everywhere());
    let files = bench.files(&snapshot);
    assert_eq!(files["lib/same.js"], "-> ../lib/a.js");
    assert_eq!(files["absolute"], "-> lib");
    assert_eq!(files["dangling"], "-> lib/none");
    assert_eq!(files["loop"], "-> .");
    let left_out: Vec<_> = snapshot
        .left_out
        .iter()
        .map(|left| left.path.to_str().unwrap())
        .collect();
    assert_eq!(left_out, ["out", "lib/up"]);
    assert!(snapshot.left_out[0].why.contains("/etc/passwd"));
}

#[test]
fn a_pipe_is_left_out_and_keeps_nobody_waiting() {
    let mut bench = Bench::new();
    bench.write("a", "a");
    nix::unistd::mkfifo(
        &bench.path("pipe"),
        nix::sys::stat::Mode::from_bits_truncate(0o600),
    )
    .unwrap();
    let snapshot = bench.look(&Where::everywhere());
    assert_eq!(bench.names(&snapshot), ["a"]);
    assert_eq!(snapshot.left_out[0].path, Path::new("pipe"));
}

#[test]
fn what_cannot_be_read_is_left_out_and_said_and_comes_back() {
    if nix::unistd::geteuid().is_root() {
        // Nothing is unreadable for root; tests/runtime does it as another user.
        return;
    }
    let mut bench = Bench::new();
    bench.write("a", "a");
    bench.write("d/b", "b");
    bench.look(&Where::everywhere());
    for closed in ["a", "d"] {
        fs::set_permissions(bench.path(closed), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let snapshot = bench.look(&Where::everywhere());
    assert!(bench.names(&snapshot).is_empty());
    assert_eq!(snapshot.left_out.len(), 2);
    for closed in ["a", "d"] {
        fs::set_permissions(bench.path(closed), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let snapshot = bench.look(&Where::everywhere());
    assert_eq!(bench.names(&snapshot), ["a", "d/b"]);
    assert!(snapshot.left_out.is_empty());
}

#[test]
fn a_change_of_the_rules_changes_what_is_code_below_them() {
    let mut bench = Bench::new();
    bench.write("a.log", "1");
    bench.write("src/b.log", "2");
    bench.write("src/deep/c.log", "3");
    bench.look(&Where::everywhere());
    bench.write(".gitignore", "*.log\n");
    let snapshot = bench.look_at(&[".gitignore"]);
    assert_eq!(bench.names(&snapshot), [".gitignore"]);
    bench.write("src/.drydockignore", "!c.log\n");
    let snapshot = bench.look_at(&["src/.drydockignore"]);
    assert_eq!(
        bench.names(&snapshot),
        [".gitignore", "src/.drydockignore", "src/deep/c.log"]
    );
    fs::remove_file(bench.path(".gitignore")).unwrap();
    let snapshot = bench.look_at(&[".gitignore"]);
    assert_eq!(
        bench.names(&snapshot),
        ["a.log", "src/.drydockignore", "src/b.log", "src/deep/c.log"]
    );
}

#[test]
fn a_folder_that_is_gone_is_told_and_one_that_comes_back_is_read_again() {
    let mut bench = Bench::new();
    bench.write("a", "a");
    let before = bench.look(&Where::everywhere());
    fs::remove_dir_all(bench.path("")).unwrap();
    let gone = bench
        .folder
        .snapshot(Some(&bench.contents), &Where::everywhere(), &mut ());
    assert!(matches!(gone, Err(ScanError::Missing(_))));
    bench.write("a", "a");
    assert_eq!(bench.look(&Where::at([])).root, before.root);
}

#[test]
fn more_than_a_folder_may_hold_is_refused_with_the_mend() {
    let mut bench = Bench::new();
    bench.folder.limits.max_files = 2;
    for name in ["a", "b", "c"] {
        bench.write(name, "x");
    }
    let words = |bench: &mut Bench| {
        let error = bench
            .folder
            .snapshot(Some(&bench.contents), &Where::everywhere(), &mut ());
        error.unwrap_err().to_string()
    };
    assert!(words(&mut bench).contains("2 files") && words(&mut bench).contains(".drydockignore"));
    bench.folder.limits = FolderLimits {
        max_files: 3,
        max_bytes: 2,
    };
    assert!(words(&mut bench).contains("MB"));
    fs::remove_file(bench.path("c")).unwrap();
    assert_eq!(bench.look(&Where::everywhere()).totals.files, 2);
}

/// Whoever is told of a directory puts something into it.
struct Meddler;

impl Observer for Meddler {
    fn meet(&mut self, _directory: &Path) {}

    fn settle(&mut self) {
        fs::write(std::env::temp_dir().join(MEDDLED).join("root/late"), "x").unwrap();
    }
}

const MEDDLED: &str = "drydock-code-meddled";

#[test]
fn what_came_before_the_watch_makes_the_snapshot_unsettled() {
    let place = std::env::temp_dir().join(MEDDLED);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("root")).unwrap();
    let mut folder = Folder::new(
        place.join("root").canonicalize().unwrap(),
        Vec::new(),
        None,
        LIMITS,
    );
    let first = folder.snapshot(None, &Where::everywhere(), &mut Meddler).unwrap();
    assert!(first.is_unsettled);
    let second = folder.snapshot(None, &Where::everywhere(), &mut ()).unwrap();
    assert_eq!((second.totals.files, second.is_unsettled), (1, false));
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn our_own_data_is_never_looked_at() {
    let mut bench = Bench::new();
    bench.write("a", "a");
    bench.write("data/b", "b");
    bench.folder.apart = Some(bench.path("data"));
    let snapshot = bench.look(&Where::everywhere());
    assert_eq!(bench.names(&snapshot), ["a"]);
}

#[test]
fn without_rules_and_a_store_everything_is_named_the_same() {
    let bench = Bench::new();
    for name in [".git/HEAD", ".env", "a~", "node_modules/.gitignore"] {
        bench.write(name, name);
    }
    bench.write(".gitignore", "*");
    let mut plain = Folder::without_rules(bench.folder.root().to_owned(), LIMITS);
    let named = plain.snapshot(None, &Where::everywhere(), &mut ()).unwrap();
    assert_eq!(named.totals.files, 5);
    let kept = plain
        .snapshot(Some(&bench.contents), &Where::everywhere(), &mut ())
        .unwrap();
    assert_eq!(kept, named);
}

#[test]
fn many_files_are_read_as_well_as_few() {
    let mut bench = Bench::new();
    for number in 0..500 {
        bench.write(
            &format!("{}/{number}", number % 7),
            &format!("text {}", number % 50),
        );
    }
    let snapshot = bench.look(&Where::everywhere());
    let files = bench.files(&snapshot);
    assert_eq!(files.len(), 500);
    assert_eq!(files["3/437"], "text 37");
}

/// What somebody may do in a folder.
#[derive(Debug, Clone)]
enum Act {
    Write(String, u8),
    Remove(String),
    Move(String, String),
}

fn paths() -> impl Strategy<Value = String> {
    prop::collection::vec("[abc]", 1..4).prop_map(|parts| parts.join("/"))
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (paths(), any::<u8>()).prop_map(|(path, text)| Act::Write(path, text)),
        1 => paths().prop_map(Act::Remove),
        1 => (paths(), paths()).prop_map(|(from, to)| Act::Move(from, to)),
    ]
}

/// What is in the folder, by another way.
fn really(folder: &Path, inside: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{inside}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            really(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn told_of_what_was_done_a_snapshot_is_what_is_there(rounds in prop::collection::vec(prop::collection::vec(acts(), 1..6), 1..8)) {
        let mut bench = Bench::new();
        bench.look(&Where::everywhere());
        for round in rounds {
            let mut told = Vec::new();
            for act in round {
                // What cannot be done is not done.
                match act {
                    Act::Write(path, text) => {
                        // As the system tells it: each directory that comes, then the file.
                        let mut part = PathBuf::new();
                        for piece in path.split('/') {
                            part.push(piece);
                            told.push(part.clone());
                        }
                        let path = bench.path(&path);
                        let _ = fs::create_dir_all(path.parent().unwrap()).and_then(|()| fs::write(path, [text % 26 + b'a']));
                    }
                    Act::Remove(path) => {
                        told.push(path.clone().into());
                        let path = bench.path(&path);
                        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
                    }
                    Act::Move(from, to) => {
                        told.extend([PathBuf::from(&from), PathBuf::from(&to)]);
                        let _ = fs::rename(bench.path(&from), bench.path(&to));
                    }
                }
            }
            let snapshot = bench.look(&Where::at(told));
            let mut files = BTreeMap::new();
            really(bench.folder.root(), "", &mut files);
            prop_assert_eq!(bench.files(&snapshot), files.clone());
            prop_assert_eq!(snapshot.totals.files, files.len() as u64);
            prop_assert_eq!(bench.look(&Where::everywhere()).root, snapshot.root);
        }
    }
}
