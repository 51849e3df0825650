//! `[sweep]`: axes and their values, and the cells that they span.

use crate::axis::{Path, VALUES};
use crate::document::{Data, Entry, Table, Value};
use crate::error::clip;
use crate::section::{Field, Section};
use crate::{Axis, Error, Place};
use std::fmt::Display;
use std::str::FromStr;
use weir_units::{BitRate, Bytes, ParseError, Ratio, Span};

/// The most trials of a run: more would not fit into memory, nor into anybody's patience.
pub const MAX_TRIALS: u64 = 1_000_000;

/// The most columns that a sweep adds to the tables of a run.
pub(crate) const MAX_PATHS: usize = 32;

/// All that varies within a run.
#[derive(Debug)]
pub(crate) struct Sweep {
    dimensions: Vec<Dimension>,
}

/// Paths that vary together, and the values that they take.
#[derive(Debug)]
struct Dimension {
    paths: Vec<Path>,
    /// The name of a zipped axis.
    zip: Option<String>,
    /// Its points, each with one value for each path.
    points: Vec<Vec<Value>>,
}

impl Sweep {
    /// The sweep that a file asks for, none if it has no such section.
    pub fn read(field: Option<Field<'_>>, repeats: u64) -> Result<Self, Error> {
        let mut sweep = Self { dimensions: Vec::new() };
        let Some(field) = field else { return Ok(sweep) };
        let Some(table) = field.value.table() else {
            return Err(field.refuse("is not a table"));
        };
        let mut counts: Vec<u64> = Vec::new();
        for entry in &table.entries {
            let asked = Asked::read(entry)?;
            counts.push(asked.count());
            // Before the values are made: a range is short to write and long to expand.
            check_size(&entry.place, &counts, repeats)?;
            let dimension = asked.into_dimension();
            sweep.check_overlap(&dimension)?;
            sweep.dimensions.push(dimension);
        }
        Ok(sweep)
    }

    fn check_overlap(&self, new: &Dimension) -> Result<(), Error> {
        let mut before: Vec<&Path> = self.dimensions.iter().flat_map(|d| &d.paths).collect();
        for path in &new.paths {
            if let Some(other) = before.iter().find(|other| other.overlaps(path)) {
                let problem = format!("the axis {:?} would undo {:?}", path.text, other.text);
                return Err(
                    Error::at(&path.place, problem).hint("each value can be set by one axis only")
                );
            }
            before.push(path);
            if before.len() > MAX_PATHS {
                let problem = format!("more than {MAX_PATHS} values vary");
                return Err(Error::at(&path.place, problem));
            }
        }
        Ok(())
    }

    /// The axes, for the plan.
    pub fn axes(&self) -> Vec<Axis> {
        let axes = self.dimensions.iter().flat_map(|dimension| {
            dimension.paths.iter().enumerate().map(|(i, path)| Axis {
                path: path.text.to_string(),
                zip: dimension.zip.clone(),
                values: dimension.points.iter().filter_map(|p| p.get(i)).map(label).collect(),
            })
        });
        axes.collect()
    }

    /// Visits the cells in order, the first axis slowest: `visit` gets the axes' values as text,
    /// and the tree with the values put in.
    pub fn for_each(
        &self,
        tree: &mut Value,
        mut visit: impl FnMut(Vec<String>, &Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = vec![0; self.dimensions.len()];
        let mut labels: Vec<Vec<String>> = Vec::with_capacity(at.len());
        for dimension in &self.dimensions {
            labels.push(dimension.put(0, tree)?);
        }
        loop {
            visit(labels.concat(), tree)?;
            // Counts up like an odometer; only the wheels that turned are put in anew.
            let Some(wheel) = (0..at.len()).rfind(|&d| at[d] + 1 < self.dimensions[d].points.len())
            else {
                return Ok(());
            };
            at[wheel] += 1;
            at[wheel + 1..].fill(0);
            for d in wheel..at.len() {
                labels[d] = self.dimensions[d].put(at[d], tree)?;
            }
        }
    }
}

fn label(value: &Value) -> String {
    value.to_string()
}

/// Refuses a sweep of more than [`MAX_TRIALS`].
fn check_size(place: &Place, counts: &[u64], repeats: u64) -> Result<(), Error> {
    let trials = counts.iter().try_fold(repeats, |trials, count| trials.checked_mul(*count));
    if trials.is_some_and(|trials| trials <= MAX_TRIALS) {
        return Ok(());
    }
    let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
    let problem =
        format!("too many trials: {} cells with {repeats} repeats each", counts.join(" x "));
    Err(Error::at(place, problem).hint(format!("at most {MAX_TRIALS} trials")))
}

impl Dimension {
    /// Puts a point's values into `tree`, and tells their text.
    fn put(&self, point: usize, tree: &mut Value) -> Result<Vec<String>, Error> {
        let values = self.points.get(point).map_or(&[][..], Vec::as_slice);
        for (path, value) in self.paths.iter().zip(values) {
            path.put(tree, value)?;
        }
        Ok(values.iter().map(label).collect())
    }
}

/// An axis as it is written, not yet expanded.
enum Asked {
    Listed(Dimension),
    Range(Path, Range),
}

impl Asked {
    fn read(entry: &Entry) -> Result<Self, Error> {
        match &entry.value.data {
            Data::List(items) if items.is_empty() => {
                Err(axis_error(entry, "has no values").hint("expected at least one"))
            }
            Data::List(items) if items.iter().all(sets_paths) => {
                zip(entry, items).map(Self::Listed)
            }
            Data::List(items) => Ok(Self::Listed(Dimension {
                paths: vec![Path::parse(&entry.key, &entry.place)?],
                zip: None,
                points: items.iter().map(|value| vec![value.clone()]).collect(),
            })),
            Data::Table(table) => {
                if let Some(inner) = unquoted(table) {
                    let path = format!("{}.{inner}", clip(&entry.key));
                    return Err(axis_error(entry, "is neither a list nor a range")
                        .hint(format!("a path is written in quotes: {path:?}")));
                }
                let path = Path::parse(&entry.key, &entry.place)?;
                let title = format!("[sweep] {:?}", clip(&entry.key));
                let range = crate::section::read(
                    &entry.value,
                    &title,
                    "experiments { from, to, step }",
                    Range::read,
                );
                Ok(Self::Range(path, range?))
            }
            _ => Err(axis_error(entry, "has one value")
                .hint("expected a list of values, or a range { from, to, step }")),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Listed(dimension) => dimension.points.len() as u64,
            Self::Range(_, range) => range.count,
        }
    }

    fn into_dimension(self) -> Dimension {
        match self {
            Self::Listed(dimension) => dimension,
            Self::Range(path, range) => Dimension {
                points: range.values().map(|value| vec![value]).collect(),
                paths: vec![path],
                zip: None,
            },
        }
    }
}

fn axis_error(entry: &Entry, problem: &str) -> Error {
    Error::at(&entry.place, format!("the axis {:?} {problem}", clip(&entry.key)))
}

/// The second step of a path that was written without quotes, which TOML takes for tables.
fn unquoted(table: &Table) -> Option<&str> {
    let range = ["from", "to", "step"].iter().any(|key| table.get(key).is_some());
    table.entries.first().filter(|_| !range).map(|entry| clip(&entry.key))
}

/// Whether a value is a table of paths, and not the value of one path: those have a dot.
fn sets_paths(value: &Value) -> bool {
    let path = |entry: &Entry| entry.key.contains('.') || VALUES.contains(&&*entry.key);
    value.table().is_some_and(|table| table.entries.iter().any(path))
}

/// A zipped axis: a list of tables that set the same paths.
fn zip(entry: &Entry, items: &[Value]) -> Result<Dimension, Error> {
    let mut tables = items.iter().filter_map(Value::table);
    let first = tables.next().map_or(&[][..], |table| &table.entries);
    let paths: Result<Vec<Path>, Error> =
        first.iter().map(|entry| Path::parse(&entry.key, &entry.place)).collect();
    let mut points: Vec<Vec<Value>> = vec![first.iter().map(|e| e.value.clone()).collect()];
    for (table, value) in tables.zip(&items[1..]) {
        let extra = table.entries.iter().find(|e| first.iter().all(|f| f.key != e.key));
        if let Some(extra) = extra {
            let problem = format!("{:?} is not set by the first of these", clip(&extra.key));
            return Err(Error::at(&extra.place, problem).hint(SAME_PATHS));
        }
        let find = |path: &Entry| {
            table.get(&path.key).map(|entry| entry.value.clone()).ok_or_else(|| {
                let problem = format!("{:?} is not set here", clip(&path.key));
                Error::at(&value.place, problem).hint(SAME_PATHS)
            })
        };
        points.push(first.iter().map(find).collect::<Result<_, _>>()?);
    }
    Ok(Dimension { paths: paths?, zip: Some(entry.key.clone()), points })
}

const SAME_PATHS: &str = "all tables of an axis set the same values";

/// `{ from, to, step }`: exact steps from the first value to the last, both included.
struct Range {
    place: Place,
    from: u64,
    step: u64,
    count: u64,
    make: fn(u64) -> Data,
}

impl Range {
    fn read(section: &Section<'_>) -> Result<Self, Error> {
        let hint = "a range is { from, to, step }";
        let from = section.need("from", hint)?;
        let to = section.need("to", hint)?;
        let step = section.need("step", hint)?;

        let (parse, make) = kind_of(&from)?;
        let (first, last, by) = (parse(&from)?, parse(&to)?, parse(&step)?);
        if by == 0 {
            return Err(step.refuse("is no step"));
        }
        let Some(length) = last.checked_sub(first) else {
            return Err(to.refuse(format_args!("lies before the first value, {}", from.value)));
        };
        if length % by != 0 {
            let reached = Value { place: to.value.place.clone(), data: make(last - length % by) };
            return Err(to
                .refuse(format_args!("is not reached in steps of {}", step.value))
                .did_you_mean(Some(reached.to_string())));
        }
        let count = (length / by).saturating_add(1);
        Ok(Self { place: from.value.place.clone(), from: first, step: by, count, make })
    }

    fn values(&self) -> impl Iterator<Item = Value> + '_ {
        // The last one is the `to` that was read, so that nothing here can overflow.
        (0..self.count).map(|i| Value {
            place: self.place.clone(),
            data: (self.make)(self.from + i * self.step),
        })
    }
}

/// How the ends of a range are read, and a value of it is made.
type Kind = (fn(&Field<'_>) -> Result<u64, Error>, fn(u64) -> Data);

/// What a range consists of: the kind of its first value.
fn kind_of(from: &Field<'_>) -> Result<Kind, Error> {
    fn end<T>(field: &Field<'_>, least: T, most: T, number: fn(T) -> u64) -> Result<u64, Error>
    where
        T: FromStr<Err = ParseError> + PartialOrd + Default + Display,
    {
        field.quantity(least..=most).map(number)
    }
    fn text(value: impl Display) -> Data {
        Data::Text(value.to_string())
    }
    const MAX: u64 = u64::MAX;

    if let Data::Integer(..) = from.value.data {
        let make = |n: u64| Data::Integer(n.to_string(), i64::try_from(n).ok());
        return Ok((|field| field.count(0..=i64::MAX as u64), make));
    }
    let kinds: [Kind; 4] = [
        (
            |f| end(f, BitRate::from_bps(0), BitRate::from_bps(MAX), BitRate::bps),
            |n| text(BitRate::from_bps(n)),
        ),
        (|f| end(f, Span::ZERO, Span::MAX, Span::ns), |n| text(Span::from_ns(n))),
        (|f| end(f, Bytes::ZERO, Bytes::new(MAX), Bytes::get), |n| text(Bytes::new(n))),
        (|f| end(f, Ratio::ZERO, Ratio::from_ppb(MAX), Ratio::ppb), |n| text(Ratio::from_ppb(n))),
    ];
    kinds.into_iter().find(|(parse, _)| parse(from).is_ok()).ok_or_else(|| {
        from.refuse("is neither a whole number nor a quantity")
            .hint("expected the like of \"5 Mbit/s\", \"20 ms\", \"64 kB\" or \"1 %\"")
    })
}
