//! The .deb: in a root of its own, over the machine's, where dpkg installs and removes it and knows what it depends on.
//!
//! The root has the machine's packages, so that no test needs the network; which packages the binary itself needs is read off
//! it by dpkg-shlibdeps.

use std::process::Command;

use drydock_tests::{Folder, repository, run, tests_folder};

use crate::app::binary;

#[tokio::test]
async fn the_package_installs_serves_without_a_display_and_leaves_only_what_is_the_users() {
    if !nix::unistd::geteuid().is_root() {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: only root can install a package, and this user is none");
        }
        return;
    }
    let folder = Folder::new();
    let mut make = Command::new(repository().join("scripts/deb"));
    make.arg(binary()).arg(folder.beside("packages"));
    // What is thrown away needs not be small.
    let package = run(make.env("DEB_COMPRESSION", "none")).await.expect_code(0);

    let mut try_it = Command::new("unshare");
    try_it.args(["--mount", "--pid", "--fork", "--kill-child", "sh"]);
    try_it.arg(tests_folder().join("desktop/package.sh"));
    try_it.arg(package.stdout.trim()).arg(folder.beside("root"));
    let said = run(&mut try_it).await.expect_code(0).stdout;
    for step in [
        "installed",
        "files are in place",
        "served without a display",
        "removed",
    ] {
        assert!(said.lines().any(|line| line == step), "{step}:\n{said}");
    }
}
