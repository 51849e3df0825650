//! The end of a log, for a message about the process that wrote it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of a log is looked at.
const BYTES: u64 = 4_096;
/// How much of it is quoted.
const LINES: usize = 6;

/// The last lines of a log that say anything, as one line; `None` if there are none.
pub fn last_lines(log: &Path) -> Option<String> {
    last_lines_of(&tail(log).ok()?)
}

/// The last lines of a text that say anything, as one line; `None` if there are none.
pub fn last_lines_of(text: &str) -> Option<String> {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let kept = lines.get(lines.len().saturating_sub(LINES)..)?;
    (!kept.is_empty()).then(|| kept.join(" | "))
}

fn tail(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_that_say_anything_are_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(last_lines(&log), None);
        std::fs::write(&log, "\n \n").unwrap();
        assert_eq!(last_lines(&log), None);
        let many: String = (0..5_000).map(|line| format!("line {line}\n\n")).collect();
        std::fs::write(&log, many).unwrap();
        let quoted = last_lines(&log).unwrap();
        assert_eq!(quoted.matches('|').count(), LINES - 1);
        assert!(quoted.ends_with("line 4998 | line 4999"), "{quoted}");
    }
}
