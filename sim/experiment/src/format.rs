//! The pages that document the formats name exactly the keys that the readers ask for.

use crate::resolve;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use strum::VariantArray as _;
use weir_core::Preset;

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
links.access = { between = ["origin", "viewer"], rate = { trace = "lte-1" }, forward = {}, backward = {}, loss = { p = "1 %", r = "1 %" } }
[nodes.viewer]
[links.access]
forward.delay = "1 ms"
loss = { p = "1 %", r = "1 %" }
[tcp]
[[origins]]
[[players]]
abr = { name = "bola" }
[[players]]
abr = { exec = "decide" }
[[players]]
abr = { replay = "log" }
[[traffic]]
kind = "tcp"
from = "origin"
to = "viewer"
[sweep]
"links.access.forward.rate" = [{ traces = "lte-?" }]
"links.access.backward.rate" = { from = "1 Mbit/s", to = "2 Mbit/s", step = "1 Mbit/s" }
"#;

/// A live stream in which every section occurs that recorded content does not have.
const LIVE: &str = r#"
name = "everything"
topology = "live"
[live]
[services.ingest]
run = "full"
[services.origin-a]
run = "origin"
[[players]]
abr = "bola"
[[events]]
fault = "kill"
on = "ingest"
at = { from = "1 s", to = "2 s" }
[[events]]
fault = "kill"
on = "ingest"
at = { after = "1 s", mean = "2 s" }
"#;

/// A kind of service in which every section occurs.
const KIND: &str = r#"
about = "everything"
program = "/bin/true"
command = ["{program}"]
version = ["{program}"]
ready_within = "1 s"
ready = { file = "{run}/ready" }
stop_within = "1 s"
settings = { a = "b" }
logs.usual = { b = "c" }
each.c = { of = "rungs", text = "d" }
files = { d = "e" }
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
    for text in [EVERYTHING, LIVE] {
        resolve(Path::new("x.toml"), &|path: &Path| match path.to_str() {
            Some("x.toml") => Ok(text.to_owned()),
            Some("topologies/services/full.toml") => Ok(KIND.to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        })
        .unwrap();
    }
    let asked = ASKED.take();
    let mut pages = documented("experiments", include_str!("../../../experiments/FORMAT.md"));
    pages.extend(documented("topologies", include_str!("../../../topologies/FORMAT.md")));
    pages.extend(documented("services", include_str!("../../../topologies/services/FORMAT.md")));
    assert_eq!(pages.difference(&asked).collect::<Vec<_>>(), [""; 0], "documented only");
    assert_eq!(asked.difference(&pages).collect::<Vec<_>>(), [""; 0], "not documented");
}

#[test]
fn the_page_of_services_lists_every_word_that_is_filled_in_and_every_kind() {
    let page = include_str!("../../../topologies/services/FORMAT.md");
    let listed = |heading: &str| -> Vec<&str> {
        let (_, table) = page.split_once(heading).unwrap();
        let (table, _) = table.split_once("\n## ").unwrap_or((table, ""));
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        rows.filter_map(|row| row.split('`').nth(1)).collect()
    };
    let words = crate::kinds::WORDS.map(|word| format!("{{{word}}}"));
    assert_eq!(listed("## Words"), words);
    let kinds: Vec<&str> = crate::bundled::KINDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed("## Kinds"), kinds);
}

#[test]
fn the_page_lists_every_fault_and_no_other() {
    let page = include_str!("../../../experiments/FORMAT.md");
    let (_, table) = page.split_once("| `fault` | what happens").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows = table.lines().skip(2).filter_map(|row| row.split(" | ").next());
    let listed: BTreeSet<&str> =
        rows.flat_map(|names| names.trim_start_matches("| ").split(", ")).collect();
    assert_eq!(listed, crate::faults::KINDS.map(|(name, _)| name).into_iter().collect());
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

#[test]
fn the_page_lists_every_preset_with_what_it_sets() {
    let page = include_str!("../../../experiments/FORMAT.md");
    let (_, table) = page.split_once("## Presets").unwrap();
    let (table, _) = table.split_once("## ").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let row = |preset: Preset| {
        let (buffer, startup) = (preset.max_buffer(), preset.startup());
        assert_eq!(startup, preset.resume());
        let abandons = if preset.config(buffer).abandon_check.is_some() { "yes" } else { "no" };
        (format!("| `{preset}` |"), format!("| `\"{buffer}\"` | `\"{startup}\"` | {abandons} |"))
    };
    assert_eq!(rows.len(), Preset::VARIANTS.len());
    for (preset, said) in Preset::VARIANTS.iter().map(|preset| row(*preset)).zip(rows) {
        assert!(said.starts_with(&preset.0) && said.ends_with(&preset.1), "{said}: {preset:?}");
    }
}
