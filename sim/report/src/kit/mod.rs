//! What all parts of the report have in common: words, tables for people, and how a metric is
//! shown.

pub(crate) mod display_table;
pub(crate) mod fairness;
pub(crate) mod few;
pub(crate) mod file_name;
pub(crate) mod head;
pub(crate) mod html;
pub(crate) mod metric_column;
pub(crate) mod metric_view;
pub(crate) mod print;
