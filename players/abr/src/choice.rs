//! An algorithm by its name and parameters, as an experiment file says it.

use crate::exec::{self, Program};
use crate::registry::{self, Entry};
use crate::{Abr, registry::Params};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The name under which a [`Choice`] holds a recording of decisions, and its parameter: the path.
const REPLAY: &str = "replay";
const LOG: &str = "log";

/// What stands for the name of the trial's trace in the path of a recording.
pub const TRACE: &str = "{trace}";

/// How long the path of a recording may be, in bytes: PATH_MAX of Linux.
const MAX_LOG: usize = 4_096;

/// The choice of an algorithm: plain data, checked when it was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Choice {
    /// The registered name.
    pub name: String,
    /// Parameters that differ from their defaults, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

/// Why a [`Choice`] cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No algorithm has this name.
    #[error("no algorithm is called \"{name}\" (there are: {})", known.join(", "))]
    UnknownName {
        /// The name that was asked for.
        name: String,
        /// All names.
        known: Vec<&'static str>,
    },
    /// The choice is a [`Program`], which only a laboratory can start.
    #[error("\"exec\" is a program: it must be started, not built")]
    IsAProgram,
    /// The choice is a recording, which only a laboratory can read.
    #[error("\"replay\" is a recording of decisions: it must be read, not built")]
    IsARecording,
    /// The algorithm has no parameter of this name.
    #[error("\"{abr}\" has no parameter \"{param}\" (it has: {})", listed(known))]
    UnknownParam {
        /// The algorithm.
        abr: &'static str,
        /// The parameter that was asked for.
        param: String,
        /// All parameters of the algorithm.
        known: Vec<&'static str>,
    },
    /// A parameter's value is not of its kind, or outside its range.
    #[error("{param} = \"{value}\" of \"{abr}\": {problem}")]
    BadValue {
        /// The algorithm.
        abr: &'static str,
        /// The parameter.
        param: &'static str,
        /// The text that was given.
        value: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
}

impl ChoiceError {
    /// The names that would have been valid where an unknown one stands; empty for a bad value.
    pub fn known(&self) -> &[&'static str] {
        match self {
            Self::UnknownName { known, .. } | Self::UnknownParam { known, .. } => known,
            Self::BadValue { .. } | Self::IsAProgram | Self::IsARecording => &[],
        }
    }
}

impl Choice {
    /// This algorithm with the defaults of all its parameters.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), params: BTreeMap::new() }
    }

    /// The program that is to decide; `None` for an algorithm that can be built.
    ///
    /// # Errors
    /// For an unknown parameter, and for a value outside its range.
    pub fn program(&self) -> Result<Option<Program>, ChoiceError> {
        if self.name == exec::NAME { Program::of(self).map(Some) } else { Ok(None) }
    }

    /// The recording of decisions that are to be taken once more, if that is what was chosen: a
    /// path in which [`TRACE`] may stand once for the name of the trial's trace.
    pub fn replay(&self) -> Option<&str> {
        if self.name != REPLAY {
            return None;
        }
        self.params.get(LOG).map(String::as_str)
    }

    /// The choice of a recording; see [`Choice::replay`].
    pub fn of_replay(log: &str) -> Self {
        let params = BTreeMap::from([(LOG.to_owned(), log.to_owned())]);
        Self { name: REPLAY.to_owned(), params }
    }

    /// Whether [`Choice::build`] would succeed, or this is a program that could be started or a
    /// recording that could be read.
    ///
    /// # Errors
    /// Those of [`Choice::build`] and [`Choice::program`], and for a recording without a path or
    /// with more in it than one [`TRACE`].
    pub fn check(&self) -> Result<(), ChoiceError> {
        if self.name == REPLAY {
            return self.check_replay();
        }
        match self.program()? {
            Some(_) => Ok(()),
            None => self.build().map(drop),
        }
    }

    fn check_replay(&self) -> Result<(), ChoiceError> {
        if let Some(unknown) = self.params.keys().find(|name| *name != LOG) {
            let (param, known) = (unknown.clone(), [LOG].to_vec());
            return Err(ChoiceError::UnknownParam { abr: REPLAY, param, known });
        }
        let log = self.replay().unwrap_or_default();
        let problem = if log.trim().is_empty() || log.len() > MAX_LOG {
            "expected the path of a recording"
        } else if log.replacen(TRACE, "", 1).contains(['{', '}']) {
            "expected a path with {trace} in it at most once, and no other braces"
        } else {
            return Ok(());
        };
        let value = log.chars().take(60).collect();
        Err(ChoiceError::BadValue { abr: REPLAY, param: LOG, value, problem: problem.to_owned() })
    }

    /// A fresh algorithm for one session.
    ///
    /// # Errors
    /// For an unknown name or parameter, and for a value that is not of the parameter's kind or
    /// outside its range; and for a program and a recording.
    pub fn build(&self) -> Result<Box<dyn Abr>, ChoiceError> {
        if self.name == REPLAY {
            return Err(ChoiceError::IsARecording);
        }
        if self.program()?.is_some() {
            return Err(ChoiceError::IsAProgram);
        }
        let entry = self.entry()?;
        if let Some(param) = self.params.keys().find(|name| entry.param(name).is_none()) {
            return Err(ChoiceError::UnknownParam {
                abr: entry.name,
                param: param.clone(),
                known: entry.params.iter().map(|p| p.name).collect(),
            });
        }
        (entry.build)(&Params::new(entry, &self.params))
    }

    fn entry(&self) -> Result<&'static Entry, ChoiceError> {
        let mut entries = registry::registry().iter();
        entries.find(|entry| entry.name == self.name).ok_or_else(|| ChoiceError::UnknownName {
            name: self.name.clone(),
            known: registry::registry().iter().map(|entry| entry.name).collect(),
        })
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn choice(name: &str, params: &[(&str, &str)]) -> Choice {
        let params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Choice { name: name.to_owned(), params }
    }

    #[test]
    fn every_registered_algorithm_builds_with_its_defaults() {
        for entry in registry::registry() {
            assert_eq!(Choice::named(entry.name).check(), Ok(()), "{}", entry.name);
            let spelled_out: Vec<_> = entry.params.iter().map(|p| (p.name, p.default)).collect();
            assert_eq!(choice(entry.name, &spelled_out).check(), Ok(()), "{}", entry.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = registry::registry().iter().map(|e| e.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn an_unknown_name_lists_all_names() {
        let error = choice("bolo", &[]).check().unwrap_err();
        assert!(error.known().starts_with(&["fixed", "script", "throughput"]));
        let text = "no algorithm is called \"bolo\" (there are: fixed, script, throughput,";
        assert!(error.to_string().starts_with(text), "{error}");
    }

    #[test]
    fn an_unknown_parameter_lists_those_of_the_algorithm() {
        let error = choice("bola", &[("gb", "5 s")]).check().unwrap_err();
        assert_eq!(error.known(), ["gp"]);
        assert_eq!(error.to_string(), "\"bola\" has no parameter \"gb\" (it has: gp)");
    }

    #[test]
    fn a_recording_can_be_chosen_and_is_not_built_here() {
        let replay = Choice::of_replay("logs/bola_{trace}");
        assert_eq!((replay.replay(), replay.check()), (Some("logs/bola_{trace}"), Ok(())));
        assert_eq!(Choice::of_replay("log").check(), Ok(()));
        assert_eq!(Choice::named("bola").replay(), None);
        let error = replay.build().err().unwrap().to_string();
        assert_eq!(error, "\"replay\" is a recording of decisions: it must be read, not built");
        let refused = |log| Choice::of_replay(log).check().unwrap_err().to_string();
        assert!(refused(" ").contains("expected the path"));
        assert!(refused("{trace}/{trace}").contains("at most once"));
        assert!(refused("{race}").contains("no other braces"));
        assert!(Choice::named("replay").check().is_err());
        let unknown = choice("replay", &[("log", "a"), ("lag", "b")]).check().unwrap_err();
        assert_eq!(unknown.known(), ["log"]);
    }

    #[test]
    fn a_bad_value_says_what_was_expected() {
        let message =
            |name, param, value| choice(name, &[(param, value)]).check().unwrap_err().to_string();
        assert!(message("bola", "gp", "5").contains("the unit is missing"));
        assert!(message("bola", "gp", "0 s").contains("must be above zero"));
        assert!(message("fixed", "rung", "-1").contains("expected a whole number"));
        assert!(message("fixed", "rung", "64").contains("at most 63"));
        assert!(message("throughput", "safety", "0 %").contains("must be above zero"));
        assert!(message("bba0", "cushion", "80 %").contains("at most 100 %"));
    }
}
