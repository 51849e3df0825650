//! The algorithms that can be chosen by name, and their parameters.

use crate::{Abr, ChoiceError};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use weir_units::{BitRate, Ratio, Span};

pub use crate::algorithms::{registry, source};

/// An algorithm that can be chosen by name.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name in experiment files and tables.
    pub name: &'static str,
    /// What it does and where it was published, in one line.
    pub about: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// What its decisions were compared with: published numbers, or another implementation that was
    /// run on the same input. `None` where there was nothing to compare with: it is unverified.
    pub verified: Option<&'static str>,
    /// Makes a fresh one for a session.
    pub build: fn(&Params<'_>) -> Result<Box<dyn Abr>, ChoiceError>,
}

/// A parameter of an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its value where none is given, as text.
    pub default: &'static str,
    /// What it means.
    pub doc: &'static str,
}

impl Entry {
    /// Its parameter of this name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }

    /// Where it was published and how it is understood here, line by line: what stands at the top
    /// of its file.
    pub fn described(&self) -> impl Iterator<Item = &'static str> {
        let lines = source(self.name).unwrap_or_default().lines();
        let said = lines.map_while(|line| line.strip_prefix("//!"));
        said.map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}

/// The parameters of one choice: what was given, over the entry's defaults.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    entry: &'static Entry,
    given: &'a BTreeMap<String, String>,
}

impl<'a> Params<'a> {
    pub(crate) fn new(entry: &'static Entry, given: &'a BTreeMap<String, String>) -> Self {
        Self { entry, given }
    }

    /// A parameter that is a length of time above zero.
    pub(crate) fn span(&self, name: &'static str) -> Result<Span, ChoiceError> {
        let span: Span = self.parse(name)?;
        if span == Span::ZERO { Err(self.bad(name, "it must be above zero")) } else { Ok(span) }
    }

    /// A parameter that is a share above zero and at most 100 %.
    pub(crate) fn share(&self, name: &'static str) -> Result<Ratio, ChoiceError> {
        let ratio: Ratio = self.parse(name)?;
        if ratio == Ratio::ZERO {
            Err(self.bad(name, "it must be above zero"))
        } else if ratio > Ratio::ONE {
            Err(self.bad(name, "it must be at most 100 %"))
        } else {
            Ok(ratio)
        }
    }

    /// A parameter that is a whole number from 0 to `max`.
    pub(crate) fn number(&self, name: &'static str, max: usize) -> Result<usize, ChoiceError> {
        let problem = || self.bad(name, format_args!("expected a whole number of at most {max}"));
        let number: usize = self.text(name)?.trim().parse().map_err(|_| problem())?;
        if number > max { Err(problem()) } else { Ok(number) }
    }

    /// A parameter that is one or more whole numbers from 0 to `max`, separated by blanks.
    pub(crate) fn numbers(
        &self,
        name: &'static str,
        max: u8,
        most: usize,
    ) -> Result<Vec<u8>, ChoiceError> {
        let words = self.text(name)?.split_whitespace();
        let mut numbers = Vec::new();
        for word in words {
            let number = word.parse().ok().filter(|number| *number <= max);
            let problem = || format!("expected whole numbers of at most {max}, not \"{word:.20}\"");
            numbers.push(number.ok_or_else(|| self.bad(name, problem()))?);
            if numbers.len() > most {
                return Err(self.bad(name, format_args!("expected at most {most} numbers")));
            }
        }
        if numbers.is_empty() {
            return Err(self.bad(name, "expected whole numbers separated by blanks"));
        }
        Ok(numbers)
    }

    /// A parameter that is one of these words; its place among them.
    pub(crate) fn word(&self, name: &'static str, words: &[&str]) -> Result<usize, ChoiceError> {
        let text = self.text(name)?.trim();
        let problem = || self.bad(name, format_args!("expected one of: {}", words.join(", ")));
        words.iter().position(|word| *word == text).ok_or_else(problem)
    }

    /// A parameter that is a bit rate above zero.
    pub(crate) fn rate(&self, name: &'static str) -> Result<BitRate, ChoiceError> {
        let rate: BitRate = self.parse(name)?;
        if rate.bps() == 0 { Err(self.bad(name, "it must be above zero")) } else { Ok(rate) }
    }

    /// A parameter that is a bit rate above zero, or this word: then it is `None`.
    pub(crate) fn rate_or(
        &self,
        name: &'static str,
        word: &str,
    ) -> Result<Option<BitRate>, ChoiceError> {
        if self.text(name)?.trim() == word {
            return Ok(None);
        }
        self.rate(name).map(Some)
    }

    /// A parameter that is `on` or `off`.
    pub(crate) fn is_on(&self, name: &'static str) -> Result<bool, ChoiceError> {
        Ok(self.word(name, &["off", "on"])? == 1)
    }

    /// The error for a value that its own kind allows, but the algorithm does not.
    pub(crate) fn bad(&self, name: &'static str, problem: impl fmt::Display) -> ChoiceError {
        ChoiceError::BadValue {
            abr: self.entry.name,
            param: name,
            value: self.text(name).unwrap_or_default().chars().take(60).collect(),
            problem: problem.to_string(),
        }
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &'static str) -> Result<T, ChoiceError> {
        self.text(name)?.parse().map_err(|error| self.bad(name, error))
    }

    fn text(&self, name: &'static str) -> Result<&str, ChoiceError> {
        let default = || self.entry.param(name).map(|param| param.default);
        self.given.get(name).map(String::as_str).or_else(default).ok_or_else(|| {
            ChoiceError::UnknownParam {
                abr: self.entry.name,
                param: name.to_owned(),
                known: self.entry.params.iter().map(|param| param.name).collect(),
            }
        })
    }
}
