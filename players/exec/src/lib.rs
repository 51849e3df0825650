//! Algorithms that are programs of the user's: `abr = { exec = "python3 my_abr.py" }`.
//!
//! [`build`] makes any [`Choice`] an algorithm; one that is a [`Program`](weir_abr::exec::Program)
//! it starts, and asks over pipes. `players/abr/PROTOCOL.md` says what is exchanged, and what a
//! program may count on. [`check`] refuses beforehand what cannot be started, and [`inputs`] names
//! the files that decisions depend on.
//!
//! A program ends when its algorithm is dropped, when it has failed, and when whoever started it
//! ends, however that happens. One that is started as it is ends with the *thread* that started it:
//! so an algorithm stays where it was built, or with a thread that ends before that one. One behind
//! a [`guard`] ends with the process, and with it all that it has started.
//!
//! | file | what lives there |
//! |---|---|
//! | `ask.rs` | a program that is asked one thing, and ends |
//! | `find.rs` | which file a word of the command means, and what is refused |
//! | `start.rs` | how it is started: as it is, guarded, walled off |
//! | `guard.rs` | the process between this one and a program, which leaves nothing of it |
//! | `child.rs` | the process, and how it ends |
//! | `exchange.rs` | a question and its answer, within bounds of time and memory |
//! | `errors.rs` | the end of what it writes to its standard error |

mod ask;
mod child;
mod errors;
mod exchange;
mod find;
pub mod guard;
mod start;

pub use ask::ask;
pub use errors::{ERRORS_KEPT, Heard};
pub use find::{ProgramError, SEARCHED, check, check_within, inputs};
pub use start::{Start, Walls};

use child::Child;
use std::io;
use std::path::Path;
use weir_abr::exec::ByLines;
use weir_abr::{Abr, Choice, ChoiceError};

/// Why there is no algorithm.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The choice is none.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The program is not there.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The program is there, and cannot be started.
    #[error("start \"{command}\": {error}")]
    Start {
        /// The command, as it was given.
        command: String,
        /// Why.
        error: io::Error,
    },
}

/// A fresh algorithm for one session. A program is started in `folder`; what it writes to its
/// standard error is only kept to be quoted.
///
/// # Errors
/// For what [`Choice::build`] refuses (but programs), and for a program that cannot be started.
pub fn build(choice: &Choice, folder: &Path, start: &Start) -> Result<Box<dyn Abr>, BuildError> {
    build_heard(choice, folder, start, None)
}

/// The same; `heard` gets what a program writes to its standard error, up to [`ERRORS_KEPT`].
///
/// # Errors
/// As [`build`].
pub fn build_heard(
    choice: &Choice,
    folder: &Path,
    start: &Start,
    heard: Option<Heard>,
) -> Result<Box<dyn Abr>, BuildError> {
    match choice.program()? {
        None => Ok(choice.build()?),
        Some(program) => {
            let child = Child::start(&program, folder, start, heard)?;
            Ok(Box::new(ByLines::new(child, program.progress)))
        }
    }
}
