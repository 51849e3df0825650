//! Experiments as people write them, right and wrong.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod bad;
mod cells;
mod live;
mod members;
mod mutations;
mod network;
mod pictures;
mod plans;
mod routes;
mod shapes;
mod sweeps;
mod texts;
mod traces;
mod viewers;

use std::io;
use std::path::{Path, PathBuf};
use weir_experiment::Files;
use weir_plan::{Error, Plan};

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The experiment `x.toml`, and the names of files in folders.
struct World<'a> {
    text: &'a str,
    folders: &'a [(&'a str, &'a [&'a str])],
}

impl Files for World<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let found = (path == Path::new("x.toml")).then(|| self.text.to_owned());
        found.ok_or(io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let found = self.folders.iter().find(|(known, _)| Path::new(known) == folder);
        let (_, names) = found.ok_or(io::ErrorKind::NotFound)?;
        Ok(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

/// The plan of the experiment `text`, as if it stood in `x.toml` in an empty folder.
fn resolve(text: &str) -> Result<Plan, Error> {
    weir_experiment::resolve(Path::new("x.toml"), &World { text, folders: &[] })
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
