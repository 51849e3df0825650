//! What is wrong with a value that no experiment can ask for, wherever it comes from: a reader of
//! experiments finds the place of it by the keys, and a plan that is read back is refused.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The key that messages name, and then others at whose value it may lie.
    pub keys: Vec<&'static str>,
    /// Why, to be read after the key.
    pub problem: String,
    /// What would be right.
    pub hint: Option<&'static str>,
}

impl Invalid {
    /// What is wrong with the value of the first of `keys`.
    pub fn new(keys: &[&'static str], problem: impl Display) -> Self {
        Self { keys: keys.to_vec(), problem: problem.to_string(), hint: None }
    }

    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.keys.first().copied().unwrap_or_default(), self.problem)
    }
}

impl From<Invalid> for String {
    fn from(invalid: Invalid) -> Self {
        invalid.to_string()
    }
}

/// Refuses a value out of its range.
pub(crate) fn within<T: PartialOrd + Display>(
    key: &'static str,
    value: &T,
    range: &RangeInclusive<T>,
) -> Result<(), Invalid> {
    if range.contains(value) {
        return Ok(());
    }
    let problem = format!("{value} is out of range ({} to {})", range.start(), range.end());
    Err(Invalid::new(&[key], problem))
}

/// Refuses a name that is none of `names`.
pub(crate) fn known(key: &'static str, name: &str, names: &[&str]) -> Result<(), Invalid> {
    if names.contains(&name) {
        return Ok(());
    }
    Err(Invalid::new(&[key], format_args!("{name:?} is unknown")))
}
