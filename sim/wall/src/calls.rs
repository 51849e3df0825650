//! seccomp: system calls that change what Landlock does not watch.
//!
//! Landlock watches opening, making and removing. It lets `chmod`, `chown` and times of any file be
//! changed that the user owns, and sockets be made and connected that are not TCP's; and it knows
//! nothing of what processes of one user share or may do to each other besides signals. (Looking at
//! the names, sizes and times of files it does not watch either, and nothing here does.)
//!
//! And those that give capabilities back to whoever has lost them, or reach past every view of
//! files.

use anyhow::{Context, Result};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// `fchmodat2`, `setxattrat`, `removexattrat`: later than the tables of libc.
const LATER: [i64; 3] = [452, 463, 466];

/// Refused whatever their arguments are.
const REFUSED: [i64; 57] = [
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
    // All but pairs of them: whoever serves on this machine, by whatever kind of address.
    libc::SYS_socket,
    // Memory and messages of other processes.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // What happens to files elsewhere.
    libc::SYS_inotify_init,
    libc::SYS_inotify_init1,
    libc::SYS_fanotify_init,
    // How others are scheduled.
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
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

/// A call that is refused for some of its arguments: which one, and what it must not be.
struct Argument {
    call: i64,
    number: u8,
    wrong: SeccompCmpOp,
    value: u64,
}

/// A namespace of users, in which anybody has all capabilities: the flags are the first argument.
const USERS: u64 = libc::CLONE_NEWUSER as u64;

const fn makes_users(call: i64) -> Argument {
    Argument { call, number: 0, wrong: SeccompCmpOp::MaskedEq(USERS), value: USERS }
}

const fn controls(request: u64) -> Argument {
    Argument { call: libc::SYS_ioctl, number: 1, wrong: SeccompCmpOp::Eq, value: request }
}

const OUTWARD: [Argument; 6] = [
    makes_users(libc::SYS_clone),
    // The limits of other processes: zero is one's own.
    Argument { call: libc::SYS_prlimit64, number: 0, wrong: SeccompCmpOp::Ne, value: 0 },
    // Flags of a file that is open for reading: FS_IOC_SETFLAGS, for 32 bits, and
    // FS_IOC_FSSETXATTR.
    controls(0x4008_6602),
    controls(0x4004_6602),
    controls(0x401c_5820),
    // Keys on somebody's terminal.
    controls(libc::TIOCSTI),
];
const UPWARD: [Argument; 2] = [makes_users(libc::SYS_clone), makes_users(libc::SYS_unshare)];

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
    let (always, by_argument, error): (&[&[i64]], &[Argument], _) = match calls {
        Calls::Outward => (&[&REFUSED, &LATER], &OUTWARD, libc::EPERM),
        // The flags of clone3 are where no filter sees them. Who is told that the kernel does not
        // have it takes clone.
        Calls::Upward => (&[&NEEDLESS, &[libc::SYS_clone3]], &UPWARD, libc::ENOSYS),
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        always.concat().into_iter().map(|call| (call, Vec::new())).collect();
    for Argument { call, number, wrong, value } in by_argument {
        let wrong = SeccompCondition::new(*number, SeccompCmpArgLen::Dword, wrong.clone(), *value)?;
        rules.entry(*call).or_default().push(SeccompRule::new(vec![wrong])?);
    }
    let refused = SeccompAction::Errno(error.unsigned_abs());
    let machine = TargetArch::try_from(std::env::consts::ARCH).context("no seccomp here")?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, machine)?;
    Ok(Some(filter.try_into()?))
}
