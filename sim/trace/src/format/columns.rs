//! Tables in CSV with named columns, such as the 4G and 5G data sets of UCC (one row for each
//! second, `DL_bitrate` in kbit/s), which goDASHbed uses too.

use super::numbers::{number, rate, shortened, span};
use super::origin::Origin;
use crate::near::near;
use crate::{Builder, Position, Refusal, Step, Trace, decimal};
use csv::StringRecord;
use weir_units::{BitRate, Span};

/// How rows tell the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clock {
    /// They do not: each row lasts this long.
    Every(Span),
    /// A column holds when each row begins; the last row lasts as long as the one before it.
    Begins(String),
    /// A column holds how long each row lasts.
    Lasts(String),
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// The column of the rate.
    pub rate: String,
    /// The rate that a value of 1 means.
    pub rate_unit: BitRate,
    /// How rows tell the time.
    pub clock: Clock,
    /// The span that a value of 1 means in columns of times.
    pub time_unit: Span,
    /// The column of the latency, if there is one.
    pub latency: Option<String>,
}

/// The data sets of UCC: "Beyond Throughput: a 4G LTE Dataset" (MMSys 2018) and "Beyond Throughput,
/// The Next Generation: a 5G Dataset" (MMSys 2020).
impl Default for Csv {
    fn default() -> Self {
        Self {
            rate: "DL_bitrate".to_owned(),
            rate_unit: BitRate::from_bps(1000),
            clock: Clock::Every(Span::from_s(1)),
            time_unit: Span::from_s(1),
            latency: None,
        }
    }
}

pub(super) fn read(origin: &Origin, csv: &Csv, file: &str, text: &str) -> Result<Trace, Refusal> {
    let about = origin.about(file, None, format!("from the column {} of a table", csv.rate))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| broken(file, &error))?.clone();
    let find = |name: &String| column(&header, name).map_err(|why| at(file, 1, why));
    let columns = Columns {
        rate: find(&csv.rate)?,
        time: match &csv.clock {
            Clock::Every(_) => None,
            Clock::Begins(name) | Clock::Lasts(name) => Some(find(name)?),
        },
        latency: csv.latency.as_ref().map(find).transpose()?,
    };
    let mut builder = Builder::new(about);
    // A row whose end the next row tells.
    let mut open: Option<(Span, Step, usize)> = None;
    let mut previous = Span::ZERO;
    for row in reader.records() {
        let row = row.map_err(|error| broken(file, &error))?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        let (time, step) = columns.step(csv, &row).map_err(|why| at(file, line, why))?;
        if !matches!(csv.clock, Clock::Begins(_)) {
            builder.push(step).map_err(|fault| at(file, line, fault.to_string()))?;
            continue;
        }
        if let Some((begun, step, line_of_step)) = open.replace((time, step, line)) {
            let lasts = time.checked_sub(begun).filter(|lasts| *lasts > Span::ZERO);
            previous = lasts.ok_or_else(|| {
                at(file, line, "the time is not later than the one before (expected rising times)")
            })?;
            let step = Step { span: previous, ..step };
            builder.push(step).map_err(|fault| at(file, line_of_step, fault.to_string()))?;
        }
    }
    if let Some((_, step, line)) = open {
        let step = Step { span: previous, ..step };
        builder.push(step).map_err(|fault| at(file, line, fault.to_string()))?;
    }
    builder.finish().map_err(|fault| Refusal::new(file, Position::Whole, fault))
}

/// Where the columns are.
struct Columns {
    rate: usize,
    time: Option<usize>,
    latency: Option<usize>,
}

impl Columns {
    /// The value of the time's column, and the step.
    fn step(&self, csv: &Csv, row: &StringRecord) -> Result<(Span, Step), String> {
        let cell = |index: usize| row.get(index).unwrap_or_default();
        let unit = csv.time_unit.ns() as f64;
        let bps = number(cell(self.rate), "a rate")?;
        let latency = |index| span(number(cell(index), "a latency")?, unit);
        let time = match (&csv.clock, self.time) {
            (Clock::Every(every), _) => *every,
            (_, time) => span(number(cell(time.unwrap_or_default()), "a time")?, unit)?,
        };
        let rate = rate(bps, csv.rate_unit.bps() as f64)?;
        Ok((time, Step { span: time, rate, latency: self.latency.map(latency).transpose()? }))
    }
}

fn column(header: &StringRecord, name: &str) -> Result<usize, String> {
    let names: Vec<&str> = header.iter().collect();
    names.iter().position(|known| *known == name).ok_or_else(|| {
        let hint = near(name, names.iter().copied());
        let listed = shortened(&names.join(", "));
        format!("there is no column \"{name}\"{hint} (columns: {listed})")
    })
}

fn at(file: &str, line: usize, problem: impl std::fmt::Display) -> Refusal {
    Refusal::new(file, Position::Line(line), problem)
}

fn broken(file: &str, error: &csv::Error) -> Refusal {
    let place = error.position().map_or(Position::Whole, |at| Position::Line(at.line() as usize));
    Refusal::new(file, place, error)
}

/// A table of `duration_s`, `rate_bps` and, where there is one, `latency_s`: exact decimals.
pub(super) fn write(trace: &Trace) -> String {
    let latency = trace.steps().iter().any(|step| step.latency.is_some());
    let mut text = "duration_s,rate_bps".to_owned();
    text.push_str(if latency { ",latency_s\n" } else { "\n" });
    for step in trace.steps() {
        text.push_str(&decimal::text(step.span.ns(), 9));
        text.push(',');
        text.push_str(&decimal::text(step.rate.micro_bps(), 6));
        if let Some(latency) = step.latency {
            text.push(',');
            text.push_str(&decimal::text(latency.ns(), 9));
        }
        text.push('\n');
    }
    text
}
