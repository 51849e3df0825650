//! The keys of an experiment that a run has one value of.

use crate::error::{Error, clip};
use crate::plan::LabName;
use crate::section::{Field, Section};
use std::ops::RangeInclusive;
use weir_units::Seed;

/// How often a cell can run.
const REPEATS: RangeInclusive<u64> = 1..=10_000;

/// The longest name of an experiment: it becomes a part of file names.
const MAX_NAME: usize = 64;

/// The labs by their names in experiment files.
pub(crate) const LABS: [(&str, LabName); 3] =
    [("model", LabName::Model), ("uml", LabName::Uml), ("host", LabName::Host)];

/// See the fields of the same names of [`crate::Plan`].
pub(crate) struct Head {
    pub name: String,
    pub lab: LabName,
    pub seed: Seed,
    pub repeats: u64,
}

impl Head {
    pub fn read(section: &Section<'_>) -> Result<Self, Error> {
        let name = section.need("name", "expected the name of the results")?;
        let seed = |f: Field<'_>| f.count(0..=i64::MAX as u64).map(Seed::new);
        Ok(Self {
            name: file_name(&name)?.to_owned(),
            lab: section.read("lab", |f| f.one_of(&LABS))?.unwrap_or(LabName::Uml),
            seed: section.read("seed", seed)?.unwrap_or(Seed::new(1)),
            repeats: section.read("repeats", |f| f.count(REPEATS))?.unwrap_or(1),
        })
    }
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

fn is_file_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    let good = |c: char| plain(c) || "._-".contains(c);
    text.starts_with(plain) && text.chars().all(good) && text.len() <= MAX_NAME
}
