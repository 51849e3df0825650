//! Files of others, read up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The text of a file; whatever is behind the bound is left out.
pub(super) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
