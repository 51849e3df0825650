//! Between rows and polars: a table filled in row by row, the check that a frame is what the schema
//! says, and typed access to a frame's columns.

use crate::axis::Axis;
use anyhow::{Context, Result, bail, ensure};
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, DataFrame, DataType, Field, Float64Type,
    IntoColumn, PlSmallStr, PrimitiveChunkedBuilder, Schema, StringChunkedBuilder, UInt64Type,
};
use weir_records::{Cell, Kind, Table};

/// What a column of a finished table must be.
pub(crate) struct Expected {
    name: String,
    kind: Kind,
    nullable: bool,
}

/// All columns of `table`, in order: keys, axes (where the table has them), and its own.
pub(crate) fn expected(table: &Table, keys: &[&str], axes: &[&Axis]) -> Vec<Expected> {
    let keys = keys.iter().map(|key| (*key).to_owned()).map(|name| (name, Kind::Text, false));
    let axes = axes.iter().map(|axis| (axis.column(), axis.kind.column_kind(), false));
    let own = table.columns.iter().map(|c| (c.name.to_owned(), c.kind, c.nullable));
    keys.chain(axes)
        .chain(own)
        .map(|(name, kind, nullable)| Expected { name, kind, nullable })
        .collect()
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Int => DataType::UInt64,
        Kind::Float => DataType::Float64,
        Kind::Text => DataType::String,
        Kind::Bool => DataType::Boolean,
    }
}

/// Refuses a frame whose columns differ from the schema in name, order or type, or lack a value
/// that may not be missing.
pub(crate) fn check(frame: &DataFrame, table: &str, expected: &[Expected]) -> Result<()> {
    let names: Vec<&str> = expected.iter().map(|e| e.name.as_str()).collect();
    let found: Vec<&str> = frame.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    ensure!(
        names == found,
        "table {table}: the columns are not those of the schema\n  expected: {}\n  found:    {}",
        listed(&names),
        listed(&found)
    );
    for (column, expected) in frame.columns().iter().zip(expected) {
        let Expected { name, kind, nullable } = expected;
        let wanted = data_type(*kind);
        let found = column.dtype();
        ensure!(*found == wanted, "table {table}: column `{name}` is {found}, expected {wanted}");
        let missing = column.null_count();
        ensure!(
            *nullable || missing == 0,
            "table {table}: column `{name}` lacks {missing} values, of which none may be missing"
        );
    }
    Ok(())
}

/// The first names of many: a folder from somebody else may have any number.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 200;
    let first = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(MOST);
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// A column that is being filled in.
enum Builder {
    Int(PrimitiveChunkedBuilder<UInt64Type>),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Text(StringChunkedBuilder),
    Bool(BooleanChunkedBuilder),
}

impl Builder {
    fn new(name: &str, kind: Kind, rows: usize) -> Self {
        let name = PlSmallStr::from_str(name);
        match kind {
            Kind::Int => Self::Int(PrimitiveChunkedBuilder::new(name, rows)),
            Kind::Float => Self::Float(PrimitiveChunkedBuilder::new(name, rows)),
            Kind::Text => Self::Text(StringChunkedBuilder::new(name, rows)),
            Kind::Bool => Self::Bool(BooleanChunkedBuilder::new(name, rows)),
        }
    }

    fn push(&mut self, cell: &Cell) -> Result<()> {
        match (self, cell) {
            (Self::Int(column), Cell::Int(value)) => column.append_value(*value),
            (Self::Int(column), Cell::Null) => column.append_null(),
            // Not-a-number would poison every mean: it is a missing value, as in the JSON lines.
            (Self::Float(column), Cell::Float(value)) if value.is_finite() => {
                column.append_value(*value);
            }
            (Self::Float(column), Cell::Float(_) | Cell::Null) => column.append_null(),
            (Self::Text(column), Cell::Text(value)) => column.append_value(value),
            (Self::Text(column), Cell::Null) => column.append_null(),
            (Self::Bool(column), Cell::Bool(value)) => column.append_value(*value),
            (Self::Bool(column), Cell::Null) => column.append_null(),
            (_, cell) => bail!("{cell:?} is not of the column's type"),
        }
        Ok(())
    }

    fn finish(self) -> Column {
        match self {
            Self::Int(column) => column.finish().into_column(),
            Self::Float(column) => column.finish().into_column(),
            Self::Text(column) => column.finish().into_column(),
            Self::Bool(column) => column.finish().into_column(),
        }
    }
}

/// Rows of a table that are being filled in, one by one.
pub(crate) struct Filling {
    table: &'static str,
    expected: Vec<Expected>,
    builders: Vec<Builder>,
    rows: usize,
    /// Rows taken away before these.
    before: usize,
}

impl Filling {
    /// No rows, of a table with these columns.
    pub(crate) fn new(table: &'static str, expected: Vec<Expected>) -> Self {
        let builders = builders(&expected, 0);
        Self { table, expected, builders, rows: 0, before: 0 }
    }

    /// The names and types of the columns.
    pub(crate) fn schema(&self) -> Schema {
        let field = |e: &Expected| Field::new(PlSmallStr::from_str(&e.name), data_type(e.kind));
        self.expected.iter().map(field).collect()
    }

    /// The rows that are there.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row: one cell for each column, in order.
    pub(crate) fn push<'c>(&mut self, cells: impl IntoIterator<Item = &'c Cell>) -> Result<()> {
        let Self { table, expected, builders, rows, before } = self;
        let row = *rows + *before;
        let mut cells = cells.into_iter();
        for (builder, Expected { name, .. }) in builders.iter_mut().zip(expected) {
            let place = || format!("table {table}, row {row}, column `{name}`");
            let cell = cells.next().with_context(|| format!("{}: no cell", place()))?;
            builder.push(cell).with_context(place)?;
        }
        ensure!(cells.next().is_none(), "table {table}, row {row}: more cells than columns");
        *rows += 1;
        Ok(())
    }

    /// Takes the rows away, as a frame that is checked against the schema.
    pub(crate) fn take(&mut self) -> Result<DataFrame> {
        // What comes next is probably as long.
        let next = builders(&self.expected, self.rows);
        let columns = std::mem::replace(&mut self.builders, next);
        let rows = std::mem::take(&mut self.rows);
        self.before += rows;
        let frame = DataFrame::new(rows, columns.into_iter().map(Builder::finish).collect())
            .with_context(|| format!("table {}: put its columns together", self.table))?;
        check(&frame, self.table, &self.expected)?;
        Ok(frame)
    }
}

/// Empty columns with room for `rows`.
fn builders(expected: &[Expected], rows: usize) -> Vec<Builder> {
    expected.iter().map(|e| Builder::new(&e.name, e.kind, rows)).collect()
}

/// A column of a frame.
fn column<'f>(frame: &'f DataFrame, name: &str) -> Result<&'f Column> {
    frame.column(name).with_context(|| format!("look for the column `{name}`"))
}

/// The values of a column of integers.
pub(crate) fn ints(frame: &DataFrame, name: &str) -> Result<Vec<Option<u64>>> {
    let values = column(frame, name)?.u64().with_context(|| format!("read `{name}`"))?;
    Ok(values.iter().collect())
}

/// The values of a column of numbers. Those that are not finite, which no table of ours has, are
/// missing.
pub(crate) fn floats(frame: &DataFrame, name: &str) -> Result<Vec<Option<f64>>> {
    if *column(frame, name)?.dtype() == DataType::UInt64 {
        let values = ints(frame, name)?.into_iter();
        return Ok(values.map(|value| value.map(|value| value as f64)).collect());
    }
    let values = column(frame, name)?.f64().with_context(|| format!("read `{name}`"))?;
    Ok(values.iter().map(|value| value.filter(|v| v.is_finite())).collect())
}

/// The values of a column of truth values.
pub(crate) fn bools(frame: &DataFrame, name: &str) -> Result<Vec<Option<bool>>> {
    let values = column(frame, name)?.bool().with_context(|| format!("read `{name}`"))?;
    Ok(values.iter().collect())
}

/// The values of a column of text.
pub(crate) fn texts<'f>(frame: &'f DataFrame, name: &str) -> Result<Vec<Option<&'f str>>> {
    let values = column(frame, name)?.str().with_context(|| format!("read `{name}`"))?;
    Ok(values.iter().collect())
}

/// The values of an axis.
pub(crate) fn axis_cells(frame: &DataFrame, axis: &Axis) -> Result<Vec<Cell>> {
    fn cells<T>(values: Vec<Option<T>>, cell: fn(T) -> Cell) -> Vec<Cell> {
        values.into_iter().map(|value| value.map_or(Cell::Null, cell)).collect()
    }
    let name = axis.column();
    Ok(match axis.kind.column_kind() {
        Kind::Int => cells(ints(frame, &name)?, Cell::Int),
        Kind::Float => cells(floats(frame, &name)?, Cell::Float),
        Kind::Text => cells(texts(frame, &name)?, |text| Cell::Text(text.to_owned())),
        Kind::Bool => bail!("an axis of truth values: `{name}`"),
    })
}
