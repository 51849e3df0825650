//! The file of a log: bounded, and shared by the sessions of a process.

use super::LogLine;
use super::line::Happening;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use weir_units::Bytes;

/// The most that a log may hold. A decision is a line of some 3 kB, so this is more than ten days
/// of playback in segments of 4 s.
pub const LOG_LIMIT: Bytes = Bytes::new(1 << 30);

/// The file that the sessions of a process write to.
#[derive(Debug)]
struct LogFile<W = BufWriter<File>> {
    out: W,
    written: u64,
    limit: Bytes,
    full: bool,
    /// The first problem; nothing is written after it.
    problem: Option<std::io::Error>,
}

impl<W: Write> LogFile<W> {
    fn new(out: W, limit: Bytes) -> Self {
        Self { out, written: 0, limit, full: false, problem: None }
    }

    fn write(&mut self, line: &LogLine) {
        if self.full || self.problem.is_some() {
            return;
        }
        if let Err(problem) = self.try_write(line) {
            self.problem = Some(problem);
        }
    }

    fn try_write(&mut self, line: &LogLine) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        self.written = self.written.saturating_add(text.len() as u64 + 1);
        if self.written > self.limit.get() {
            self.full = true;
            text = serde_json::to_vec(&LogLine { what: Happening::LogFull, ..line.clone() })?;
        }
        text.push(b'\n');
        self.out.write_all(&text)
    }

    /// Says what went wrong, if anything did.
    fn finish(&mut self) -> Result<()> {
        if let Some(problem) = self.problem.take() {
            bail!(problem);
        }
        Ok(self.out.flush()?)
    }
}

/// The log of a process; its sessions share it.
#[derive(Debug, Clone)]
pub(crate) struct Log(Arc<Mutex<LogFile>>);

impl Log {
    /// Makes the file of the log, or makes it empty.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
        let file = LogFile::new(BufWriter::new(file), LOG_LIMIT);
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    /// Writes out what is still kept, and says what went wrong, if anything did.
    pub fn finish(&self) -> Result<()> {
        lock(&self.0).finish()
    }

    /// Adds a line; what goes wrong is said at the end.
    pub fn write(&self, line: &LogLine) {
        lock(&self.0).write(line);
    }
}

/// A panic elsewhere leaves a log that is still worth writing.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_says_so_in_its_last_line() {
        let line = |at_us| LogLine { session: 3, at_us, what: Happening::FirstByte };
        let length = serde_json::to_vec(&line(0)).unwrap().len() as u64 + 1;
        let mut file = LogFile::new(Vec::new(), Bytes::new(2 * length));
        for at_us in 0..5 {
            file.write(&line(at_us));
        }
        file.finish().unwrap();
        let text = String::from_utf8(file.out).unwrap();
        let lines: Vec<LogLine> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let full = LogLine { what: Happening::LogFull, ..line(2) };
        assert_eq!(lines, [line(0), line(1), full]);
    }

    #[test]
    fn a_log_that_cannot_be_written_is_a_problem_of_the_whole_run() {
        let mut nowhere = [0; 4];
        let mut file = LogFile::new(&mut nowhere[..], LOG_LIMIT);
        file.write(&LogLine { session: 0, at_us: 0, what: Happening::FirstByte });
        file.finish().unwrap_err();
    }
}
