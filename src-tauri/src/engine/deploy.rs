//! Deploying: an uploaded archive becomes a tag, a tag becomes the active one.

use std::path::{Path, PathBuf};

use drydock_code::pack::pack;
use drydock_core::clock::Timestamp;
use drydock_core::function::Function;
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::tag::{Tag, TagOrigin};
use drydock_core::{Error, Result};
use drydock_store::WriteTx;
use drydock_store::table::{functions, tags};

use super::Engine;
use super::code::{TagKey, remove_any};
use super::emit::Subject;
use super::news::{Change, Happened};
use super::standby;
use super::trees::key_of;

/// A file that is being received. Removed again unless it becomes a tag.
#[derive(Debug)]
pub(crate) struct Upload {
    path: PathBuf,
}

impl Upload {
    /// Where the bytes go.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        remove_any(&self.path);
    }
}

/// A tag that somebody wants.
#[derive(Debug)]
pub(crate) struct NewTag {
    pub(crate) command: String,
    pub(crate) archive: Upload,
    pub(crate) origin: TagOrigin,
}

/// A tag and how it is used.
#[derive(Debug)]
pub(crate) struct TagUse {
    pub(crate) tag: Tag,
    /// Executions that run its code.
    pub(crate) executions: usize,
}

/// Makes a tag the one that executions run.
pub(super) fn activate(
    tx: &WriteTx<'_>,
    project: &ProjectId,
    function: &FunctionId,
    tag: &TagId,
    now: Timestamp,
) -> Result<Function> {
    let mut row = functions::get(tx, project, function)?.ok_or(Error::FunctionNotFound)?;
    tags::get(tx, project, function, tag)?.ok_or(Error::TagNotFound)?;
    let had_one = row.active_tag.replace(tag.clone()).is_some();
    row.updated_at = now;
    // A minute that is due just now is not lost by a save: it runs the new tag.
    if !had_one {
        row.reschedule(now);
    }
    functions::update(tx, &row)?;
    Ok(row)
}

impl Engine {
    /// A place to receive an archive in.
    pub(crate) fn begin_upload(&self) -> Upload {
        Upload {
            path: self.0.code.staging(),
        }
    }

    /// Makes a tag of an archive: unpacked beside, renamed into place, then stored.
    ///
    /// # Errors
    /// `FunctionNotFound`, `FileTypeNotAllowed`, `ArchiveRefused`; nothing is left behind.
    pub(crate) async fn create_tag(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        new: NewTag,
    ) -> Result<Tag> {
        self.function(project, function).await?;
        let id = TagId::trusted(self.0.ids.unique());
        let key = (project.clone(), function.clone(), id.clone());
        let engine = self.clone();
        let place = key.clone();
        let NewTag {
            command,
            archive,
            origin,
        } = new;
        let size_bytes = tokio::task::spawn_blocking(move || engine.place_code(&archive, &place))
            .await
            .map_err(|error| Error::internal(format!("unpacking: {error}")))??;

        let tag = Tag {
            project: project.clone(),
            function: function.clone(),
            id,
            created_at: self.now(),
            command,
            size_bytes,
            origin,
            tree: None,
            files: None,
            check: None,
            pinned: false,
        };
        let (stored, emitter) = (tag.clone(), self.emitter());
        let inserted = self
            .0
            .store
            .write(move |tx| {
                // It may have been deleted while the archive was unpacked.
                functions::get(tx, &stored.project, &stored.function)?.ok_or(Error::FunctionNotFound)?;
                tags::insert(tx, &stored)?;
                let project = stored.project.clone();
                emitter.emit(tx, &project, "functions.tags.create", Subject::Tag(stored))
            })
            .await;
        if let Err(error) = inserted {
            self.0.code.remove(&key);
            return Err(error);
        }
        self.tell_tag(&tag.project, &tag.function, &tag.id, Change::Created);
        Ok(tag)
    }

    /// Makes a tag the one that executions run.
    ///
    /// # Errors
    /// `FunctionNotFound`, `TagNotFound` (also for a tag of another function).
    pub(crate) async fn activate_tag(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        tag: &TagId,
    ) -> Result<Function> {
        let (project, function, tag, now) = (project.clone(), function.clone(), tag.clone(), self.now());
        let emitter = self.emitter();
        let function = self
            .0
            .store
            .write(move |tx| {
                let function = activate(tx, &project, &function, &tag, now)?;
                let changed = Subject::Function(Box::new(function.clone()));
                emitter.emit(tx, &project, "functions.tags.update", changed)?;
                Ok(function)
            })
            .await?;
        self.renew_standby(&function);
        self.tell_function(&function, Change::Updated);
        Ok(function)
    }

    /// The function's tag of that id.
    ///
    /// # Errors
    /// `FunctionNotFound`, `TagNotFound`.
    pub(crate) async fn tag(&self, project: &ProjectId, function: &FunctionId, id: &TagId) -> Result<Tag> {
        let (project, function, id) = (project.clone(), function.clone(), id.clone());
        self.0
            .store
            .read(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                tags::get(tx, &project, &function, &id)?.ok_or(Error::TagNotFound)
            })
            .await
    }

    /// One page of the function's tags.
    ///
    /// # Errors
    /// `FunctionNotFound`, `CursorNotFound`.
    pub(crate) async fn tags(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        query: ListQuery,
    ) -> Result<Page<Tag>> {
        let (project, function) = (project.clone(), function.clone());
        self.0
            .store
            .read(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                tags::list(tx, &project, &function, &query)
            })
            .await
    }

    /// The archive a tag was made from; of a snapshot, the one that it would be.
    ///
    /// # Errors
    /// `FunctionNotFound`, `TagNotFound`, `DiskFull`.
    pub(crate) async fn tag_archive(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        id: &TagId,
    ) -> Result<tokio::fs::File> {
        let tag = self.tag(project, function, id).await?;
        let io = |error| Error::disk(error, "reading an archive");
        let Some(tree) = tag.tree else {
            let path = self.0.code.archive(&(tag.project, tag.function, tag.id));
            return tokio::fs::File::open(path).await.map_err(io);
        };
        let all = self.tree_changes(None, tree).await?;
        let engine = self.clone();
        let work = move || {
            let staged = engine.begin_upload();
            pack(
                engine.contents(),
                &all,
                std::io::BufWriter::new(std::fs::File::create(staged.path())?),
            )?;
            // Gone from its folder when this ends, and from the disk when it was read.
            std::fs::File::open(staged.path())
        };
        let packed = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::internal(format!("packing: {error}")))?;
        Ok(tokio::fs::File::from_std(packed.map_err(io)?))
    }

    /// Has a tag stay when old ones are removed, or not.
    ///
    /// # Errors
    /// `FunctionNotFound`, `TagNotFound`.
    pub(crate) async fn pin_tag(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        id: &TagId,
        pinned: bool,
    ) -> Result<TagUse> {
        let (row_project, row_function, row_id) = (project.clone(), function.clone(), id.clone());
        let tag = self
            .0
            .store
            .write(move |tx| {
                functions::get(tx, &row_project, &row_function)?.ok_or(Error::FunctionNotFound)?;
                tags::get(tx, &row_project, &row_function, &row_id)?.ok_or(Error::TagNotFound)?;
                tags::set_pinned(tx, &row_project, &row_id, pinned)?;
                tags::get(tx, &row_project, &row_function, &row_id)?.ok_or(Error::TagNotFound)
            })
            .await?;
        self.tell_tag(project, function, id, Change::Updated);
        Ok(self.use_of(tag))
    }

    /// One page of the function's tags, each with how it is used.
    ///
    /// # Errors
    /// `FunctionNotFound`, `CursorNotFound`.
    pub(crate) async fn tag_uses(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        query: ListQuery,
    ) -> Result<Page<TagUse>> {
        let page = self.tags(project, function, query).await?;
        Ok(Page {
            sum: page.sum,
            rows: page.rows.into_iter().map(|tag| self.use_of(tag)).collect(),
        })
    }

    fn use_of(&self, tag: Tag) -> TagUse {
        TagUse {
            executions: self.0.code.executions_in(&key_of(&tag)),
            tag,
        }
    }

    /// Removes a tag and its code; if it was active, the function has none then.
    ///
    /// # Errors
    /// `FunctionNotFound`, `TagNotFound`.
    pub(crate) async fn delete_tag(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        id: &TagId,
    ) -> Result<()> {
        let emitter = self.emitter();
        let told = |tx: &WriteTx<'_>, (project, function, id): &TagKey| {
            let tag = tags::get(tx, project, function, id)?.ok_or(Error::TagNotFound)?;
            emitter.emit(tx, project, "functions.tags.delete", Subject::Tag(tag))?;
            Ok(true)
        };
        self.delete_tag_if(project, function, id, told).await
    }

    /// Removes a tag and its code, if `may_go` says so when it is removed.
    ///
    /// # Errors
    /// `FunctionNotFound`; `TagNotFound`, also for one that may not go.
    pub(super) async fn delete_tag_if<F>(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        id: &TagId,
        may_go: F,
    ) -> Result<()>
    where
        F: FnOnce(&WriteTx<'_>, &TagKey) -> Result<bool> + Send + 'static,
    {
        let key: TagKey = (project.clone(), function.clone(), id.clone());
        let (project, function, id) = key.clone();
        let now = self.now();
        let was_active = self
            .0
            .store
            .write(move |tx| {
                let mut row = functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                let asked = (project.clone(), function.clone(), id.clone());
                if !may_go(tx, &asked)? || !tags::delete(tx, &project, &function, &id)? {
                    return Err(Error::TagNotFound);
                }
                if row.active_tag.as_ref() != Some(&id) {
                    return Ok(None);
                }
                row.active_tag = None;
                row.updated_at = now;
                row.reschedule(now);
                functions::update(tx, &row)?;
                Ok(Some(row))
            })
            .await?;
        if was_active.is_some() {
            self.end_standby(&key.0, &key.1);
        }
        self.0.code.remove(&key);
        self.forget_code(&format!("{}/{}", standby::owner(&key.0, &key.1), key.2));
        self.has_loose_contents();
        self.tell_tag(&key.0, &key.1, &key.2, Change::Deleted);
        if let Some(function) = was_active {
            self.tell_function(&function, Change::Updated);
        }
        Ok(())
    }

    /// Unpacks an archive and puts both in the tag's place; answers the archive's size. Blocking.
    fn place_code(&self, archive: &Upload, key: &TagKey) -> Result<u64> {
        let staged = Upload {
            path: self.0.code.staging(),
        };
        let io = |error| Error::disk(error, "placing code");
        std::fs::create_dir(staged.path()).map_err(io)?;
        drydock_runtime::unpack(archive.path(), &staged.path().join("tree"), &self.0.limits.unpack)?;
        let size_bytes = std::fs::metadata(archive.path()).map_err(io)?.len();
        std::fs::rename(archive.path(), staged.path().join("archive.tar.gz")).map_err(io)?;
        self.0.code.place(staged.path(), key).map_err(io)?;
        Ok(size_bytes)
    }

    pub(super) fn tell_tag(&self, project: &ProjectId, function: &FunctionId, tag: &TagId, change: Change) {
        self.0.news.tell(Happened::Tag {
            project: project.clone(),
            function: function.clone(),
            tag: tag.clone(),
            change,
        });
    }
}
