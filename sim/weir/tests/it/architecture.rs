//! Who may use whom. A new line here is a decision; a missing one is a failing test.

use crate::program::workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Every crate with the crates of this project that it may use.
const MAY_USE: [(&str, &[&str]); 27] = [
    ("weir-units", &[]),
    ("weir-base", &[]),
    ("weir-records", &[]),
    ("weir-clock", &["weir-units"]),
    ("weir-abr", &["weir-units"]),
    ("weir-wall", &[]),
    ("weir-exec", &["weir-units", "weir-abr", "weir-process", "weir-wall"]),
    ("weir-trace", &["weir-units"]),
    ("weir-model", &["weir-units", "weir-trace", "weir-abr", "weir-core", "weir-records"]),
    ("weir-oracle", &["weir-units", "weir-trace", "weir-core"]),
    ("weir-core", &["weir-units", "weir-abr", "weir-records"]),
    (
        "weir-http",
        &["weir-units", "weir-clock", "weir-abr", "weir-core", "weir-exec", "weir-records"],
    ),
    (
        "weir-plan",
        &["weir-units", "weir-records", "weir-abr", "weir-core", "weir-trace", "weir-wall"],
    ),
    (
        "weir-experiment",
        &["weir-units", "weir-records", "weir-abr", "weir-core", "weir-trace", "weir-plan"],
    ),
    ("weir-process", &["weir-units"]),
    ("weir-net", &["weir-units", "weir-plan", "weir-records", "weir-process", "weir-wall"]),
    ("weir-uml", &["weir-units", "weir-base", "weir-process", "weir-wall"]),
    ("weir-media", &["weir-units", "weir-abr", "weir-core", "weir-plan", "weir-trace"]),
    ("weir-server", &["weir-units", "weir-clock"]),
    ("weir-switch", &["weir-units", "weir-clock", "weir-core", "weir-records", "weir-server"]),
    ("weir-sidecar", &["weir-units", "weir-clock", "weir-core", "weir-plan", "weir-server"]),
    ("weir-traffic", &["weir-units", "weir-clock", "weir-records"]),
    (
        "weir-lab",
        &[
            "weir-units",
            "weir-base",
            "weir-clock",
            "weir-records",
            "weir-experiment",
            "weir-plan",
            "weir-net",
            "weir-process",
            "weir-wall",
            "weir-uml",
            "weir-media",
            "weir-traffic",
            "weir-http",
            "weir-exec",
            "weir-abr",
            "weir-core",
            "weir-trace",
            "weir-model",
            "weir-oracle",
            "weir-switch",
            "weir-sidecar",
        ],
    ),
    ("weir-tables", &["weir-units", "weir-base", "weir-records"]),
    ("weir-stats", &["weir-units", "weir-records", "weir-model", "weir-tables"]),
    ("weir-report", &["weir-base", "weir-records", "weir-tables", "weir-stats"]),
    (
        "weir",
        &[
            "weir-units",
            "weir-base",
            "weir-records",
            "weir-experiment",
            "weir-plan",
            "weir-uml",
            "weir-media",
            "weir-lab",
            "weir-http",
            "weir-abr",
            "weir-tables",
            "weir-stats",
            "weir-report",
            "weir-switch",
            "weir-trace",
        ],
    ),
];

/// Libraries that belong to one crate, or to two that are about the same.
const BELONGS_TO: [(&str, &[&str]); 10] = [
    ("landlock", &["weir-wall"]),
    ("seccompiler", &["weir-wall"]),
    ("polars", &["weir-tables"]),
    ("plotters", &["weir-report"]),
    ("rtnetlink", &["weir-net"]),
    ("netlink-packet-route", &["weir-net"]),
    ("netlink-packet-core", &["weir-net"]),
    ("netlink-packet-sock-diag", &["weir-net"]),
    ("hyper", &["weir-http", "weir-server"]),
    ("clap", &["weir"]),
];

/// What each crate's manifest lists under `[dependencies]`.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for folder in ["sim", "players"] {
        for entry in fs::read_dir(workspace().join(folder)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            let text = fs::read_to_string(&manifest).unwrap();
            let manifest: toml::Table = text.parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let uses = manifest["dependencies"].as_table().unwrap().keys().cloned().collect();
            found.insert(name, uses);
        }
    }
    found
}

#[test]
fn crates_use_only_those_that_they_may() {
    let found = dependencies();
    let may: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    for (name, uses) in &found {
        let allowed = may.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not listed"));
        for used in uses.iter().filter(|used| found.contains_key(*used)) {
            assert!(allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
    }
    assert_eq!(found.len(), may.len(), "a crate is listed that does not exist");
}

#[test]
fn libraries_stay_with_the_crate_that_they_belong_to() {
    for (name, uses) in dependencies() {
        for (library, owners) in BELONGS_TO {
            let may = owners.contains(&name.as_str());
            assert!(may || !uses.contains(library), "{name} must not use {library}");
        }
    }
}
