//! Experiments as people write them, right and wrong.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod bad;
mod members;
mod mutations;
mod network;
mod pictures;
mod plans;
mod routes;
mod shapes;
mod sweeps;
mod texts;

use std::io;
use std::path::{Path, PathBuf};
use weir_experiment::{Error, Plan};

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The plan of the experiment `text`, as if it stood in `x.toml` in an empty folder.
fn resolve(text: &str) -> Result<Plan, Error> {
    weir_experiment::resolve(Path::new("x.toml"), &|path: &Path| match path.to_str() {
        Some("x.toml") => Ok(text.to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    })
}

/// The plan of a small experiment with `more` at its end.
fn small(more: &str) -> Result<Plan, Error> {
    resolve(&format!("{SMALL}{more}"))
}

const SMALL: &str = "\
name = \"small\"
topology = \"one-origin\"
[[players]]
abr = \"bola\"
";

fn refusal(more: &str) -> String {
    small(more).unwrap_err().to_string()
}
