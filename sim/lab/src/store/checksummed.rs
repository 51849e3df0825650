//! Finished trials as files: on the disk, whole, and with a hash that tells damage.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use weir_base::{Replacement, hex};
use weir_records::TrialResult;

/// A file of more than this is none of ours.
const BLOCK_LIMIT: u64 = 2 << 30;

/// Writes a file that is either there, whole and on the disk, or not there at all.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    let what = || format!("write {}", path.display());
    let replacement = Replacement::create(path).with_context(what)?;
    let mut file = replacement.file();
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(what)?;
    replacement.commit().with_context(what)?;
    // The name is on the disk when the folder is.
    let folder = path.parent().with_context(what)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(what)
}

/// Trials as text: a line of JSON for each, and a line with the SHA-256 of all of them, which tells
/// damage.
pub(crate) fn seal(results: &[TrialResult]) -> Result<String> {
    let mut bytes = Vec::new();
    for result in results {
        serde_json::to_writer(&mut bytes, result).context("write a trial's result")?;
        bytes.push(b'\n');
    }
    let mut text = String::from_utf8(bytes).context("write a trial's result")?;
    let hash = hex(&Sha256::digest(&text));
    text.push_str(&format!("\"{hash}\"\n"));
    Ok(text)
}

/// Reads a text of at most `limit` bytes.
///
/// # Errors
/// If it is larger, no text, or cannot be read.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let mut text = String::new();
    // One byte past the limit tells "at the limit" from "over it".
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    let read = file.take(limit.saturating_add(1)).read_to_string(&mut text)?;
    if read as u64 > limit {
        let what = format!("it is larger than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(text)
}

/// Trials that were sealed, one after the other.
pub(crate) struct Checksummed {
    text: String,
    at: usize,
    /// Where the line with the hash begins.
    end: usize,
}

impl Checksummed {
    /// Reads what [`seal`] wrote.
    ///
    /// # Errors
    /// If it is damaged, or none of ours.
    pub fn open(path: &Path) -> Result<Self> {
        let text = read_text(path, BLOCK_LIMIT).context("it cannot be read")?;
        let lines = text.strip_suffix('\n').context("it has no end")?;
        let end = lines.rfind('\n').context("it has no end")? + 1;
        let (lines, seal) = text.split_at(end);
        let hash = hex(&Sha256::digest(lines));
        ensure!(seal == format!("\"{hash}\"\n"), "its hash is another one");
        Ok(Self { text, at: 0, end })
    }
}

impl Iterator for Checksummed {
    type Item = Result<TrialResult>;
    fn next(&mut self) -> Option<Self::Item> {
        let lines = self.text.get(self.at..self.end)?;
        let (line, _) = lines.split_once('\n')?;
        self.at += line.len() + 1;
        Some(serde_json::from_str(line).context("it holds what is no trial"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use weir_records::{Trial, Verdict};

    pub fn result(id: &str) -> TrialResult {
        TrialResult {
            id: id.to_owned(),
            params: vec!["5 Mbit/s".to_owned()],
            row: Trial {
                cell: 0,
                repeat: 0,
                seed: 7,
                lab: "uml".to_owned(),
                verdict: Verdict::Failed,
                err: Some("of\nno \"importance\"".to_owned()),
                virtual_us: 1,
                wall_us: 2,
                memory_bytes: None,
            },
            records: Vec::new(),
        }
    }

    #[test]
    fn what_is_kept_is_read_back_and_every_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c0000-r0+2.json");
        let results = ["c0000-r0", "c0000-r1"].map(result);
        let text = seal(&results).unwrap();
        write_durably(&path, text.as_bytes()).unwrap();
        let read = || Checksummed::open(&path)?.collect::<Result<Vec<_>>>();
        assert_eq!(read().unwrap(), results);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(read().is_err(), "damage at {at} was not noticed");
            fs::write(&path, &text[..at]).unwrap();
            assert!(read().is_err(), "a cut at {at} was not noticed");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_is_kept_is_read_back_to_the_bit(number: f64) {
            prop_assume!(number.is_finite());
            let text = serde_json::to_string(&number).unwrap();
            let read: f64 = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.to_bits(), number.to_bits(), "{}", text);
        }
    }
}
