//! Any series of operations on a folder, by real calls of the system, ends with exactly what they left.
//!
//! `RELOAD_CASES` says how many series there are; `RELOAD_SEED` repeats one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use drydock_tests::Chance;

use super::code::{self, Thing};
use super::desk::Desk;

const CASES: usize = 20;
/// Few names, so that operations meet.
const NAMES: [&str; 5] = ["a", "b", "c", "é d", "x.d"];

fn path(chance: &mut Chance) -> PathBuf {
    let depth = 1 + chance.below(3);
    (0..depth).map(|_| chance.one_of(&NAMES).unwrap()).collect()
}

/// One operation. What cannot be done is not.
fn operate(desk: &Desk, chance: &mut Chance) -> std::io::Result<()> {
    let (one, another) = (path(chance), path(chance));
    let (here, there) = (desk.path(&one), desk.path(&another));
    match chance.below(12) {
        0..=2 => {
            let count = chance.below(40);
            fs::create_dir_all(here.parent().unwrap())?;
            fs::write(here, chance.bytes(count))
        }
        3 => fs::OpenOptions::new().append(true).open(here)?.write_all(b"more"),
        4 => {
            let beside = desk.path("beside.tmp");
            fs::write(&beside, chance.bytes(9))?;
            fs::rename(&beside, here).or_else(|_| fs::remove_file(beside))
        }
        5 => fs::rename(here, there),
        6 => fs::create_dir_all(here),
        7 => fs::remove_dir_all(here),
        8 => fs::remove_file(here),
        9 => {
            let inside: PathBuf = one.components().skip(1).map(|_| "..").collect();
            symlink(inside.join(&another), here)
        }
        10 => fs::set_permissions(here, fs::Permissions::from_mode([0o644, 0o755][chance.below(2)])),
        // Under one name: of a file with two, only the one it is written by is told.
        _ => fs::hard_link(&here, there).and_then(|()| fs::remove_file(here)),
    }
}

#[tokio::test]
async fn after_any_series_of_operations_what_is_live_is_what_the_folder_holds() {
    let seed = Chance::seed("RELOAD_SEED");
    let cases = std::env::var("RELOAD_CASES").map_or(CASES, |text| text.parse().unwrap());
    let mut chance = Chance::new(seed);
    let desk = Desk::new().await;
    for case in 0..cases {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("seed {seed}, case {case}");
        }
        let operations = 1 + chance.below(60);
        let pause = [0, 0, 2, 20][chance.below(4)];
        for _ in 0..operations {
            let _ = operate(&desk, &mut chance);
            // So that looks fall between operations too.
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let mut expected = code::in_folder(desk.folder(), &|_| false);
        expected.retain(|path, thing| !matches!(thing, Thing::Link(target) if leads_out(path, target)));
        desk.lives(&expected).await;
    }
}

/// Whether a link that was moved climbs out of the folder now.
fn leads_out(path: &Path, target: &Path) -> bool {
    let mut depth = path.components().count() - 1;
    target.components().any(|part| {
        if part == Component::ParentDir {
            depth = depth.wrapping_sub(1);
            return depth == usize::MAX;
        }
        depth += 1;
        false
    })
}
