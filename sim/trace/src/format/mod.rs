//! The forms of traces in files.

mod cadvise;
mod columns;
mod mahimahi;
mod own;
mod pensieve;
mod sabre;

pub use columns::{Clock, Csv};
pub use own::{read, write};

use crate::{About, Kind, Place, Rate, Refusal, Trace};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use weir_units::{Bytes, Span};

/// The longest file of a trace, in bytes. No published one is near it.
pub const MAX_FILE: u64 = 64_000_000;

/// A form of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[derive(
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
#[strum(parse_err_ty = UnknownFormat, parse_err_fn = UnknownFormat::from)]
pub enum Format {
    /// Weir's own: `topologies/traces/FORMAT.md`.
    Weir,
    /// JSON of Sabre (UMass-LIDS/sabre): a list of `duration_ms`, `bandwidth_kbps`, `latency_ms`.
    Sabre,
    /// Text of Pensieve (hongzimao/pensieve): a time in seconds and a rate in Mbit/s in each line.
    Pensieve,
    /// Packet opportunities of Mahimahi (ravinet/mahimahi): a time in milliseconds in each line.
    Mahimahi,
    /// JSON of LLL-CAdViSE (cd-athena/LLL-CAdViSE): a list of durations, rates and latencies.
    Cadvise,
    /// A table with named columns.
    Csv,
}

/// There is no form of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownFormat(String);

impl From<&str> for UnknownFormat {
    fn from(text: &str) -> Self {
        let forms = <Format as strum::VariantNames>::VARIANTS;
        let near = near(text, forms.iter().copied());
        Self(format!("\"{text}\" is no form of traces{near} (forms: {})", forms.join(", ")))
    }
}

/// What the file of another program does not say about its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What the trace is to be called.
    pub name: String,
    /// Capacity or goodput. Mahimahi's traces are of capacity; for all others it must be said.
    pub kind: Option<Kind>,
    /// Whether it repeats. All programs that are read here repeat their traces.
    pub repeats: bool,
    /// Who measured it.
    pub source: String,
    /// The licence of the data.
    pub licence: String,
    /// Where it was obtained.
    pub obtained: Option<String>,
}

impl Origin {
    fn about(&self, file: &str, kind: Option<Kind>, conversion: String) -> Result<About, Refusal> {
        let problem = "its form does not say what the rates are (expected a kind: \"capacity\" of a \
                       link, or \"goodput\" of one flow)";
        let kind = self.kind.or(kind).ok_or_else(|| Refusal::new(file, Place::Whole, problem))?;
        Ok(About {
            name: self.name.clone(),
            kind,
            repeats: self.repeats,
            source: self.source.clone(),
            licence: self.licence.clone(),
            obtained: self.obtained.clone(),
            conversion: Some(conversion),
        })
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The form.
    pub format: Format,
    /// What the file does not say; Weir's own form says everything.
    pub origin: Origin,
    /// The columns of a table.
    pub csv: Csv,
    /// The size of a packet opportunity of Mahimahi.
    pub packet: Bytes,
}

impl Reader {
    /// A packet opportunity as Mahimahi's manual and its traces' README count it. Its code takes
    /// 1,504 bytes, which include four of a header that no link carries.
    pub const PACKET: Bytes = Bytes::new(1500);
}

/// Reads a trace in any form. `file` is what messages call it.
///
/// # Errors
/// If the text is not of that form, or is no trace: the line or record, and what was expected.
pub fn import(reader: &Reader, file: &str, text: &str) -> Result<Trace, Refusal> {
    let origin = &reader.origin;
    match reader.format {
        Format::Weir => read(file, text),
        Format::Sabre => sabre::read(origin, file, text),
        Format::Pensieve => pensieve::read(origin, file, text),
        Format::Mahimahi => mahimahi::read(origin, reader.packet, file, text),
        Format::Cadvise => cadvise::read(origin, file, text),
        Format::Csv => columns::read(origin, &reader.csv, file, text),
    }
}

/// A trace in a form, and what that form cannot say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// What is lost; only provenance if it is empty.
    pub lost: Vec<&'static str>,
}

/// Writes a trace in any form. Packet opportunities are of `packet` bytes.
///
/// # Errors
/// If the form cannot express the trace.
pub fn export(format: Format, trace: &Trace, packet: Bytes) -> Result<Exported, Refusal> {
    let mut lost = Vec::new();
    if format != Format::Weir && !trace.repeats() {
        lost.push("that the trace does not repeat");
    }
    let latency = trace.steps().iter().any(|step| step.latency.is_some());
    let text = match format {
        Format::Weir => write(trace),
        Format::Sabre | Format::Cadvise => {
            if !latency {
                lost.push("that nothing is known about the latency (0 is written)");
            }
            if format == Format::Sabre { sabre::write(trace) } else { cadvise::write(trace)? }
        }
        Format::Pensieve => {
            lost.extend(latency.then_some("the latency"));
            pensieve::write(trace)
        }
        Format::Mahimahi => {
            lost.extend(latency.then_some("the latency"));
            lost.push("what is finer than a packet and a millisecond");
            mahimahi::write(trace, packet)?
        }
        Format::Csv => columns::write(trace),
    };
    Ok(Exported { text, lost })
}

/// Reads the file of a trace.
///
/// # Errors
/// If it cannot be read, is longer than [`MAX_FILE`], or [`import`] refuses it.
pub fn load(reader: &Reader, path: &Path) -> Result<Trace, Refusal> {
    let file = path.display().to_string();
    let refuse = |problem: String| Refusal::new(&file, Place::Whole, problem);
    let facts = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
    if !facts.is_file() {
        return Err(refuse("it is no regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(|error| refuse(error.to_string()))?;
    opened.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| refuse(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(refuse(format!("it is longer than {}", Bytes::new(MAX_FILE))));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = before.filter(|&&byte| byte == b'\n').count() + 1;
        Refusal::new(&file, Place::Line(line), "it is no text (expected UTF-8)")
    })?;
    import(reader, &file, &text)
}

/// A number that is no NaN, not infinite and not negative.
fn number(text: &str, what: &str) -> Result<f64, String> {
    let value: Option<f64> = text.trim().parse().ok();
    value.filter(|value| value.is_finite() && *value >= 0.0).ok_or_else(|| {
        format!("{:?} is not {what} (expected a number, zero or above)", shortened(text.trim()))
    })
}

/// The rate of `value` times `unit` bits per second.
fn rate(value: f64, unit: f64) -> Result<Rate, String> {
    if value.is_nan() || value < 0.0 {
        return Err(format!("a rate of {value} (expected a number, zero or above)"));
    }
    Rate::from_bps_f64(value * unit).ok_or_else(|| crate::Fault::TooFast.to_string())
}

/// The span of `value` times `unit` nanoseconds, to the nearest nanosecond.
fn span(value: f64, unit: f64) -> Result<Span, String> {
    let ns = (value * unit).round();
    // Below 2^63 every nanosecond count converts.
    if (0.0..9.2e18).contains(&ns) {
        return Ok(Span::from_ns(ns as u64));
    }
    Err(format!("a time of {value} (expected a number, zero or above, and no longer than a month)"))
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A hint at the nearest of some names; empty if none is near.
pub(crate) fn near<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let distances = names.into_iter().map(|name| (strsim::osa_distance(text, name), name));
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((distance, name)) if distance <= 2.max(name.len() / 3) => {
            format!("; did you mean \"{name}\"?")
        }
        _ => String::new(),
    }
}
