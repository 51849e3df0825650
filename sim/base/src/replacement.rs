//! Files that are either there as they were, or there whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// A file that is being written beside another one of this name, whose place it takes when it is
/// whole.
///
/// Nothing is ever written through a link: the file is new, and its name replaces the link. It has
/// the same temporary name each time, so that a process that is killed leaves one at most; two that
/// write the same file at the same time get into each other's way, and one of them may have an
/// error. Dropping it leaves everything as it was.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
    is_in_place: bool,
}

impl Replacement {
    /// Begins a file that is to be called `path`.
    ///
    /// # Errors
    /// If `path` names no file, or its folder cannot be written to.
    pub fn create(path: &Path) -> io::Result<Self> {
        let temporary = temporary(path)?;
        // Not opened but removed, if it is there: it may be a link.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::create_new(&temporary)?;
        Ok(Self { path: path.to_owned(), temporary, file, is_in_place: false })
    }

    /// The file to write to.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name. What had the name before is gone.
    ///
    /// # Errors
    /// If that is a folder, or the folder around it cannot be written to.
    pub fn commit(mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.path)?;
        self.is_in_place = true;
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_in_place {
            // Nobody is there to be told.
            drop(fs::remove_file(&self.temporary));
        }
    }
}

/// Writes a file, or leaves it as it is: see [`Replacement`].
///
/// # Errors
/// If it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let replacement = Replacement::create(path)?;
    replacement.file().write_all(bytes)?;
    replacement.commit()
}

/// The name of a file that is not whole yet: hidden, and beside the one that it will have.
fn temporary(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name();
    let name = name.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".part");
    Ok(path.with_file_name(hidden))
}
