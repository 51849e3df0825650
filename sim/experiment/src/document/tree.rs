//! TOML text to a tree of values that remember where they were written.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};
use weir_plan::{Error, Place};

/// The longest file that is read: a hundred times the longest that anybody would write.
pub(crate) const MAX_FILE: usize = 1 << 20;

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub place: Place,
    pub data: Data,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Text(String),
    /// A whole number as it was written; `None` past 64 bits.
    Integer(String, Option<i64>),
    Bool(bool),
    /// What no key of ours takes (a decimal number, a date), as it was written.
    Other(String),
    List(Vec<Value>),
    Table(Table),
}

/// A table, in the order of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub place: Place,
    /// The axis of the sweep that made this key; `None` for a key that stands in a file.
    pub made_by: Option<Mark>,
    pub value: Value,
}

/// One step of the path of an axis.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub path: Arc<str>,
    /// Which step, counted from 0.
    pub step: usize,
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }
}

impl Value {
    pub fn table(&self) -> Option<&Table> {
        if let Data::Table(table) = &self.data { Some(table) } else { None }
    }

    pub fn table_mut(&mut self) -> Option<&mut Table> {
        if let Data::Table(table) = &mut self.data { Some(table) } else { None }
    }

    /// The value of a key, if this is a table that has it.
    pub fn inner(&mut self, key: &str) -> Option<&mut Self> {
        self.table_mut()?.get_mut(key)
    }
}

/// The value as a person would name it: the label of a swept value.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Data::Text(text) | Data::Integer(text, _) | Data::Other(text) => f.write_str(text),
            Data::Bool(flag) => flag.fmt(f),
            Data::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Data::Table(table) => {
                f.write_str("{")?;
                for (i, Entry { key, value, .. }) in table.entries.iter().enumerate() {
                    write!(f, "{}{key} = {value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The tree of a file.
pub(crate) fn parse(file: &Path, text: &str) -> Result<Value, Error> {
    let file: Arc<Path> = file.into();
    if text.len() > MAX_FILE {
        let place = Place { file, line: None };
        return Err(Error::at(&place, format!("the file is longer than {MAX_FILE} bytes")));
    }
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
    let source = Source { file, text, line_ends: ends.collect() };
    match DeTable::parse(text) {
        Ok(table) => {
            Ok(Value { place: source.place(0), data: Data::Table(source.table(table.get_ref())) })
        }
        Err(error) => {
            let at = error.span().map_or(text.len(), |span| span.start);
            Err(Error::at(&source.place(at), format!("this is not TOML: {}", error.message())))
        }
    }
}

struct Source<'a> {
    file: Arc<Path>,
    text: &'a str,
    line_ends: Vec<usize>,
}

impl Source<'_> {
    fn place(&self, at: usize) -> Place {
        let line = 1 + self.line_ends.partition_point(|end| *end < at);
        Place { file: Arc::clone(&self.file), line: u32::try_from(line).ok() }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        // The library sorts by key; the order of axes, and of messages, is that of the file.
        let mut pairs: Vec<_> = table.iter().collect();
        pairs.sort_by_key(|(key, _)| key.span().start);
        let entry = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| Entry {
            key: key.get_ref().clone().into_owned(),
            place: self.place(key.span().start),
            made_by: None,
            value: self.value(value),
        };
        Table { entries: pairs.into_iter().map(entry).collect() }
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        let span = value.span();
        let written = || self.text.get(span.clone()).unwrap_or_default().to_owned();
        let data = match value.get_ref() {
            DeValue::String(text) => Data::Text(text.clone().into_owned()),
            DeValue::Integer(number) => {
                let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
                Data::Integer(written(), value)
            }
            DeValue::Boolean(flag) => Data::Bool(*flag),
            DeValue::Float(_) | DeValue::Datetime(_) => Data::Other(written()),
            DeValue::Array(items) => Data::List(items.iter().map(|v| self.value(v)).collect()),
            DeValue::Table(table) => Data::Table(self.table(table)),
        };
        Value { place: self.place(span.start), data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, path: &[&str]) -> (Option<u32>, Option<u32>) {
        let tree = parse(Path::new("x.toml"), text).unwrap();
        let mut value = &tree;
        let mut key = None;
        for step in path {
            value = match &value.data {
                Data::List(items) => &items[step.parse::<usize>().unwrap()],
                Data::Table(table) => {
                    let entry = table.get(step).unwrap();
                    key = entry.place.line;
                    &entry.value
                }
                other => panic!("{other:?}"),
            };
        }
        (key, value.place.line)
    }

    #[test]
    fn every_value_knows_its_line() {
        let text = "a = 1\r\n\n[b]\nc = \"\"\"\nx\n\"\"\"\nd.e = [1,\n 2]\n[[f]]\n[[f]]\ng = 3\n";
        assert_eq!(lines(text, &["a"]), (Some(1), Some(1)));
        assert_eq!(lines(text, &["b"]), (Some(3), Some(3)));
        assert_eq!(lines(text, &["b", "c"]), (Some(4), Some(4)));
        assert_eq!(lines(text, &["b", "d", "e"]), (Some(7), Some(7)));
        assert_eq!(lines(text, &["b", "d", "e", "1"]), (Some(7), Some(8)));
        assert_eq!(lines(text, &["f", "1"]), (Some(9), Some(10)));
        assert_eq!(lines(text, &["f", "1", "g"]), (Some(11), Some(11)));
    }

    #[test]
    fn tables_keep_the_order_of_the_file() {
        let tree = parse(Path::new("x.toml"), "z = 1\na = 2\n[m]\nb = 1\na = 1\n").unwrap();
        assert_eq!(tree.to_string(), "{z = 1, a = 2, m = {b = 1, a = 1}}");
    }

    #[test]
    fn a_file_without_bound_is_refused() {
        let error = parse(Path::new("x.toml"), &"#".repeat(MAX_FILE + 1)).unwrap_err();
        assert_eq!(error.to_string(), "x.toml: the file is longer than 1048576 bytes");
    }

    #[test]
    fn broken_toml_is_refused_with_its_line() {
        let error = parse(Path::new("x.toml"), "a = 1\na = 2\n").unwrap_err();
        assert_eq!(error.to_string(), "x.toml:2: this is not TOML: duplicate key");
    }
}
