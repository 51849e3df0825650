//! `[sweep]`: axes and their values, and the cells that they span.

use crate::document::section::Field;
use crate::document::{Data, Entry, Table, Value};
use crate::library::Library;
use crate::sweep::axis::{Path, VALUES};
use crate::sweep::patterns;
use crate::sweep::range::Range;
use weir_plan::limits::{MAX_PATHS, MAX_TRIALS};
use weir_plan::{Axis, Error, Place, clip};

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
    points: Points,
}

/// The points of a dimension, each with one value for each path.
#[derive(Debug)]
enum Points {
    Listed(Vec<Vec<Value>>),
    /// Of one path. A range is short to write and long to expand.
    Range(Range),
}

impl Sweep {
    /// The sweep that a file asks for, none if it has no such section.
    pub fn read(
        field: Option<Field<'_>>,
        repeats: u64,
        library: &Library<'_>,
    ) -> Result<Self, Error> {
        let mut sweep = Self { dimensions: Vec::new() };
        let Some(field) = field else { return Ok(sweep) };
        let Some(table) = field.value.table() else {
            return Err(field.refuse("is not a table"));
        };
        let mut counts: Vec<u64> = Vec::new();
        for entry in &table.entries {
            let dimension = Dimension::read(entry, library)?;
            counts.push(dimension.len());
            check_size(&entry.place, &counts, repeats)?;
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
                values: dimension.labels(i),
            })
        });
        axes.collect()
    }

    /// Visits the cells in order, the first axis slowest: `visit` gets the tree with the values put
    /// in.
    pub fn for_each(
        &self,
        tree: &mut Value,
        mut visit: impl FnMut(&Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = vec![0u64; self.dimensions.len()];
        self.dimensions.iter().try_for_each(|dimension| dimension.put(0, tree))?;
        loop {
            visit(tree)?;
            // Counts up like an odometer; only the wheels that turned are put in anew.
            let Some(wheel) = (0..at.len()).rfind(|&d| at[d] + 1 < self.dimensions[d].len()) else {
                return Ok(());
            };
            at[wheel] += 1;
            at[wheel + 1..].fill(0);
            for (dimension, point) in self.dimensions.iter().zip(&at).skip(wheel) {
                dimension.put(*point, tree)?;
            }
        }
    }
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
    fn read(entry: &Entry, library: &Library<'_>) -> Result<Self, Error> {
        let one = |path, points| Self { paths: vec![path], zip: None, points };
        match &entry.value.data {
            Data::List(items) if items.is_empty() => {
                Err(axis_error(entry, "has no values").hint("expected at least one"))
            }
            Data::List(items) if items.iter().all(sets_paths) => zip(entry, items),
            Data::List(items) => {
                let path = Path::parse(&entry.key, &entry.place)?;
                let values = expanded(entry, items, library)?;
                let points = values.into_iter().map(|value| vec![value]).collect();
                Ok(one(path, Points::Listed(points)))
            }
            Data::Table(table) => {
                if let Some(inner) = unquoted(table) {
                    let path = format!("{}.{inner}", clip(&entry.key));
                    return Err(axis_error(entry, "is neither a list nor a range")
                        .hint(format!("a path is written in quotes: {path:?}")));
                }
                let path = Path::parse(&entry.key, &entry.place)?;
                let title = format!("[sweep] {:?}", clip(&entry.key));
                let range = crate::document::section::read(
                    &entry.value,
                    &title,
                    "experiments { from, to, step }",
                    Range::read,
                );
                Ok(one(path, Points::Range(range?)))
            }
            _ => Err(axis_error(entry, "has one value")
                .hint("expected a list of values, or a range { from, to, step }")),
        }
    }

    /// The number of points.
    fn len(&self) -> u64 {
        match &self.points {
            Points::Listed(points) => points.len() as u64,
            Points::Range(range) => range.count,
        }
    }

    /// The texts of the values of the path at `at`.
    fn labels(&self, at: usize) -> Vec<String> {
        match &self.points {
            Points::Listed(points) => {
                patterns::labels(points.iter().filter_map(|point| point.get(at)))
            }
            Points::Range(range) => (0..range.count).map(|n| range.value(n).to_string()).collect(),
        }
    }

    /// Puts a point's values into `tree`.
    fn put(&self, point: u64, tree: &mut Value) -> Result<(), Error> {
        let mut paths = self.paths.iter();
        match &self.points {
            Points::Listed(points) => {
                let values = usize::try_from(point).ok().and_then(|point| points.get(point));
                paths
                    .zip(values.into_iter().flatten())
                    .try_for_each(|(path, value)| path.put(tree, value))
            }
            Points::Range(range) => paths.try_for_each(|path| path.put(tree, &range.value(point))),
        }
    }
}

fn axis_error(entry: &Entry, problem: &str) -> Error {
    Error::at(&entry.place, format!("the axis {:?} {problem}", clip(&entry.key)))
}

/// The values of a list, those that stand for several each in its place.
fn expanded(entry: &Entry, items: &[Value], library: &Library<'_>) -> Result<Vec<Value>, Error> {
    let title = format!("[sweep] {:?}", clip(&entry.key));
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        if patterns::is_pattern(item) {
            values.append(&mut patterns::matching(item, &title, library)?);
        } else {
            values.push(item.clone());
        }
    }
    Ok(values)
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
    Ok(Dimension { paths: paths?, zip: Some(entry.key.clone()), points: Points::Listed(points) })
}

const SAME_PATHS: &str = "all tables of an axis set the same values";
