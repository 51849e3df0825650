//! A program that is asked one thing, such as its version, and ends.

use crate::guard::{self, ENDED_WITHIN};
use crate::start::Walls;
use nix::fcntl::OFlag;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use weir_process::{Exit, Handle};

/// The most that such a program may say: what a pipe holds.
const MOST: usize = 64 << 10;

/// Runs a program to its end, behind a guard and a wall: how it ended, `None` if that had to be
/// made because it took longer than `within`; and the beginning of what it said on both of its
/// outputs. Nothing that it has started is left.
///
/// # Errors
/// If it cannot be started or waited for.
pub fn ask(
    program: &Path,
    arguments: &[String],
    walls: &Walls,
    within: Duration,
) -> io::Result<(Option<Exit>, Vec<u8>)> {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    let (mut command, held) = guard::command(program, Some((walls, &walls.scratch)))?;
    command
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .env("PATH", crate::SEARCHED.join(":"))
        .stdin(Stdio::null())
        .stderr(write.try_clone()?)
        .stdout(write)
        .process_group(0);
    let child = command.spawn()?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    let mut handle = Handle::new(nix::unistd::Pid::from_raw(pid), true)?;
    let leash = held.started()?;
    let ended = handle.wait(within)?;
    leash.let_go();
    if ended.is_none() {
        // Its guard ends it; and dropping the handle the guard, if it takes too long.
        handle.wait(ENDED_WITHIN)?;
    }
    let mut said = vec![0; MOST];
    let length = nix::unistd::read(&read, &mut said).unwrap_or(0);
    said.truncate(length);
    Ok((ended.map(|(exit, _)| exit), said))
}
