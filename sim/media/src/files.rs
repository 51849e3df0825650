//! The files that are served: what is in them, and what a server shows of them besides.

use crate::progress::{Progress, Step};
use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::unistd::{Whence, lseek};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, Permissions};
use std::io::{Read, Seek};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The most files that a folder of content may have: an hour of a ladder of 64 rungs in segments
/// of 1 s.
pub(crate) const MAX_FILES: usize = 250_000;

/// The moment at which all that is served was last changed, as far as servers can tell: nginx
/// makes ETags and Last-Modified of it, and equal content must give equal bytes on the wire.
/// 1 January 2024, 00:00 UTC.
const CHANGED: Duration = Duration::from_secs(1_704_067_200);

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// All files below `folder` except the top-level one called `except`, by their path from there.
///
/// # Errors
/// If a file cannot be read, is neither a regular file nor a folder, or if there are more than
/// [`MAX_FILES`] or folders in folders.
pub(crate) fn inventory(
    folder: &Path,
    except: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<BTreeMap<String, Facts>> {
    let mut sizes = BTreeMap::new();
    for (name, entry) in entries(folder)? {
        if entry.is_dir() {
            for (inner, entry) in entries(&folder.join(&name))? {
                sizes.insert(format!("{name}/{inner}"), entry);
            }
        } else if name != except {
            sizes.insert(name, entry);
        }
        ensure!(sizes.len() <= MAX_FILES, "{} has more than {MAX_FILES} files", folder.display());
    }
    if let Some((name, _)) = sizes.iter().find(|(_, entry)| !entry.is_file()) {
        bail!("{} is not a regular file", folder.join(name).display());
    }

    let all: u64 = sizes.values().map(fs::Metadata::len).sum();
    let mut facts = BTreeMap::new();
    let mut holes = Vec::new();
    let mut done = 0;
    for (name, entry) in sizes {
        let path = folder.join(&name);
        let mut file = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        if is_hole(&file) {
            holes.push((entry.len(), name));
        } else {
            let digest = sha256(&mut file, &mut |_| {});
            let sha256 = digest.with_context(|| format!("read {}", path.display()))?;
            facts.insert(name, Facts { bytes: entry.len(), sha256 });
        }
        done += entry.len();
        progress(Progress::of(Step::Check, done, all));
    }
    facts.extend(zeros(holes));
    Ok(facts)
}

fn entries(folder: &Path) -> Result<BTreeMap<String, fs::Metadata>> {
    let context = || format!("list {}", folder.display());
    let mut entries = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let Ok(name) = entry.file_name().into_string() else {
            bail!("{} is not named in UTF-8", entry.path().display());
        };
        entries.insert(name, entry.metadata().with_context(context)?);
        ensure!(entries.len() <= MAX_FILES, "{} has too many files", folder.display());
    }
    Ok(entries)
}

/// Whether nothing was ever written to the file, so that all its bytes are zero.
fn is_hole(file: &File) -> bool {
    lseek(file, 0, Whence::SeekData) == Err(Errno::ENXIO)
}

/// The facts of files that consist of this many zeros, with no more hashing than the longest needs:
/// a published ladder is gigabytes of them.
fn zeros(mut files: Vec<(u64, String)>) -> impl Iterator<Item = (String, Facts)> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    files.sort();
    let mut hasher = Sha256::new();
    let mut hashed = 0;
    files.into_iter().map(move |(bytes, name)| {
        while hashed < bytes {
            let count = (bytes - hashed).min(ZEROS.len() as u64);
            hasher.update(ZEROS.get(..count as usize).unwrap_or(&ZEROS));
            hashed += count;
        }
        (name, Facts { bytes, sha256: hex(hasher.clone()) })
    })
}

/// The SHA-256 of all that is left in `file`; `read` is told of each number of bytes read.
pub(crate) fn sha256(file: &mut File, read: &mut dyn FnMut(u64)) -> std::io::Result<String> {
    file.rewind()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(hasher));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        read(count as u64);
    }
}

/// The SHA-256 of a text.
pub(crate) fn sha256_of(text: impl AsRef<[u8]>) -> String {
    hex(Sha256::new_with_prefix(text))
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives a folder, and all files and folders in it (of which [`inventory`] has seen that there is
/// nothing else), fixed times and modes: nothing that a server shows may depend on when, or under
/// which umask, they were made.
pub(crate) fn settle(folder: &Path) -> Result<()> {
    for (name, entry) in entries(folder)? {
        let path = folder.join(name);
        if entry.is_dir() {
            settle(&path)?;
        } else {
            touch(&path, 0o644)?;
        }
    }
    // Last: whatever happens in a folder changes its times.
    touch(folder, 0o755)
}

/// Gives one file or folder its fixed times and this mode.
pub(crate) fn touch(path: &Path, mode: u32) -> Result<()> {
    let changed = SystemTime::UNIX_EPOCH + CHANGED;
    let times = FileTimes::new().set_accessed(changed).set_modified(changed);
    File::open(path)
        .and_then(|file| {
            file.set_permissions(Permissions::from_mode(mode))?;
            file.set_times(times)
        })
        .with_context(|| format!("set the times and the mode of {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn list(folder: &Path) -> Result<BTreeMap<String, Facts>> {
        inventory(folder, "package.json", &mut |_| {})
    }

    #[test]
    fn holes_have_the_hash_of_the_zeros_that_they_stand_for() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [1, 65_535, 65_536, 65_537, 1_000_000] {
            let hole = folder.path().join(format!("{bytes}-hole"));
            File::create(hole).unwrap().set_len(bytes).unwrap();
            let written = folder.path().join(format!("{bytes}-written"));
            fs::write(written, vec![0; bytes as usize]).unwrap();
        }
        let facts: Vec<_> = list(folder.path()).unwrap().into_values().collect();
        assert_eq!(facts.len(), 10);
        for pair in facts.chunks(2) {
            assert_eq!(pair[0], pair[1]);
        }
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_of(""), empty);
    }

    #[test]
    fn an_inventory_holds_every_file_and_nothing_but_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("rung0")).unwrap();
        for name in ["rung0/a", "b", "package.json", "rung0/package.json"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let names: Vec<_> = list(folder.path()).unwrap().into_keys().collect();
        assert_eq!(names, ["b", "rung0/a", "rung0/package.json"]);
        symlink("/etc/hostname", folder.path().join("rung0/link")).unwrap();
        assert!(list(folder.path()).unwrap_err().to_string().contains("not a regular file"));
        fs::remove_file(folder.path().join("rung0/link")).unwrap();
        fs::create_dir(folder.path().join("rung0/deep")).unwrap();
        assert!(list(folder.path()).unwrap_err().to_string().contains("not a regular file"));
    }

    #[test]
    fn what_is_settled_shows_no_trace_of_its_making() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("rung0");
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o700)).unwrap();
        fs::write(inner.join("a"), "a").unwrap();
        settle(folder.path()).unwrap();
        for (path, mode) in [("", 0o755), ("rung0", 0o755), ("rung0/a", 0o644)] {
            let facts = fs::metadata(folder.path().join(path)).unwrap();
            assert_eq!((facts.mtime(), facts.mtime_nsec()), (1_704_067_200, 0), "{path}");
            assert_eq!(facts.mode() & 0o7777, mode, "{path}");
        }
    }
}
