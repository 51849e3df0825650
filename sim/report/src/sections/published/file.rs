//! The table of expectations.

use super::wanted::Wanted;
use anyhow::{Context, Result, bail, ensure};
use csv::{ReaderBuilder, StringRecord, Trim};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use weir_records::{Cell, Column, Kind, Row, Session};
use weir_tables::Axis;

/// The values that are expected of a run, from a CSV file.
///
/// Its first line names axes of the run, by their paths, and columns of the table `sessions` that
/// are numbers. Each further line has a value for each axis, such as `25 s`, and what is expected
/// of each metric: of the mean over all trials with these values, each of which counts with the
/// mean over its sessions. An axis that is not named is one of those over which the mean is taken.
///
/// - `2.845474` is a number as it was published: what is found may be off by half a unit of the
///   last digit. `17.43e3` has its last digit at the tens.
/// - `2.845474~1e-6` allows this relative deviation on top.
/// - `<=1` and `>=0.9` are bounds, which hold for every session and not for the mean.
/// - Nothing is expected where a field is empty.
/// - Lines that begin with `#` are comments.
#[derive(Debug, Clone)]
pub struct Expected {
    pub(super) file: PathBuf,
    /// The axes that are named, by their number in the run.
    pub(super) axes: Vec<usize>,
    /// Columns of `sessions`, in their order.
    pub(super) metrics: Vec<&'static Column>,
    pub(super) rows: Vec<ExpectedRow>,
}

/// A line.
#[derive(Debug, Clone)]
pub(super) struct ExpectedRow {
    pub line: u64,
    /// The value of each axis that is named.
    pub params: Vec<Cell>,
    /// The same in words: `players.abr = bola, players.max_buffer = 25 s`.
    pub words: String,
    /// One for each metric; `None` where nothing is expected.
    pub wanted: Vec<Option<Wanted>>,
}

/// The longest file: ten thousand lines of a hundred values.
const FILE_LIMIT: u64 = 16 << 20;

/// What a column of the file is.
#[derive(Debug, Clone, Copy)]
enum Field {
    /// An axis, by its place among those that are named.
    Axis(usize),
    /// A metric, by its place among those that are expected.
    Metric(usize),
}

impl Expected {
    /// Reads the file for a run with these axes: the path of each, and all its values as the plan
    /// writes them.
    ///
    /// # Errors
    /// If the file cannot be read; and with its name and the line if a column is neither an axis
    /// nor a metric, is named twice, a value is none of its axis, a line has other fields than the
    /// first, what is expected is not a number, or two lines have the same values. Also if nothing
    /// is expected.
    pub fn read(path: &Path, axes: &[(String, Vec<String>)]) -> Result<Self> {
        let bytes = bytes(path)?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(Trim::All)
            .from_reader(&bytes[..]);
        let name = path.display();
        let mut records = reader.records().map(|record| {
            let record = record.with_context(|| format!("read {name}"))?;
            let line = record.position().map_or(0, |position| position.line());
            Ok::<_, anyhow::Error>((line, record))
        });
        let Some((line, head)) = records.next().transpose()? else {
            bail!("{name}: it is empty (expected a line that names axes and metrics)");
        };
        let mut header = Header::of(&head, axes)
            .map_err(|problem| anyhow::anyhow!("{name}:{line}: {problem}"))?;
        let mut rows = Vec::new();
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for record in records {
            let (line, record) = record?;
            let row = header.row(line, &record);
            let row = row.map_err(|problem| anyhow::anyhow!("{name}:{line}: {problem}"))?;
            if let Some(before) = lines.insert(row.words.clone(), line) {
                bail!("{name}:{line}: {} has a line already: {before}", row.words);
            }
            rows.push(row);
        }
        let any = rows.iter().flat_map(|row| &row.wanted).any(Option::is_some);
        ensure!(any, "{name}: nothing is expected in it");
        header.sort_metrics(&mut rows);
        let Header { named, metrics, .. } = header;
        let axes = named.into_iter().map(|(axis, ..)| axis).collect();
        Ok(Self { file: path.to_owned(), axes, metrics, rows })
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let attempt = || format!("read {}", path.display());
    let file = File::open(path).with_context(attempt)?;
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).with_context(attempt)?;
    ensure!(
        bytes.len() as u64 <= FILE_LIMIT,
        "{} is larger than {FILE_LIMIT} bytes",
        path.display()
    );
    Ok(bytes)
}

/// The first line.
struct Header {
    columns: Vec<Field>,
    /// The axes that are named: number in the run, axis, and values as the plan writes them.
    named: Vec<(usize, Axis, Vec<String>)>,
    metrics: Vec<&'static Column>,
}

impl Header {
    fn of(record: &StringRecord, axes: &[(String, Vec<String>)]) -> Result<Self, String> {
        let mut header = Self { columns: Vec::new(), named: Vec::new(), metrics: Vec::new() };
        for name in record {
            let axis = axes.iter().position(|(path, _)| path == name);
            let metric = numbers().find(|column| column.name == name);
            let again = || Err(format!("the column \"{name}\" is there twice"));
            match (axis, metric) {
                (Some(axis), _) => {
                    if header.named.iter().any(|(known, ..)| *known == axis) {
                        return again();
                    }
                    let (path, values) = &axes[axis];
                    let kind = Axis::of(path, values.iter().map(String::as_str));
                    header.columns.push(Field::Axis(header.named.len()));
                    header.named.push((axis, kind, values.clone()));
                }
                (None, Some(metric)) => {
                    if header.metrics.iter().any(|known| known.name == name) {
                        return again();
                    }
                    header.columns.push(Field::Metric(header.metrics.len()));
                    header.metrics.push(metric);
                }
                (None, None) => {
                    let paths = axes.iter().map(|(path, _)| path.as_str());
                    let known = paths.clone().chain(numbers().map(|column| column.name));
                    let paths: Vec<&str> = paths.collect();
                    return Err(format!(
                        "\"{}\" is neither an axis of this run ({}) nor a number of the table \
                         `sessions`{}",
                        clip(name),
                        if paths.is_empty() { "it has none".to_owned() } else { paths.join(", ") },
                        nearest(name, known),
                    ));
                }
            }
        }
        match header.metrics.is_empty() {
            true => Err("no column names a metric: a number of the table `sessions`".to_owned()),
            false => Ok(header),
        }
    }

    fn row(&self, line: u64, record: &StringRecord) -> Result<ExpectedRow, String> {
        let (found, columns) = (record.len(), self.columns.len());
        if found != columns {
            return Err(format!(
                "it has {found} fields (expected {columns}, as in the first line)"
            ));
        }
        let mut params = Vec::new();
        let mut words = Vec::new();
        let mut wanted = vec![None; self.metrics.len()];
        for (column, field) in self.columns.iter().zip(record) {
            match *column {
                Field::Axis(at) => {
                    let (_, axis, values) = &self.named[at];
                    let (value, text) = value_of(axis, values, field)?;
                    words.push(format!("{} = {text}", axis.path));
                    params.push(value);
                }
                Field::Metric(at) if !field.is_empty() => {
                    let name = self.metrics[at].name;
                    let found =
                        Wanted::of(field).map_err(|problem| format!("{name}: {problem}"))?;
                    wanted[at] = Some(found);
                }
                Field::Metric(_) => {}
            }
        }
        Ok(ExpectedRow { line, params, words: words.join(", "), wanted })
    }

    /// Puts the metrics into the order of the table that they are read from.
    fn sort_metrics(&mut self, rows: &mut [ExpectedRow]) {
        let place = |column: &Column| numbers().position(|other| other.name == column.name);
        let mut order: Vec<usize> = (0..self.metrics.len()).collect();
        order.sort_by_key(|&at| place(self.metrics[at]));
        self.metrics = order.iter().map(|&at| self.metrics[at]).collect();
        for row in rows {
            row.wanted = order.iter().map(|&at| row.wanted[at].take()).collect();
        }
    }
}

/// The columns of `sessions` that are numbers and that something was measured for.
fn numbers() -> impl Iterator<Item = &'static Column> + Clone {
    let is_number = |column: &&Column| matches!(column.kind, Kind::Int | Kind::Float);
    Session::TABLE.columns.iter().filter(is_number)
}

/// The value of an axis that this text means, and how the plan writes it.
fn value_of<'v>(axis: &Axis, values: &'v [String], text: &str) -> Result<(Cell, &'v str), String> {
    let wanted = axis.kind.value(text);
    let found = values.iter().find(|value| wanted.is_some() && axis.kind.value(value) == wanted);
    match (found, wanted) {
        (Some(value), Some(wanted)) => Ok((wanted, value)),
        _ => Err(format!(
            "\"{}\" is no value of the axis {}{}",
            clip(text),
            axis.path,
            nearest(text, values.iter().map(String::as_str)),
        )),
    }
}

/// A guess at what was meant, to be put behind a complaint.
fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> String {
    let text: String = text.chars().take(200).collect();
    let distances = known.map(|name| (strsim::osa_distance(&text, name), name));
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((_, name)) => format!("; the nearest is \"{}\"", clip(name)),
        None => String::new(),
    }
}

/// As much of a text as an error needs.
fn clip(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axes() -> Vec<(String, Vec<String>)> {
        let axis = |path: &str, values: &[&str]| {
            (path.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
        };
        vec![
            axis("links.access.rate", &["lte-1", "lte-2"]),
            axis("players.abr", &["bola", "{name = fixed, rung = 1}"]),
            axis("players.max_buffer", &["10 s", "25 s"]),
        ]
    }

    fn read(text: &str) -> Result<Expected> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("e.csv");
        std::fs::write(&path, text).unwrap();
        Expected::read(&path, &axes())
    }

    /// What is wrong, without the folder.
    fn refusal(text: &str) -> String {
        let refusal = format!("{:#}", read(text).unwrap_err());
        refusal.rsplit_once("e.csv").map(|(_, rest)| rest.to_owned()).unwrap()
    }

    #[test]
    fn a_file_names_axes_and_metrics_in_any_order() {
        let found = read(
            "# From the paper.\n\
             sabre_score, players.abr, stall_ratio, players.max_buffer\n\
             2.845474~1e-6, bola, , 25 s\n\
             # Its table 2.\n\
             <=1,\"{name = fixed, rung = 1}\",0.001,10000 ms\n",
        )
        .unwrap();
        assert_eq!(found.axes, [1, 2]);
        let names: Vec<&str> = found.metrics.iter().map(|metric| metric.name).collect();
        assert_eq!(names, ["stall_ratio", "sabre_score"], "in the order of the table");
        assert_eq!(found.rows[0].line, 3);
        assert_eq!(found.rows[0].words, "players.abr = bola, players.max_buffer = 25 s");
        assert_eq!(found.rows[0].wanted[0], None);
        assert_eq!(
            found.rows[1].words,
            "players.abr = {name = fixed, rung = 1}, players.max_buffer = 10 s"
        );
        assert!(found.rows[1].wanted.iter().all(Option::is_some));
    }

    #[test]
    fn a_mistake_is_refused_with_its_line_and_the_nearest_name() {
        for (text, expected) in [
            (
                "players.abr,sabre_scor\nbola,1",
                ":1: \"sabre_scor\" is neither an axis of this run (links.access.rate, players.abr, \
                 players.max_buffer) nor a number of the table `sessions`; the nearest is \"sabre_score\"",
            ),
            (
                "# a\nplayers.abr,qoe\nbolo,1",
                ":3: \"bolo\" is no value of the axis players.abr; the nearest is \"bola\"",
            ),
            (
                "qoe,players.max_buffer\n1,26 s",
                ":2: \"26 s\" is no value of the axis players.max_buffer; the nearest is \"25 s\"",
            ),
            (
                "players.abr,qoe\nbola,good",
                ":2: qoe: \"good\" is not a number: expected one such as 2.845474, 17.4e3, \
                 2.845474~1e-6, <=1 or >=0.9",
            ),
            ("players.abr,qoe\nbola", ":2: it has 1 fields (expected 2, as in the first line)"),
            ("players.abr,qoe,qoe\nbola,1,1", ":1: the column \"qoe\" is there twice"),
            ("players.abr\nbola", ":1: no column names a metric: a number of the table `sessions`"),
            ("qoe,players.abr\n1,bola\n2,bola", ":3: players.abr = bola has a line already: 2"),
            ("qoe,players.abr\n,bola", ": nothing is expected in it"),
            ("# nothing\n", ": it is empty (expected a line that names axes and metrics)"),
        ] {
            assert_eq!(refusal(text), expected, "{text}");
        }
        let missing = Expected::read(Path::new("/nowhere/e.csv"), &axes()).unwrap_err();
        assert!(format!("{missing:#}").starts_with("read /nowhere/e.csv"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = read(&text);
        }
    }
}
