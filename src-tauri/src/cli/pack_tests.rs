#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Seek as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use flate2::read::GzDecoder;

use super::*;

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Each entry's name and what it is: the content, `-> target`, or `folder`; with `x` where it can be run.
fn packed(root: &Path) -> (BTreeMap<String, String>, LeftOut) {
    packed_for("f", root)
}

/// The same for a function of that id.
fn packed_for(function: &str, root: &Path) -> (BTreeMap<String, String>, LeftOut) {
    let mut file = tempfile::tempfile().unwrap();
    let left_out = pack(root, function, &root.join("our-data"), &mut file).unwrap();
    file.rewind().unwrap();
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let entries = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            let what = match entry.header().entry_type() {
                EntryType::Directory => "folder".to_owned(),
                EntryType::Symlink => format!("-> {}", entry.link_name().unwrap().unwrap().display()),
                _ => {
                    let mut text = String::new();
                    entry.read_to_string(&mut text).unwrap();
                    if entry.header().mode().unwrap() == 0o755 {
                        format!("x {text}")
                    } else {
                        text
                    }
                }
            };
            (name, what)
        })
        .collect();
    (entries, left_out)
}

#[test]
fn files_lie_under_one_top_folder_and_keep_their_executable_bit() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), "main.js", "1");
    write(temp.path(), "bin/run", "2");
    std::fs::set_permissions(
        temp.path().join("bin/run"),
        std::fs::Permissions::from_mode(0o4750),
    )
    .unwrap();
    let (entries, left_out) = packed(temp.path());
    let expected = [
        ("code/bin", "folder"),
        ("code/bin/run", "x 2"),
        ("code/main.js", "1"),
    ];
    let shown: Vec<_> = entries
        .iter()
        .map(|(name, what)| (name.trim_end_matches('/'), what.as_str()))
        .collect();
    assert_eq!(shown, expected);
    assert!(left_out.remarks().is_empty());
}

#[test]
fn history_and_caches_stay_out_and_dependencies_go_in() {
    let temp = tempfile::tempdir().unwrap();
    for name in [
        ".git/config",
        "lib/__pycache__/a.pyc",
        "node_modules/x/index.js",
        ".env.example",
    ] {
        write(temp.path(), name, "");
    }
    let (entries, _) = packed(temp.path());
    assert!(
        entries.contains_key("code/node_modules/x/index.js") && entries.contains_key("code/.env.example")
    );
    assert!(
        !entries
            .keys()
            .any(|name| name.contains(".git/") || name.contains("__pycache__"))
    );
}

#[test]
fn links_inside_stay_links_and_those_that_lead_out_are_left_out_aloud() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("f");
    write(&root, "lib/a.js", "1");
    write(temp.path(), "outside", "secret");
    symlink("lib/a.js", root.join("here")).unwrap();
    symlink("../lib", root.join("lib/around")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink(root.join("lib/a.js"), root.join("lib/absolute")).unwrap();
    symlink("../outside", root.join("out")).unwrap();
    symlink("../f/lib", root.join("out-and-in")).unwrap();
    symlink("/etc/passwd", root.join("away")).unwrap();
    let (entries, left_out) = packed(&root);
    assert_eq!(entries["code/here"], "-> lib/a.js");
    assert_eq!(entries["code/lib/around"], "-> ../lib");
    assert_eq!(entries["code/dangling"], "-> nowhere");
    assert_eq!(entries["code/lib/absolute"], "-> ../lib/a.js");
    assert_eq!(left_out.0.len(), 3, "{left_out:?}");
    assert!(left_out.remarks()[0].contains("away") && left_out.remarks()[0].contains("/etc/passwd"));
    assert!(!entries.values().any(|content| content.contains("secret")));
}

#[test]
fn names_longer_than_a_tar_header_are_kept() {
    let temp = tempfile::tempdir().unwrap();
    let name = format!("{}/{}/ü.txt", "a".repeat(120), "b".repeat(120));
    write(temp.path(), &name, "deep");
    assert_eq!(packed(temp.path()).0[&format!("code/{name}")], "deep");
}

#[test]
fn a_pipe_is_left_out_and_not_waited_for() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), "a", "");
    nix::unistd::mkfifo(&temp.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(packed(temp.path()).1.remarks()[0].contains("pipe"));
}

#[test]
fn a_folder_without_files_is_an_error() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::create_dir(temp.path().join("empty")).unwrap();
    let empty = refused(temp.path());
    assert!(empty.ends_with("holds no files"), "{empty}");

    write(temp.path(), ".env", "A=1");
    let nothing_else = refused(temp.path());
    assert!(
        nothing_else.contains("holds no files that are code; left out: .env"),
        "{nothing_else}"
    );
}

fn refused(root: &Path) -> String {
    let mut file = tempfile::tempfile().unwrap();
    pack(root, "f", &root.join("our-data"), &mut file)
        .unwrap_err()
        .to_string()
}

/// The files in the archive, without their top folder.
fn files(entries: &BTreeMap<String, String>) -> Vec<&str> {
    let files = entries.iter().filter(|(_, what)| *what != "folder");
    files
        .map(|(name, _)| name.strip_prefix("code/").unwrap())
        .collect()
}

#[test]
fn what_a_linked_folder_leaves_out_an_upload_leaves_out_too() {
    let temp = tempfile::tempdir().unwrap();
    for (name, text) in [
        (".git/HEAD", ""),
        (".gitignore", "dist\n*.log\nnode_modules\nvendor\n.venv\nvenv\n"),
        (".drydockignore", "/tests\n!keep.log\nnode_modules/huge\n"),
        ("lib/.gitignore", "made.js\n"),
        (".index.js.swp", ""),
        ("index.js~", ""),
        ("our-data/drydock.db", ""),
        ("index.js", ""),
        ("dist/a.js", ""),
        ("a.log", ""),
        ("keep.log", ""),
        ("tests/a.js", ""),
        ("lib/made.js", ""),
        ("lib/tests/a.js", ""),
        ("node_modules/x/dist/index.js", ""),
        ("node_modules/huge/index.js", ""),
        ("vendor/autoload.php", ""),
        (".venv/pyvenv.cfg", ""),
        ("venv/pyvenv.cfg", ""),
    ] {
        write(temp.path(), name, text);
    }
    let (entries, left_out) = packed(temp.path());
    let expected = [
        ".drydockignore",
        ".gitignore",
        ".venv/pyvenv.cfg",
        "index.js",
        "keep.log",
        "lib/.gitignore",
        "lib/tests/a.js",
        "node_modules/x/dist/index.js",
        "vendor/autoload.php",
        "venv/pyvenv.cfg",
    ];
    assert_eq!(files(&entries), expected);
    let [remark] = &left_out.remarks()[..] else {
        panic!("{left_out:?}");
    };
    assert!(
        remark.starts_with("left out: a.log, dist, lib/made.js, node_modules/huge, tests (by "),
        "{remark}"
    );
}

#[test]
fn the_variables_of_the_function_stay_out_and_the_mend_is_said() {
    let temp = tempfile::tempdir().unwrap();
    for name in [".env", "config/.env", ".env.example", "main.py"] {
        write(temp.path(), name, "A=1");
    }
    let (entries, left_out) = packed(temp.path());
    assert_eq!(files(&entries), [".env.example", "config/.env", "main.py"]);
    let [remark] = &left_out.remarks()[..] else {
        panic!("{left_out:?}");
    };
    assert!(
        remark.starts_with("left out: .env (")
            && remark.contains("`drydock functions update f --var NAME=VALUE`"),
        "{remark}"
    );
}

#[test]
fn what_many_rules_leave_out_is_one_remark_and_the_first() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), ".gitignore", "*.log\n");
    write(temp.path(), ".env", "A=1");
    for number in 0..8 {
        write(temp.path(), &format!("{number}.log"), "");
    }
    let remarks = packed(temp.path()).1.remarks();
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(
        remarks[0].starts_with("left out: 0.log, 1.log, 2.log, 3.log, 4.log and 3 more (by "),
        "{remarks:?}"
    );
}

/// An appwrite.json with functions of these ids, folders and patterns.
fn declare(root: &Path, functions: &[(&str, &str, &str)]) {
    let functions: Vec<_> = functions
        .iter()
        .map(|(id, path, ignore)| {
            serde_json::json!({ "$id": id, "name": id, "path": path, "ignore": [ignore] })
        })
        .collect();
    let text = serde_json::json!({ "projectId": "p", "functions": functions }).to_string();
    write(root, "appwrite.json", &text);
}

#[test]
fn what_appwrite_json_ignores_for_the_folder_stays_out() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("functions/mail");
    for name in ["index.js", "notes.md", "data.csv"] {
        write(&root, name, "");
    }
    let below = |id| packed_for(id, &root).0;
    declare(temp.path(), &[("mail", "functions/mail", "*.md")]);
    assert_eq!(files(&below("mail")), ["data.csv", "index.js"]);
    // The folder is meant, whatever the function is called here.
    assert_eq!(files(&below("other")), ["data.csv", "index.js"]);
    let two = [
        ("mail", "functions/mail", "*.md"),
        ("sms", "functions/mail", "*.csv"),
    ];
    declare(temp.path(), &two);
    assert_eq!(files(&below("sms")), ["index.js", "notes.md"]);
    assert_eq!(files(&below("other")).len(), 3);
}

#[test]
fn a_broken_appwrite_json_is_remarked_and_the_code_packed() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), "main.py", "");
    write(temp.path(), "appwrite.json", "{");
    let (entries, left_out) = packed(temp.path());
    assert_eq!(files(&entries), ["appwrite.json", "main.py"]);
    let remarks = left_out.remarks();
    assert!(
        remarks.len() == 1 && remarks[0].contains("appwrite.json is not JSON"),
        "{remarks:?}"
    );
}

#[test]
fn many_remarks_are_counted() {
    let left_out = LeftOut((0..25).map(|n| n.to_string()).collect());
    let remarks = left_out.remarks();
    assert_eq!((remarks.len(), remarks[10].as_str()), (11, "left out: 15 more"));
}
