//! What processes have left in a folder of theirs whom nobody trusts.

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

/// As many names of a folder are looked at.
const MOST_NAMES: usize = 10_000;
/// The longest name, and the longest saying.
const LONGEST: usize = 200;

/// A folder in which others could write. What is there may be a link to a secret, a pipe on which
/// whoever opens it waits, or larger than the disk: only files are opened, and nothing is followed.
#[derive(Debug)]
pub struct Left(File);

impl Left {
    /// Opens a folder that is the caller's own.
    ///
    /// # Errors
    /// If it is not there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        File::open(folder).map(Self)
    }

    /// Opens a folder that was left in it.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn folder(&self, name: &str) -> io::Result<Self> {
        self.at(name, OFlag::O_DIRECTORY).map(Self)
    }

    /// Opens a file to be read.
    ///
    /// # Errors
    /// If there is no file of this name.
    pub fn file(&self, name: &str) -> io::Result<File> {
        // Opening a pipe would wait for somebody to write to it.
        let file = self.at(name, OFlag::O_NONBLOCK | OFlag::O_NOCTTY)?;
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
    }

    fn at(&self, name: &str, how: OFlag) -> io::Result<File> {
        if name.contains('/') || name == ".." {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let how = how | OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(openat(self.0.as_fd(), name, how, Mode::empty())?.into())
    }

    /// Reads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// If there is none of this name, or it is larger.
    pub fn read(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // One byte past the limit tells "at the limit" from "over it".
        let read = self.file(name)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if read as u64 > limit {
            let what = format!("it is larger than {limit} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        }
        Ok(bytes)
    }

    /// The beginning of a file's first line, of which no terminal makes anything else.
    pub fn said(&self, name: &str) -> Option<String> {
        let mut bytes = Vec::new();
        self.file(name).ok()?.take(LONGEST as u64).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        Some(text.lines().next()?.chars().filter(|c| !c.is_control()).collect())
    }

    /// The files that say anything, by their names. What has a name that is none of ours is left
    /// out.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn files(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(format!("/proc/self/fd/{}", self.0.as_raw_fd()))?;
        let mut names = Vec::new();
        for entry in entries.take(MOST_NAMES) {
            let name = entry?.file_name();
            let Some(name) = name.to_str().filter(|name| is_plain(name)) else { continue };
            let about = self.file(name).and_then(|file| file.metadata());
            if about.is_ok_and(|about| about.len() > 0) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Writes the first `limit` bytes of a file to the file `to`, and a line that says so if that
    /// is not all. Returns how many that were.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn copy(&self, name: &str, to: &Path, limit: u64) -> io::Result<u64> {
        let file = self.file(name)?;
        let length = file.metadata()?.len();
        let mut copy = File::create(to)?;
        let copied = io::copy(&mut file.take(limit), &mut copy)?;
        if copied < length {
            writeln!(copy, "\n(cut here: of {length} bytes, {copied} are kept)")?;
        }
        Ok(copied)
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    name.len() <= LONGEST && !name.starts_with('.') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::mkfifo;
    use std::os::unix::fs::symlink;

    const SECRET: &str = "a secret";

    #[test]
    fn what_is_no_file_is_neither_followed_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = tempfile::tempdir().unwrap();
        let secret = secrets.path().join("secret");
        fs::write(&secret, SECRET).unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink(&secret, path("link.log")).unwrap();
        symlink(secrets.path(), path("linked")).unwrap();
        mkfifo(&path("pipe.log"), Mode::S_IRWXU).unwrap();
        fs::create_dir(path("folder.log")).unwrap();
        symlink("/dev/zero", path("zero.log")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket.log")).unwrap();
        for name in ["-a+b.1_log", "empty", ".hidden", "two\nlines", "\u{1b}[2J"] {
            fs::write(path(name), if name == "empty" { "" } else { "said" }).unwrap();
        }
        let left = Left::open(folder.path()).unwrap();
        assert_eq!(left.files().unwrap(), ["-a+b.1_log"]);
        let kept = secrets.path().join("kept");
        for name in ["link.log", "pipe.log", "folder.log", "zero.log", "socket.log", "nothing"] {
            assert!(left.read(name, 100).is_err(), "{name}");
            assert!(left.copy(name, &kept, 100).is_err(), "{name}");
            assert_eq!(left.said(name), None);
        }
        assert!(!kept.exists());
        assert!(left.folder("linked").is_err());
        for name in ["linked/secret", "..", "../x", "/etc/passwd"] {
            assert!(left.file(name).is_err(), "{name}");
            assert!(left.folder(name).is_err(), "{name}");
        }
        let inside = left.folder("folder.log").unwrap();
        assert!(inside.files().unwrap().is_empty());
        assert_eq!(fs::read_to_string(&secret).unwrap(), SECRET);
    }

    #[test]
    fn no_more_is_read_or_kept_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        File::create(path("sparse")).unwrap().set_len(1 << 40).unwrap();
        fs::write(path("small"), "12345678").unwrap();
        let left = Left::open(folder.path()).unwrap();
        assert!(left.read("sparse", 1_000).is_err());
        assert!(left.read("small", 7).is_err());
        assert_eq!(left.read("small", 8).unwrap(), b"12345678");
        let kept = path("kept");
        assert_eq!(left.copy("sparse", &kept, 1_000).unwrap(), 1_000);
        let text = fs::read_to_string(&kept).unwrap();
        assert!(text.ends_with("\n(cut here: of 1099511627776 bytes, 1000 are kept)\n"), "{text}");
        assert!(text.len() < 1_100);
        assert_eq!(left.copy("small", &kept, 8).unwrap(), 8);
        assert_eq!(fs::read_to_string(&kept).unwrap(), "12345678");
    }

    #[test]
    fn what_is_said_is_one_short_line_without_commands_to_a_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("\u{1b}[31mplaying{}\nmore", "x".repeat(1_000));
        fs::write(folder.path().join("phase"), long).unwrap();
        let said = Left::open(folder.path()).unwrap().said("phase").unwrap();
        assert!(said.starts_with("[31mplayingxxx") && said.len() < 201, "{said}");
    }
}
