//! The typed reader of one table: what it is not asked for is refused.

#[cfg(test)]
use crate::format::{begin, record, record_limit};

use crate::document::{Data, Entry, Mark, Table, Value};
use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use strum::VariantArray;
use weir_plan::names::{NAME_HINT, is_name};
use weir_plan::{Error, Invalid, Place, clip, nearest};
use weir_units::ParseError;

/// One table of a file while it is being read.
pub(crate) struct Section<'a> {
    table: &'a Table,
    place: &'a Place,
    title: &'a str,
    asked: RefCell<Vec<&'static str>>,
}

/// A value of a section, or an item of a list that is one.
#[derive(Clone, Copy)]
pub(crate) struct Field<'s> {
    title: &'s str,
    key: &'s str,
    pub value: &'s Value,
}

/// Reads `value`, which must be a table, and then refuses every key that `read` did not ask for.
///
/// `title` is what messages call the section, and `page` what FORMAT.md calls it: the file's
/// folder, a blank, and the heading (or nothing, for keys that are documented elsewhere).
pub(crate) fn read<T>(
    value: &Value,
    title: &str,
    page: &'static str,
    read: impl FnOnce(&Section<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let Some(table) = value.table() else {
        return Err(Error::at(&value.place, format!("{} is not a table", quoted(value)))
            .hint(format!("expected {title}")));
    };
    let section = Section { table, place: &value.place, title, asked: RefCell::default() };
    begin(page);
    let result = read(&section)?;
    let asked = section.asked.into_inner();
    record(page, &asked);
    match table.entries.iter().find(|entry| !asked.contains(&entry.key.as_str())) {
        Some(entry) => Err(unknown_entry(entry, "key", title, asked)),
        None => Ok(result),
    }
}

/// Only the test that compares the FORMAT pages with the readers wants to know.
#[cfg(not(test))]
fn begin(_page: &'static str) {}
#[cfg(not(test))]
fn record(_page: &str, _asked: &[&str]) {}
#[cfg(not(test))]
fn record_limit(_key: &str, _limit: impl FnOnce() -> String) {}

/// The refusal of a key that is no name of a `kind` of thing.
pub(crate) fn unknown_entry<'k>(
    entry: &Entry,
    kind: &str,
    title: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Error {
    match &entry.made_by {
        Some(mark) => mark.matches_nothing(&entry.place, kind, known),
        None => {
            let key = clip(&entry.key);
            Error::at(&entry.place, format!("unknown {kind} {key:?} in {title}"))
                .among(key, kind, known)
        }
    }
}

impl Mark {
    /// The refusal of an axis whose step is none of `known`.
    fn matches_nothing<'k>(
        &self,
        place: &Place,
        kind: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Error {
        let mut steps: Vec<&str> = self.path.split('.').collect();
        let known: Vec<&str> = known.into_iter().collect();
        let wrong = steps.get(self.step).copied().unwrap_or_default();
        let near = nearest(wrong, known.iter().copied());
        let near = near.map(|name| {
            steps[self.step] = name;
            steps.join(".")
        });
        Error::at(place, format!("the axis {:?} matches nothing", clip(&self.path)))
            .among(wrong, kind, known)
            .did_you_mean(near)
    }
}

/// The value in a message, which is one line: in quotes if it stands in quotes in the file.
fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match value.data {
        Data::Text(_) => format!("{:?}", clip(&text)),
        _ => clip(&text).escape_debug().to_string(),
    }
}

impl<'a> Section<'a> {
    /// What messages call it.
    pub fn title(&self) -> &'a str {
        self.title
    }

    /// Where it stands.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// The value of a key.
    pub fn get(&self, key: &'static str) -> Option<Field<'a>> {
        self.skip(&[key]);
        let value = &self.table.get(key)?.value;
        Some(Field { title: self.title, key, value })
    }

    /// Leaves `keys` to another reader of the same table.
    pub fn skip(&self, keys: &[&'static str]) {
        let mut asked = self.asked.borrow_mut();
        let new = |key: &&'static str| !asked.contains(key);
        let new: Vec<&'static str> = keys.iter().copied().filter(new).collect();
        asked.extend(new);
    }

    /// The value of a key that must be there; `hint` says what would be right.
    pub fn need(&self, key: &'static str, hint: &str) -> Result<Field<'a>, Error> {
        self.get(key).ok_or_else(|| self.missing(key).hint(hint))
    }

    /// The value of a key, if it is there, as `read` understands it.
    pub fn read<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(Field<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.get(key).map(read).transpose()
    }

    /// The refusal of a section without `key`, which may be there in another spelling.
    pub fn missing(&self, key: &str) -> Error {
        let asked = self.asked.borrow();
        let strange = || self.table.entries.iter().filter(|e| !asked.contains(&e.key.as_str()));
        match nearest(key, strange().map(|entry| entry.key.as_str())) {
            Some(near) => {
                let place = strange().find(|e| e.key == near).map_or(self.place, |e| &e.place);
                Error::at(place, format!("unknown key {:?} in {}", clip(near), self.title))
                    .did_you_mean(Some(key))
            }
            None => Error::at(self.place, format!("missing key {key:?} in {}", self.title)),
        }
    }

    /// The refusal of a section that has none of `keys`, of which one may be there in another
    /// spelling.
    pub fn missing_all(&self, keys: &[&'static str]) -> Error {
        let near = |entry: &&Entry| nearest(&entry.key, keys.iter().copied());
        match self.table.entries.iter().find_map(|entry| Some((entry, near(&entry)?))) {
            Some((Entry { key, place, .. }, near)) => {
                Error::at(place, format!("unknown key {:?} in {}", clip(key), self.title))
                    .did_you_mean(Some(near))
            }
            None => {
                let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
                let problem = format!("none of the keys {} in {}", keys.join(", "), self.title);
                Error::at(self.place, problem)
            }
        }
    }

    /// What was read, unless something is wrong with it.
    pub fn check(&self, good: Result<(), Invalid>) -> Result<(), Error> {
        good.map_err(|Invalid { keys, problem, hint }| {
            let error = self.refuse(&keys, problem);
            hint.map_or(error.clone(), |hint| error.hint(hint))
        })
    }

    /// A refusal at the first of `keys` that is written down, or else of the section as a whole.
    pub fn refuse(&self, keys: &[&str], problem: impl fmt::Display) -> Error {
        let written = keys.iter().find_map(|key| self.table.get(key));
        let place = written.map_or(self.place, |entry| &entry.value.place);
        let key = keys.first().copied().unwrap_or_default();
        Error::at(place, format!("{key} in {}: {problem}", self.title))
    }
}

impl<'s> Field<'s> {
    /// The value of an entry of a table that messages call `title`.
    pub fn of(entry: &'s Entry, title: &'s str) -> Self {
        Self { title, key: &entry.key, value: &entry.value }
    }

    /// A refusal of this value; `problem` does not repeat it.
    pub fn refuse(&self, problem: impl fmt::Display) -> Error {
        self.error(format!("{} {problem}", quoted(self.value)))
    }

    fn error(&self, problem: impl fmt::Display) -> Error {
        let made = self.value.table().and_then(|table| table.entries.first()?.made_by.as_ref());
        match made {
            // A sweep went on where there is a plain value: its path is one step too long.
            Some(mark) => {
                let above: Vec<&str> = mark.path.split('.').take(mark.step).collect();
                Error::at(
                    &self.value.place,
                    format!("the axis {:?} matches nothing", clip(&mark.path)),
                )
                .did_you_mean(Some(above.join(".")))
            }
            None => {
                Error::at(&self.value.place, format!("{} in {}: {problem}", self.key, self.title))
            }
        }
    }

    /// The refusal of a text that is no name of a `kind` of thing.
    pub fn unknown<'k>(&self, kind: &str, known: impl IntoIterator<Item = &'k str>) -> Error {
        let text = self.value.to_string();
        let problem = format!("unknown {kind} {} in {}", quoted(self.value), self.title);
        Error::at(&self.value.place, problem).among(&text, kind, known)
    }

    /// A text.
    pub fn text(&self) -> Result<&'s str, Error> {
        match &self.value.data {
            Data::Text(text) => Ok(text),
            _ => Err(self.refuse("is not a text").hint("expected a text in quotes")),
        }
    }

    /// A text, or a whole number as it is written.
    pub fn text_or_number(&self) -> Result<&'s str, Error> {
        match &self.value.data {
            Data::Text(text) | Data::Integer(text, _) => Ok(text),
            _ => Err(self.refuse("is no text").hint("expected a text or a whole number")),
        }
    }

    /// One of a few texts, each with what it stands for.
    pub fn one_of<T: Copy>(&self, known: &[(&'static str, T)]) -> Result<T, Error> {
        record_limit(self.key, || {
            let names: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
            names.join(", ")
        });
        let text = self.text()?;
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let near = nearest(text, names.iter().copied());
            self.refuse(format_args!("is none of {}", names.join(", "))).did_you_mean(near)
        })
    }

    /// One of the values of a type, by its name.
    pub fn variant<T: VariantArray + Copy + Into<&'static str>>(&self) -> Result<T, Error> {
        let known: Vec<_> = T::VARIANTS.iter().map(|value| ((*value).into(), *value)).collect();
        self.one_of(&known)
    }

    /// A quantity with its unit, within `range`.
    pub fn quantity<T>(&self, range: RangeInclusive<T>) -> Result<T, Error>
    where
        T: FromStr<Err = ParseError> + PartialOrd + Default + fmt::Display,
    {
        record_limit(self.key, || format!("{} to {}", range.start(), range.end()));
        let text = match &self.value.data {
            Data::Text(text) | Data::Integer(text, _) | Data::Other(text) => text,
            _ => return Err(self.refuse("is not a quantity in quotes")),
        };
        let quantity = text.parse().map_err(|error| self.error(error))?;
        if range.contains(&quantity) { Ok(quantity) } else { Err(self.out_of(&range)) }
    }

    /// A whole number within `range`.
    pub fn count(&self, range: RangeInclusive<u64>) -> Result<u64, Error> {
        record_limit(self.key, || format!("{} to {}", range.start(), range.end()));
        match &self.value.data {
            Data::Integer(_, number) => {
                // Past 64 bits it is out of every range; so is a negative one.
                let number = number.and_then(|n| u64::try_from(n).ok());
                let number = number.filter(|n| range.contains(n));
                number.ok_or_else(|| self.out_of(&range))
            }
            _ => Err(self.refuse("is not a whole number").hint(format!(
                "expected {} to {}, without quotes",
                range.start(),
                range.end()
            ))),
        }
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Result<bool, Error> {
        match self.value.data {
            Data::Bool(flag) => Ok(flag),
            _ => Err(self.refuse("is not a flag").hint("expected true or false, without quotes")),
        }
    }

    /// The items of a list of at most `most`; `of` says what they are.
    pub fn items(&self, of: &str, most: usize) -> Result<Vec<Field<'s>>, Error> {
        record_limit(self.key, || format!("0 to {most}"));
        match &self.value.data {
            Data::List(items) if items.len() <= most => {
                Ok(items.iter().map(|value| Field { value, ..*self }).collect())
            }
            Data::List(items) => {
                let problem = format!("{} {of} are too many", items.len());
                Err(self.error(problem).hint(format!("at most {most}")))
            }
            _ => Err(self.refuse("is not a list").hint(format!("expected a list of {of}"))),
        }
    }

    /// The items of a list, or the one text that stands for a list of itself.
    pub fn one_or_more(&self, of: &str, most: usize) -> Result<Vec<Field<'s>>, Error> {
        match &self.value.data {
            Data::Text(_) => Ok(vec![*self]),
            _ => self.items(of, most),
        }
    }

    /// A table of named things, at most `most`, each with a [plain name](is_name).
    pub fn named(&self, kind: &str, most: usize) -> Result<&'s [Entry], Error> {
        record_limit(self.key, || format!("0 to {most}"));
        let Some(Table { entries }) = self.value.table() else {
            return Err(self.refuse(format_args!("is not a table of {kind}s")));
        };
        if entries.len() > most {
            let problem = format!("{} {kind}s are too many", entries.len());
            return Err(self.error(problem).hint(format!("at most {most}")));
        }
        match entries.iter().find(|entry| !is_name(&entry.key)) {
            Some(Entry { key, place, .. }) => {
                Err(Error::at(place, format!("{:?} is no name of a {kind}", clip(key)))
                    .hint(NAME_HINT))
            }
            None => Ok(entries),
        }
    }

    /// Reads the table that this value is; see [`read`].
    pub fn section<T>(
        &self,
        title: &str,
        page: &'static str,
        then: impl FnOnce(&Section<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.value.data {
            Data::Table(_) => read(self.value, title, page, then),
            _ => Err(self.refuse("is not a table")),
        }
    }

    fn out_of<T: PartialEq + Default + fmt::Display>(&self, range: &RangeInclusive<T>) -> Error {
        let (least, most) = (range.start(), range.end());
        let from_zero = *least == T::default();
        self.refuse("is out of range").hint(if from_zero {
            format!("at most {most}")
        } else {
            format!("{least} to {most}")
        })
    }
}
