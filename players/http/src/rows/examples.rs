//! `results/METRICS.md` is what the code does: its worked examples are played by the real state
//! machine, and its tables name the columns that there are.

use super::{SessionOutcome, records};
use crate::script::Script;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;
use weir_records::{
    Cell, Link, Live, Moment, Playlist, Record, Row, Segment, Session, Stall, Table,
};

/// Columns that name a thing or quote a setting: examples do not say them.
const NAMES: [&str; 8] =
    ["session", "node", "abr", "knows", "protocol", "start_us", "first_segment", "request"];

/// What no script knows of: the servers, live streams, and the estimates of an algorithm.
const BEYOND_SCRIPTS: [&str; 9] = [
    "source",
    "origin",
    "sequence",
    "sender_cwnd",
    "sender_srtt_us",
    "sender_min_rtt_us",
    "sender_retransmits",
    "sender_delivery_rate_bps",
    "estimate_bps",
];

/// What only the lab `model` compares a session with.
const COMPARED: [&str; 4] = ["qoe", "qoe_bound", "regret", "replay_deviation_us"];

type Columns = BTreeMap<String, Vec<Value>>;

/// A worked example: a script, and the rows that come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    name: String,
    pub script: Script,
    session: BTreeMap<String, Value>,
    #[serde(default)]
    stalls: Columns,
    /// Only some examples show their requests.
    segments: Option<Columns>,
}

fn metrics() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/METRICS.md");
    std::fs::read_to_string(path).unwrap()
}

/// The blocks that begin with "```toml example".
pub(crate) fn examples() -> Vec<Example> {
    let text = metrics();
    let blocks = text.split("```toml example\n").skip(1);
    let block = |block: &str| block.split("```").next().unwrap().to_owned();
    let read = |text: String| toml::from_str(&text).unwrap_or_else(|e| panic!("{e}in:\n{text}"));
    blocks.map(|text| read(block(text))).collect()
}

/// The rows of an example.
#[derive(Default)]
struct Rows {
    session: BTreeMap<&'static str, Cell>,
    stalls: Vec<BTreeMap<&'static str, Cell>>,
    segments: Vec<BTreeMap<&'static str, Cell>>,
}

fn cells<R: Row>(row: &R) -> BTreeMap<&'static str, Cell> {
    R::TABLE.columns.iter().map(|column| column.name).zip(row.cells()).collect()
}

fn rows(script: &Script) -> Rows {
    let ended = SessionOutcome { metrics: script.play(None), ..SessionOutcome::default() };
    let mut rows = Rows::default();
    for record in records(&script.job().viewer, &ended) {
        match record {
            Record::Session(row) => rows.session = cells(&row),
            Record::Stall(row) => rows.stalls.push(cells(&row)),
            Record::Segment(row) => rows.segments.push(cells(&row)),
            other => panic!("not a row of a player: {other:?}"),
        }
    }
    rows
}

fn is(cell: &Cell, value: &Value) -> bool {
    match (cell, value) {
        (Cell::Null, Value::String(text)) => text == "missing",
        (Cell::Int(cell), Value::Integer(value)) => i64::try_from(*cell) == Ok(*value),
        // Written as a decimal fraction of nine digits, or exactly.
        (Cell::Float(cell), Value::Float(value)) => (cell - value).abs() <= 1e-9 * value.abs(),
        (Cell::Text(cell), Value::String(value)) => cell == value,
        (Cell::Bool(cell), Value::Boolean(value)) => cell == value,
        _ => false,
    }
}

/// The columns of a table that are metrics.
fn metrics_of(table: Table) -> BTreeSet<&'static str> {
    let names = table.columns.iter().map(|column| column.name);
    names.filter(|name| !NAMES.contains(name)).collect()
}

fn compare_table(example: &str, table: &str, said: &Columns, found: &[BTreeMap<&str, Cell>]) {
    for (column, values) in said {
        let cell = |row: &BTreeMap<&str, Cell>| {
            row.get(column.as_str()).unwrap_or_else(|| panic!("{table} has no {column}")).clone()
        };
        let found: Vec<Cell> = found.iter().map(cell).collect();
        let equal = found.len() == values.len() && found.iter().zip(values).all(|(c, v)| is(c, v));
        assert!(equal, "{example}: {table}, {column}: {values:?} is said, and is {found:?}");
    }
}

#[test]
fn every_worked_example_comes_out_as_it_says() {
    for example in examples() {
        let found = rows(&example.script);
        let name = &example.name;
        for (column, value) in &example.session {
            let cell = found.session.get(column.as_str());
            let cell = cell.unwrap_or_else(|| panic!("{name}: sessions has no {column}"));
            assert!(is(cell, value), "{name}: {column}: {value} is said, and is {cell:?}");
        }
        compare_table(name, "stalls", &example.stalls, &found.stalls);
        compare_table(
            name,
            "segments",
            example.segments.as_ref().unwrap_or(&Columns::new()),
            &found.segments,
        );
    }
}

#[test]
fn every_example_says_every_metric_of_its_session_and_its_stalls() {
    let examples = examples();
    for example in &examples {
        let said: BTreeSet<&str> = example.session.keys().map(String::as_str).collect();
        let mut all = metrics_of(Session::TABLE);
        all.retain(|name| !COMPARED.contains(name));
        assert_eq!(said, all, "{}", example.name);
        let said: Vec<&str> = example.stalls.keys().map(String::as_str).collect();
        let stalled = example.session["stalls"] != Value::Integer(0);
        let all = ["cut_off", "duration_us", "played_us", "start_us"];
        assert_eq!(said, if stalled { &all[..] } else { &[] }, "{}", example.name);
    }
    let said = examples.iter().filter_map(|example| example.segments.as_ref());
    let said: BTreeSet<&str> = said.flat_map(|s| s.keys().map(String::as_str)).collect();
    let mut all = metrics_of(Segment::TABLE);
    all.retain(|name| !BEYOND_SCRIPTS.contains(name));
    assert_eq!(said, all, "the examples together say every column of their requests");
}

/// The part of the page about a table.
fn section(text: &str, table: &str) -> String {
    let head = format!("\n## {table}\n");
    let (_, rest) = text.split_once(&head).unwrap_or_else(|| panic!("no section {table}"));
    rest.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn every_column_is_explained_and_no_other() {
    let text = metrics();
    let live = [Live::TABLE, Playlist::TABLE, Moment::TABLE];
    let all = [Session::TABLE, Segment::TABLE, Stall::TABLE, Link::TABLE].into_iter().chain(live);
    for table in all {
        let section = section(&text, table.name);
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let first = |row: &str| row.split('|').nth(1).unwrap().to_owned();
        // A row may explain several columns at once.
        let explained: Vec<String> = rows
            .flat_map(|row| {
                first(row).split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
            })
            .collect();
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        for column in &columns {
            let times = explained.iter().filter(|name| name == column).count();
            assert_eq!(times, 1, "METRICS.md, {}: how often it explains {column}", table.name);
        }
        for name in &explained {
            assert!(columns.contains(&name.as_str()), "{} has no column {name}", table.name);
        }
    }
}
