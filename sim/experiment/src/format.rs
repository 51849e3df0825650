//! The pages that document the formats name exactly the keys that the readers ask for.

use crate::resolve;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use strum::VariantArray as _;
use weir_core::Preset;
use weir_plan::{Error, Plan};
use weir_units::{BitRate, Bytes, Ratio, Span};

thread_local! {
    static ASKED: RefCell<BTreeSet<String>> = RefCell::default();
    /// The pages of the sections that are being read, the innermost last.
    static READING: RefCell<Vec<&'static str>> = RefCell::default();
    /// For a key of a page, the limits that its reader keeps.
    static LIMITS: RefCell<BTreeMap<String, BTreeSet<String>>> = RefCell::default();
}

/// Called where the reader of a section begins.
pub(crate) fn begin(page: &'static str) {
    READING.with_borrow_mut(|reading| reading.push(page));
}

/// Called where a value is held to a limit: a range of quantities, or the names that it can be.
pub(crate) fn record_limit(key: &str, limit: impl FnOnce() -> String) {
    let page = READING.with_borrow(|reading| reading.last().copied().unwrap_or_default());
    LIMITS.with_borrow_mut(|limits| {
        limits.entry(format!("{page}: {key}")).or_default().insert(limit());
    });
}

/// Called by the reader of every section; `page` is empty for what the pages document elsewhere.
pub(crate) fn record(page: &str, asked: &[&str]) {
    READING.with_borrow_mut(|reading| reading.pop());
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
restart = "1 s"
port = 1
health = 2
upstream = "none"
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

/// The plan of an experiment near which there is a kind of service in which every section occurs.
fn plan(text: &str) -> Result<Plan, Error> {
    resolve(Path::new("x.toml"), &|path: &Path| match path.to_str() {
        Some("x.toml") => Ok(text.to_owned()),
        Some("topologies/services/full.toml") => Ok(KIND.to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    })
}

#[test]
fn the_pages_document_every_key_and_no_other() {
    for text in [EVERYTHING, LIVE] {
        plan(text).unwrap();
    }
    let asked = ASKED.take();
    let mut pages = documented("experiments", include_str!("../../../experiments/FORMAT.md"));
    pages.extend(documented("topologies", include_str!("../../../topologies/FORMAT.md")));
    pages.extend(documented("services", include_str!("../../../topologies/services/FORMAT.md")));
    assert_eq!(pages.difference(&asked).collect::<Vec<_>>(), [""; 0], "documented only");
    assert_eq!(asked.difference(&pages).collect::<Vec<_>>(), [""; 0], "not documented");
}

/// Every key that is held to a limit, with values that need not be good.
const LIMITED: [&str; 3] = [
    r#"
name = "limits"
seed = 1
repeats = 1
record = "segments"
lab = "uml"
phase = "random"
interval = "1 s"
watchdog = "1 s"
oracle = "sabre-score"
[media]
segment = "2 s"
length = "60 s"
ladder = [{ width = 320, height = 180, bitrate = "300 kbit/s" }]
[topology]
nodes = { origin = { count = 1 }, viewer = {} }
links.access = { between = ["origin", "viewer"], rate = "1 Mbit/s", delay = "1 ms", jitter = "1 ms", reordering_jitter = "0 ns", discipline = "fifo", loss = { p = "1 %", r = "1 %", loss_bad = "1 %", loss_good = "1 %" } }
[nodes.viewer]
count = 1
[links.access]
rate = "1 Mbit/s"
delay = "1 ms"
jitter = "1 ms"
reordering_jitter = "0 ns"
discipline = "fifo"
loss = { p = "1 %", r = "1 %", loss_bad = "1 %", loss_good = "1 %" }
forward = { delay = "1 ms", loss = "1 %" }
backward.loss = "0 %"
[tcp]
congestion_control = "bbr"
receive_buffer = "1 MB"
send_buffer = "1 MB"
initial_window = 10
[[origins]]
node = "origin-1"
[[players]]
node = "viewer-1"
abr = { exec = "decide", patience = "1 s" }
count = 1
preset = "weir"
replacement = "none"
knows = "declared"
watch = "60 s"
max_buffer = "25 s"
[[traffic]]
kind = "udp"
from = "origin-1"
to = "viewer-1"
start = "0 s"
length = "1 s"
count = 1
rate = "1 Mbit/s"
packet = "1514 B"
[[traffic]]
kind = "web"
from = "origin-1"
to = "viewer-1"
size = "37 kB"
pause = "1 s"
congestion_control = "bbr"
"#,
    r#"
name = "limits"
media.ladder = "hd"
[topology]
nodes = { origin = {}, viewer = {} }
links.access = { between = ["origin", "viewer"], rate = { trace = "t.csv", format = "sabre", kind = "goodput" }, loss = "1 %", forward = { delay = "1 ms", loss = "1 %" } }
[links.access]
loss = "0 %"
[[players]]
abr = "bola"
"#,
    r#"
name = "limits"
topology = "live"
[live]
window = 6
[services.ingest]
run = "full"
[services.origin-a]
run = "origin"
[[players]]
abr = "bola"
catch_up = "none"
target_latency = "6 s"
max_latency = "60 s"
stale = "6 s"
[[events]]
fault = "status"
on = "origin-a"
at = "1 s"
for = "1 s"
every = "2 s"
status = 503
share = "1 %"
rate = "1 Mbit/s"
delay = "1 ms"
loss = "1 %"
by = "1 s"
"#,
];

/// What the pages say of a key's values: the fourth column, after the kind and the default.
fn said() -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    let pages = [
        ("experiments", include_str!("../../../experiments/FORMAT.md")),
        ("topologies", include_str!("../../../topologies/FORMAT.md")),
        ("services", include_str!("../../../topologies/services/FORMAT.md")),
    ];
    for (folder, page) in pages {
        let mut section = String::new();
        for line in page.lines() {
            let quoted = line.split('`').nth(1).unwrap_or_default();
            if line.starts_with('#') {
                section = format!("{folder} {quoted}");
            } else if line.starts_with("| `") {
                let limit = line.split(" | ").nth(3).unwrap_or_default();
                said.insert(format!("{section}: {quoted}"), limit.trim_matches('|').to_owned());
            }
        }
    }
    said
}

/// The ends of a range, as `1 ms to 10 s` or `up to 10 s`, each written in the one way that the
/// program writes it; what comes after a comma is another condition.
fn ends(text: &str) -> Option<(String, String)> {
    if let Some(to) = text.strip_prefix("above 0, up to ") {
        return Some((ABOVE_ZERO.to_owned(), exact(to)?));
    }
    let text = text.split([',', ';']).next()?.trim();
    let (from, to) = match text.strip_prefix("up to ") {
        Some(to) => ("0", to),
        None => text.split_once(" to ")?,
    };
    Some((exact(from)?, exact(to)?))
}

/// The least of what is not whole: a nanosecond, a part of 10^9.
const ABOVE_ZERO: &str = "above 0";

fn exact(text: &str) -> Option<String> {
    let zero = text.split(' ').next() == Some("0");
    let span = || text.parse::<Span>().map(|value| value.to_string()).ok();
    let rate = || text.parse::<BitRate>().map(|value| value.to_string()).ok();
    let bytes = || text.parse::<Bytes>().map(|value| value.to_string()).ok();
    let ratio = || text.parse::<Ratio>().map(|value| value.to_string()).ok();
    let count = || text.parse::<u64>().map(|value| value.to_string()).ok();
    if zero {
        Some("0".to_owned())
    } else if ["1 ns", "1 ppb"].contains(&text) {
        Some(ABOVE_ZERO.to_owned())
    } else {
        span().or_else(rate).or_else(bytes).or_else(ratio).or_else(count)
    }
}

#[test]
fn the_pages_say_the_limits_that_the_readers_keep() {
    for text in LIMITED.into_iter().chain([EVERYTHING, LIVE]) {
        // Not all of it goes together; but all of it is read.
        let _ = plan(text);
    }
    // Said in words, since it follows from other values.
    const IN_WORDS: [&str; 11] = [
        "experiments top level: seed",
        "experiments [[traffic]]: start",
        "experiments { from, to }: to",
        "experiments { from, to, step }: from",
        "experiments { from, to, step }: step",
        "experiments { from, to, step }: to",
        "services top level: command",
        "services top level: version",
        "topologies [links.NAME]: between",
        "topologies { trace, format, kind }: format",
        "topologies { trace, format, kind }: kind",
    ];
    let mut wrong = String::new();
    let (limits, said) = (LIMITS.take(), said());
    let unread =
        said.iter().filter(|(key, said)| ends(said).is_some() && !limits.contains_key(*key));
    for (key, said) in
        unread.filter(|(_, said)| !said.contains("rungs") && !said.ends_with("bytes"))
    {
        wrong += &format!("{key}\n  the page says {said}\n  no reader here was asked\n");
    }
    for (key, limits) in limits {
        let said = said.get(&key).filter(|said| !said.starts_with("as above"));
        let Some(said) = said.filter(|_| !IN_WORDS.contains(&key.as_str())) else { continue };
        let names: BTreeSet<&str> = said.split('`').skip(1).step_by(2).collect();
        let agree = limits.iter().any(|limit| match limit.starts_with('`') {
            true => limit.split('`').skip(1).step_by(2).collect::<BTreeSet<_>>() == names,
            false => ends(limit).is_some() && ends(limit) == ends(said),
        });
        if !agree {
            wrong += &format!("{key}\n  the page says {said}\n  the reader has {limits:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
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
    let words = weir_plan::ServiceKind::WORDS.map(|word| format!("{{{word}}}"));
    assert_eq!(listed("## Words"), words);
    let kinds: Vec<&str> = crate::library::bundled::KINDS.iter().map(|(name, _)| *name).collect();
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
    assert_eq!(
        listed,
        crate::sections::faults::kinds().into_iter().map(|(name, _)| name).collect()
    );
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
