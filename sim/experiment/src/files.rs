//! Where texts come from: a closure, or the disk; and the topologies that come with the program.

use crate::document::{self, MAX_FILE, Value};
use crate::error::{Error, Place};
use crate::section::{Field, NAME_HINT, is_name};
use crate::{Plan, resolve};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Gives the text of a file. A topology that is searched for in several folders may be missing in
/// some: that must be [`io::ErrorKind::NotFound`].
pub type Files<'a> = dyn Fn(&Path) -> io::Result<String> + 'a;

/// Topologies for experiments that lie elsewhere than in a checkout.
const BUILT_IN: [(&str, &str); 5] = [
    ("one-origin", include_str!("../../../topologies/one-origin.toml")),
    ("two-origins", include_str!("../../../topologies/two-origins.toml")),
    ("dumbbell", include_str!("../../../topologies/dumbbell.toml")),
    ("tree", include_str!("../../../topologies/tree.toml")),
    ("chain", include_str!("../../../topologies/chain.toml")),
];

/// How many folders above that of the experiment may have the folder `topologies`.
const LEVELS: usize = 3;

/// The plan of an experiment file on this machine's disk.
///
/// # Errors
/// As [`resolve`].
pub fn load(path: &Path) -> Result<Plan, Error> {
    let mut plan = resolve(path, &read_bounded)?;
    for file in plan.media_files.values_mut() {
        // It fails only where the working folder is gone; there no relative path works.
        file.path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
    }
    Ok(plan)
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One more than allowed, for the parser to see that it is too much.
    std::fs::File::open(path)?.take(MAX_FILE as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// The tree of a file.
pub(crate) fn read(path: &Path, files: &Files<'_>) -> Result<Value, Error> {
    let unread = |error| {
        let place = Place { file: path.into(), line: None };
        Error::at(&place, format!("the file cannot be read: {error}"))
    };
    document::parse(path, &files(path).map_err(unread)?)
}

/// The topologies that an experiment can name; each is read once.
pub(crate) struct Topologies<'a> {
    experiment: &'a Path,
    files: &'a Files<'a>,
    known: RefCell<BTreeMap<String, Rc<Value>>>,
}

impl<'a> Topologies<'a> {
    pub fn new(experiment: &'a Path, files: &'a Files<'a>) -> Self {
        Self { experiment, files, known: RefCell::default() }
    }

    /// The tree of the topology that `field` names.
    pub fn find(&self, field: &Field<'_>) -> Result<Rc<Value>, Error> {
        let name = field.text()?;
        if let Some(tree) = self.known.borrow().get(name) {
            return Ok(Rc::clone(tree));
        }
        if !is_name(name) {
            return Err(field.refuse("is no name of a topology").hint(NAME_HINT));
        }
        let tree = Rc::new(self.read(name, field)?);
        self.known.borrow_mut().insert(name.to_owned(), Rc::clone(&tree));
        Ok(tree)
    }

    fn read(&self, name: &str, field: &Field<'_>) -> Result<Value, Error> {
        use io::ErrorKind::{NotADirectory, NotFound};
        let mut folder = self.experiment.parent().map(Path::to_path_buf);
        for _ in 0..=LEVELS {
            let Some(here) = folder else { break };
            let path = here.join("topologies").join(format!("{name}.toml"));
            match (self.files)(&path) {
                Ok(text) => return document::parse(&path, &text),
                Err(error) if matches!(error.kind(), NotFound | NotADirectory) => {}
                Err(error) => {
                    let problem =
                        format!("needs {}, which cannot be read: {error}", path.display());
                    return Err(field.refuse(problem));
                }
            }
            folder = above(&here);
        }
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => document::parse(Path::new(&format!("topologies/{name}.toml")), text),
            None => Err(field.unknown("topology", BUILT_IN.map(|(known, _)| known)).hint(format!(
                "no topologies/{name}.toml beside the experiment or up to {LEVELS} folders above"
            ))),
        }
    }
}

/// The folder that contains `folder`; it may have to climb out of a relative path.
fn above(folder: &Path) -> Option<PathBuf> {
    match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.parent().map(Path::to_path_buf),
        Some(Component::RootDir | Component::Prefix(_)) => None,
        Some(Component::CurDir | Component::ParentDir) | None => Some(folder.join("..")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_above_are_found_from_relative_and_absolute_paths() {
        let climb = |from: &str| {
            let mut folders = vec![];
            let mut folder = Some(PathBuf::from(from));
            while let Some(here) = folder.filter(|_| folders.len() < 4) {
                folder = above(&here);
                folders.push(here.display().to_string());
            }
            folders
        };
        assert_eq!(climb("a/b"), ["a/b", "a", "", ".."]);
        assert_eq!(climb(""), ["", "..", "../..", "../../.."]);
        assert_eq!(climb("/a/b"), ["/a/b", "/a", "/"]);
        assert_eq!(climb("../x"), ["../x", "..", "../..", "../../.."]);
    }
}
