//! What a table is: a name, a doc, and columns; and the macro that declares one.

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An unsigned 64-bit integer.
    Int,
    /// A 64-bit floating-point number.
    Float,
    /// UTF-8 text.
    Text,
    /// True or false.
    Bool,
}

/// One column. The unit is the last word of the name (`_us`, `_bps`, `_bytes`); a name without one
/// is a count, an index, a ratio or text.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// Whether values may be missing.
    pub nullable: bool,
    /// What it says.
    pub doc: &'static str,
}

impl Column {
    /// The unit that the last word of the name stands for.
    pub fn unit(&self) -> Option<&'static str> {
        match self.name.rsplit('_').next()? {
            "us" => Some("µs"),
            "bps" => Some("bit/s"),
            "bytes" => Some("byte"),
            "pages" => Some("page"),
            _ => None,
        }
    }
}

/// One table of the results.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name, which is also its files' name.
    pub name: &'static str,
    /// What one row is.
    pub doc: &'static str,
    /// Its columns, after the keys and the axes of the sweep.
    pub columns: &'static [Column],
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Missing.
    Null,
    /// An integer.
    Int(u64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// True or false.
    Bool(bool),
}

/// A row of a table.
pub trait Row {
    /// The table that it belongs to.
    const TABLE: Table;
    /// Its values, one for each column of the table, in order.
    fn cells(&self) -> Vec<Cell>;
}

/// How a Rust type appears in a table.
pub(crate) trait Value {
    const KIND: Kind;
    const NULLABLE: bool = false;
    fn cell(&self) -> Cell;
}

macro_rules! value {
    ($type:ty, $kind:ident, $convert:expr) => {
        impl Value for $type {
            const KIND: Kind = Kind::$kind;
            fn cell(&self) -> Cell {
                let convert: fn(&$type) -> _ = $convert;
                Cell::$kind(convert(self))
            }
        }
    };
}

value!(u64, Int, |v| *v);
value!(f64, Float, |v| *v);
value!(bool, Bool, |v| *v);
value!(String, Text, |v| v.clone());

impl<T: Value> Value for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    fn cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, Value::cell)
    }
}

/// Declares a row struct and its table at once; the doc comments become the schema's text.
macro_rules! table {
    (
        $( #[doc = $doc:literal] )+
        $table:literal => $row:ident {
            $( $( #[doc = $column_doc:literal] )+ $column:ident: $type:ty, )*
        }
    ) => {
        $( #[doc = $doc] )+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $row {
            $( $( #[doc = $column_doc] )+ pub $column: $type, )*
        }

        impl $crate::Row for $row {
            const TABLE: $crate::Table = $crate::Table {
                name: $table,
                doc: concat!( $( $doc ),+ ),
                columns: &[ $( $crate::Column {
                    name: stringify!($column),
                    kind: <$type as $crate::schema::Value>::KIND,
                    nullable: <$type as $crate::schema::Value>::NULLABLE,
                    doc: concat!( $( $column_doc ),+ ),
                }, )* ],
            };
            fn cells(&self) -> Vec<$crate::Cell> {
                vec![ $( $crate::schema::Value::cell(&self.$column), )* ]
            }
        }
    };
}
pub(crate) use table;
