//! What a program writes to its standard error: its end is kept, to be quoted.

use nix::errno::Errno;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use weir_process::last_lines_of;
use weir_units::Bytes;

/// How much of it somebody who listens hears.
pub const ERRORS_KEPT: Bytes = Bytes::new(1 << 20);

/// How much of its end is kept.
const TAIL: usize = 4_096;
/// How many characters of that are quoted.
const QUOTED: usize = 600;
/// How much is read at a time.
const PIECE: usize = 16 << 10;

/// Somebody who listens.
pub type Heard = Box<dyn Write + Send>;

/// The pipe of a program's standard error, and the end of what has come over it.
pub(crate) struct Errors {
    /// `None` when the program has closed it.
    pipe: Option<OwnedFd>,
    tail: VecDeque<u8>,
    heard: Option<Heard>,
    /// How much more of it is heard.
    left: u64,
}

impl Errors {
    /// Of a pipe that does not block.
    pub fn new(pipe: OwnedFd, heard: Option<Heard>) -> Self {
        Self { pipe: Some(pipe), tail: VecDeque::new(), heard, left: ERRORS_KEPT.get() }
    }

    /// The pipe, while it is open.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Takes a piece of what is there without waiting: how many bytes; zero if nothing is there.
    pub fn take(&mut self) -> io::Result<usize> {
        let Some(pipe) = &self.pipe else { return Ok(0) };
        let mut piece = [0; PIECE];
        match nix::unistd::read(pipe, &mut piece) {
            Ok(0) => {
                self.pipe = None;
                Ok(0)
            }
            Ok(count) => {
                self.keep(piece.get(..count).unwrap_or_default());
                Ok(count)
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        self.tail.extend(piece);
        let above = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..above);
        let Some(heard) = &mut self.heard else { return };
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(piece.len());
        self.left -= room as u64;
        // A log that cannot be written is no reason to fail a session.
        let _ = heard.write_all(piece.get(..room).unwrap_or_default());
        if self.left == 0 {
            let _ = writeln!(heard, "\n(what follows is left out)");
            self.heard = None;
        }
    }
}

/// The rest of a sentence about the program.
impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        match last_lines_of(&String::from_utf8_lossy(&bytes)) {
            Some(lines) => {
                let from = lines.char_indices().rev().nth(QUOTED - 1).map_or(0, |(at, _)| at);
                let lines = lines.get(from..).unwrap_or_default();
                write!(f, "; its error output ends: {lines}")
            }
            None => Ok(()),
        }
    }
}
