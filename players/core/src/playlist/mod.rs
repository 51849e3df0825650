//! What a server says about its content. Everything here is bounded and distrusted: a server may
//! send anything, and an error names the line.

mod date;
mod lines;
mod master;
mod media;
mod sizes;
mod uri;

pub use date::{Date, DateError};
pub use master::{MAX_VARIANTS, Master, Variant};
pub(crate) use media::NOT_ENDED;
pub use media::{MAX_SEGMENT, MAX_SEGMENTS, MAX_SEQUENCE, Media, Segment};
pub use sizes::{SIZES_FILE, Sizes};
pub use uri::{Uri, UriError};

/// The longest playlist in bytes: [`MAX_SEGMENTS`] segments with 160 bytes for each.
pub const MAX_PLAYLIST: usize = 16_000_000;

/// The longest line of a playlist in bytes: a URI and the attributes around it.
pub const MAX_LINE: usize = 8192;

/// Why a playlist was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct PlaylistError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl PlaylistError {
    fn new(line: usize, problem: impl std::fmt::Display) -> Self {
        Self { line, problem: problem.to_string() }
    }
}
