//! Capabilities: what makes root more than a user (capabilities(7)).

use nix::errno::Errno;
use std::fmt;
use std::io;
use std::str::FromStr;

macro_rules! capabilities {
    ($($name:ident $number:literal $text:literal $about:literal,)+) => {
        /// A capability that a process can be left with. Those that lead out of any wall
        /// (`CAP_SYS_ADMIN`, `CAP_SYS_MODULE`, `CAP_SYS_RAWIO`, `CAP_MKNOD`, `CAP_SYS_PTRACE`, ...)
        /// are none of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Capability {
            $(#[doc = $about] $name = $number,)+
        }

        impl Capability {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, without `CAP_` and in small letters.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

capabilities! {
    Chown 0 "chown" "To give files to others.",
    DacOverride 1 "dac_override" "To read and write files of others.",
    DacReadSearch 2 "dac_read_search" "To read files of others.",
    Fowner 3 "fowner" "To change what belongs to others.",
    Kill 5 "kill" "To signal processes of others.",
    Setgid 6 "setgid" "To become another group.",
    Setuid 7 "setuid" "To become another user.",
    NetBindService 10 "net_bind_service" "To listen at ports below 1024.",
    NetAdmin 12 "net_admin" "To change the network of its own node.",
    NetRaw 13 "net_raw" "To send and see raw packets on its own node.",
    IpcLock 14 "ipc_lock" "To keep memory from being swapped out.",
    SysNice 23 "sys_nice" "To raise its own priority.",
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Capability {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|capability| capability.name() == text).ok_or(())
    }
}

/// Capabilities are numbered from zero, and this kernel or a later one has no more.
const MOST: i32 = 64;

pub(crate) fn others_than(kept: &[Capability]) -> Vec<i32> {
    (0..MOST).filter(|number| kept.iter().all(|kept| *kept as i32 != *number)).collect()
}

/// Takes capabilities out of what any later program can have.
pub(crate) fn give_up(dropped: &[i32]) -> io::Result<()> {
    inherit_none()?;
    for capability in dropped {
        // SAFETY: the call takes numbers.
        let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, *capability, 0, 0, 0) };
        if done < 0 {
            match Errno::last() {
                // There are no more of them; or this is an ordinary user, who has none to give up,
                // and whose programs can gain none (no_new_privs).
                Errno::EINVAL | Errno::EPERM => break,
                error => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Some ways to start programs leave root with capabilities that go past the bound of the others:
/// those that programs inherit.
fn inherit_none() -> io::Result<()> {
    /// `_LINUX_CAPABILITY_VERSION_3`: two words of each kind.
    const VERSION: u32 = 0x2008_0522;
    // Of this thread.
    let header = [VERSION, 0];
    let mut held = [[0_u32; 3]; 2];
    // SAFETY: the structures of the calls consist of words, as these arrays do, which outlive the
    // calls.
    let done = unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if libc::syscall(libc::SYS_capget, header.as_ptr(), held.as_mut_ptr()) < 0 {
            return Err(io::Error::last_os_error());
        }
        held.iter_mut().for_each(|[_effective, _permitted, inherited]| *inherited = 0);
        libc::syscall(libc::SYS_capset, header.as_ptr(), held.as_ptr())
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
