//! An input that is refused, as opposed to something that went wrong: the exit code differs.

use std::fmt;

/// A refused input.
#[derive(Debug)]
pub struct RefusedInput(String);

/// Turns an error into the refusal of an input.
pub fn refuse(error: impl fmt::Display) -> anyhow::Error {
    // The alternate form prints the whole chain of causes.
    anyhow::Error::new(RefusedInput(format!("{error:#}")))
}

impl fmt::Display for RefusedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RefusedInput {}
