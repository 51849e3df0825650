//! The parameters of a model, and the values that were given for them.

use crate::Rate;
use crate::near::near;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use weir_units::{Ratio, Span};

/// A parameter of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// The text of its default.
    pub default: &'static str,
    /// What it is.
    pub meaning: &'static str,
}

/// The parameters of a model, defaults filled in.
pub struct Values {
    texts: Vec<(&'static str, String)>,
}

impl Values {
    /// Those of a model with these parameters, of which some are given.
    pub fn new(params: &[Param], given: &BTreeMap<String, String>) -> Result<Self, String> {
        let known = || params.iter().map(|param| param.name);
        if let Some(name) = given.keys().find(|name| known().all(|known| known != *name)) {
            let hint = near(name, known());
            let names = known().collect::<Vec<_>>().join(", ");
            return Err(format!("there is no parameter \"{name}\"{hint} (parameters: {names})"));
        }
        let text =
            |name: &str, default: &str| given.get(name).map_or(default, |text| text).to_owned();
        let texts = params.iter().map(|param| (param.name, text(param.name, param.default)));
        Ok(Self { texts: texts.collect() })
    }

    /// All parameters as the command line takes them.
    pub fn command(&self) -> String {
        self.texts.iter().map(|(name, text)| format!(" --param {name}=\"{text}\"")).collect()
    }

    pub fn rate(&self, name: &str) -> Result<Rate, String> {
        self.parsed(name)
    }

    /// Several rates between commas.
    pub fn rates(&self, name: &str) -> Result<Vec<Rate>, String> {
        let text = self.text(name);
        text.split(',').map(|part| parsed(name, part)).collect()
    }

    pub fn ratio(&self, name: &str) -> Result<Ratio, String> {
        self.parsed(name)
    }

    /// A span that is neither shorter than a millisecond nor longer than a day.
    pub fn span(&self, name: &str) -> Result<Span, String> {
        const RANGE: RangeInclusive<Span> = Span::from_ms(1)..=Span::from_s(86_400);
        let span: Span = self.parsed(name)?;
        if RANGE.contains(&span) {
            return Ok(span);
        }
        Err(format!("{name} = \"{span}\" (expected {} to 24 h)", RANGE.start()))
    }

    fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, String> {
        parsed(name, self.text(name))
    }

    fn text(&self, name: &str) -> &str {
        let found = self.texts.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, text)| text)
    }
}

fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{name}: {error}"))
}
