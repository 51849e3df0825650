//! seccomp: system calls that change what Landlock does not watch.
//!
//! Landlock watches opening, making and removing. It lets `chmod`, `chown` and times of any file be
//! changed that the user owns, and sockets be made that are neither TCP nor named by a path.
//!
//! And those that give capabilities back to whoever has lost them, or reach past every view of files.

use anyhow::{Context, Result};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// `fchmodat2`, `setxattrat`, `removexattrat`: later than the tables of libc.
const LATER: [i64; 3] = [452, 463, 466];

/// Refused whatever their arguments are.
const REFUSED: [i64; 38] = [
    libc::SYS_chmod,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_chown,
    libc::SYS_fchown,
    libc::SYS_lchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_utimensat,
    // A file by a number: no path that anybody could watch.
    libc::SYS_open_by_handle_at,
    // The kernel's own workers would open for it.
    libc::SYS_io_uring_setup,
    // Other views of the machine.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    // The machine itself.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
];

/// What a program without capabilities could still call: the kernel keeps keys for all of a user's
/// processes, in whatever view, and has been attacked through the others before.
const NEEDLESS: [i64; 8] = [
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_open_by_handle_at,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
];

/// Those that can make a namespace of users, in which anybody has all capabilities, by the flags that
/// are their first argument.
const BY_FLAGS: [i64; 2] = [libc::SYS_clone, libc::SYS_unshare];

/// Which calls are refused.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Calls {
    /// What leads around a wall of files.
    Outward,
    /// What leads to capabilities, and what is needless.
    Upward,
}

/// Whether the kernel has seccomp.
pub(crate) fn can_be_refused() -> bool {
    // SAFETY: the call takes a number and returns one.
    unsafe { libc::prctl(libc::PR_GET_SECCOMP) >= 0 }
}

/// The filter; `None` on a kernel without seccomp, such as a guest's.
pub(crate) fn filter(calls: Calls) -> Result<Option<BpfProgram>> {
    if !can_be_refused() {
        return Ok(None);
    }
    let (always, by_argument, how, value, error): (&[&[i64]], &[i64], _, _, _) = match calls {
        Calls::Outward => {
            let unix = libc::AF_UNIX.unsigned_abs().into();
            (&[&REFUSED, &LATER], &[libc::SYS_socket], SeccompCmpOp::Ne, unix, libc::EPERM)
        }
        Calls::Upward => {
            let users = libc::CLONE_NEWUSER.unsigned_abs().into();
            // The flags of clone3 are where no filter sees them. Who is told that the kernel does not
            // have it takes clone.
            let always: &[&[i64]] = &[&NEEDLESS, &[libc::SYS_clone3]];
            (always, &BY_FLAGS, SeccompCmpOp::MaskedEq(users), users, libc::ENOSYS)
        }
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        always.concat().into_iter().map(|call| (call, Vec::new())).collect();
    for call in by_argument {
        let wrong = SeccompCondition::new(0, SeccompCmpArgLen::Dword, how.clone(), value)?;
        rules.insert(*call, vec![SeccompRule::new(vec![wrong])?]);
    }
    let refused = SeccompAction::Errno(error.unsigned_abs());
    let machine = TargetArch::try_from(std::env::consts::ARCH).context("no seccomp here")?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, machine)?;
    Ok(Some(filter.try_into()?))
}
