#![allow(clippy::unwrap_used)]

use super::*;

fn in_temp() -> (tempfile::TempDir, DataDir) {
    let temp = tempfile::tempdir().unwrap();
    let data_dir = DataDir {
        path: temp.path().join("deep").join("data"),
    };
    (temp, data_dir)
}

#[test]
fn the_flag_wins_over_the_variable_and_the_variable_over_the_platform() {
    let choose = |flag: Option<&str>, variable: Option<&str>| {
        let platform = || Ok(PathBuf::from("/platform/drydock"));
        DataDir::choose(flag.map(PathBuf::from), variable.map(PathBuf::from), platform)
            .unwrap()
            .path
    };
    assert_eq!(choose(Some("/flag"), Some("/variable")), Path::new("/flag"));
    assert_eq!(choose(None, Some("/variable")), Path::new("/variable"));
    assert_eq!(choose(None, None), Path::new("/platform/drydock"));
    assert_eq!(choose(None, Some("")), Path::new("/platform/drydock"));
    assert!(choose(Some("relative"), None).is_absolute());
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open_to_all(path: &Path) {
        std::fs::create_dir_all(path).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_new_folder_and_those_in_it_are_the_owners_alone() {
        let (_temp, data_dir) = in_temp();
        data_dir.create().unwrap();
        for path in [
            data_dir.path(),
            &data_dir.code(),
            &data_dir.secrets(),
            &data_dir.scratch(),
        ] {
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
        data_dir.create().unwrap();
    }

    #[test]
    fn an_empty_folder_that_is_open_to_others_is_closed() {
        let (_temp, data_dir) = in_temp();
        open_to_all(data_dir.path());
        std::fs::write(data_dir.config_file(), "port = 1").unwrap();
        data_dir.create().unwrap();
        assert_eq!(mode(data_dir.path()), 0o700);
    }

    #[test]
    fn a_folder_of_other_things_is_refused_and_left_as_it_is() {
        let (_temp, data_dir) = in_temp();
        open_to_all(data_dir.path());
        std::fs::write(data_dir.path().join("letter.txt"), "mine").unwrap();
        let message = data_dir.create().unwrap_err().to_string();
        assert!(
            message.contains("mode 755") && message.contains("chmod 700"),
            "{message}"
        );
        assert_eq!(mode(data_dir.path()), 0o755);
        assert!(!data_dir.code().exists());
    }

    #[test]
    fn our_own_folder_that_was_opened_later_is_closed_again() {
        let (_temp, data_dir) = in_temp();
        data_dir.create().unwrap();
        std::fs::write(data_dir.main_db(), "").unwrap();
        open_to_all(data_dir.path());
        assert!(data_dir.check_permissions(false).is_err());
        data_dir.create().unwrap();
        assert_eq!(mode(data_dir.path()), 0o700);
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error_that_names_it() {
    let (temp, _) = in_temp();
    let data_dir = DataDir {
        path: temp.path().join("file"),
    };
    std::fs::write(data_dir.path(), "").unwrap();
    let message = format!("{:#}", data_dir.create().unwrap_err());
    assert!(
        message.contains(&data_dir.path().display().to_string()),
        "{message}"
    );
}

#[test]
fn a_second_lock_is_refused_and_names_pid_and_folder() {
    let (_temp, data_dir) = in_temp();
    data_dir.create().unwrap();
    assert!(!data_dir.is_locked());
    let lock = data_dir.lock().unwrap();

    let Err(LockError::Held(held)) = data_dir.lock() else {
        panic!("the folder has two servers")
    };
    assert_eq!(
        held,
        LockedBy {
            pid: Some(std::process::id()),
            folder: data_dir.path().to_owned()
        }
    );
    assert!(held.to_string().contains(&std::process::id().to_string()));
    assert_eq!(data_dir.locked_by(), Some(held));

    drop(lock);
    assert!(!data_dir.is_locked());
    data_dir.lock().unwrap();
}

#[test]
fn asking_for_the_lock_makes_no_file() {
    let (_temp, data_dir) = in_temp();
    assert!(!data_dir.is_locked());
    assert!(!data_dir.path().exists());
}
