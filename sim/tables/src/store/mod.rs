//! One table as two files: its columns, its groups of rows, and what to do if a file is damaged.

pub(crate) mod columns;
pub(crate) mod files;
pub(crate) mod guard;
