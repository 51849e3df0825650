//! The records from the outside: their text form and the documentation that is made from them.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod lines;
mod schema_file;
