//! Reading what may be damaged: polars panics over some of it, on whatever thread.

use anyhow::{Result, bail};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many tables are being read.
static READING: AtomicUsize = AtomicUsize::new(0);

/// The longest text of a panic that is quoted.
const QUOTED: usize = 200;

/// Whether a table is being read at the moment: a panic is then about the table, it becomes an
/// error that names it, and whoever prints panics has nothing to print.
pub fn is_reading() -> bool {
    READING.load(Ordering::SeqCst) > 0
}

/// Reads a table; a panic is an error.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    READING.fetch_add(1, Ordering::SeqCst);
    let read = catch_unwind(AssertUnwindSafe(read));
    READING.fetch_sub(1, Ordering::SeqCst);
    read.unwrap_or_else(|panic| {
        let quoted: String = said(&*panic).chars().take(QUOTED).collect();
        bail!("the file is damaged, or the machine has no thread left ({quoted})")
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_over_a_table_is_an_error() {
        let error = guarded::<()>(|| panic!("offset {} is out of range", 7)).unwrap_err();
        assert!(error.to_string().contains("offset 7 is out of range"), "{error}");
        assert!(guarded(|| Ok(is_reading())).unwrap());
    }
}
