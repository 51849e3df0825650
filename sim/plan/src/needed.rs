//! The files that a plan needs: how the machine's refusal of one is said, and how traces are read.

use crate::error::{Error, Place};
use crate::media::Source;
use crate::plan::{NamedFile, Plan};
use crate::topology::Traced;
use std::fmt::Display;
use std::path::Path;
use weir_abr::Choice;
use weir_trace::Trace;

impl Plan {
    /// The refusal of the media's `source`, once somebody has looked at its file: it points to the
    /// line of the experiment that names it. `None` for a source that is no file.
    pub fn refuse_media(&self, source: &Source, why: impl Display) -> Option<Error> {
        let (file, kind) = match source {
            Source::Scenes => return None,
            Source::File(file) => (file, "video"),
            Source::Sized(file) => (file, "size table"),
        };
        let named = self.media_files.get(source)?;
        Some(refuse(named, file.display(), kind, why))
    }

    /// The refusal of a trace, likewise; `None` for one that this plan does not need.
    pub fn refuse_trace(&self, traced: &Traced, why: impl Display) -> Option<Error> {
        let named = self.trace_files.get(traced)?;
        Some(refuse(named, &traced.trace, "trace", why))
    }

    /// The refusal of a log that is replayed, likewise.
    pub fn refuse_log(&self, log: &str, why: impl Display) -> Option<Error> {
        let named = self.log_files.get(log)?;
        Some(refuse(named, log, "log", why))
    }

    /// The refusal of a program that decides on rungs, likewise; `why` names it.
    pub fn refuse_program(&self, program: &Choice, why: impl Display) -> Option<Error> {
        self.programs.get(program).map(|named| Error::at(&named.place, why))
    }

    /// The refusal of the table of expected values, likewise.
    pub fn refuse_expected(&self, why: impl Display) -> Option<Error> {
        let named = self.expect.as_ref()?;
        let path = named.path.display().to_string();
        Some(refuse(named, path, "table of expected values", why))
    }

    /// A trace that a link follows, read from its file, or from the program where that is all there
    /// is.
    ///
    /// # Errors
    /// If the plan does not need it, if its file cannot be read, and if that is no trace of its
    /// form.
    pub fn trace(&self, traced: &Traced) -> Result<Trace, Error> {
        let Some(file) = self.trace_files.get(traced) else {
            let nowhere = Place { file: Path::new(&self.name).into(), line: None };
            let problem = format!("the plan has no file of the trace {:?}", traced.trace);
            return Err(Error::at(&nowhere, problem));
        };
        let read = match file.text {
            Some(text) => {
                weir_trace::import(&traced.reader(), &file.path.display().to_string(), text)
            }
            None => weir_trace::load(&traced.reader(), &file.path),
        };
        read.map_err(|why| refuse(file, &traced.trace, "trace", why))
    }

    /// All files that it names.
    pub fn named_files(&mut self) -> impl Iterator<Item = &mut NamedFile> {
        let media = self.media_files.values_mut();
        let traces = self.trace_files.values_mut();
        let (logs, programs) = (self.log_files.values_mut(), self.programs.values_mut());
        media.chain(traces).chain(logs).chain(programs).chain(&mut self.expect)
    }
}

fn refuse(named: &NamedFile, file: impl Display, kind: &str, why: impl Display) -> Error {
    let problem = format!("{:?} cannot be used as a {kind}: {why}", file.to_string());
    Error::at(&named.place, problem)
}
