//! Landlock: which files the command may reach, whoever owns them.
//!
//! Owns: the rules. Where there is a root folder of its own this is the second wall; without one it is the
//! only one, and then a kernel without Landlock does not give the level. It also keeps the command from
//! reading the memory and environment of processes outside (`ptrace` rules), and, from kernel 6.12 on, from
//! signalling them and from their abstract sockets.

use std::io;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use super::super::grants::DEVICES;
use super::super::{Confinement, Level};

/// The newest rules we know; older kernels hold to those that they know.
const NEWEST: ABI = ABI::V6;

/// A set of rules that is not in force yet.
pub(super) struct Files {
    rules: RulesetCreated,
    /// Whether there is no other wall.
    alone: bool,
}

impl Files {
    pub(super) fn of(confinement: &Confinement) -> io::Result<Self> {
        let devices = DEVICES.iter().map(|name| PathBuf::from("/dev").join(name));
        let (readable, mut writable) = match confinement.level {
            Level::Full => (
                vec![PathBuf::from("/")],
                vec![PathBuf::from("/tmp"), "/dev/shm".into()],
            ),
            _ => {
                let mut readable = confinement.readable.clone();
                // Of other processes it shows little: their memory, environment and files need `ptrace`.
                readable.extend([
                    confinement.code.clone(),
                    "/proc".into(),
                    "/sys/devices/system/cpu".into(),
                ]);
                readable.extend(confinement.preloads.clone());
                (readable, vec![confinement.scratch.clone()])
            }
        };
        writable.extend(devices);
        match rules(&readable, &writable) {
            Ok(rules) => Ok(Self {
                rules,
                alone: confinement.level != Level::Full,
            }),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Puts the rules on this process.
    pub(super) fn restrict(self) -> io::Result<()> {
        let status = self.rules.restrict_self().map_err(io::Error::other)?;
        match status.ruleset {
            RulesetStatus::NotEnforced if self.alone => Err(io::Error::other(
                "this kernel has no Landlock, or it is switched off",
            )),
            _ => Ok(()),
        }
    }
}

fn rules(readable: &[PathBuf], writable: &[PathBuf]) -> Result<RulesetCreated, RulesetError> {
    let reading: BitFlags<AccessFs> = AccessFs::from_read(NEWEST);
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(readable, reading))?
        .add_rules(path_beneath_rules(writable, AccessFs::from_all(NEWEST)))
}
