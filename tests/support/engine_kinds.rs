//! Engines of a test's own that are special: over TCP, with TLS, on a small disk; and the network that each has.
//!
//! Must not: be needed by who only wants an engine.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sched::{CloneFlags, setns};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::engine::{Engine, Images};

/// The file that takes the space of a small disk.
const FILLER: &str = "filler";

impl Engine {
    /// One that listens on a port of its own loopback as well, unencrypted.
    pub fn start_on_port(images: Images, port: u16) -> Self {
        Self::start_with(images, |_| {
            vec!["-H".to_owned(), format!("tcp://127.0.0.1:{port}")]
        })
    }

    /// The same, where both sides show certificates: those of a client are in [`Self::certificates`].
    pub fn start_with_tls(images: Images, port: u16) -> Self {
        Self::start_with(images, |folder| {
            let certificates = folder.join("certificates");
            certify(&certificates);
            let file = |name: &str| certificates.join(name).display().to_string();
            ["--tlsverify", "-H"]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("tcp://127.0.0.1:{port}")])
                .chain(["--tlscacert".to_owned(), file("ca.pem")])
                .chain(["--tlscert".to_owned(), file("server.pem")])
                .chain(["--tlskey".to_owned(), file("server-key.pem")])
                .collect()
        })
    }

    /// One whose disk has that size.
    pub fn start_on_disk_of(images: Images, size_bytes: u64) -> Self {
        Self::start_with(images, |folder| {
            let data = folder.join("data");
            fs::create_dir(&data).unwrap();
            let mounted = Command::new("mount")
                .args(["-t", "tmpfs", "-o"])
                .arg(format!("size={size_bytes},mode=711"))
                .arg("drydock-test")
                .arg(&data)
                .status()
                .unwrap();
            assert!(mounted.success(), "root may mount a small disk");
            Vec::new()
        })
    }

    /// The folder with what a client shows one that was started with TLS.
    pub fn certificates(&self) -> PathBuf {
        self.folder().join("certificates")
    }

    /// Takes all space that is left on a disk of its own.
    pub fn fill(&self) {
        let filler = fs::File::create(self.folder().join("data").join(FILLER));
        let mut filler = filler.unwrap();
        // As a full disk takes them: pages.
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub fn free(&self) {
        fs::remove_file(self.folder().join("data").join(FILLER)).unwrap();
    }

    /// Does something in the engine's network: servers that are started there have its bridge, as those on a machine whose
    /// engine is its own. On a thread that nobody else uses afterwards.
    pub fn at_its_network<F: Future<Output = ()>>(&self, work: impl FnOnce() -> F + Send) {
        let path = format!("/proc/{}/ns/net", self.pid());
        let done = std::thread::scope(|scope| {
            let there = scope.spawn(|| {
                setns(fs::File::open(&path).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(work());
            });
            there.join()
        });
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Makes an authority, and what it says of an engine on loopback and of its client, under Docker's names.
fn certify(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    for (certificate, key, name) in [
        ("server.pem", "server-key.pem", "127.0.0.1"),
        ("cert.pem", "key.pem", "client"),
    ] {
        let pair = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let signed = params.signed_by(&pair, &authority).unwrap();
        fs::write(folder.join(certificate), signed.pem()).unwrap();
        fs::write(folder.join(key), pair.serialize_pem()).unwrap();
    }
}
