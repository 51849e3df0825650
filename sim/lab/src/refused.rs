//! A run that cannot begin.

use std::fmt;

/// An input, or a machine, with which a run cannot begin: nothing was run, and nothing is left.
#[derive(Debug)]
pub struct Refused(String);

impl Refused {
    /// A refusal for this reason.
    pub(crate) fn because(why: impl fmt::Display) -> anyhow::Error {
        // The alternate form prints the whole chain of causes.
        anyhow::Error::new(Self(format!("{why:#}")))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
