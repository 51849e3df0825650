//! The traces of an axis: all that match a pattern, and what their values are called.

use crate::document::section::{self, Field};
use crate::document::{Data, Entry, Value};
use crate::library::{Library, NEARBY};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use weir_plan::names::{is_trace_path, trace_stem};
use weir_plan::{Error, nearest};

/// Whether a value of an axis stands for several: `{ traces = "lte-*" }`.
pub(crate) fn is_pattern(value: &Value) -> bool {
    value.table().is_some_and(|table| table.get("traces").is_some())
}

/// The values that such a value stands for, sorted by their names. `title` is the axis's.
pub(crate) fn matching(
    value: &Value,
    title: &str,
    library: &Library<'_>,
) -> Result<Vec<Value>, Error> {
    let page = "experiments { traces, format, kind }";
    let names = section::read(value, title, page, |section| {
        let field = section.need("traces", "expected a pattern of names or of paths")?;
        // Each trace is read with them.
        section.skip(&["format", "kind"]);
        names(&field, library)
    })?;
    // The table once more, with one trace instead of the pattern.
    let one = |name: String| {
        let mut value = value.clone();
        if let Some(entry) = pattern_of(&mut value) {
            entry.key = "trace".to_owned();
            entry.value.data = Data::Text(name);
        }
        value
    };
    Ok(names.into_iter().map(one).collect())
}

fn pattern_of(value: &mut Value) -> Option<&mut Entry> {
    value.table_mut()?.entries.iter_mut().find(|entry| entry.key == "traces")
}

/// The names and paths that a pattern matches.
fn names(field: &Field<'_>, library: &Library<'_>) -> Result<Vec<String>, Error> {
    let text = field.text()?;
    let place = &field.value.place;
    // As in a shell, a name that begins with a dot has to be meant.
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let (folder, last) = text.rfind('/').map_or(("", text), |at| text.split_at(at + 1));
    if folder.contains(['*', '?']) {
        return Err(field.refuse("is a pattern of folders").hint("only the last part can be one"));
    }
    let pattern = glob::Pattern::new(last)
        .map_err(|error| field.refuse(format_args!("is no pattern: {}", error.msg)))?;
    let matches = |name: &&str| pattern.matches_with(name, options);
    let found: Vec<String> = if is_trace_path(text) {
        let path = library.path(folder);
        let shown = if path == Path::new("") { Path::new(".") } else { &path }.display();
        let files = library.list(&path, place)?.ok_or_else(|| {
            field.refuse(format_args!("is in no folder: there is no {:?}", shown.to_string()))
        })?;
        let names = files.iter().map(String::as_str).filter(matches);
        let found: Vec<String> = names.map(|name| format!("{folder}{name}")).collect();
        if found.is_empty() {
            let problem = format!("matches no file in the folder {:?}", shown.to_string());
            return Err(field.refuse(problem));
        }
        found
    } else {
        let found: Vec<String> =
            library.trace_names(place)?.filter(matches).map(str::to_owned).collect();
        if found.is_empty() {
            let near = nearest(text, library.trace_names(place)?);
            return Err(field
                .refuse("matches no trace")
                .did_you_mean(near)
                .hint(format!("in topologies/traces {NEARBY}, and none that is bundled")));
        }
        found
    };
    Ok(found)
}

/// The texts of an axis's values, which stand in tables, on plots and in filters. A trace goes by
/// its name; where two have the same, by what was written. Texts of a list are joined with `+`.
pub(crate) fn labels<'v>(values: impl Iterator<Item = &'v Value> + Clone) -> Vec<String> {
    // For each name the values that have it, each once: parts of a zipped axis repeat theirs.
    let mut uses = BTreeMap::<String, BTreeSet<String>>::new();
    let written = |value: &'v Value| match value.table()?.get("trace")?.value.data {
        Data::Text(ref text) => Some(text.as_str()),
        _ => None,
    };
    let names = |value: &'v Value| match written(value) {
        Some(text) => [Some(trace_stem(text).to_owned()), Some(text.to_owned())],
        None => [joined(value), None],
    };
    for value in values.clone() {
        let whole = value.to_string();
        for name in names(value).into_iter().flatten().chain([whole.clone()]) {
            uses.entry(name).or_default().insert(whole.clone());
        }
    }
    let label = |value: &'v Value| {
        let unique = |name: &String| uses.get(name).is_some_and(|uses| uses.len() == 1);
        let name = names(value).into_iter().flatten().find(unique);
        name.unwrap_or_else(|| value.to_string())
    };
    values.map(label).collect()
}

/// The texts of a list that has nothing else.
fn joined(value: &Value) -> Option<String> {
    let Data::List(items) = &value.data else { return None };
    let text = |item: &Value| match &item.data {
        Data::Text(text) => Some(text.clone()),
        _ => None,
    };
    let texts: Vec<String> = items.iter().map(text).collect::<Option<_>>()?;
    (!texts.is_empty()).then(|| texts.join("+"))
}
