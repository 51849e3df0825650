//! `topologies/services/NAME.toml`: a kind of service.

use crate::document::section::{self, Field, Section, unknown_entry};
use crate::document::{self, Entry, Value};
use crate::library::bundled::KINDS;
use std::collections::BTreeMap;
use std::path::Path;
use weir_plan::limits::{self, MAX_ENTRIES, MAX_WORDS};
use weir_plan::{Each, Error, Ready, ServiceKind, clip};

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
        section.check(kind.check())?;
        Ok(kind)
    })
}

fn kind(section: &Section<'_>) -> Result<ServiceKind, Error> {
    let text = |key, hint| Ok(section.need(key, hint)?.text()?.to_owned());
    let port =
        |key| section.read(key, |f: Field<'_>| f.count(limits::PORTS).map(|port| port as u16));
    let span = |key| section.read(key, |f: Field<'_>| f.quantity(limits::WAITS));
    let waits = "expected the longest that it may take, such as \"5 s\"";
    Ok(ServiceKind {
        about: text("about", "expected a sentence that says what it is")?,
        program: text("program", "expected the path of an executable, or \"{weir}\"")?,
        command: words(&section.need("command", "expected a list of words")?)?,
        version: words(&section.need("version", "expected a list of words")?)?,
        port: port("port")?,
        health: port("health")?,
        watchable: section.read("watchable", |f| f.flag())?.unwrap_or(false),
        upstream: section.read("upstream", |f| f.variant())?.unwrap_or_default(),
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

fn capabilities(field: Field<'_>) -> Result<Vec<String>, Error> {
    let known: Vec<_> = ServiceKind::offered().map(|name| (name, name)).collect();
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
        if !ServiceKind::LOGS.contains(&entry.key.as_str()) {
            return Err(unknown_entry(entry, "key", "[logs]", ServiceKind::LOGS));
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
                of: section.need("of", hint)?.variant()?,
                text: section.need("text", "expected what is repeated")?.text()?.to_owned(),
                others: section.read("others", |f| f.text().map(str::to_owned))?,
            })
        })?;
        Ok((entry.key.clone(), each))
    };
    entries(&field, "[each]")?.iter().map(each).collect()
}
