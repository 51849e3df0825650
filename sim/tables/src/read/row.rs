//! Rows of a table as structs: each says which columns it wants, and gets those and no others.

use crate::store::columns::{bools, floats, ints, texts};
use crate::store::files::Groups;
use anyhow::{Context, Result};
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::vec::IntoIter;
use weir_records::{Agreement, Alarm, Drill};

/// Some rows of a table.
pub struct Rows(pub(crate) DataFrame);

impl Rows {
    /// How many there are.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.0.height()
    }

    /// The values of a column, from the first row to the last.
    ///
    /// # Errors
    /// If there is no such column, or it has values of another type.
    #[allow(private_bounds)]
    pub fn values<T: Value>(&self, name: &str) -> Result<IntoIter<T>> {
        Ok(T::column(&self.0, name)?.into_iter())
    }
}

/// A type that a column can be read as. Where a value is missing and the type has no place for
/// that, it is the type's default; in tables of ours no such value is missing.
trait Value: Sized {
    fn column(frame: &DataFrame, name: &str) -> Result<Vec<Self>>;
}

/// Reads a column of this type with this function, where values may be missing and where not.
macro_rules! value {
    ($type:ty, |$frame:ident, $name:ident| $read:expr) => {
        impl Value for Option<$type> {
            fn column($frame: &DataFrame, $name: &str) -> Result<Vec<Self>> {
                $read
            }
        }
        impl Value for $type {
            fn column(frame: &DataFrame, name: &str) -> Result<Vec<Self>> {
                let values = <Option<$type>>::column(frame, name)?.into_iter();
                Ok(values.map(Option::unwrap_or_default).collect())
            }
        }
    };
}

value!(u64, |frame, name| ints(frame, name));
value!(f64, |frame, name| floats(frame, name));
value!(bool, |frame, name| bools(frame, name));
value!(String, |frame, name| {
    Ok(texts(frame, name)?.into_iter().map(|text| text.map(str::to_owned)).collect())
});
// Equal names share their text.
value!(Arc<str>, |frame, name| {
    let mut known: BTreeMap<&str, Arc<str>> = BTreeMap::new();
    let mut shared = |text| known.entry(text).or_insert_with(|| text.into()).clone();
    Ok(texts(frame, name)?.into_iter().map(|text| text.map(&mut shared)).collect())
});

/// A struct whose fields are columns of a table; made by [`table_row!`](crate::table_row).
pub trait TableRow: Sized {
    /// The name of the table.
    const TABLE: &'static str;
    /// The columns, by their names.
    const COLUMNS: &'static [&'static str];

    /// The rows.
    ///
    /// # Errors
    /// If a column is missing or has values of another type.
    fn read(rows: &Rows) -> Result<Vec<Self>>;
}

/// Declares a struct whose fields are columns of a table: `struct Name of Table { .. }`, where
/// `Table` is one of `weir_records`. Numbers can be `u64` or `f64`, names `String` or `Arc<str>`,
/// and each of them an `Option`. What stands behind `and` is no column, and begins as its default.
#[macro_export]
macro_rules! table_row {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident of $table:ident {
            $($(#[$doc:meta])* $field_vis:vis $field:ident: $type:ty,)*
        } $(and {
            $($(#[$more_doc:meta])* $more_vis:vis $more:ident: $more_type:ty,)*
        })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        $vis struct $name {
            $($(#[$doc])* $field_vis $field: $type,)*
            $($($(#[$more_doc])* $more_vis $more: $more_type,)*)?
        }
        $crate::read_row!($name of $table { $($field)* } $({ $($more)* })?);
    };
}

/// The same for a struct that there is already.
#[doc(hidden)]
#[macro_export]
macro_rules! read_row {
    ($name:ident of $table:ident { $($field:ident)* } $({ $($more:ident)* })?) => {
        impl $crate::TableRow for $name {
            const TABLE: &'static str = <$crate::macros::weir_records::$table as
                $crate::macros::weir_records::Row>::TABLE.name;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn read(rows: &$crate::Rows) -> $crate::macros::Result<Vec<Self>> {
                $(let mut $field = rows.values(stringify!($field))?;)*
                let row = |_| Self {
                    $($field: $field.next().unwrap_or_default(),)*
                    $($($more: Default::default(),)*)?
                };
                Ok((0..rows.len()).map(row).collect())
            }
        }
    };
}

read_row!(Drill of Drill {
    trial fault at_us kind target over_us until_us detection_us switch_us stalls stall_us failures
    lost recovery_us recovered age_max_us
});
read_row!(Alarm of Alarm {
    trial observed_us bad failovers false_failovers false_failovers_high_per_hour
});
read_row!(Agreement of Agreement {
    line cells metric expected found deviation n agrees err
});

/// All rows of a table, some tens of thousands at a time.
pub struct TableReader<T> {
    groups: Groups,
    of: PhantomData<T>,
}

impl<T: TableRow> TableReader<T> {
    /// Those of the run in the folder `dir`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        Ok(Self { groups: Groups::open(dir, T::TABLE, T::COLUMNS)?, of: PhantomData })
    }

    /// The next rows, in order; `None` after the last.
    ///
    /// # Errors
    /// If the table cannot be read, or is not what the schema says.
    pub fn next_rows(&mut self) -> Result<Option<Vec<T>>> {
        let Some(frame) = self.groups.next()? else { return Ok(None) };
        Ok(Some(T::read(&Rows(frame)).with_context(|| format!("table {}", T::TABLE))?))
    }

    /// Visits them all.
    ///
    /// # Errors
    /// Those of [`Self::next_rows`].
    pub fn for_each(mut self, mut visit: impl FnMut(T)) -> Result<()> {
        while let Some(rows) = self.next_rows()? {
            rows.into_iter().for_each(&mut visit);
        }
        Ok(())
    }
}
