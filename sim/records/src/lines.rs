//! Records as JSON lines: how they travel from where they arise to where tables are made.
//!
//! A floating-point number that is not finite has no JSON form: it arrives as a missing value.

use crate::Record;
use std::io::{self, BufRead, Write};

/// Why lines could not be read as records.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The reader failed.
    #[error("line {line}: {source}")]
    Read {
        /// The line, counted from 1.
        line: u64,
        /// The reader's error.
        source: io::Error,
    },
    /// A line is not a record.
    #[error("line {line}: not a record: {source}")]
    NotARecord {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There is more than the limit allows.
    #[error("line {line}: more than {limit} bytes of records")]
    TooLong {
        /// The line in which the limit was passed, counted from 1.
        line: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

/// Writes each record as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub fn write_lines<'a>(
    out: &mut dyn Write,
    records: impl IntoIterator<Item = &'a Record>,
) -> io::Result<()> {
    for record in records {
        serde_json::to_writer(&mut *out, record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads what [`write_lines`] wrote, at most `limit` bytes of it, which also bounds a single line
/// and the number of records. A last line may lack its newline; an empty line is an error.
///
/// # Errors
/// See [`LinesError`]; the records before the error are dropped, for half a result is none.
pub fn read_lines(input: impl BufRead, limit: u64) -> Result<Vec<Record>, LinesError> {
    // One byte past the limit tells "at the limit" from "over it".
    let mut input = input.take(limit.saturating_add(1));
    let mut records = Vec::new();
    let mut text = Vec::new();
    let mut bytes = 0u64;
    for line in 1u64.. {
        text.clear();
        let read = input
            .read_until(b'\n', &mut text)
            .map_err(|source| LinesError::Read { line, source })?;
        if read == 0 {
            break;
        }
        bytes = bytes.saturating_add(read as u64);
        if bytes > limit {
            return Err(LinesError::TooLong { line, limit });
        }
        let record = serde_json::from_slice(&text)
            .map_err(|source| LinesError::NotARecord { line, source })?;
        records.push(record);
    }
    Ok(records)
}
