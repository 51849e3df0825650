//! The algorithm of a session, which may be a program of the user's.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::path::Path;
use weir_abr::{Abr, Choice};
use weir_exec::{BuildError, Start};

/// A fresh algorithm. A program is started in `folder`, and what it writes to its standard error is
/// in the log of this process.
pub(crate) fn algorithm(
    choice: &Choice,
    folder: &Path,
    start: &Start,
) -> Result<Box<dyn Abr>, BuildError> {
    weir_exec::build_heard(choice, folder, start, Some(Box::new(std::io::stderr())))
}

/// Lets this process have as many descriptors as it may: a program takes four of them.
pub(crate) fn raise_descriptor_limit() -> nix::Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) }
}
