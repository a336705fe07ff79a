//! How much an archive may unfold to. Owns: the numbers and their reasons.

/// The bounds of one archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackLimits {
    /// Most entries: files, links and folders, also the folders that stand only in the names of others.
    pub max_entries: u64,
    /// Most bytes of all files together.
    pub max_unpacked_bytes: u64,
    /// Most unpacked bytes per byte of archive; counted only above [`RATIO_FLOOR_BYTES`].
    pub max_ratio: u64,
}

/// Below this an archive may unfold at any ratio: small repetitive sources (a generated table, a blank
/// image) compress a thousandfold and harm nobody, and 10 MB is a third of the largest upload.
pub const RATIO_FLOOR_BYTES: u64 = 10_000_000;

/// The longest name, and the longest target of a link. Linux takes 4096 bytes including our own folder;
/// the deepest node_modules seen have 300.
pub(super) const MAX_NAME_BYTES: usize = 1024;

/// The most parts a name may have. Every part can be a folder of its own, so a deep name costs far more than
/// its bytes; the deepest node_modules and Java packages seen have some 30.
pub(super) const MAX_DEPTH: usize = 64;

/// The longest part of a name between slashes; the limit of every common file system.
pub(super) const MAX_COMPONENT_BYTES: usize = 255;

/// What an entry may need besides its content: its header, long names, extended attributes. The largest
/// that systems write is 64 KB of attributes; it is held in memory, unlike contents.
pub(super) const MAX_METADATA_BYTES: u64 = 1_048_576;

/// What a tar spends on an ordinary entry: its header, padding, and two blocks of extended header.
const OVERHEAD_PER_ENTRY_BYTES: u64 = 2048;

impl Default for UnpackLimits {
    fn default() -> Self {
        Self {
            // A function with a large node_modules has some 30,000 files.
            max_entries: 50_000,
            // The largest upload (30 MB) of real code unfolds to some 150 MB.
            max_unpacked_bytes: 500_000_000,
            // Text compresses 3 to 20 times, blank images 100 times; deflate itself ends at 1032.
            max_ratio: 200,
        }
    }
}

impl UnpackLimits {
    /// Most bytes that the ratio allows for an archive of this size.
    pub(super) fn by_ratio(&self, archive_bytes: u64) -> u64 {
        archive_bytes
            .saturating_mul(self.max_ratio)
            .max(RATIO_FLOOR_BYTES)
    }

    /// Most bytes of tar that are read, whatever is in them.
    pub(super) fn tar_bytes(&self) -> u64 {
        self.max_unpacked_bytes
            .saturating_add(self.max_entries.saturating_mul(OVERHEAD_PER_ENTRY_BYTES))
    }

    pub(super) fn too_large(&self) -> String {
        format!("it unpacks to more than {} bytes", self.max_unpacked_bytes)
    }

    pub(super) fn too_dense(&self) -> String {
        format!(
            "it unpacks to more than {} times its own size (counted above {RATIO_FLOOR_BYTES} bytes)",
            self.max_ratio
        )
    }

    pub(super) fn too_many(&self) -> String {
        format!(
            "it holds more than {} entries (files, links, and every folder in their paths)",
            self.max_entries
        )
    }
}
