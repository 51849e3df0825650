//! How a program is started: as it is, or behind a guard, and with a wall around it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder for temporary files where nobody has given a program one of its own.
const TEMPORARY: &str = "/tmp";

/// How a program is started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// As a child of this process. In a guest and in namespaces of a trial's own the kernel ends
    /// all that runs there.
    #[default]
    Plain,
    /// Behind a guard, which is this program once more: with it ends all that the program has
    /// started, however this process ends. `main` has to call
    /// [`guard::take_over`](crate::guard::take_over). The wall, if there is one, is around the
    /// program.
    Guarded(Option<Walls>),
}

/// What a program behind a wall gets at: it has no network, and nothing else of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walls {
    /// Files and folders that it may read and execute.
    pub reads: Vec<PathBuf>,
    /// Files that it may write to.
    pub writes: Vec<PathBuf>,
    /// The folder below which each program gets one of its own for temporary files.
    pub scratch: PathBuf,
}

/// A folder for temporary files, which goes with its program.
pub(crate) enum Scratch {
    Shared,
    Own(PathBuf),
}

impl Scratch {
    /// The folder of a program that is started this way.
    pub fn of(start: &Start) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let Start::Guarded(Some(walls)) = start else { return Ok(Self::Shared) };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = walls.scratch.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self::Own(folder))
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Shared => Path::new(TEMPORARY),
            Self::Own(folder) => folder,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Self::Own(folder) = self {
            // What cannot be removed now goes with the folder around it.
            drop(fs::remove_dir_all(folder));
        }
    }
}
