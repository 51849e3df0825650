//! Child processes: waiting for one with a bound, how it ended, and what it said last.
//!
//! | file | what lives there |
//! |---|---|
//! | `handle.rs` | a child that is waited for, asked to stop, and killed |
//! | `watchdog.rs` | how long one may take |
//! | `exit.rs` | how it ended |
//! | `log.rs` | the end of its log |

mod exit;
mod handle;
mod log;
mod watchdog;

pub use exit::Exit;
pub use handle::{Cancel, Ended, Handle, Watched};
pub use log::{last_lines, last_lines_of};
pub use watchdog::{Overdue, Patience};
