//! Code in an engine: one volume for each tag, and one for the preloads.
//!
//! Owns: that a volume is complete before anything runs from it, is sent once, and goes when it is not wanted any more.
//! Copied through a container that is never started, since an engine may be on another machine and refuses copies into
//! a container whose root is read-only. Must not: read code through anything but the tag's own folder.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveVolumeOptionsBuilder, UploadToContainerOptionsBuilder,
};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::container;
use super::engine::{Engine, Failure};
use super::labels::Labels;
use crate::standby::preload;

/// For all files of a tag: 500 MB over a line of 10 Mbit/s.
const SEND_LIMIT: Duration = Duration::from_mins(8);

/// Bytes of an archive in one piece, and pieces on their way: 1 MB for each volume that is being sent.
const PIECE_BYTES: usize = 64 * 1024;
const PIECES: usize = 16;

/// Where the helper container has the volume. It is never started, so any place does.
const PLACE: &str = "/volume";

/// What a volume holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Content {
    /// The code of a tag.
    Code { id: String, folder: PathBuf },
    /// What has interpreters wait.
    Preloads,
}

impl Content {
    fn id(&self) -> &str {
        match self {
            Self::Code { id, .. } => id,
            Self::Preloads => "preloads",
        }
    }
}

/// The volumes of this run, by what they hold.
#[derive(Debug)]
pub(super) struct Volumes {
    labels: Labels,
    known: Mutex<HashMap<String, Slot>>,
    /// Given up, but perhaps still in use.
    doomed: Mutex<Vec<String>>,
    /// How many there were, so that no two names are the same.
    count: AtomicU64,
}

/// Held while a volume is looked at or sent.
type Slot = Arc<tokio::sync::Mutex<Volume>>;

#[derive(Debug)]
struct Volume {
    name: String,
    is_sent: bool,
}

impl Volumes {
    pub(super) fn new(labels: Labels) -> Self {
        Self {
            labels,
            known: Mutex::default(),
            doomed: Mutex::default(),
            count: AtomicU64::new(0),
        }
    }

    /// The name of a volume with that content, which is sent if it is not there. `image` is any that is.
    pub(super) async fn ensure(
        &self,
        engine: &Engine,
        image: &str,
        content: &Content,
    ) -> Result<String, Failure> {
        let slot = self.slot(content.id());
        let mut volume = slot.lock().await;
        let docker = engine.docker().await?;
        // Somebody may have removed it. A container that names it would then be given an empty one.
        if volume.is_sent {
            match docker.inspect_volume(&volume.name).await {
                Ok(found) if self.labels.is_ours(Some(&found.labels)) => return Ok(volume.name.clone()),
                Ok(_) => {}
                Err(error) => match engine.failure(error) {
                    Failure::Missing(_) => {}
                    other => return Err(other),
                },
            }
            volume.is_sent = false;
        }
        try_to_remove(&docker, &volume.name).await;
        self.send(engine, &docker, image, &volume.name, content).await?;
        volume.is_sent = true;
        Ok(volume.name.clone())
    }

    async fn send(
        &self,
        engine: &Engine,
        docker: &Docker,
        image: &str,
        name: &str,
        content: &Content,
    ) -> Result<(), Failure> {
        let labels = self.labels.of(content.id());
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(labels.clone()),
            ..VolumeCreateRequest::default()
        };
        docker
            .create_volume(request)
            .await
            .map_err(|error| engine.failure(error))?;
        let helper = ContainerCreateBody {
            image: Some(image.to_owned()),
            // Never started; an image without a command of its own needs one all the same.
            entrypoint: Some(vec!["sh".to_owned()]),
            labels: Some(labels),
            network_disabled: Some(true),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                mounts: Some(vec![mount(name, PLACE, false)]),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default()
            .name(&format!("{name}-sends"))
            .build();
        let sent = async {
            let helper = docker
                .create_container(Some(options), helper)
                .await
                .map_err(|error| engine.failure(error))?;
            let sent = upload(engine, docker, &helper.id, content).await;
            // Nobody has to wait for that. What does not happen before the end is found by its label.
            let (docker, helper) = (docker.clone(), helper.id);
            tokio::spawn(async move { container::remove(&docker, &helper).await });
            sent
        };
        let sent = sent.await;
        if sent.is_err() {
            try_to_remove(docker, name).await;
        }
        sent
    }

    /// Gives up what nobody needs any more: the code of tags whose names begin so.
    pub(super) async fn forget(&self, beginning: &str) {
        let gone: Vec<Slot> = {
            let mut known = self.known();
            let ids: Vec<_> = known
                .keys()
                .filter(|id| id.starts_with(beginning))
                .cloned()
                .collect();
            ids.iter().filter_map(|id| known.remove(id)).collect()
        };
        for slot in gone {
            let volume = slot.lock().await;
            if volume.is_sent {
                self.doomed().push(volume.name.clone());
            }
        }
    }

    /// Removes what was given up, as far as no container has it any more. To be called when one is gone.
    pub(super) async fn remove_forgotten(&self, engine: &Engine) {
        let doomed = std::mem::take(&mut *self.doomed());
        if doomed.is_empty() {
            return;
        }
        let Ok(docker) = engine.docker().await else { return };
        for name in doomed {
            if !try_to_remove(&docker, &name).await {
                self.doomed().push(name);
            }
        }
    }

    fn slot(&self, id: &str) -> Slot {
        let mut known = self.known();
        if let Some(slot) = known.get(id) {
            return Arc::clone(slot);
        }
        let volume = Volume {
            name: self.labels.name(id, self.count.fetch_add(1, Ordering::Relaxed)),
            is_sent: false,
        };
        let slot = Arc::new(tokio::sync::Mutex::new(volume));
        known.insert(id.to_owned(), Arc::clone(&slot));
        slot
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doomed(&self) -> MutexGuard<'_, Vec<String>> {
        self.doomed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A volume in a container.
pub(super) fn mount(name: &str, place: &str, read_only: bool) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(name.to_owned()),
        target: Some(place.to_owned()),
        read_only: Some(read_only),
        ..Mount::default()
    }
}

/// Removes a volume, if it is there.
///
/// # Errors
/// Also of one that is in use.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<(), Error> {
    let options = RemoveVolumeOptionsBuilder::default().force(true).build();
    match docker.remove_volume(name, Some(options)).await {
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        removed => removed,
    }
}

/// The same where one that stays does no harm.
async fn try_to_remove(docker: &Docker, name: &str) -> bool {
    let removed = remove(docker, name).await;
    if let Err(error) = &removed {
        tracing::debug!(%error, name, "a volume is still there");
    }
    removed.is_ok()
}

async fn upload(engine: &Engine, docker: &Docker, helper: &str, content: &Content) -> Result<(), Failure> {
    let (pieces, packed) = mpsc::channel(PIECES);
    let content = content.clone();
    let packing = tokio::task::spawn_blocking(move || {
        let failed = pack(&content, Pieces::new(pieces.clone()));
        if let Err(error) = failed {
            // Where nobody receives it the request has failed already.
            let _ = pieces.blocking_send(Err(error));
        }
    });
    let options = UploadToContainerOptionsBuilder::default().path(PLACE).build();
    let body = bollard::body_try_stream(ReceiverStream::new(packed));
    let patient = docker.clone().with_timeout(SEND_LIMIT);
    let uploaded = patient.upload_to_container(helper, Some(options), body).await;
    let _ = packing.await;
    uploaded.map_err(|error| engine.failure(error))
}

/// Writes an archive. Blocking.
fn pack(content: &Content, to: Pieces) -> io::Result<()> {
    let mut archive = tar::Builder::new(to);
    archive.follow_symlinks(false);
    match content {
        Content::Code { folder, .. } => pack_folder(&mut archive, folder, Path::new(""))?,
        Content::Preloads => {
            for (name, text) in preload::FILES {
                let mut header = header(tar::EntryType::Regular, 0o644, text.len() as u64);
                if let Some(folder) = Path::new(name).parent().filter(|path| *path != Path::new("")) {
                    append_folder(&mut archive, folder)?;
                }
                archive.append_data(&mut header, name, text.as_bytes())?;
            }
        }
    }
    archive.into_inner()?.finish()
}

fn pack_folder(archive: &mut tar::Builder<Pieces>, root: &Path, below: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            append_folder(archive, &path)?;
            pack_folder(archive, root, &path)?;
        } else if kind.is_symlink() {
            let mut header = header(tar::EntryType::Symlink, 0o777, 0);
            archive.append_link(&mut header, &path, std::fs::read_link(entry.path())?)?;
        } else if kind.is_file() {
            let mut file = std::fs::File::open(entry.path())?;
            let found = file.metadata()?;
            // For everybody to read: the container's user owns none of it.
            let mode = if found.permissions().mode() & 0o111 == 0 {
                0o644
            } else {
                0o755
            };
            let mut header = header(tar::EntryType::Regular, mode, found.len());
            header.set_mtime(u64::try_from(found.mtime()).unwrap_or(0));
            archive.append_data(&mut header, &path, &mut file)?;
        }
    }
    Ok(())
}

fn append_folder(archive: &mut tar::Builder<Pieces>, path: &Path) -> io::Result<()> {
    let mut header = header(tar::EntryType::Directory, 0o755, 0);
    archive.append_data(&mut header, path, io::empty())
}

fn header(kind: tar::EntryType, mode: u32, size_bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size_bytes);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// Hands what is written to it over in pieces.
struct Pieces {
    to: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Pieces {
    fn new(to: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Self {
            to,
            piece: Vec::with_capacity(PIECE_BYTES),
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes the archive any more");
        self.to.blocking_send(Ok(piece.into())).map_err(gone)
    }

    fn finish(mut self) -> io::Result<()> {
        self.hand_over()
    }
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.hand_over()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;

    use super::*;

    fn packed(content: &Content) -> BTreeMap<String, (u32, String)> {
        let (to, mut pieces) = mpsc::channel(1000);
        pack(content, Pieces::new(to)).unwrap();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.blocking_recv() {
            bytes.extend(piece.unwrap());
        }
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let (header, name) = (
                entry.header().clone(),
                entry.path().unwrap().display().to_string(),
            );
            let mut text = String::new();
            match entry.link_name().unwrap() {
                Some(link) => text = link.display().to_string(),
                None => {
                    io::Read::read_to_string(&mut entry, &mut text).unwrap();
                }
            }
            assert_eq!(header.uid().unwrap(), 0);
            (name, (header.mode().unwrap(), text))
        });
        entries.collect()
    }

    #[test]
    fn a_tag_is_packed_as_it_is_and_readable_for_everybody() {
        let tag = tempfile::tempdir().unwrap();
        let deep = tag.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        for (path, mode) in [(tag.path().join("tool"), 0o700), (deep.join("data"), 0o600)] {
            std::fs::write(&path, "text").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink("tool", tag.path().join("link")).unwrap();
        let content = Content::Code {
            id: "tag".to_owned(),
            folder: tag.path().to_owned(),
        };
        let entries = packed(&content);
        let text = "text".to_owned();
        assert_eq!(entries["tool"], (0o755, text.clone()));
        assert_eq!(entries[&format!("{}/data", "x".repeat(120))], (0o644, text));
        assert_eq!(entries["link"].1, "tool");
        assert_eq!(entries.len(), 4);
    }

    #[test]
    fn the_preloads_are_packed_with_their_folders() {
        let entries = packed(&Content::Preloads);
        assert!(entries["node.cjs"].1.contains("DRYDOCK_STANDBY"));
        assert!(
            entries.contains_key("python/sitecustomize.py")
                && entries.keys().any(|name| name.trim_end_matches('/') == "python")
        );
    }
}
