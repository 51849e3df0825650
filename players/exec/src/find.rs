//! Which file each word of a command means: the same in every laboratory, whatever the user's
//! environment.

use nix::unistd::{AccessFlags, access};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use weir_abr::exec::Program;

/// Where a program is looked for that is no path and does not lie in the experiment's folder. The
/// user's own `PATH` does not count: a guest does not have it, nor has whoever repeats a run.
pub const SEARCHED: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The most names of a folder that are compared with one that is missing.
const LOOKED_AT: usize = 1_000;

/// A program that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Its folder, or one of its files, cannot be found.
    #[error("{} of \"{command}\": {error}", path.display())]
    Lost {
        /// The command.
        command: String,
        /// The folder or file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no such program.
    #[error(
        "there is no program \"{program}\" for \"{command}\" (expected a file in {}, the name of a \
         program in {}, or a path){hint}",
        folder.display(), SEARCHED.join(", ")
    )]
    NotFound {
        /// The first word of the command.
        program: String,
        /// The command.
        command: String,
        /// The folder.
        folder: PathBuf,
        /// What may have been meant.
        hint: String,
    },
    /// A file is there, and must not be executed.
    #[error(
        "{} of \"{command}\" is not executable (expected an interpreter before it, such as python3, \
         or the right to execute it)",
        path.display()
    )]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// The command.
        command: String,
    },
    /// There is no such script.
    #[error("there is no file {} for \"{command}\"{hint}", path.display())]
    NoScript {
        /// The file that was expected.
        path: PathBuf,
        /// The command.
        command: String,
        /// What may have been meant.
        hint: String,
    },
    /// A file is there, and cannot be seen where the program is to run.
    #[error(
        "\"{word}\" of \"{command}\" is {}, which the program does not see (expected a file in {}, \
         or a path from the experiment's folder into it)",
        path.display(), listed(roots)
    )]
    OutOfSight {
        /// The word of the command.
        word: String,
        /// The command.
        command: String,
        /// The file.
        path: PathBuf,
        /// The folders that it sees, besides its own.
        roots: Vec<PathBuf>,
    },
}

fn listed(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Refuses a program that cannot be started in `folder`, before anything starts.
///
/// # Errors
/// If its first word names no program, or one of the others a Python file that does not exist.
pub fn check(program: &Program, folder: &Path) -> Result<(), ProgramError> {
    let place = Place::of(program, folder)?;
    place.program()?;
    place.scripts()
}

/// The same for a laboratory in which a program sees `folder` and these `roots` alone, at the same
/// places.
///
/// # Errors
/// As [`check`], and if one of its files is elsewhere, links followed.
pub fn check_within(program: &Program, folder: &Path, roots: &[&Path]) -> Result<(), ProgramError> {
    check(program, folder)?;
    let place = Place::of(program, folder)?;
    let own = &place.folder;
    let roots: Vec<_> = roots.iter().map(|root| root.to_path_buf()).collect();
    for (word, path) in place.files()? {
        let real = canonical(&path, place.command)?;
        // The folder has another name there: only a path from the folder leads into it.
        let inside = real.starts_with(own) && Path::new(&word).is_relative();
        if !inside && !roots.iter().any(|root| real.starts_with(root)) {
            let command = program.command.clone();
            return Err(ProgramError::OutOfSight { word, command, path: real, roots });
        }
    }
    Ok(())
}

/// The files that decisions of the program depend on, as far as its command names them: the program
/// itself, and every other word that is a file in `folder` or a path. Each with the word as its
/// name, in their order. What a program loads besides is not among them.
///
/// # Errors
/// If there is no such program.
pub fn inputs(program: &Program, folder: &Path) -> Result<Vec<(String, PathBuf)>, ProgramError> {
    Place::of(program, folder)?.files()
}

/// A command, and where it runs.
pub(crate) struct Place<'a> {
    command: &'a str,
    words: Vec<String>,
    /// Absolute.
    pub folder: PathBuf,
}

impl<'a> Place<'a> {
    pub fn of(program: &'a Program, folder: &Path) -> Result<Self, ProgramError> {
        let command = program.command.as_str();
        // The parent of a bare file name is the empty path.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let folder = canonical(folder, command)?;
        Ok(Self { command, words: program.words(), folder })
    }

    /// The arguments.
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The file of the program. Links are not followed: a virtual environment of Python is a link.
    pub fn program(&self) -> Result<PathBuf, ProgramError> {
        let word = self.words.first().map(String::as_str).unwrap_or_default();
        let own = self.folder.join(word);
        if own.is_file() {
            return if executable(&own) {
                Ok(own)
            } else {
                let command = self.command.to_owned();
                Err(ProgramError::NotExecutable { path: own, command })
            };
        }
        let searched = SEARCHED.iter().map(|folder| Path::new(folder).join(word));
        let found = searched.filter(|_| !word.contains('/')).find(|path| executable(path));
        found.ok_or_else(|| ProgramError::NotFound {
            program: word.to_owned(),
            command: self.command.to_owned(),
            folder: self.folder.clone(),
            hint: self.elsewhere(word).or_else(|| self.nearest(word)).unwrap_or_default(),
        })
    }

    /// Every word that is a file, and the file.
    fn files(&self) -> Result<Vec<(String, PathBuf)>, ProgramError> {
        let mut files = vec![(self.words.first().cloned().unwrap_or_default(), self.program()?)];
        let named = |word: &String| (word.clone(), self.folder.join(word));
        files.extend(self.arguments().iter().map(named).filter(|(_, path)| path.is_file()));
        Ok(files)
    }

    fn scripts(&self) -> Result<(), ProgramError> {
        let is_script = |word: &&String| word.ends_with(".py") && !word.starts_with('-');
        for word in self.arguments().iter().filter(is_script) {
            let path = self.folder.join(word);
            if !path.is_file() {
                let (command, hint) = (self.command.to_owned(), self.nearest(word));
                let hint = hint.unwrap_or_default();
                return Err(ProgramError::NoScript { path, command, hint });
            }
        }
        Ok(())
    }

    /// Where the user's own search path has the program.
    fn elsewhere(&self, word: &str) -> Option<String> {
        let path = std::env::var_os("PATH").filter(|_| !word.contains('/'))?;
        let mut found = std::env::split_paths(&path).map(|folder| folder.join(word));
        let found = found.find(|path| executable(path))?;
        Some(format!("; did you mean \"{}\"?", found.display()))
    }

    /// The file beside `word` whose name is most like it.
    fn nearest(&self, word: &str) -> Option<String> {
        let path = self.folder.join(word);
        let name = path.file_name()?.to_str()?;
        let beside = fs::read_dir(path.parent()?).ok()?.take(LOOKED_AT);
        let names = beside.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let distances = names.map(|known| (strsim::osa_distance(name, &known), known));
        // One letter in three may be wrong. Equally near ones in the order of the alphabet.
        let (_, near) = distances.filter(|(distance, _)| *distance * 3 <= name.len()).min()?;
        let near = Path::new(word).with_file_name(near);
        Some(format!("; did you mean \"{}\"?", near.display()))
    }
}

fn executable(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

/// The same without links.
fn canonical(path: &Path, command: &str) -> Result<PathBuf, ProgramError> {
    fs::canonicalize(path).map_err(|error| ProgramError::Lost {
        command: command.to_owned(),
        path: path.to_owned(),
        error,
    })
}
