//! Whatever a tar holds, nothing is written beside the folder it is unpacked in, and no link leads out of it.
#![no_main]

use std::fs;
use std::io::Write;
use std::path::Path;

use drydock_core::Error;
use drydock_runtime::{UnpackLimits, unpack};
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|tar: &[u8]| {
    let place = tempfile::tempdir().unwrap();
    let (archive, code) = (place.path().join("archive"), place.path().join("code"));
    // Packed here: no mutation would get through the checksums of gzip. Not compressed, which would only take time.
    let mut packed = GzEncoder::new(fs::File::create(&archive).unwrap(), Compression::none());
    packed.write_all(tar).unwrap();
    packed.finish().unwrap();

    match unpack(&archive, &code, &UnpackLimits::default()) {
        Ok(_) => {
            let root = fs::canonicalize(&code).unwrap();
            stays_within(&root, &root);
        }
        Err(Error::ArchiveRefused(_) | Error::FileTypeNotAllowed(_)) => {
            assert!(!code.exists(), "a refused archive leaves something");
        }
        Err(other) => panic!("neither unpacked nor refused: {other:?}"),
    }
    assert_eq!(
        fs::read_dir(place.path()).unwrap().count(),
        1 + usize::from(code.exists()),
        "something was written beside the folder"
    );
});

fn stays_within(root: &Path, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A link to nothing leads nowhere.
        if let Ok(real) = fs::canonicalize(&path) {
            assert!(
                real.starts_with(root),
                "{} leads to {}",
                path.display(),
                real.display()
            );
        }
        if path.symlink_metadata().unwrap().is_dir() {
            stays_within(root, &path);
        }
    }
}
