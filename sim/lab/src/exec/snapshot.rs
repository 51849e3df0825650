//! What programs of the user's see of the experiment's folder: a copy of it, made before the first
//! trial, so that all trials of a run see the same whatever becomes of the folder meanwhile. Its
//! listing is an input of the run.

use crate::refused::Refused;
use anyhow::{Context, Result};
use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{UtimensatFlags, fstat, utimensat};
use nix::sys::time::TimeSpec;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use weir_base::sha256_of_file;

/// The most that is copied before every run.
const MOST_FILES: u64 = 20_000;
const MOST_BYTES: u64 = 2 << 30;
/// How far files are counted to say how many there are.
const COUNTED: u64 = 1_000_000;
/// How deep folders may lie in each other.
const DEEPEST: usize = 64;

/// When everything in a copy was changed last: the beginning of 2024. Whoever asks must find the
/// same in every run.
const CHANGED: TimeSpec = TimeSpec::new(1_704_067_200, 0);

/// The rights of a file that are kept: no program becomes somebody else's.
const RIGHTS: u32 = 0o777;
/// Whether its owner may execute it.
const EXECUTABLE: u32 = 0o100;

/// What makes a folder one with results of a run: of one that is complete, or was interrupted.
const RESULTS: [&[&str]; 3] = [&["run.toml"], &["inputs.toml"], &["trials", "lock"]];

/// What a folder holds for programs.
#[derive(Debug)]
struct Found {
    /// Below the folder, in their order.
    entries: Vec<Entry>,
    files: u64,
    bytes: u64,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    File { mode: u32, length: u64 },
    Link(PathBuf),
}

/// Refuses a folder that holds too much to be copied.
///
/// # Errors
/// If so, and if it cannot be listed.
pub(crate) fn check(folder: &Path) -> Result<()> {
    find(folder).map(drop)
}

/// Copies a folder to `copy`, which is made, and returns its listing: what `sha256sum` would say of
/// its files, and comments on which of them can be executed, and on links.
///
/// # Errors
/// As [`check`], and if something cannot be read or written.
pub(crate) fn take(folder: &Path, copy: &Path) -> Result<String> {
    let found = find(folder)?;
    make_folder(copy)?;
    let mut listing = String::new();
    for Entry { path, kind } in &found.entries {
        let (from, to) = (folder.join(path), copy.join(path));
        if let Some(parent) = to.parent().filter(|parent| !parent.exists()) {
            make_folder(parent)?;
        }
        // Writing to a string cannot fail.
        let _ = match kind {
            Kind::Link(target) => {
                symlink(target, &to).with_context(|| format!("make {}", to.display()))?;
                writeln!(listing, "# link  {} -> {}", name(path), name(target))
            }
            Kind::File { mode, length } => {
                let copied = copy_file(&from, &to, mode & RIGHTS, *length);
                copied.with_context(|| format!("copy {}", from.display()))?;
                if mode & EXECUTABLE != 0 {
                    let _ = writeln!(listing, "# executable  {}", name(path));
                }
                // Of the copy: what programs see, whoever writes to the folder meanwhile.
                let (escape, hash) = (if is_plain(path) { "" } else { "\\" }, sha256_of_file(&to)?);
                writeln!(listing, "{escape}{hash}  {}", name(path))
            }
        };
    }
    set_times(copy)?;
    Ok(listing)
}

/// Everything that is copied.
fn find(folder: &Path) -> Result<Found> {
    let mut found = Found { entries: Vec::new(), files: 0, bytes: 0 };
    let complete = walk(folder, Path::new(""), 0, &outputs(), &mut found)?;
    if complete && found.files <= MOST_FILES && found.bytes <= MOST_BYTES {
        found.entries.sort();
        return Ok(found);
    }
    Err(Refused::because(format!(
        "{} holds {}{} files with {} bytes, and the programs of an experiment see a copy of its folder: at \
         most {MOST_FILES} files with {MOST_BYTES} bytes; give the experiment and its programs a folder of \
         their own",
        folder.display(),
        if complete { "" } else { "more than " },
        found.files,
        found.bytes,
    )))
}

/// Adds what is in a folder of the folder; whether that is all.
fn walk(
    folder: &Path,
    within: &Path,
    depth: usize,
    outputs: &[(u64, u64)],
    found: &mut Found,
) -> Result<bool> {
    let here = folder.join(within);
    let what = || format!("list {}", here.display());
    // What is gone meanwhile is not there.
    let entries = match fs::read_dir(&here) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && depth > 0 => return Ok(true),
        entries => entries.with_context(what)?,
    };
    for entry in entries {
        let entry = entry.with_context(what)?;
        let (name, path) = (entry.file_name(), within.join(entry.file_name()));
        let Ok(about) = entry.metadata() else { continue };
        if is_left_out(&name) {
            continue;
        }
        let kind = if about.is_symlink() {
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            Kind::Link(target)
        } else if about.is_dir() {
            if depth >= DEEPEST || found.files > COUNTED {
                return Ok(false);
            }
            if !is_of_results(&entry.path()) && !walk(folder, &path, depth + 1, outputs, found)? {
                return Ok(false);
            }
            continue;
        } else if about.is_file() && !outputs.contains(&(about.dev(), about.ino())) {
            Kind::File { mode: about.mode(), length: about.len() }
        } else {
            continue;
        };
        found.files += 1;
        found.bytes = found.bytes.saturating_add(about.len());
        // More are only counted.
        if found.files <= MOST_FILES {
            found.entries.push(Entry { path, kind });
        }
    }
    Ok(true)
}

/// The files that this process itself writes to, its outputs.
fn outputs() -> Vec<(u64, u64)> {
    let of = |about: nix::Result<nix::libc::stat>| about.ok().map(|a| (a.st_dev, a.st_ino));
    [of(fstat(io::stdout())), of(fstat(io::stderr()))].into_iter().flatten().collect()
}

/// Whether files and folders of this name are of no interest to programs, and change by themselves.
fn is_left_out(name: &OsStr) -> bool {
    name == ".git"
        || name == "__pycache__"
        || Path::new(name).extension() == Some(OsStr::new("log"))
}

/// Whether a folder holds results.
fn is_of_results(folder: &Path) -> bool {
    let has = |name: &&str| folder.join(name).exists();
    let begun = folder.extension() == Some(OsStr::new("partial")) && has(&"lock");
    begun || RESULTS.iter().any(|marks| marks.iter().all(has))
}

/// A folder that only this user may change.
fn make_folder(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o755).create(path);
    made.with_context(|| format!("make {}", path.display()))
}

/// Copies a file of this length, or its beginning if it has grown, in the way of the file system
/// that takes no time where it has one.
fn copy_file(from: &Path, to: &Path, mode: u32, length: u64) -> io::Result<()> {
    // A pipe that has taken the place of the file would block.
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let source = File::options().read(true).custom_flags(flags).open(from)?;
    if !source.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file any more"));
    }
    let mut copy = File::options().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source.take(length), &mut copy)?;
    copy.set_permissions(fs::Permissions::from_mode(mode))
}

/// Sets the times of all that is in a folder, and its own.
fn set_times(folder: &Path) -> Result<()> {
    let what = || format!("set times in {}", folder.display());
    for entry in fs::read_dir(folder).with_context(what)? {
        let path = entry.with_context(what)?.path();
        if path.is_dir() && !path.is_symlink() {
            set_times(&path)?;
        } else {
            set_time(&path)?;
        }
    }
    set_time(folder)
}

fn set_time(path: &Path) -> Result<()> {
    let how = UtimensatFlags::NoFollowSymlink;
    utimensat(AT_FDCWD, path, &CHANGED, &CHANGED, how)
        .with_context(|| format!("set the times of {}", path.display()))
}

fn is_plain(path: &Path) -> bool {
    path.to_str().is_some_and(|text| !text.contains(['\\', '\n', '\r']))
}

/// A path in one line, as `sha256sum` writes it; bytes that are no text as their numbers.
fn name(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => name.push_str("\\\\"),
                '\n' => name.push_str("\\n"),
                '\r' => name.push_str("\\r"),
                letter => name.push(letter),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(name, "\\x{byte:02x}");
        }
    }
    name
}
