//! `topologies/services/NAME.toml`: a kind of service.

use crate::bundled::KINDS;
use crate::document::{self, Entry, Value};
use crate::error::{Error, clip};
use crate::head;
use crate::live::{Each, Of, Ready, ServiceKind, Upstream};
use crate::section::{self, Field, Section, unknown_entry};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use weir_units::Span;
use weir_wall::Capability;

/// The longest file of a kind.
pub(crate) const MAX_KIND: usize = 64 << 10;

/// The most entries of each of its tables.
const MAX_ENTRIES: usize = 32;

/// The most words of a command line.
const MAX_WORDS: usize = 64;

/// The longest sentence about a kind, and the longest value of a setting.
const MAX_LINE: usize = 256;

const PORTS: RangeInclusive<u64> = 1..=u16::MAX as u64;
const WAITS: RangeInclusive<Span> = Span::from_ms(1)..=Span::from_s(600);

const UPSTREAMS: [(&str, Upstream); 3] =
    [("none", Upstream::None), ("one", Upstream::One), ("some", Upstream::Some)];
const OF: [(&str, Of); 2] = [("upstream", Of::Upstream), ("rungs", Of::Rungs)];

/// The amounts of logging.
const LOGS: [&str; 2] = ["usual", "full"];

/// The words that are filled in for every kind.
pub(crate) const WORDS: [&str; 15] = [
    "weir",
    "program",
    "name",
    "node",
    "address",
    "port",
    "run",
    "site",
    "media",
    "log",
    "key",
    "segment_ms",
    "segment_s",
    "window",
    "count_of_rungs",
];

/// The kind of service of this name that comes with the program, if there is one.
pub fn bundled_kind(name: &str) -> Option<ServiceKind> {
    let (_, text) = KINDS.iter().find(|(known, _)| *known == name)?;
    let file = format!("topologies/services/{name}.toml");
    read(&document::parse(Path::new(&file), text).ok()?, name).ok()
}

/// The kind of which this is the file.
pub(crate) fn read(tree: &Value, name: &str) -> Result<ServiceKind, Error> {
    let title = format!("service {name:?}");
    section::read(tree, &title, "services top level", |section| {
        let kind = kind(section)?;
        check(&kind).map_err(|(key, problem)| section.refuse(&[key], problem))?;
        Ok(kind)
    })
}

fn kind(section: &Section<'_>) -> Result<ServiceKind, Error> {
    let text = |key, hint| Ok(section.need(key, hint)?.text()?.to_owned());
    let port = |key| section.read(key, |f: Field<'_>| f.count(PORTS).map(|port| port as u16));
    let span = |key| section.read(key, |f: Field<'_>| f.quantity(WAITS));
    let waits = "expected the longest that it may take, such as \"5 s\"";
    Ok(ServiceKind {
        about: text("about", "expected a sentence that says what it is")?,
        program: text("program", "expected the path of an executable, or \"{weir}\"")?,
        command: words(&section.need("command", "expected a list of words")?)?,
        version: words(&section.need("version", "expected a list of words")?)?,
        port: port("port")?,
        health: port("health")?,
        watchable: section.read("watchable", |f| f.flag())?.unwrap_or(false),
        upstream: section.read("upstream", |f| f.one_of(&UPSTREAMS))?.unwrap_or_default(),
        ready_within: span("ready_within")?
            .ok_or_else(|| section.missing("ready_within").hint(waits))?,
        ready: section.read("ready", ready)?.unwrap_or_default(),
        stop_within: span("stop_within")?
            .ok_or_else(|| section.missing("stop_within").hint(waits))?,
        restart: span("restart")?,
        capabilities: section.read("capabilities", capabilities)?.unwrap_or_default(),
        settings: section.read("settings", |f| texts(&f, "[settings]"))?.unwrap_or_default(),
        logs: section.read("logs", logs)?.unwrap_or_default(),
        each: section.read("each", all_of_each)?.unwrap_or_default(),
        files: section.read("files", |f| texts(&f, "[files]"))?.unwrap_or_default(),
    })
}

fn words(field: &Field<'_>) -> Result<Vec<String>, Error> {
    let items = field.items("words", MAX_WORDS)?;
    items.iter().map(|item| item.text().map(str::to_owned)).collect()
}

/// The capabilities that a kind can ask for: those with which a program stays where it is. Whoever reads
/// everybody's files may open them by their numbers too, past every view of folders.
fn offered() -> impl Iterator<Item = &'static str> {
    let offered = |capability: &&Capability| **capability != Capability::DacReadSearch;
    Capability::ALL.iter().filter(offered).map(|capability| capability.name())
}

fn capabilities(field: Field<'_>) -> Result<Vec<String>, Error> {
    let known: Vec<_> = offered().map(|name| (name, name)).collect();
    let items = field.items("capabilities", MAX_ENTRIES)?;
    items.iter().map(|item| item.one_of(&known).map(str::to_owned)).collect()
}

/// `"accepts"`, `"runs"`, or `{ file = "..." }`.
fn ready(field: Field<'_>) -> Result<Ready, Error> {
    if field.value.table().is_none() {
        let known = [("accepts", false), ("runs", true)];
        return Ok(if field.one_of(&known)? { Ready::Runs } else { Ready::Accepts });
    }
    field.section("ready", "services { file }", |section| {
        let file = section.need("file", "expected the path of a file")?;
        Ok(Ready::File(file.text()?.to_owned()))
    })
}

/// The entries of a table, which may be any but not too many.
fn entries<'s>(field: &Field<'s>, title: &str) -> Result<&'s [Entry], Error> {
    let Some(table) = field.value.table() else {
        return Err(field.refuse("is not a table"));
    };
    if table.entries.len() > MAX_ENTRIES {
        let problem = format!("{} entries in {title} are too many", table.entries.len());
        return Err(Error::at(&field.value.place, problem).hint(format!("at most {MAX_ENTRIES}")));
    }
    Ok(&table.entries)
}

fn texts(field: &Field<'_>, title: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = |entry: &Entry| {
        let value = Field::of(entry, title);
        Ok((entry.key.clone(), value.text()?.to_owned()))
    };
    entries(field, title)?.iter().map(text).collect()
}

fn logs(field: Field<'_>) -> Result<BTreeMap<String, BTreeMap<String, String>>, Error> {
    let amount = |entry: &Entry| {
        if !LOGS.contains(&entry.key.as_str()) {
            return Err(unknown_entry(entry, "key", "[logs]", LOGS));
        }
        let title = format!("[logs.{}]", entry.key);
        Ok((entry.key.clone(), texts(&Field::of(entry, "[logs]"), &title)?))
    };
    entries(&field, "[logs]")?.iter().map(amount).collect()
}

fn all_of_each(field: Field<'_>) -> Result<BTreeMap<String, Each>, Error> {
    let each = |entry: &Entry| {
        let title = format!("[each.{}]", clip(&entry.key));
        let page = "services [each.WORD]";
        let each = section::read(&entry.value, &title, page, |section| {
            let hint = "expected upstream or rungs";
            Ok(Each {
                of: section.need("of", hint)?.one_of(&OF)?,
                text: section.need("text", "expected what is repeated")?.text()?.to_owned(),
                others: section.read("others", |f| f.text().map(str::to_owned))?,
            })
        })?;
        Ok((entry.key.clone(), each))
    };
    entries(&field, "[each]")?.iter().map(each).collect()
}

/// Refuses a kind that no service can be of, wherever it comes from: the key, and what is wrong
/// with it.
pub(crate) fn check(kind: &ServiceKind) -> Result<(), (&'static str, String)> {
    let ServiceKind { about, program, command, version, port, health, watchable, .. } = kind;
    let ServiceKind { ready_within, ready, stop_within, restart, settings, .. } = kind;
    let wrong = |key: &'static str, problem: &str| Err((key, problem.to_owned()));
    if about.is_empty() || !is_line(about) {
        return wrong("about", "this is not one line of at most 256 bytes");
    }
    if program != THIS && !(program.starts_with('/') && is_setting(program)) {
        return wrong("program", "this is neither a whole path nor \"{weir}\"");
    }
    for (key, words) in [("command", command), ("version", version)] {
        if words.is_empty() || words.len() > MAX_WORDS || !words.iter().all(|word| is_word(word)) {
            return wrong(key, "this is no command line of 1 to 64 words");
        }
    }
    if port.is_none() && (*watchable || *ready == Ready::Accepts) {
        let problem = "without it nobody can watch, and nothing shows that it is ready";
        return wrong("port", problem);
    }
    if [*port, *health].contains(&Some(0)) {
        return wrong("port", "zero is no port");
    }
    if let Ready::File(file) = ready
        && (file.is_empty() || !is_word(file))
    {
        return wrong("ready", "this is no path of a file");
    }
    let waits = [("ready_within", Some(ready_within)), ("stop_within", Some(stop_within))];
    for (key, wait) in waits.into_iter().chain([("restart", restart.as_ref())]) {
        if wait.is_some_and(|wait| !WAITS.contains(wait)) {
            return wrong(key, "this is out of range");
        }
    }
    if let Some(name) = kind.capabilities.iter().find(|name| offered().all(|known| known != *name))
    {
        return Err(("capabilities", format!("{:?} is none that is given", clip(name))));
    }
    if let Some((name, _)) = settings.iter().find(|(_, value)| !is_setting(value)) {
        return Err(("settings", format!("the default of {name:?} is no value of a setting")));
    }
    check_tables(kind)
}

/// The words of a kind are plain, each has one meaning, and files stay in their folder.
fn check_tables(kind: &ServiceKind) -> Result<(), (&'static str, String)> {
    let ServiceKind { settings, logs, each, files, .. } = kind;
    let tables = [("settings", settings.len()), ("logs", logs.len()), ("each", each.len())];
    let logged = logs.values().map(|words| ("logs", words.len()));
    let counts = tables.into_iter().chain([("files", files.len())]).chain(logged);
    if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count > MAX_ENTRIES) {
        return Err((key, format!("there are more than {MAX_ENTRIES}")));
    }
    if let Some(amount) = logs.keys().find(|amount| !LOGS.contains(&amount.as_str())) {
        return Err(("logs", format!("{:?} is no amount of logging", clip(amount))));
    }
    let logged: BTreeSet<&String> = logs.values().flat_map(BTreeMap::keys).collect();
    let named = settings.keys().map(|word| ("settings", word));
    let named = named.chain(logged.into_iter().map(|word| ("logs", word)));
    let mut known: BTreeSet<&str> = WORDS.into_iter().collect();
    for (key, word) in named.chain(each.keys().map(|word| ("each", word))) {
        if !is_name_of_word(word) {
            let plain = "expected 1 to 32 characters of a-z, 0-9 and \"_\", first a letter";
            return Err((key, format!("{:?} is no name of a word; {plain}", clip(word))));
        }
        if !known.insert(word) {
            return Err((key, format!("the word {word:?} has another meaning already")));
        }
    }
    if let Some(file) = files.keys().find(|file| !head::is_file_name(file)) {
        return Err(("files", format!("{:?} is no plain file name", clip(file))));
    }
    let texts = each.values().flat_map(|each| [Some(&each.text), each.others.as_ref()]);
    let logged = logs.values().flat_map(BTreeMap::values);
    let size: usize = texts.flatten().chain(files.values()).chain(logged).map(String::len).sum();
    if size > MAX_KIND {
        return Err(("files", format!("its texts are longer than {MAX_KIND} bytes")));
    }
    Ok(())
}

/// The word that stands for this program.
const THIS: &str = "{weir}";

/// Whether `text` is a word of a command line.
fn is_word(text: &str) -> bool {
    text.len() <= 4096 && !text.contains('\0')
}

/// Whether `text` is short and in one line.
fn is_line(text: &str) -> bool {
    text.len() <= MAX_LINE && !text.contains(char::is_control)
}

/// Whether `text` can be a value of a setting. With braces it could be taken for words.
pub(crate) fn is_setting(text: &str) -> bool {
    is_line(text) && !text.contains(['{', '}'])
}

fn is_name_of_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
}
