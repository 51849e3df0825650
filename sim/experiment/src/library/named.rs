//! What an experiment names: topologies, kinds of services and traces by their names, in the
//! folders near it and in the program, and files by their paths.

use crate::document::section::{Field, Section};
use crate::document::{self, Value};
use crate::library::bundled::{KINDS, TOPOLOGIES, TRACES};
use crate::library::{Files, MAX_LISTED, kind};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use weir_abr::Choice;
use weir_plan::limits::MAX_KIND;
use weir_plan::names::{NAME_HINT, is_name, is_trace_name};
use weir_plan::{Error, NamedFile, Place, Plan, ServiceKind, Source, Traced, nearest};

/// How many folders above that of the experiment may have the folder `topologies`.
const LEVELS: usize = 3;

/// All that an experiment can name, and what it did name.
pub(crate) struct Library<'a> {
    experiment: &'a Path,
    files: &'a dyn Files,
    topologies: RefCell<BTreeMap<String, Rc<Value>>>,
    kinds: RefCell<BTreeMap<String, Rc<ServiceKind>>>,
    /// The traces that have a name; searched for when the first is named.
    traces: OnceCell<BTreeMap<String, TraceText>>,
    used: RefCell<Used>,
}

/// The files that were named so far.
#[derive(Default)]
pub(crate) struct Used {
    pub media: BTreeMap<Source, NamedFile>,
    pub traces: BTreeMap<Traced, NamedFile>,
    pub logs: BTreeMap<String, NamedFile>,
    pub programs: BTreeMap<Choice, NamedFile>,
    pub kinds: BTreeMap<String, ServiceKind>,
}

impl Used {
    /// Hands them to the plan that needs them.
    pub fn give(self, plan: &mut Plan) {
        (plan.media_files, plan.trace_files) = (self.media, self.traces);
        (plan.log_files, plan.programs) = (self.logs, self.programs);
    }
}

/// Where a trace with a name is: its file, and its text if that comes with the program.
#[derive(Clone)]
struct TraceText {
    path: PathBuf,
    text: Option<&'static str>,
}

impl<'a> Library<'a> {
    /// What the experiment in the file `experiment` can name.
    pub fn new(experiment: &'a Path, files: &'a dyn Files) -> Self {
        Self {
            experiment,
            files,
            topologies: RefCell::default(),
            kinds: RefCell::default(),
            traces: OnceCell::new(),
            used: RefCell::default(),
        }
    }

    /// Whether `place` is in the experiment itself, and not in a topology's file.
    pub fn is_experiment(&self, place: &Place) -> bool {
        *place.file == *self.experiment
    }

    /// A path as an experiment says it, which counts from its folder.
    pub fn path(&self, text: impl AsRef<Path>) -> PathBuf {
        self.experiment.parent().unwrap_or(Path::new("")).join(text)
    }

    /// The file that stands at `place` as `text`.
    pub fn file(&self, text: impl AsRef<Path>, place: &Place) -> NamedFile {
        NamedFile { path: self.path(text), place: place.clone(), text: None }
    }

    /// What was named.
    pub fn into_used(self) -> Used {
        self.used.into_inner()
    }

    /// Notes that this source of content is named at `place`.
    pub fn use_media(&self, source: &Source, place: &Place) {
        if let Source::File(path) | Source::Sized(path) = source {
            let used = &mut self.used.borrow_mut().media;
            used.entry(source.clone()).or_insert_with(|| self.file(path, place));
        }
    }

    /// Notes that this log is named at `place`.
    pub fn use_log(&self, log: &str, place: &Place) {
        let used = &mut self.used.borrow_mut().logs;
        used.entry(log.to_owned()).or_insert_with(|| self.file(log, place));
    }

    /// Notes that this program, which runs in the experiment's folder, is named at `place`.
    pub fn use_program(&self, program: &Choice, place: &Place) {
        let used = &mut self.used.borrow_mut().programs;
        used.entry(program.clone()).or_insert_with(|| {
            let folder = self.path("");
            let path = if folder == Path::new("") { PathBuf::from(".") } else { folder };
            NamedFile { path, place: place.clone(), text: None }
        });
    }

    /// Notes that this trace is named at `place`.
    pub fn use_trace(&self, traced: &Traced, place: &Place) -> Result<(), Error> {
        if self.used.borrow().traces.contains_key(traced) {
            return Ok(());
        }
        let name = &traced.trace;
        let file = if is_trace_name(name) {
            let known = self.traces(place)?;
            let Some(TraceText { path, text }) = known.get(name).cloned() else {
                let near = nearest(name, known.keys().map(String::as_str));
                return Err(Error::at(place, format!("unknown trace {name:?}"))
                    .did_you_mean(near)
                    .hint(format!("no topologies/traces/{name}.trace {NEARBY}")));
            };
            NamedFile { path, place: place.clone(), text }
        } else {
            self.file(name, place)
        };
        self.used.borrow_mut().traces.insert(traced.clone(), file);
        Ok(())
    }

    /// The names of all traces that have one.
    pub fn trace_names(&self, place: &Place) -> Result<impl Iterator<Item = &str>, Error> {
        Ok(self.traces(place)?.keys().map(String::as_str))
    }

    /// The names of the files in a folder, sorted; `None` if there is no such folder.
    pub fn list(&self, folder: &Path, place: &Place) -> Result<Option<Vec<String>>, Error> {
        let shown = || folder.display().to_string();
        match self.files.list(folder) {
            Ok(names) if names.len() > MAX_LISTED => {
                let problem = format!("the folder {:?} has more than {MAX_LISTED} files", shown());
                Err(Error::at(place, problem))
            }
            Ok(mut names) => {
                names.sort();
                Ok(Some(names))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => {
                let problem = format!("the folder {:?} cannot be read: {error}", shown());
                Err(Error::at(place, problem))
            }
        }
    }

    /// The traces that have a name; that in the nearest folder wins.
    fn traces(&self, place: &Place) -> Result<&BTreeMap<String, TraceText>, Error> {
        if let Some(known) = self.traces.get() {
            return Ok(known);
        }
        let mut traces = BTreeMap::new();
        for folder in self.folders() {
            let folder = folder.join("traces");
            for file in self.list(&folder, place)?.unwrap_or_default() {
                let Some(name) = file.strip_suffix(".trace").filter(|name| is_trace_name(name))
                else {
                    continue;
                };
                let there = TraceText { path: folder.join(&file), text: None };
                traces.entry(name.to_owned()).or_insert(there);
            }
        }
        for (name, text) in TRACES {
            let path = PathBuf::from(format!("topologies/traces/{name}.trace"));
            traces.entry(name.to_owned()).or_insert(TraceText { path, text: Some(text) });
        }
        Ok(self.traces.get_or_init(|| traces))
    }

    /// The tree of the topology that `field` names.
    pub fn topology(&self, field: &Field<'_>) -> Result<Rc<Value>, Error> {
        let name = field.text()?;
        if let Some(tree) = self.topologies.borrow().get(name) {
            return Ok(Rc::clone(tree));
        }
        if !is_name(name) {
            return Err(field.refuse("is no name of a topology").hint(NAME_HINT));
        }
        let tree = Rc::new(self.read_topology(name, field)?);
        self.topologies.borrow_mut().insert(name.to_owned(), Rc::clone(&tree));
        Ok(tree)
    }

    /// The kind of service that `field` names.
    pub fn kind(&self, field: &Field<'_>) -> Result<Rc<ServiceKind>, Error> {
        let name = field.text()?;
        match self.kind_called(name, &field.value.place)? {
            Some(kind) => Ok(kind),
            None if !is_name(name) => {
                Err(field.refuse("is no name of a kind of service").hint(NAME_HINT))
            }
            None => Err(field
                .unknown("service", KINDS.iter().map(|(known, _)| *known))
                .hint(format!("no topologies/services/{name}.toml {NEARBY}"))),
        }
    }

    /// The kind of service that `section` has if it names none.
    pub fn usual_kind(
        &self,
        name: &'static str,
        section: &Section<'_>,
    ) -> Result<Rc<ServiceKind>, Error> {
        let missing = || section.missing("service").hint(format!("there is no {name:?}"));
        self.kind_called(name, section.place())?.ok_or_else(missing)
    }

    /// The kind of service of this name, if there is one; `place` needs it.
    pub fn kind_called(&self, name: &str, place: &Place) -> Result<Option<Rc<ServiceKind>>, Error> {
        if let Some(kind) = self.kinds.borrow().get(name) {
            return Ok(Some(Rc::clone(kind)));
        }
        if !is_name(name) {
            return Ok(None);
        }
        let unread = |problem| Error::at(place, format!("the service {name:?} {problem}"));
        let found = self.find("services", name, KINDS).map_err(unread)?;
        let Some((path, text)) = found else { return Ok(None) };
        if text.len() > MAX_KIND {
            let place = Place { file: path.into(), line: None };
            let problem = format!("the file is longer than {} bytes", MAX_KIND);
            return Err(Error::at(&place, problem));
        }
        let kind = Rc::new(kind::read(&document::parse(&path, &text)?, name)?);
        self.kinds.borrow_mut().insert(name.to_owned(), Rc::clone(&kind));
        Ok(Some(kind))
    }

    /// Notes that a service of this kind runs.
    pub fn use_kind(&self, name: &str, kind: &ServiceKind) {
        let used = &mut self.used.borrow_mut().kinds;
        if !used.contains_key(name) {
            used.insert(name.to_owned(), kind.clone());
        }
    }

    fn read_topology(&self, name: &str, field: &Field<'_>) -> Result<Value, Error> {
        match self.find("", name, &TOPOLOGIES).map_err(|problem| field.refuse(problem))? {
            Some((path, text)) => document::parse(&path, &text),
            None => Err(field
                .unknown("topology", TOPOLOGIES.map(|(known, _)| known))
                .hint(format!("no topologies/{name}.toml {NEARBY}"))),
        }
    }

    /// The file `NAME.toml` in a folder of the nearest `topologies` that has it, or else of those
    /// that are bundled; or why it cannot be read.
    fn find(
        &self,
        folder: &str,
        name: &str,
        bundled: &[(&str, &'static str)],
    ) -> Result<Option<(PathBuf, Cow<'static, str>)>, String> {
        let path = |folders: PathBuf| folders.join(folder).join(format!("{name}.toml"));
        for path in self.folders().map(path) {
            match self.files.read(&path) {
                Ok(text) => return Ok(Some((path, Cow::Owned(text)))),
                Err(error) if is_missing(&error) => {}
                Err(error) => {
                    return Err(format!("needs {}, which cannot be read: {error}", path.display()));
                }
            }
        }
        let found = bundled.iter().find(|(known, _)| *known == name);
        Ok(found.map(|(_, text)| (path(PathBuf::from("topologies")), Cow::Borrowed(*text))))
    }

    /// The folders in which topologies may be, the nearest first.
    fn folders(&self) -> impl Iterator<Item = PathBuf> {
        let nearest = self.experiment.parent().map(Path::to_path_buf);
        let folders = std::iter::successors(nearest, |folder| above(folder));
        folders.take(LEVELS + 1).map(|folder| folder.join("topologies"))
    }
}

/// Where was looked in vain; the number is [`LEVELS`].
pub(crate) const NEARBY: &str = "beside the experiment or up to 3 folders above";

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
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
            let folders = std::iter::successors(Some(PathBuf::from(from)), |folder| above(folder));
            folders.take(4).map(|folder| folder.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(climb("a/b"), ["a/b", "a", "", ".."]);
        assert_eq!(climb(""), ["", "..", "../..", "../../.."]);
        assert_eq!(climb("/a/b"), ["/a/b", "/a", "/"]);
        assert_eq!(climb("../x"), ["../x", "..", "../..", "../../.."]);
    }

    #[test]
    fn what_messages_say_of_the_folders_above_is_true() {
        assert!(NEARBY.contains(&format!("up to {LEVELS} folders above")));
    }
}
