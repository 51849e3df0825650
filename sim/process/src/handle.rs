//! A child process by a descriptor: it can be waited for with a bound, and its number is never
//! mistaken for another process's.

use crate::Exit;
use crate::watchdog::{Overdue, Patience, Watchdog};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use weir_units::Bytes;

/// How long a cancelled or overdue child may go on unnoticed.
const CHECK_EVERY: Duration = Duration::from_millis(50);

/// Asks children to stop; shared by all that may ask, a signal handler included.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What ended a child that was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// It ended by itself.
    Ended(Exit),
    /// It was killed because its time was over.
    Overdue(Overdue),
    /// It was killed because somebody asked for it.
    Cancelled,
}

/// A child that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub watched: Watched,
    /// The most memory that it occupied at a time.
    pub memory: Bytes,
}

/// A child that runs; dropping it kills it and waits until it is gone.
#[derive(Debug)]
pub struct Handle {
    pid: Pid,
    descriptor: OwnedFd,
    /// Whether it leads a process group, all of which is killed with it.
    leads: bool,
    /// How it ended, once it was waited for: its number is nobody's any more then.
    ended: Option<(Exit, Bytes)>,
}

impl Handle {
    /// Holds the child `pid` of this process, which nobody else waits for. `leads` says that it is
    /// the leader of a process group: the whole group is killed with it.
    ///
    /// # Errors
    /// If the kernel has no descriptor for it; the child is killed then.
    pub fn new(pid: Pid, leads: bool) -> io::Result<Self> {
        // SAFETY: the call takes two integers and returns a new descriptor or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
        match i32::try_from(fd) {
            Ok(fd) if fd >= 0 => {
                // SAFETY: the kernel has just made this descriptor for us alone.
                let descriptor = unsafe { OwnedFd::from_raw_fd(fd) };
                Ok(Self { pid, descriptor, leads, ended: None })
            }
            _ => {
                let error = io::Error::last_os_error();
                // It has not been waited for, so the number is still its own.
                let _ = kill(pid, Signal::SIGKILL);
                let _ = nix::sys::wait::waitpid(pid, None);
                Err(error)
            }
        }
    }

    /// Its process number.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits until it has ended, at most until `limit` is over; it is reaped then, and the most
    /// memory that it occupied is told too.
    ///
    /// # Errors
    /// If the kernel refuses to wait.
    pub fn wait(&mut self, limit: Duration) -> io::Result<Option<(Exit, Bytes)>> {
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        let mut ended = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ended, limit) {
            Ok(0) | Err(Errno::EINTR) => Ok(None),
            Ok(_) => self.reap().map(Some),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for its end, which comes by itself or is made. `progress` tells how far the child is,
    /// in any unit, where somebody knows.
    ///
    /// # Errors
    /// If the kernel refuses to wait.
    pub fn watch(
        mut self,
        patience: Patience,
        progress: &dyn Fn() -> Option<u64>,
        cancel: &Cancel,
    ) -> io::Result<Ended> {
        let mut watchdog = Watchdog::new(patience);
        loop {
            if let Some((exit, memory)) = self.wait(CHECK_EVERY)? {
                return Ok(Ended { watched: Watched::Ended(exit), memory });
            }
            let watched = if cancel.is_cancelled() {
                Watched::Cancelled
            } else if let Some(overdue) = watchdog.look(progress) {
                Watched::Overdue(overdue)
            } else {
                continue;
            };
            return Ok(Ended { watched, memory: self.kill()?.1 });
        }
    }

    /// Asks it to end; one that stands still goes on for that.
    pub fn ask_to_end(&self) {
        if self.ended.is_none() {
            // It is there, or at least its number is still its own.
            let _ = kill(self.pid, Signal::SIGTERM);
            let _ = self.thaw();
        }
    }

    /// Makes it stand still, with its group (SIGSTOP, which no program can catch).
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn freeze(&self) -> io::Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on, with its group (SIGCONT).
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn thaw(&self) -> io::Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// Sends a signal to all of its group, if it leads one. One that has ended hears nothing.
    fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.ended.is_some() {
            return Ok(());
        }
        let sent = if self.leads { killpg(self.pid, signal) } else { kill(self.pid, signal) };
        match sent {
            // A group of which nobody is left but its leader, who has ended.
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Kills it and waits until it is gone.
    ///
    /// # Errors
    /// If the kernel refuses to wait.
    pub fn kill(&mut self) -> io::Result<(Exit, Bytes)> {
        if let Some(ended) = self.ended {
            return Ok(ended);
        }
        // A child that has ended and was not waited for yet still has its number.
        let _ = kill(self.pid, Signal::SIGKILL);
        self.reap()
    }

    /// Kills what is left of its group and takes note of its end. The group's number is the child's
    /// own, which is nobody else's until the child is reaped.
    fn reap(&mut self) -> io::Result<(Exit, Bytes)> {
        if let Some(ended) = self.ended {
            return Ok(ended);
        }
        if self.leads {
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
        let mut status = 0;
        // SAFETY: an all-zero rusage is a valid value of a plain C struct.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live values of the types that the call fills in.
        while unsafe { libc::wait4(self.pid.as_raw(), &raw mut status, 0, &raw mut usage) } < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        if self.leads {
            self.reap_orphans();
        }
        // Linux counts in units of 1,024 bytes.
        let memory = u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1_024);
        let ended = (ExitStatus::from_raw(status).into(), Bytes::new(memory));
        self.ended = Some(ended);
        Ok(ended)
    }

    /// Waits for what its killed group left to this process, if it is this one that orphans come to
    /// (the first of its PID namespace): until they are gone, they hold their ports.
    fn reap_orphans(&self) {
        let group = Pid::from_raw(-self.pid.as_raw());
        loop {
            match nix::sys::wait::waitpid(group, None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return,
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop(self.kill());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const MINUTE: Duration = Duration::from_secs(60);

    #[expect(clippy::zombie_processes, reason = "the handle waits for it")]
    fn start(script: &str) -> Handle {
        let mut command = Command::new("sh");
        let child = command.args(["-c", script]).process_group(0).spawn().unwrap();
        Handle::new(Pid::from_raw(child.id().try_into().unwrap()), true).unwrap()
    }

    fn watch(script: &str, patience: Patience, cancel: &Cancel) -> Ended {
        start(script).watch(patience, &|| None, cancel).unwrap()
    }

    #[test]
    fn a_child_that_ends_by_itself_tells_how() {
        let ended = watch("exit 7", Patience::of(MINUTE), &Cancel::default());
        let Watched::Ended(exit) = ended.watched else { panic!("{ended:?}") };
        assert_eq!(exit.to_string(), "exited with status 7");
        assert!(ended.memory > Bytes::new(100_000), "{ended:?}");
    }

    #[test]
    fn a_child_is_killed_when_its_time_is_over_or_somebody_asks() {
        let at_once = Patience::of(Duration::ZERO);
        let ended = watch("exec sleep 600", at_once, &Cancel::default());
        assert!(matches!(ended.watched, Watched::Overdue(_)), "{ended:?}");
        let asked = Cancel::default();
        asked.cancel();
        let ended = watch("exec sleep 600", Patience::of(MINUTE), &asked);
        assert_eq!(ended.watched, Watched::Cancelled);
    }

    #[test]
    fn a_dropped_child_dies_with_its_group() {
        let handle = start("sleep 600 & wait");
        let group = handle.pid();
        drop(handle);
        // The orphan was killed; whoever adopted it reaps it some time.
        until(group, |states| states.iter().all(|state| state == "Z"));
    }

    #[test]
    fn a_frozen_child_stands_still_with_its_group_until_it_is_thawed() {
        let handle = start("sleep 600 & sleep 600 & wait");
        let group = handle.pid();
        until(group, |states| states.len() == 3);
        handle.freeze().unwrap();
        until(group, |states| states == ["T", "T", "T"]);
        handle.thaw().unwrap();
        until(group, |states| states == ["S", "S", "S"]);
        handle.freeze().unwrap();
        drop(handle);
        until(group, |states| states.iter().all(|state| state == "Z"));
    }

    #[test]
    fn a_frozen_child_that_is_asked_to_end_does() {
        let mut handle = start("exec sleep 600");
        handle.freeze().unwrap();
        until(handle.pid(), |states| states == ["T"]);
        handle.ask_to_end();
        let (exit, _) = handle.wait(MINUTE).unwrap().unwrap();
        assert_eq!(exit.to_string(), "was killed by signal 15");
        // Nobody is there any more, and nobody else is meant.
        handle.freeze().unwrap();
        handle.thaw().unwrap();
    }

    fn until(group: Pid, condition: impl Fn(&[String]) -> bool) {
        let came = (0..1_000).any(|_| {
            let _ = poll(&mut [], PollTimeout::from(5u8));
            condition(&members(group))
        });
        assert!(came, "{:?}", members(group));
    }

    /// The states of a group's processes.
    fn members(group: Pid) -> Vec<String> {
        let stats = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok());
        let states = stats.filter_map(|stat| {
            // After the name, which may contain anything: state, parent, group.
            let mut rest = stat.rsplit_once(") ")?.1.split(' ');
            let (state, leader) = (rest.next()?, rest.nth(1)?);
            (leader == group.to_string()).then(|| state.to_owned())
        });
        states.collect()
    }
}
