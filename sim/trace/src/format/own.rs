//! Weir's own form: a head in TOML, a line of dashes, and a step in each line.

use super::numbers::shortened;
use crate::{About, Builder, Position, Rate, Refusal, Step, Trace};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use weir_units::Span;

/// What the first key of every file says.
const FORMAT: &str = "weir-trace-1";

/// What ends the head.
const DASHES: &str = "---";

/// No head is longer.
const MAX_HEAD: usize = 100_000;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    name: String,
    kind: crate::Kind,
    repeats: bool,
    source: String,
    licence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    obtained: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion: Option<String>,
}

/// Reads a trace in Weir's own form. `file` is what messages call it.
///
/// # Errors
/// If the text is not of that form, or is no trace: the line, and what was expected.
pub fn read(file: &str, text: &str) -> Result<Trace, Refusal> {
    let (about, head) = head(file, text)?;
    let mut builder = Builder::new(about);
    for (number, line) in (1..).zip(text.lines()).skip(head) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refuse = |problem: String| Refusal::new(file, Position::Line(number), problem);
        let step = step(line).map_err(refuse)?;
        builder.push(step).map_err(|fault| refuse(fault.to_string()))?;
    }
    builder.finish().map_err(|fault| Refusal::new(file, Position::Whole, fault))
}

/// What is known about the trace, and how many lines say so.
fn head(file: &str, text: &str) -> Result<(About, usize), Refusal> {
    let refuse = |line: usize, problem: &str| Refusal::new(file, Position::Line(line), problem);
    if !text.starts_with("format") {
        let problem = format!("it is no trace of Weir (expected: format = \"{FORMAT}\")");
        return Err(refuse(1, &problem));
    }
    let mut end = 0;
    let mut count = 0;
    for line in text.split_inclusive('\n') {
        count += 1;
        if line.trim_end() == DASHES {
            break;
        }
        end += line.len();
        if end > MAX_HEAD || end == text.len() {
            return Err(refuse(count, &format!("the head has no end (expected a line {DASHES})")));
        }
    }
    let head: Head = toml::from_str(&text[..end]).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start).min(end);
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        refuse(line, error.message())
    })?;
    if head.format != FORMAT {
        let format = shortened(&head.format);
        return Err(refuse(1, &format!("the format is \"{format}\" (expected \"{FORMAT}\")")));
    }
    let Head { format: _, name, kind, repeats, source, licence, obtained, conversion } = head;
    Ok((About { name, kind, repeats, source, licence, obtained, conversion }, count))
}

fn step(line: &str) -> Result<Step, String> {
    let mut parts = line.split(',').map(str::trim);
    let (Some(span), Some(rate), latency, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        let line = shortened(line);
        return Err(format!(
            "{line:?} is no step (expected \"1 s, 5 Mbit/s\", and maybe a latency)"
        ));
    };
    Ok(Step {
        span: span.parse().map_err(said)?,
        rate: rate.parse::<Rate>().map_err(said)?,
        latency: latency.map(|latency| latency.parse::<Span>().map_err(said)).transpose()?,
    })
}

fn said(error: impl ToString) -> String {
    error.to_string()
}

/// A trace in Weir's own form; reading it gives the same trace.
pub fn write(trace: &Trace) -> String {
    let About { name, kind, repeats, source, licence, obtained, conversion } =
        trace.about().clone();
    let format = FORMAT.to_owned();
    let head = Head { format, name, kind, repeats, source, licence, obtained, conversion };
    // Strings and a flag: there is nothing that TOML could not say.
    let mut text = toml::to_string(&head).unwrap_or_default();
    text.push_str(DASHES);
    text.push('\n');
    for step in trace.steps() {
        // Writing to a string does not fail.
        let _ = write!(text, "{}, {}", step.span, step.rate);
        if let Some(latency) = step.latency {
            let _ = write!(text, ", {latency}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys in the first column of the page's tables.
    #[test]
    fn the_page_documents_every_key_and_no_other() {
        let page = include_str!("../../../../topologies/traces/FORMAT.md");
        let (_, table) = page.split_once("## Head").unwrap();
        let (table, _) = table.split_once("## ").unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
        let some = || Some(String::new());
        let head = Head {
            format: String::new(),
            name: String::new(),
            kind: crate::Kind::Capacity,
            repeats: true,
            source: String::new(),
            licence: String::new(),
            obtained: some(),
            conversion: some(),
        };
        let text = toml::to_string(&head).unwrap();
        let keys: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(documented, keys);
    }

    #[test]
    fn the_example_of_the_page_is_a_trace() {
        let page = include_str!("../../../../topologies/traces/FORMAT.md");
        let example = page.split("```").nth(1).unwrap().trim_start_matches("text\n");
        let trace = read("FORMAT.md", example).unwrap();
        assert_eq!(trace.steps().len(), 3);
        assert_eq!(read("again", &write(&trace)), Ok(trace));
    }
}
