//! Where texts come from: the disk, or whatever a caller has in its place.

use crate::document::{self, MAX_FILE, Value};
use std::io::{self, Read as _};
use std::path::Path;
use weir_plan::{Error, Place};

/// The most files of a folder that a pattern can choose from.
pub const MAX_LISTED: usize = 10_000;

/// The files that an experiment can name. A file or folder that is searched for in several places
/// may be missing in some: that must be [`io::ErrorKind::NotFound`].
pub trait Files {
    /// The text of the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The names of the files in a folder, in any order; of more than [`MAX_LISTED`] it is enough
    /// to give one more than that.
    ///
    /// # Errors
    /// If it cannot be read.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
}

/// A closure that gives texts: there are no folders to list.
impl<F: Fn(&Path) -> io::Result<String>> Files for F {
    fn read(&self, path: &Path) -> io::Result<String> {
        self(path)
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// This machine's disk.
pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        let mut text = String::new();
        // One more than allowed, for the parser to see that it is too much.
        std::fs::File::open(path)?.take(MAX_FILE as u64 + 1).read_to_string(&mut text)?;
        Ok(text)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        // The folder of a file without one.
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            // A name that is no text cannot be written in an experiment either.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if entry.path().is_file() {
                names.push(name);
            }
            if names.len() > MAX_LISTED {
                break;
            }
        }
        Ok(names)
    }
}

/// The tree of a file.
pub(crate) fn read(path: &Path, files: &dyn Files) -> Result<Value, Error> {
    let unread = |error| {
        let place = Place { file: path.into(), line: None };
        Error::at(&place, format!("the file cannot be read: {error}"))
    };
    document::parse(path, &files.read(path).map_err(unread)?)
}
