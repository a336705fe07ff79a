//! How each language's interpreter is held back before its program.
//!
//! Owns: the preloads (one small file in each language), which commands can stand by, and what is added to
//! them. Must not: start anything. A preload runs before anything of the function's: it says with a byte that the
//! interpreter is there, waits for what belongs to the one execution, says with another that it has it, puts it into
//! the environment and removes its own traces.

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// What tells a preload that it is to wait: the number of its descriptor. Also the name that no function's
/// variable may have then.
pub(crate) const VARIABLE: &str = "DRYDOCK_STANDBY";

/// The files, by their names in the folder of preloads. A folder for Python, which goes onto its search path
/// for modules whole.
pub(crate) const FILES: &[(&str, &str)] = &[
    (
        "node.cjs",
        concat!(
            include_str!("preload/node.js"),
            include_str!("preload/handover.js")
        ),
    ),
    (
        "bun.cjs",
        concat!(
            include_str!("preload/bun.js"),
            include_str!("preload/handover.js")
        ),
    ),
    (
        "python/sitecustomize.py",
        include_str!("preload/python/sitecustomize.py"),
    ),
    ("php.php", include_str!("preload/php.php")),
    ("ruby.rb", include_str!("preload/ruby.rb")),
];

/// An interpreter that can stand by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preload {
    family: &'static str,
    how: How,
    /// Options before the program that change nothing about when code runs. Any other starts cold.
    options: &'static [&'static str],
    /// Variables that have other code run before ours, or ours be heard of.
    variables: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// By an option with the file's path after it.
    Option(&'static str, &'static str),
    /// By a folder on PYTHONPATH.
    PythonPath,
    /// By PHP's setting.
    PrependedFile,
}

/// Through which descriptor a preload hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Ear {
    /// One of its own, which it closes.
    Descriptor,
    /// Standard input, which then is at its end.
    Stdin,
}

#[rustfmt::skip]
static PRELOADS: &[Preload] = &[
    Preload { family: "node", how: How::Option("--require", "node.cjs"),
        options: &["--enable-source-maps", "--no-deprecation", "--no-warnings", "--trace-deprecation",
            "--trace-uncaught", "--trace-warnings"],
        variables: &["NODE_OPTIONS", "NODE_DEBUG", "NODE_V8_COVERAGE"] },
    Preload { family: "python", how: How::PythonPath,
        options: &["-B", "-O", "-OO", "-u"],
        variables: &["PYTHONHOME", "PYTHONVERBOSE", "PYTHONPROFILEIMPORTTIME"] },
    Preload { family: "php", how: How::PrependedFile, options: &[], variables: &[] },
    Preload { family: "ruby", how: How::Option("-r", "ruby.rb"), options: &["-w", "-W0", "-W1", "-W2"],
        variables: &["RUBYOPT"] },
    Preload { family: "bun", how: How::Option("--preload", "bun.cjs"), options: &[], variables: &["BUN_OPTIONS"] },
];

impl Preload {
    /// The one with which an interpreter of `family` can stand by for the program that `arguments` name.
    pub(crate) fn of(family: &str, arguments: &[String]) -> Option<&'static Self> {
        let preload = PRELOADS.iter().find(|preload| preload.family == family)?;
        let program = arguments
            .iter()
            .find(|argument| !preload.options.contains(&argument.as_str()))?;
        // `-e`, `-m`, `-`: no program in a file, or one that a preload would come too late for. `bun run` may
        // mean a script of package.json, which another process runs.
        let is_file = !program.is_empty() && !program.starts_with('-') && program != "run";
        is_file.then_some(preload)
    }

    /// Whether a function with these variables can stand by.
    pub(crate) fn bears(&self, variables: &[(String, String)]) -> bool {
        variables
            .iter()
            .all(|(name, _)| name != VARIABLE && !self.variables.contains(&name.as_str()))
    }

    /// Adds itself to a command; `folder` is that of the preloads, as the command sees it, whose path
    /// [`can_be_named`].
    pub(crate) fn add_to(
        &self,
        folder: &Path,
        arguments: &mut Vec<OsString>,
        environment: &mut Vec<(OsString, OsString)>,
    ) {
        match self.how {
            How::Option(option, file) => {
                arguments.splice(0..0, [option.into(), folder.join(file).into()]);
            }
            How::PrependedFile => {
                let mut setting = OsString::from("auto_prepend_file=");
                setting.push(folder.join("php.php"));
                arguments.splice(0..0, ["-d".into(), setting]);
            }
            How::PythonPath => {
                let mut path = folder.join("python").into_os_string();
                match environment.iter_mut().find(|(name, _)| name == "PYTHONPATH") {
                    // An empty one counts as none, but behind a colon it would be the working folder.
                    Some((_, theirs)) if !theirs.is_empty() => {
                        path.push(":");
                        path.push(&*theirs);
                        *theirs = path;
                    }
                    Some((_, theirs)) => *theirs = path,
                    None => environment.push(("PYTHONPATH".into(), path)),
                }
            }
        }
    }

    /// Variables of the function that standing by changed: they are handed over with the rest.
    pub(crate) fn restored<'a>(&self, variables: &'a [(String, String)]) -> Option<&'a (String, String)> {
        let changed = (self.how == How::PythonPath).then_some("PYTHONPATH")?;
        // Of two with one name the later counts.
        variables.iter().rev().find(|(name, _)| name == changed)
    }

    /// Where it hears.
    pub(crate) fn ear(&self) -> Ear {
        match self.how {
            How::PrependedFile => Ear::Stdin,
            _ => Ear::Descriptor,
        }
    }
}

/// Whether a folder of preloads can be named in every language's way: a list of folders is cut at colons, and
/// PHP's settings have a syntax.
pub(crate) fn can_be_named(folder: &Path) -> bool {
    folder
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@ ".contains(byte) || !byte.is_ascii())
}

/// Writes the preloads into `folder`, readable for the user that a function runs as. Blocking.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    for (name, content) in FILES {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
            open_to_all(parent, 0o755)?;
        }
        std::fs::write(&path, content)?;
        open_to_all(&path, 0o644)?;
    }
    Ok(())
}

fn open_to_all(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}
