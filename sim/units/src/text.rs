//! Quantities as text: a decimal number, a unit, and nothing in between but blanks.

use std::fmt;

/// One way to write a quantity: the name of a unit and its size in the type's integer unit.
pub(crate) struct Unit {
    pub name: &'static str,
    pub size: u64,
    /// Whether printing may use this unit (KiB is read, but kB is printed).
    pub prints: bool,
}

pub(crate) const fn unit(name: &'static str, size: u64) -> Unit {
    Unit { name, size, prints: true }
}

pub(crate) const fn read_only(name: &'static str, size: u64) -> Unit {
    Unit { name, size, prints: false }
}

/// What a kind of quantity is called and how it is written; units from small to large.
pub(crate) struct Kind {
    pub name: &'static str,
    pub example: &'static str,
    pub units: &'static [Unit],
}

impl Kind {
    fn error(&self, text: &str, problem: Problem) -> ParseError {
        // Echoing an attacker's megabyte would help nobody.
        let text = text.chars().take(60).collect();
        let units = self.units.iter().map(|u| u.name).collect::<Vec<_>>().join(", ");
        ParseError { text, problem, kind: self.name, example: self.example, units }
    }
}

/// Why a text is not the quantity that was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    problem: Problem,
    kind: &'static str,
    example: &'static str,
    units: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    NotANumber,
    Negative,
    NoUnit,
    UnknownUnit { nearest: Option<&'static str> },
    Inexact,
    TooLarge,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, kind, example, units, .. } = self;
        write!(f, "{text:?} is not a {kind}: ")?;
        match &self.problem {
            Problem::NotANumber => write!(f, "it does not begin with a number")?,
            Problem::Negative => write!(f, "it is negative")?,
            Problem::NoUnit => write!(f, "the unit is missing")?,
            Problem::UnknownUnit { nearest: Some(near) } => {
                write!(f, "unknown unit; did you mean \"{near}\"?")?
            }
            Problem::UnknownUnit { nearest: None } => write!(f, "unknown unit")?,
            Problem::Inexact => write!(f, "it is finer than the smallest unit")?,
            Problem::TooLarge => write!(f, "it is too large")?,
        }
        write!(f, " (expected a {kind} such as \"{example}\"; units: {units})")
    }
}

impl std::error::Error for ParseError {}

/// Reads `text` exactly, in multiples of the kind's integer unit.
pub(crate) fn parse(kind: &Kind, text: &str) -> Result<u64, ParseError> {
    let error = |problem| kind.error(text, problem);
    let body = text.trim();
    if let Some(rest) = body.strip_prefix('-') {
        let negative = rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
        return Err(error(if negative { Problem::Negative } else { Problem::NotANumber }));
    }
    let end = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
    let (number, name) = body.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
        return Err(error(Problem::NotANumber));
    }
    let name = name.trim();
    if name.is_empty() {
        return Err(error(Problem::NoUnit));
    }
    let Some(unit) = kind.units.iter().find(|u| u.name == name) else {
        return Err(error(Problem::UnknownUnit { nearest: nearest_unit(kind, name) }));
    };

    let too_large = || error(Problem::TooLarge);
    let digits = |s: &str| {
        s.bytes().try_fold(0u128, |n, d| n.checked_mul(10)?.checked_add(u128::from(d - b'0')))
    };
    let whole =
        digits(whole).and_then(|n| n.checked_mul(unit.size.into())).ok_or_else(too_large)?;
    let fraction = fraction.trim_end_matches('0');
    let part = if fraction.is_empty() {
        0
    } else {
        // Beyond 19 decimals nothing decimal is exact, and u128 would overflow. (2^-30 GiB, which
        // is one byte, has 30 of them: nobody writes it so.)
        let scale = u32::try_from(fraction.len()).ok().filter(|n| *n <= 19);
        let scale = scale.map(|n| 10u128.pow(n)).ok_or_else(|| error(Problem::Inexact))?;
        let scaled = digits(fraction).ok_or_else(too_large)? * u128::from(unit.size);
        if scaled % scale != 0 {
            return Err(error(Problem::Inexact));
        }
        scaled / scale
    };
    whole.checked_add(part).and_then(|n| u64::try_from(n).ok()).ok_or_else(too_large)
}

/// A unit that differs in case, blanks or in "per second" only, or else begins with the same
/// letters: two at least, or all that there are.
fn nearest_unit(kind: &Kind, name: &str) -> Option<&'static str> {
    let plain = |s: &str| {
        s.to_lowercase()
            .replace(char::is_whitespace, "")
            .replace("bps", "bit/s")
            .replace("ps", "/s")
    };
    let wanted = plain(name);
    let common = |u: &Unit| {
        let unit = plain(u.name);
        let common = unit.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
        (common >= unit.len().min(wanted.len()).min(2)).then_some(common)
    };
    let same = kind.units.iter().find(|u| plain(u.name) == wanted);
    let near = || {
        let near = kind.units.iter().filter_map(|u| Some((common(u)?, u)));
        near.max_by_key(|(common, _)| *common).map(|(_, u)| u)
    };
    same.or_else(near).map(|u| u.name)
}

/// Writes `value` exactly, in the largest unit of which it is a whole number.
pub(crate) fn print(kind: &Kind, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let fits = |u: &&Unit| u.prints && value.is_multiple_of(u.size);
    let best = if value == 0 { kind.units.first() } else { kind.units.iter().rfind(fits) };
    match best {
        Some(unit) => f.pad(&format!("{} {}", value / unit.size, unit.name)),
        None => Err(fmt::Error),
    }
}

/// Implements what all quantities have in common: text in both directions, also for serde.
macro_rules! quantity_text {
    ($type:ident, $kind:expr) => {
        impl std::str::FromStr for $type {
            type Err = $crate::ParseError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::text::parse(&$kind, text).map(Self)
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::text::print(&$kind, self.0, f)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use quantity_text;
