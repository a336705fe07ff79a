//! seccomp: system calls that no function needs and that attacks on kernels are made of.
//!
//! Owns: the list of what is denied. It is a list of denials, since languages use more calls than anybody can
//! list; what is denied answers "not permitted", as it would to any user without rights, so programs cope.

use std::collections::BTreeMap;
use std::io;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

use super::super::{Confinement, Level, Network};

/// A program for the kernel.
pub(super) struct Filter(BpfProgram);

impl Filter {
    pub(super) fn install(&self) -> io::Result<()> {
        seccompiler::apply_filter(&self.0).map_err(io::Error::other)
    }
}

/// Denied whatever the arguments.
const DENIED: &[libc::c_long] = &[
    // Other processes' memory and files.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    // Files by number instead of by path: a way around every path rule.
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // The kernel itself.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_syslog,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_fanotify_init,
    // A second door to system calls that this filter does not see. libuv and others fall back.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // The machine's clock, disks and name.
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

/// Families of sockets that end inside a network namespace. Others do not know it: AF_VSOCK reaches the host of a
/// virtual machine from any.
const INNER_FAMILIES: &[libc::c_int] = &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// The filters for a confinement.
pub(super) fn filters(confinement: &Confinement) -> io::Result<Vec<Filter>> {
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|&call| (call, Vec::new())).collect();
    // A user namespace of its own would give it rights that kernels have had holes behind.
    let new_user = libc::CLONE_NEWUSER as u64;
    denied.insert(
        libc::SYS_clone,
        vec![
            SeccompRule::new(vec![condition(
                SeccompCmpArgLen::Qword,
                SeccompCmpOp::MaskedEq(new_user),
                new_user,
            )?])
            .map_err(io::Error::other)?,
        ],
    );
    if confinement.network == Network::None {
        let which = match confinement.level {
            // A network namespace holds the rest, and loopback stays usable.
            Level::Full => vec![all_but(INNER_FAMILIES)?],
            // No socket at all: by a local one the machine's own services would do the talking. Pairs of connected
            // ones, which languages give to their children, are another call.
            _ => Vec::new(),
        };
        denied.insert(libc::SYS_socket, which);
    }
    // Its flags lie in memory, where a filter cannot look. "No such call" makes libraries take clone.
    let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let mut filters = vec![filter(denied, libc::EPERM)?, filter(unknown, libc::ENOSYS)?];
    if cfg!(target_arch = "x86_64") {
        filters.push(without_x32());
    }
    Ok(filters)
}

/// Denies every call of x32, the second table of calls that some kernels for x86-64 have: by its numbers each of the
/// denied calls could be had. By hand, since seccompiler knows single numbers and no ranges.
fn without_x32() -> Filter {
    /// The bit that all its numbers have, and no other's.
    const X32: u32 = 0x4000_0000;
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const IF_AT_LEAST: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
    const ANSWER: u32 = libc::BPF_RET | libc::BPF_K;
    let step = |code: u32, if_not: u8, value: u32| sock_filter {
        code: code as u16,
        jt: 0,
        jf: if_not,
        k: value,
    };
    Filter(vec![
        // The call's number is the first thing that the kernel tells.
        step(LOAD, 0, 0),
        step(IF_AT_LEAST, 1, X32),
        step(ANSWER, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        step(ANSWER, 0, libc::SECCOMP_RET_ALLOW),
    ])
}

fn filter(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: libc::c_int) -> io::Result<Filter> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let answer = SeccompAction::Errno(errno as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, arch).map_err(io::Error::other)?;
    filter.try_into().map(Filter).map_err(io::Error::other)
}

/// Where the first argument is none of these.
fn all_but(values: &[libc::c_int]) -> io::Result<SeccompRule> {
    let conditions = values
        .iter()
        .map(|&value| condition(SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value as u64))
        .collect::<io::Result<_>>()?;
    SeccompRule::new(conditions).map_err(io::Error::other)
}

fn condition(length: SeccompCmpArgLen, operator: SeccompCmpOp, value: u64) -> io::Result<SeccompCondition> {
    SeccompCondition::new(0, length, operator, value).map_err(io::Error::other)
}
