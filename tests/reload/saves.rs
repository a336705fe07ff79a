//! How programs save a file. After each the new text is live, and no tag ever holds half of it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::code::Thing;
use super::desk::{Desk, shell};

/// A way to save `main.sh` in a folder.
type Way = fn(&Path, &str);

/// Those that leave nothing beside the file but what editors are known to leave: one save is one tag, and no tag holds
/// anything else.
const KNOWN: [(&str, Way); 8] = [
    ("VS Code", vs_code),
    ("gedit", gedit),
    ("vim, the old file renamed", vim_renames),
    ("vim, the old file copied", vim_copies),
    ("Emacs", emacs),
    ("JetBrains", jet_brains),
    ("a file moved in", move_in),
    ("a copy over it", copy_over),
];

/// Those that write beside the file under a name that could be anybody's.
const BESIDE: [(&str, Way); 4] = [
    ("Kate", kate),
    ("sed -i", sed),
    ("a hard link in its place", hard_link),
    ("Git", git),
];

fn write(path: &Path, text: &str) {
    let mut file = File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.sync_all().unwrap();
}

fn vs_code(folder: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(folder.join("main.sh"))
        .unwrap();
    file.set_len(0).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn gedit(folder: &Path, text: &str) {
    let beside = folder.join(".goutputstream-Y7B1T2");
    write(&beside, text);
    fs::rename(beside, folder.join("main.sh")).unwrap();
}

/// `backupcopy=no`; the swap file stays open all the time, and 4913 asks whether the folder can be written.
fn vim_renames(folder: &Path, text: &str) {
    let (file, backup) = (folder.join("main.sh"), folder.join("main.sh~"));
    let mut swap = File::create(folder.join(".main.sh.swp")).unwrap();
    swap.write_all(&[0; 4096]).unwrap();
    write(&folder.join("4913"), "");
    fs::remove_file(folder.join("4913")).unwrap();
    fs::rename(&file, &backup).unwrap();
    write(&file, text);
    swap.write_all(&[1; 4096]).unwrap();
    fs::remove_file(backup).unwrap();
    drop(swap);
    fs::remove_file(folder.join(".main.sh.swp")).unwrap();
}

/// `backupcopy=yes`.
fn vim_copies(folder: &Path, text: &str) {
    let (file, backup) = (folder.join("main.sh"), folder.join("main.sh~"));
    let mut swap = File::create(folder.join(".main.sh.swp")).unwrap();
    swap.write_all(&[0; 4096]).unwrap();
    fs::copy(&file, &backup).unwrap();
    write(&file, text);
    fs::remove_file(backup).unwrap();
    fs::remove_file(folder.join(".main.sh.swp")).unwrap();
}

fn emacs(folder: &Path, text: &str) {
    let (file, lock) = (folder.join("main.sh"), folder.join(".#main.sh"));
    symlink("ada@machine.4711:1700000000", &lock).unwrap();
    write(&folder.join("#main.sh#"), "half of");
    fs::rename(&file, folder.join("main.sh~")).unwrap();
    write(&file, text);
    fs::remove_file(folder.join("#main.sh#")).unwrap();
    fs::remove_file(lock).unwrap();
}

fn jet_brains(folder: &Path, text: &str) {
    let beside = |end: &str| folder.join(format!("main.sh{end}"));
    write(&beside("___jb_tmp___"), text);
    fs::rename(beside(""), beside("___jb_old___")).unwrap();
    fs::rename(beside("___jb_tmp___"), beside("")).unwrap();
    fs::remove_file(beside("___jb_old___")).unwrap();
}

fn move_in(folder: &Path, text: &str) {
    let outside = folder.parent().unwrap().join("outside");
    write(&outside, text);
    fs::rename(outside, folder.join("main.sh")).unwrap();
}

fn copy_over(folder: &Path, text: &str) {
    let outside = folder.parent().unwrap().join("outside");
    write(&outside, text);
    shell(folder, "cp ../outside main.sh");
}

/// A name with random letters.
fn kate(folder: &Path, text: &str) {
    let beside = folder.join("main.sh.AbCdEf");
    write(&beside, text);
    fs::rename(beside, folder.join("main.sh")).unwrap();
}

fn sed(folder: &Path, text: &str) {
    let line = text.trim_end();
    shell(folder, &format!("sed -i 's/.*/{line}/' main.sh"));
}

fn hard_link(folder: &Path, text: &str) {
    let outside = folder.parent().unwrap().join("outside");
    let _ = fs::remove_file(&outside);
    write(&outside, text);
    shell(folder, "ln -f ../outside main.sh && rm ../outside");
}

fn git(folder: &Path, text: &str) {
    fs::remove_file(folder.join("main.sh")).unwrap();
    write(&folder.join("main.sh"), text);
}

/// What all tags hold under a name, and all other names.
async fn history(desk: &Desk) -> (Vec<Thing>, BTreeSet<PathBuf>) {
    let (mut versions, mut others) = (Vec::new(), BTreeSet::new());
    for tag in desk.tags().await.iter().rev() {
        let mut code = desk.code_of(tag["$id"].as_str().unwrap()).await;
        versions.extend(code.remove(Path::new("main.sh")));
        others.extend(code.into_keys());
    }
    (versions, others)
}

#[tokio::test]
async fn a_save_by_any_known_editor_is_one_tag_that_holds_the_whole_file_and_nothing_else() {
    let desk = Desk::new().await;
    let mut saved = vec![Thing::text(super::desk::FIRST)];
    for (editor, save) in KNOWN {
        let text = format!("echo saved by {editor}\n");
        save(desk.folder(), &text);
        desk.file_is_live("main.sh", &text).await;
        saved.push(Thing::text(&text));
    }

    desk.marker().await;
    let (versions, others) = history(&desk).await;
    saved.extend(saved.last().cloned());
    assert_eq!(versions, saved);
    // Emacs leaves its backup, which is no code.
    assert_eq!(others, BTreeSet::from([PathBuf::from("marker-0")]));
}

#[tokio::test]
async fn a_save_by_way_of_a_file_beside_it_ends_with_the_whole_file_and_nothing_else() {
    let desk = Desk::new().await;
    let mut saved = vec![Thing::text(super::desk::FIRST)];
    for (way, save) in BESIDE {
        let text = format!("echo saved by {way}\n");
        save(desk.folder(), &text);
        desk.is_live().await;
        saved.push(Thing::text(&text));
    }

    let (versions, _) = history(&desk).await;
    assert!(
        versions.iter().all(|version| saved.contains(version)),
        "{versions:?}"
    );
    assert_eq!(versions.last(), saved.last());
}

#[tokio::test]
async fn a_file_that_is_written_slowly_in_pieces_is_whole_in_the_end() {
    let desk = Desk::new().await;
    let mut file = File::create(desk.path("main.sh")).unwrap();
    let mut whole = String::new();
    // Longer than anybody waits for the end of a save.
    for number in 0..40 {
        let piece = format!("echo {number}\n");
        file.write_all(piece.as_bytes()).unwrap();
        whole.push_str(&piece);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    desk.file_is_live("main.sh", &whole).await;

    file.write_all(b"echo more\n").unwrap();
    whole.push_str("echo more\n");
    // It is not closed yet.
    desk.file_is_live("main.sh", &whole).await;
    drop(file);
    assert_eq!(desk.run().await.lines().last(), Some("more"));
}

#[tokio::test]
async fn writing_the_same_again_is_no_new_tag() {
    let desk = Desk::new().await;
    let before = desk.tag_count().await;
    let text = fs::read_to_string(desk.path("main.sh")).unwrap();
    for save in [vs_code, gedit, vim_copies, jet_brains] {
        save(desk.folder(), &text);
    }
    shell(desk.folder(), "touch main.sh; chmod 600 main.sh");

    desk.marker().await;
    assert_eq!(desk.tags().await.len(), before + 1);
}

#[tokio::test]
async fn a_file_that_a_program_keeps_writing_holds_up_no_other() {
    let desk = Desk::new().await;
    let path = desk.path("server.log");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = std::sync::Arc::clone(&stop);
    let logger = std::thread::spawn(move || {
        let mut log = File::create(path).unwrap();
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            log.write_all(b"a line\n").unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    for number in 0..3 {
        let text = format!("echo {number}\n");
        vs_code(desk.folder(), &text);
        desk.file_is_live("main.sh", &text).await;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    logger.join().unwrap();
    desk.is_live().await;
}
