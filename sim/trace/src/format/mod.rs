//! The forms of traces in files.

mod cadvise;
mod columns;
mod mahimahi;
mod numbers;
mod origin;
mod own;
mod pensieve;
mod sabre;

pub use columns::{Clock, Csv};
pub use origin::Origin;
pub use own::{read, write};

use crate::limits::MAX_FILE;
use crate::near::near;
use crate::{Position, Refusal, Trace};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use weir_units::Bytes;

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

impl Format {
    /// Whether it says, or implies, of which kind its traces are.
    pub const fn says_kind(self) -> bool {
        matches!(self, Self::Weir | Self::Mahimahi)
    }
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
    let refuse = |problem: String| Refusal::new(&file, Position::Whole, problem);
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
        Refusal::new(&file, Position::Line(line), "it is no text (expected UTF-8)")
    })?;
    import(reader, &file, &text)
}
