//! TOML text to a tree in which every value remembers its file and line, and the typed reader of
//! one table of it, which refuses what is wrong, unknown or left over.

pub(crate) mod section;
mod tree;

pub(crate) use tree::{Data, Entry, MAX_FILE, Mark, Table, Value, parse};
