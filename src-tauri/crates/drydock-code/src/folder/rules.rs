//! What of a folder is code: the rules that leave files out.
//!
//! In this order, the first that says something decides: names that are never code (history, caches, editors' files);
//! `.drydockignore` files, the deepest first; the patterns that the link has (`ignore` in appwrite.json); that folders of
//! dependencies and all in them are code; `.gitignore` files, the deepest first, also those between the folder and the
//! root of its repository. Must not: read anything but those files.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Folders of dependencies: a function needs them, and projects keep them out of Git.
const DEPENDENCIES: [&str; 4] = ["node_modules", "vendor", ".venv", "venv"];

/// Never code, wherever they are: history, caches, and what editors and systems leave while they work.
const NEVER: [&str; 6] = [
    ".git",
    "__pycache__",
    ".DS_Store",
    // Vim asks with this name whether it may write.
    "4913",
    "Thumbs.db",
    ".hg",
];

/// An ignore file, by its name in a folder.
const GIT: &str = ".gitignore";
const OWN: &str = ".drydockignore";
/// The file whose variables belong to the function, not to its code.
const VARIABLES: &str = ".env";

/// A rule file longer than this is none; the longest known have some thousand lines.
const MAX_RULES_BYTES: u64 = 1 << 20;

/// Whether a folder of that name holds dependencies.
pub fn is_dependencies(name: &OsStr) -> bool {
    DEPENDENCIES.iter().any(|known| name == *known)
}

/// Whether a file or folder of that name is never code: editors' swap and lock files among them.
pub(crate) fn is_never(name: &OsStr) -> bool {
    if NEVER.iter().any(|known| name == *known) {
        return true;
    }
    let Some(name) = name.to_str() else {
        return false;
    };
    let hidden = name.starts_with('.');
    let swap = hidden
        && [".swp", ".swo", ".swx", ".swpx"]
            .iter()
            .any(|end| name.ends_with(end));
    let lock = name.starts_with(".#") || name.len() > 1 && name.starts_with('#') && name.ends_with('#');
    let kate = hidden && name.ends_with(".kate-swp");
    let backup = name.len() > 1 && name.ends_with('~');
    let gnome = name.starts_with(".goutputstream-");
    let jet_brains = ["___jb_tmp___", "___jb_old___"]
        .iter()
        .any(|end| name.ends_with(end));
    swap || lock || kate || backup || gnome || jet_brains
}

/// Whether a file says what is left out: what is written to it counts, also where it is left out itself.
pub(crate) fn is_rule_file(name: &OsStr) -> bool {
    name == GIT || name == OWN
}

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is never code: history, a cache, an editor's own file.
    Never,
    /// It holds the variables of the function.
    Variables,
    /// A rule file or a pattern of the user's names it.
    Ignored,
}

/// The rules of one directory, with those above it.
#[derive(Debug)]
pub struct Rules {
    above: Option<Arc<Rules>>,
    git: RuleFile,
    own: RuleFile,
    /// Of the root alone.
    asked: Gitignore,
    /// Whether it is, or is in, a folder of dependencies.
    in_dependencies: bool,
    is_root: bool,
    /// Whether anything is left out at all.
    are_on: bool,
}

#[derive(Debug, Default)]
struct RuleFile {
    text: Option<Vec<u8>>,
    patterns: Option<Gitignore>,
}

impl Rules {
    /// Those of the folder at the root of a link or an upload, a real path. `asked` are patterns that are its own.
    pub fn of_root(folder: &Path, asked: &[String]) -> Self {
        let mut patterns = GitignoreBuilder::new(folder);
        for pattern in asked {
            // What is no pattern leaves nothing out; who links the folder is told by its inspection.
            let _ = patterns.add_line(None, pattern);
        }
        Self {
            above: repository_rules(folder).map(Arc::new),
            git: RuleFile::read(folder, GIT),
            own: RuleFile::read(folder, OWN),
            asked: patterns.build().unwrap_or_else(|_| Gitignore::empty()),
            in_dependencies: false,
            is_root: true,
            are_on: true,
        }
    }

    /// Those that leave nothing out.
    pub(crate) fn none() -> Self {
        Self {
            above: None,
            git: RuleFile::default(),
            own: RuleFile::default(),
            asked: Gitignore::empty(),
            in_dependencies: false,
            is_root: true,
            are_on: false,
        }
    }

    /// Those of a directory `folder` below.
    pub fn of_directory(self: &Arc<Self>, folder: &Path) -> Self {
        let named = folder.file_name().is_some_and(is_dependencies);
        let in_dependencies = self.in_dependencies || named;
        let (git, own) = if in_dependencies || !self.are_on {
            (RuleFile::default(), RuleFile::default())
        } else {
            (RuleFile::read(folder, GIT), RuleFile::read(folder, OWN))
        };
        Self {
            above: Some(Arc::clone(self)),
            git,
            own,
            asked: Gitignore::empty(),
            in_dependencies,
            is_root: false,
            are_on: self.are_on,
        }
    }

    /// Whether they say the same as `other`, which are those of the same directory under the same rules above.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let above = match (&self.above, &other.above) {
            (Some(one), Some(another)) => Arc::ptr_eq(one, another),
            (one, another) => one.is_none() && another.is_none(),
        };
        above && self.git.text == other.git.text && self.own.text == other.own.text
    }

    /// The same of two that were both read for a root.
    pub(crate) fn is_same_at_root(&self, other: &Self) -> bool {
        let mut pair = (Some(self), Some(other));
        while let (Some(one), Some(another)) = pair {
            if one.git.text != another.git.text || one.own.text != another.own.text {
                return false;
            }
            pair = (one.above.as_deref(), another.above.as_deref());
        }
        pair.0.is_none() && pair.1.is_none()
    }

    /// Whether the entry `path` of this directory is left out.
    pub(crate) fn leaves_out(&self, path: &Path, is_directory: bool) -> bool {
        self.why_left_out(path, is_directory).is_some()
    }

    /// Why the entry `path` of this directory is left out; `None` where it is code. A link is no directory, wherever it
    /// leads.
    pub fn why_left_out(&self, path: &Path, is_directory: bool) -> Option<Why> {
        let Some(name) = path.file_name() else {
            return Some(Why::Never);
        };
        if !self.are_on {
            return None;
        }
        if is_never(name) {
            return Some(Why::Never);
        }
        if self.is_root && !is_directory && name == VARIABLES {
            return Some(Why::Variables);
        }
        self.is_ignored(path, name, is_directory).then_some(Why::Ignored)
    }

    fn is_ignored(&self, path: &Path, name: &OsStr, is_directory: bool) -> bool {
        let own = self.decide(path, is_directory, |rules| rules.own.patterns.as_ref());
        let asked = || self.decide(path, is_directory, |rules| rules.is_root.then_some(&rules.asked));
        if let Some(left_out) = own.or_else(asked) {
            return left_out;
        }
        if self.in_dependencies || is_directory && is_dependencies(name) {
            return false;
        }
        self.decide(path, is_directory, |rules| rules.git.patterns.as_ref())
            .unwrap_or(false)
    }

    fn decide<'a>(
        &'a self,
        path: &Path,
        is_directory: bool,
        kind: impl Fn(&'a Self) -> Option<&'a Gitignore>,
    ) -> Option<bool> {
        let mut at = Some(self);
        while let Some(rules) = at {
            match kind(rules).map(|patterns| patterns.matched(path, is_directory)) {
                Some(Match::Ignore(_)) => return Some(true),
                Some(Match::Whitelist(_)) => return Some(false),
                Some(Match::None) | None => {}
            }
            at = rules.above.as_deref();
        }
        None
    }
}

impl RuleFile {
    fn read(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        match read_bounded(&path) {
            Ok(text) => {
                let mut patterns = GitignoreBuilder::new(folder);
                for line in String::from_utf8_lossy(&text).lines() {
                    // As Git does: a line that is no pattern is passed over.
                    let _ = patterns.add_line(None, line);
                }
                Self {
                    patterns: patterns.build().ok(),
                    text: Some(text),
                }
            }
            Err(_) => Self::default(),
        }
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_RULES_BYTES {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    std::fs::read(path)
}

/// The `.gitignore` files from the root of the repository down to above `folder`, if it is in one and below its root.
fn repository_rules(folder: &Path) -> Option<Rules> {
    if folder.join(".git").exists() {
        return None;
    }
    let mut between: Vec<PathBuf> = Vec::new();
    let mut ancestors = folder.ancestors().skip(1);
    loop {
        let ancestor = ancestors.next()?;
        between.push(ancestor.to_owned());
        if ancestor.join(".git").exists() {
            break;
        }
    }
    let mut above: Option<Rules> = None;
    for folder in between.iter().rev() {
        above = Some(Rules {
            above: above.map(Arc::new),
            git: RuleFile::read(folder, GIT),
            own: RuleFile::default(),
            asked: Gitignore::empty(),
            in_dependencies: false,
            is_root: false,
            are_on: true,
        });
    }
    above
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new(files: &[(&str, &str)]) -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            for (name, text) in files {
                let path = place.0.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            place
        }

        /// Whether the file is code, in a link of the folder `root`.
        fn has_in(&self, root: &str, path: &str, asked: &[&str]) -> bool {
            let root = self.0.path().join(root);
            let asked: Vec<_> = asked.iter().map(|pattern| (*pattern).to_owned()).collect();
            let mut rules = Arc::new(Rules::of_root(&root, &asked));
            let mut at = root;
            let parts: Vec<_> = path.split('/').collect();
            for (number, part) in parts.iter().enumerate() {
                at = at.join(part);
                let is_directory = number + 1 < parts.len();
                if rules.leaves_out(&at, is_directory) {
                    return false;
                }
                rules = Arc::new(rules.of_directory(&at));
            }
            true
        }

        fn has(&self, path: &str) -> bool {
            self.has_in("", path, &[])
        }
    }

    #[test]
    fn history_caches_and_editors_files_are_never_code() {
        let place = Place::new(&[(".drydockignore", "!*\n")]);
        for path in [
            ".git/config",
            "src/__pycache__/a.pyc",
            ".index.js.swp",
            "src/.#main.py",
            "#main.py#",
            "main.py~",
            "4913",
            ".DS_Store",
            "src/index.js___jb_tmp___",
            "src/index.js___jb_old___",
        ] {
            assert!(!place.has(path), "{path}");
        }
        assert!(place.has("src/.env") && place.has("a.swp") && place.has(".eslintrc"));
    }

    #[test]
    fn the_variables_of_the_function_are_left_out_at_the_root_alone() {
        let place = Place::new(&[]);
        assert!(!place.has(".env"));
        assert!(place.has("config/.env") && place.has(".env.example") && place.has(".env/file"));
    }

    #[test]
    fn why_something_is_left_out_is_said() {
        let place = Place::new(&[(".gitignore", "*.log\n.env\n")]);
        let rules = Arc::new(place.rules());
        let why = |name: &str, is_directory| rules.why_left_out(&place.0.path().join(name), is_directory);
        assert_eq!(why(".git", true), Some(Why::Never));
        assert_eq!(why(".env", false), Some(Why::Variables));
        assert_eq!(why("a.log", false), Some(Why::Ignored));
        assert_eq!(why("main.js", false), None);
        let below = rules.of_directory(&place.0.path().join("config"));
        let inner = place.0.path().join("config/.env");
        assert_eq!(below.why_left_out(&inner, false), Some(Why::Ignored));
    }

    #[test]
    fn gitignore_counts_but_never_hides_dependencies() {
        let place = Place::new(&[
            (".gitignore", "node_modules\n/dist\n*.log\n!keep.log\n.venv\n"),
            ("src/.gitignore", "secret\n"),
            ("node_modules/a/.gitignore", "lib\n"),
        ]);
        assert!(
            !place.has("dist/x")
                && !place.has("a.log")
                && !place.has("src/b.log")
                && !place.has("src/secret")
        );
        assert!(place.has("keep.log") && place.has("secret") && place.has("src/dist/x"));
        assert!(place.has("node_modules/a/lib/x.js") && place.has("node_modules/a/x.log"));
        assert!(place.has("src/node_modules/a.js") && place.has(".venv/bin/python"));
    }

    #[test]
    fn drydockignore_and_the_links_own_patterns_go_before_everything_else() {
        let place = Place::new(&[
            (".gitignore", "*.log\n"),
            (".drydockignore", "node_modules/big\n!debug.log\n/tests\n"),
        ]);
        assert!(!place.has("node_modules/big/a.js") && place.has("node_modules/small/a.js"));
        assert!(place.has("debug.log") && !place.has("other.log"));
        assert!(!place.has("tests/a") && place.has("src/tests/a"));
        assert!(!place.has_in("", "docs/a.md", &["docs", "*.tmp"]));
        assert!(!place.has_in("", "node_modules/a.tmp", &["docs", "*.tmp"]));
        assert!(place.has_in("", "debug.log", &["*.log"]));
    }

    #[test]
    fn the_repositorys_rules_count_in_a_folder_below_its_root() {
        let place = Place::new(&[
            (".git/HEAD", ""),
            (".gitignore", "*.tmp\n/functions/a/out\n"),
            ("functions/.gitignore", "!b.tmp\n"),
            ("functions/a/index.js", ""),
        ]);
        let has = |path| place.has_in("functions/a", path, &[]);
        assert!(!has("a.tmp") && has("b.tmp") && !has("out/x") && has("src/out/x"));
        // Without a repository nothing above counts.
        std::fs::remove_dir_all(place.0.path().join(".git")).unwrap();
        assert!(has("a.tmp"));
    }

    impl Place {
        fn rules(&self) -> Rules {
            Rules::of_root(self.0.path(), &[])
        }
    }

    #[test]
    fn a_change_of_rules_is_seen() {
        let place = Place::new(&[(".gitignore", "a\n")]);
        assert!(place.rules().is_same_at_root(&place.rules()));
        let before = place.rules();
        std::fs::write(place.0.path().join(".gitignore"), "b\n").unwrap();
        assert!(!place.rules().is_same_at_root(&before));
    }
}
