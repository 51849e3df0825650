//! Child processes: waiting for one with a bound, how it ended, and what it said last.
//!
//! | file | what lives there |
//! |---|---|
//! | `handle.rs` | a child that is waited for, asked to stop, and killed |
//! | `watchdog.rs` | how long one may take |
//! | `exit.rs` | how it ended |
//! | `log.rs` | the end of its log |
//! | `left.rs` | what it has left in its folder, if nobody trusts it |

mod exit;
mod handle;
mod left;
mod log;
mod watchdog;

pub use exit::Exit;
pub use handle::{Cancel, Ended, Handle, Watched};
pub use left::Left;
pub use log::{last_lines, last_lines_of};
pub use watchdog::{Overdue, Patience};
