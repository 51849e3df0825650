//! One writer for a run's folder: a file that the kernel unlocks when its holder ends.

use crate::refused::Refused;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// The file.
pub(crate) const LOCK: &str = "lock";

/// How long a process that was killed may keep its lock: while a child of it is not a program of
/// its own yet, it holds it too.
const LOCK_TRIES: u32 = 25;
const LOCK_AGAIN: Duration = Duration::from_millis(20);

/// Locks the folder, which is made if it is not there.
///
/// # Errors
/// If another process holds the lock.
pub(crate) fn lock(partial: &Path) -> Result<Flock<File>> {
    let path = partial.join(LOCK);
    let what = || format!("lock {}", path.display());
    for _ in 0..LOCK_TRIES {
        fs::create_dir_all(partial).with_context(what)?;
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = match open {
            // The folder was renamed or removed by who held it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.with_context(what)?,
        };
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) if is_at(&lock, &path) => return Ok(lock),
            Ok(_) => {}
            Err((_, Errno::EWOULDBLOCK)) => pause(),
            Err((_, error)) => return Err(error).with_context(what),
        }
    }
    Err(Refused::because(format!("another weir writes to {}", partial.display())))
}

/// Whether the file still has this name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(own), Ok(named)) => (own.dev(), own.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no other way to wait for a lock with a bound"
)]
fn pause() {
    std::thread::sleep(LOCK_AGAIN);
}
