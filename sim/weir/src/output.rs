//! All that the program says. Whoever listens may go away at any moment, and the disk under a log
//! may be full: that ends nothing. What was to be said on the standard output and could not be is
//! told at the end, by the exit code as well; that somebody has read enough is no failure.

use anyhow::{Context, Result, bail};
use std::fmt::Display;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::OnceLock;

/// Why the standard output could not be written to, at first.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Says something on the standard output, as it is.
pub fn put(text: &str) {
    let mut output = io::stdout().lock();
    if let Err(error) = output.write_all(text.as_bytes()).and_then(|()| output.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        // Only the first one is told.
        drop(FAILED.set(error));
    }
}

/// Says a line on the standard output.
pub fn say(line: impl Display) {
    put(&format!("{line}\n"));
}

/// Says a line on the standard error.
pub fn tell(line: impl Display) {
    murmur(&format!("{line}\n"));
}

/// Says something on the standard error, as it is.
pub fn murmur(text: &str) {
    let mut errors = io::stderr().lock();
    // Nobody is there to be told that nobody listens.
    drop(errors.write_all(text.as_bytes()).and_then(|()| errors.flush()));
}

/// Why something that was to be said on the standard output was not.
pub fn failure() -> Option<&'static io::Error> {
    FAILED.get()
}

/// Writes a file that the user named, whole or not at all, and never through a link. What is no
/// file, such as a pipe, is written to as it is.
///
/// # Errors
/// If it cannot be written.
pub fn write_file(path: &Path, text: &str) -> Result<()> {
    let what = || format!("write {}", path.display());
    // The shell's names for its streams are links, to files too.
    let is_named_stream = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => bail!("{}: it is a folder", what()),
        Ok(there) if is_named_stream || !there.is_file() => {
            let open = fs::OpenOptions::new().append(true).open(path);
            open.and_then(|mut stream| stream.write_all(text.as_bytes()))
        }
        _ => weir_base::replace(path, text.as_bytes()),
    }
    .with_context(what)
}
