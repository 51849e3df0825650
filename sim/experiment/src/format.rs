//! The pages that document the formats name exactly the keys that the readers ask for.

use crate::resolve;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

thread_local! {
    static ASKED: RefCell<BTreeSet<String>> = RefCell::default();
}

/// Called by the reader of every section; `page` is empty for what the pages document elsewhere.
pub(crate) fn record(page: &str, asked: &[&str]) {
    if !page.is_empty() {
        ASKED.with_borrow_mut(|all| {
            all.insert(page.to_owned());
            all.extend(asked.iter().map(|key| format!("{page}: {key}")));
        });
    }
}

/// An experiment in which every section occurs.
const EVERYTHING: &str = r#"
name = "everything"
[media]
ladder = [{ width = 320, height = 180, bitrate = "300 kbit/s" }]
[topology]
nodes = { origin = {}, viewer = {} }
links.access = { between = ["origin", "viewer"], forward = {}, backward = {}, loss = { p = "1 %", r = "1 %" } }
[nodes.viewer]
[links.access]
forward.delay = "1 ms"
loss = { p = "1 %", r = "1 %" }
[tcp]
[[origins]]
[[players]]
abr = { name = "bola" }
[[traffic]]
kind = "tcp"
from = "origin"
to = "viewer"
[sweep]
"links.access.rate" = { from = "1 Mbit/s", to = "2 Mbit/s", step = "1 Mbit/s" }
"#;

/// The keys of a page: those in the first column of the tables under each heading.
fn documented(folder: &str, page: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut section = None;
    for line in page.lines() {
        let quoted = line.split('`').nth(1).unwrap_or_default();
        if line.starts_with('#') {
            section = (!quoted.is_empty()).then(|| format!("{folder} {quoted}"));
            keys.extend(section.clone());
        } else if let (Some(section), true) = (&section, line.starts_with("| `")) {
            keys.insert(format!("{section}: {quoted}"));
        }
    }
    keys
}

#[test]
fn the_pages_document_every_key_and_no_other() {
    resolve(Path::new("x.toml"), &|path| {
        if path == Path::new("x.toml") {
            Ok(EVERYTHING.into())
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    })
    .unwrap();
    let asked = ASKED.take();
    let mut pages = documented("experiments", include_str!("../../../experiments/FORMAT.md"));
    pages.extend(documented("topologies", include_str!("../../../topologies/FORMAT.md")));
    assert_eq!(pages.difference(&asked).collect::<Vec<_>>(), [""; 0], "documented only");
    assert_eq!(asked.difference(&pages).collect::<Vec<_>>(), [""; 0], "not documented");
}

#[test]
fn the_page_lists_every_algorithm_and_parameter_and_no_other() {
    let page = include_str!("../../../experiments/FORMAT.md");
    let (_, table) = page.split_once("## Algorithms").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let listed: Vec<Vec<&str>> =
        rows.map(|row| row.split('`').skip(1).step_by(2).take(3).collect()).collect();
    let mut known = Vec::new();
    for entry in weir_abr::registry() {
        if entry.params.is_empty() {
            known.push(vec![entry.name]);
        }
        known.extend(entry.params.iter().map(|p| vec![entry.name, p.name, p.default]));
    }
    assert_eq!(listed, known);
}
