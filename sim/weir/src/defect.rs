//! The last line of defence: a panic is a message and an exit code, whatever it was.

use crate::output;
use anyhow::Result;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;

/// Does `work`. A panic, of whatever thread, is told in one line; of this one, it ends the work
/// with exit code 1. What a damaged table does to its reader is told by who reads it.
pub fn caught(work: impl FnOnce() -> Result<ExitCode>) -> Result<ExitCode> {
    let whole = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if weir_tables::is_reading() {
            return;
        }
        tell(info);
        // For whoever looks for the defect.
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|wanted| wanted != "0") {
            whole(info);
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Ok(ExitCode::FAILURE))
}

fn tell(info: &PanicHookInfo<'_>) {
    let what = info.payload_as_str().unwrap_or("a panic");
    let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
    let place = place.unwrap_or_default();
    output::tell(format_args!("weir: a defect: {what}{place}; please report it"));
}
