//! The keys of an experiment that a run has one value of.

use crate::document::section::{Field, Section};
use crate::library::Library;
use std::path::Path;
use weir_core::QoePreset;
use weir_plan::names::{MAX_FILE_NAME, is_file_name};
use weir_plan::{Error, Keep, NamedFile, Place, Setup, limits};
use weir_units::{Seed, Span};

/// See the fields of the same names of [`crate::Plan`].
pub(crate) struct Head {
    pub name: String,
    pub seed: Seed,
    pub repeats: u64,
    pub record: Keep,
    /// And where it stands.
    pub oracle: Option<(QoePreset, Place)>,
    pub expect: Option<NamedFile>,
    pub watchdog: Option<Span>,
}

impl Head {
    pub fn read(section: &Section<'_>, library: &Library<'_>) -> Result<Self, Error> {
        let name = section.need("name", "expected the name of the results")?;
        let seed = |f: Field<'_>| f.count(0..=i64::MAX as u64).map(Seed::new);
        Ok(Self {
            name: file_name(&name)?.to_owned(),
            seed: section.read("seed", seed)?.unwrap_or(Seed::new(1)),
            repeats: section.read("repeats", |f| f.count(limits::REPEATS))?.unwrap_or(1),
            record: section.read("record", |f| f.variant())?.unwrap_or_default(),
            oracle: section.read("oracle", oracle)?,
            expect: section.read("expect", |f| expect(&f, library))?,
            watchdog: section.read("watchdog", |f| f.quantity(limits::WATCHDOGS))?,
        })
    }

    /// Refuses a setup for which the oracle, or its QoE, is not defined.
    pub fn check_setup(&self, setup: &Setup) -> Result<(), Error> {
        let Some((oracle, place)) = &self.oracle else { return Ok(()) };
        setup.check_oracle(*oracle).map_err(|problem| Error::at(place, problem))
    }
}

fn oracle(field: Field<'_>) -> Result<(QoePreset, Place), Error> {
    let preset = field.variant()?;
    Ok((preset, field.value.place.clone()))
}

/// A table of expected values.
fn expect(field: &Field<'_>, library: &Library<'_>) -> Result<NamedFile, Error> {
    let text = field.text()?;
    let csv = Path::new(text).extension().is_some_and(|extension| extension == "csv");
    if !csv || text.contains(char::is_control) {
        return Err(field.refuse("is no table").hint("expected the path of a *.csv"));
    }
    Ok(library.file(text, &field.value.place))
}

/// A text that names a file in a folder, and cannot lead out of it.
fn file_name<'s>(field: &Field<'s>) -> Result<&'s str, Error> {
    let text = field.text()?;
    if text == ".." || text.contains(['/', '\\']) {
        return Err(field
            .refuse("leaves the folder of the results")
            .hint("expected a plain file name"));
    }
    if is_file_name(text) {
        Ok(text)
    } else {
        Err(field.refuse("is no plain file name").hint(format!(
            "expected 1 to {MAX_FILE_NAME} characters of a-z, A-Z, 0-9, \".\", \"_\" and \"-\""
        )))
    }
}
