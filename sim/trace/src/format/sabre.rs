//! The form of Sabre (UMass-LIDS/sabre 09b03bb): a JSON list of periods, which repeats. The latency
//! is the time from a request to its first byte.

use super::numbers::{rate, span};
use super::origin::Origin;
use crate::{Builder, Position, Refusal, Step, Trace, decimal};
use serde::Deserialize;
use weir_units::Span;

/// Other keys, which Sabre ignores, are ignored.
#[derive(Deserialize)]
struct Period {
    duration_ms: f64,
    bandwidth_kbps: f64,
    latency_ms: f64,
}

pub(super) fn read(origin: &Origin, file: &str, text: &str) -> Result<Trace, Refusal> {
    let about = origin.about(file, None, "from the JSON of Sabre".to_owned())?;
    let expected = "a list of records with duration_ms, bandwidth_kbps and latency_ms";
    let periods: Vec<Period> = super::cadvise::list(file, text, expected)?;
    let mut builder = Builder::new(about);
    for (number, period) in (1..).zip(periods) {
        let refuse = |problem: String| Refusal::new(file, Position::Record(number), problem);
        let step = Step {
            span: span(period.duration_ms, 1e6).map_err(refuse)?,
            rate: rate(period.bandwidth_kbps, 1e3).map_err(refuse)?,
            latency: Some(span(period.latency_ms, 1e6).map_err(refuse)?),
        };
        builder.push(step).map_err(|fault| refuse(fault.to_string()))?;
    }
    builder.finish().map_err(|fault| Refusal::new(file, Position::Whole, fault))
}

/// Exact decimals. Reading them, through floating-point numbers as every reader of JSON does, gives
/// the same steps up to 1 Gbit/s.
pub(super) fn write(trace: &Trace) -> String {
    let ms = |span: Span| decimal::text(span.ns(), 6);
    let period = |step: &Step| {
        format!(
            "    {{\"duration_ms\": {}, \"bandwidth_kbps\": {}, \"latency_ms\": {}}}",
            ms(step.span),
            decimal::text(step.rate.micro_bps(), 9),
            ms(step.latency.unwrap_or_default()),
        )
    };
    let periods: Vec<String> = trace.steps().iter().map(period).collect();
    format!("[\n{}\n]\n", periods.join(",\n"))
}
