//! The keys of an experiment that a run has one value of.

use crate::error::{Error, Place, clip};
use crate::library::Library;
use crate::plan::{Keep, LabName, NamedFile, Setup, Source};
use crate::section::{Field, Section};
use std::ops::RangeInclusive;
use std::path::Path;
use weir_core::QoePreset;
use weir_units::{BitRate, Seed, Span};

/// How often a cell can run.
const REPEATS: RangeInclusive<u64> = 1..=10_000;

/// How long a trial may take, by a clock on the wall.
const WATCHDOGS: RangeInclusive<Span> = Span::from_s(1)..=Span::from_s(7 * 86_400);

/// The longest name of an experiment: it becomes a part of file names.
const MAX_NAME: usize = 64;

/// The labs by their names in experiment files.
pub(crate) const LABS: [(&str, LabName); 3] =
    [("model", LabName::Model), ("uml", LabName::Uml), ("host", LabName::Host)];

const KEEPS: [(&str, Keep); 2] = [("sessions", Keep::Sessions), ("segments", Keep::Segments)];

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
            repeats: section.read("repeats", |f| f.count(REPEATS))?.unwrap_or(1),
            record: section.read("record", |f| f.one_of(&KEEPS))?.unwrap_or_default(),
            oracle: section.read("oracle", oracle)?,
            expect: section.read("expect", |f| expect(&f, library))?,
            watchdog: section.read("watchdog", |f| f.quantity(WATCHDOGS))?,
        })
    }

    /// Refuses a setup for which the oracle, or its QoE, is not defined.
    pub fn check_setup(&self, setup: &Setup) -> Result<(), Error> {
        let Some((oracle, place)) = &self.oracle else { return Ok(()) };
        check_oracle(*oracle, setup).map_err(|problem| Error::at(place, problem))
    }
}

fn oracle(field: Field<'_>) -> Result<(QoePreset, Place), Error> {
    let preset = field.variant()?;
    Ok((preset, field.value.place.clone()))
}

/// Refuses a setup for which a QoE is not defined; of a size table, the ladder is in its file. Of a
/// live stream, and of links that faults change, nobody has computed what can be reached.
pub(crate) fn check_oracle(oracle: QoePreset, setup: &Setup) -> Result<(), String> {
    let Setup { media, live, faults, .. } = setup;
    if live.is_some() || !faults.is_empty() {
        let what = if live.is_some() { "live streams" } else { "faults" };
        return Err(format!("the oracle knows nothing of {what}"));
    }
    if let Source::Sized(_) = media.source {
        return Ok(());
    }
    let rates: Vec<BitRate> = media.ladder.rungs.iter().map(|rung| rung.bitrate).collect();
    let qoe = oracle.qoe(&rates, media.segment);
    let name = &media.ladder.name;
    qoe.map(drop).map_err(|error| format!("the oracle does not fit the ladder {name:?}: {error}"))
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

/// The same for values that stand elsewhere.
pub(crate) fn check(name: &str, repeats: u64) -> Result<(), String> {
    if !is_file_name(name) {
        return Err(format!("{:?} is no plain file name", clip(name)));
    }
    if !REPEATS.contains(&repeats) {
        return Err(format!("{repeats} repeats are out of range"));
    }
    Ok(())
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
            "expected 1 to {MAX_NAME} characters of a-z, A-Z, 0-9, \".\", \"_\" and \"-\""
        )))
    }
}

/// Whether `text` names a file in a folder, and cannot lead out of it.
pub(crate) fn is_file_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    let good = |c: char| plain(c) || "._-".contains(c);
    text.starts_with(plain) && text.chars().all(good) && text.len() <= MAX_NAME
}
