//! Whether an encoder lives: what its process group does.

use super::files;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::Path;

/// More than the file of a process's number or state can have.
const MAX_STAT: usize = 4_096;
/// Programs of a group that encode nothing: those that start others, and wait in between.
const OTHERS: [&str; 4] = ["sh", "dash", "bash", "sleep"];

/// What an encoder does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoder {
    /// A program of its group runs that is no shell.
    Running,
    /// Such a program was stopped.
    Frozen,
    /// There is none.
    Dead,
    /// It is not known which group it is.
    Unknown,
}

/// Looks at the group whose leader's number is in this file.
pub(super) fn look(file: &Path) -> Encoder {
    let Some(group) = group(file) else { return Encoder::Unknown };
    match states(group) {
        Ok(states) if states.is_empty() => Encoder::Dead,
        Ok(states) if states.iter().any(|state| matches!(state, 'T' | 't')) => Encoder::Frozen,
        Ok(_) => Encoder::Running,
        Err(_) => Encoder::Unknown,
    }
}

fn group(file: &Path) -> Option<u32> {
    let text = String::from_utf8(files::read(file, MAX_STAT).ok()?).ok()?;
    text.trim().parse().ok().filter(|group| *group > 0)
}

/// The states of those of a group that live and do something (proc_pid_stat(5)).
fn states(group: u32) -> io::Result<Vec<char>> {
    let mut states = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // It may have ended meanwhile.
        let Ok(stat) = files::read(&entry?.path().join("stat"), MAX_STAT) else { continue };
        let stat = String::from_utf8_lossy(&stat);
        let Some((name, state, its_group)) = parsed(&stat) else { continue };
        if its_group == group && !OTHERS.contains(&name) && !matches!(state, 'Z' | 'X' | 'x') {
            states.push(state);
        }
    }
    Ok(states)
}

/// Name, state and group. The name may contain anything, parentheses included.
fn parsed(stat: &str) -> Option<(&str, char, u32)> {
    let (head, rest) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once('(')?;
    let mut rest = rest.split(' ');
    let state = rest.next()?.chars().next()?;
    Some((name, state, rest.nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        assert_eq!(parsed("12 (ffmpeg) S 1 10 10 0 -1"), Some(("ffmpeg", 'S', 10)));
        assert_eq!(parsed("12 (a) b (c) T 1 10 10 0"), Some(("a) b (c", 'T', 10)));
        for text in ["", "12", "12 (a)", "12 (a) ", "12 (a) S", "12 (a) S 1 x", "12 a) S 1 1"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        assert_eq!(look(&file), Encoder::Unknown);
        for text in ["", "x", "0", "-1", "99999999999", "\u{fffd}"] {
            fs::write(&file, text).unwrap();
            assert_eq!(look(&file), Encoder::Unknown, "{text}");
        }
        // Larger than any number that the kernel gives.
        fs::write(&file, "4194999\n").unwrap();
        assert_eq!(look(&file), Encoder::Dead);
    }
}
