//! The one error of this crate: where, what, what was expected, and the nearest valid name.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A place in a file that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, by the name under which it was read.
    pub file: Arc<Path>,
    /// The line, counted from 1; `None` for the file as a whole.
    pub line: Option<u32>,
}

/// The place of the byte at this position of a text.
pub(crate) fn place_of(file: &Path, text: &str, at: usize) -> Place {
    let ends = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    Place { file: file.into(), line: u32::try_from(ends + 1).ok() }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.display().fmt(f)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// Why an experiment is refused. Its text is one line:
/// `x.toml:12: unknown key "abrr" in [[players]]; did you mean "abr"? (known keys: abr, count)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    place: Place,
    problem: String,
    nearest: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// A refusal of what stands at `place`; `problem` quotes the offending text.
    pub fn at(place: &Place, problem: impl fmt::Display) -> Self {
        let (place, problem) = (place.clone(), problem.to_string());
        Self { place, problem, nearest: None, hint: None }
    }

    /// Where the offending text stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Adds what would have been right, in parentheses.
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Adds the valid text that was probably meant.
    pub fn did_you_mean(mut self, nearest: Option<impl Into<String>>) -> Self {
        self.nearest = nearest.map(Into::into);
        self
    }

    /// Adds the nearest of the `known` names of a `kind` of thing, and all of them.
    pub fn among<'a>(
        self,
        text: &str,
        kind: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        self.did_you_mean(nearest(text, known)).hint(format!("known {kind}s: {list}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean {nearest:?}?")?;
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

impl std::error::Error for Error {}

/// The most characters of an offending text that a message repeats.
const QUOTED: usize = 60;

/// The beginning of `text`: echoing a megabyte would help nobody.
pub fn clip(text: &str) -> &str {
    text.char_indices().nth(QUOTED).map_or(text, |(end, _)| &text[..end])
}

/// Values in a line that fits a screen, however many they are: the first few, the last, and how
/// many there are.
pub fn listed<'v>(values: impl ExactSizeIterator<Item = &'v str>) -> String {
    const FEW: usize = 8;
    const LONG: usize = 120;
    let count = values.len();
    let (mut texts, mut last) = (Vec::new(), None);
    for (at, value) in values.enumerate() {
        let text = || match value.char_indices().nth(LONG) {
            Some((end, _)) => format!("{}...", &value[..end]),
            None => value.to_owned(),
        };
        match at {
            _ if count <= FEW || at < FEW - 2 => texts.push(text()),
            _ if at + 1 == count => last = Some(text()),
            _ => {}
        }
    }
    match last {
        None => texts.join(", "),
        Some(last) => format!("{}, ..., {last} ({count} values)", texts.join(", ")),
    }
}

/// The name that `text` probably stands for: at most every third letter, and one more, is mistaken.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = clip(text);
    let distances = known.into_iter().map(|name| (strsim::osa_distance(text, name), name));
    let near = distances.filter(|(distance, name)| *distance <= 1 + name.len() / 3);
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_was_probably_meant() {
        let known = ["bola", "bba0", "throughput", "fixed"];
        assert_eq!(nearest("bolo", known), Some("bola"));
        assert_eq!(nearest("troughput", known), Some("throughput"));
        assert_eq!(nearest("bab0", known), Some("bba0"));
        assert_eq!(nearest("pensieve", known), None);
        assert_eq!(nearest("", []), None);
    }

    #[test]
    fn many_values_are_told_by_the_first_and_the_last() {
        let list = |count: u64| {
            let values: Vec<String> = (1..=count).map(|value| value.to_string()).collect();
            listed(values.iter().map(String::as_str))
        };
        assert_eq!(list(0), "");
        assert_eq!(list(8), "1, 2, 3, 4, 5, 6, 7, 8");
        assert_eq!(list(9), "1, 2, 3, 4, 5, 6, ..., 9 (9 values)");
        assert_eq!(list(100_000), "1, 2, 3, 4, 5, 6, ..., 100000 (100000 values)");
        assert!(listed([&*"ü".repeat(1_000)].into_iter()).len() < 300);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clip("short"), "short");
        assert_eq!(clip(&"ü".repeat(100)), "ü".repeat(60));
    }
}
