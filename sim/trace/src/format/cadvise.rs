//! The form of LLL-CAdViSE (cd-athena/LLL-CAdViSE, `network/*.json`): a JSON list of periods in
//! seconds, with a rate in kbit/s and a latency in ms for the server's and for the client's
//! interface; a rate of zero means that there is no limit. What reaches the client is limited by
//! the server's egress and the client's ingress, and both latencies add to a round trip.

use super::numbers::{rate, span};
use super::origin::Origin;
use crate::{Builder, Position, Rate, Refusal, Step, Trace, decimal};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    duration: f64,
    #[serde(default)]
    server_egress: f64,
    #[serde(default)]
    server_latency: f64,
    #[serde(default)]
    client_ingress: f64,
    #[serde(default)]
    client_latency: f64,
}

/// The records of a JSON list.
pub(super) fn list<T: DeserializeOwned>(
    file: &str,
    text: &str,
    expected: &str,
) -> Result<Vec<T>, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        let problem = format!("{error} (expected {expected}; JSON knows no NaN)");
        Refusal::new(file, Position::Line(error.line()), problem)
    })
}

pub(super) fn read(origin: &Origin, file: &str, text: &str) -> Result<Trace, Refusal> {
    let conversion = "from the JSON of LLL-CAdViSE: the lower of serverEgress and clientIngress";
    let about = origin.about(file, None, conversion.to_owned())?;
    let expected = "a list of records with duration, clientIngress and serverLatency";
    let periods: Vec<Period> = list(file, text, expected)?;
    let mut builder = Builder::new(about);
    for (number, period) in (1..).zip(periods) {
        let refuse = |problem: String| Refusal::new(file, Position::Record(number), problem);
        let limit = |kbps| rate(kbps, 1e3).map_err(refuse);
        let limits = [limit(period.server_egress)?, limit(period.client_ingress)?];
        let rate = limits.into_iter().filter(|&rate| rate > Rate::ZERO).min().ok_or_else(|| {
            refuse("it has no limit (expected a rate above zero in clientIngress)".to_owned())
        })?;
        let latency = |ms| span(ms, 1e6).map_err(refuse);
        let latencies =
            latency(period.server_latency)?.saturating_add(latency(period.client_latency)?);
        let span = span(period.duration, 1e9).map_err(refuse)?;
        let step = Step { span, rate, latency: Some(latencies) };
        builder.push(step).map_err(|fault| refuse(fault.to_string()))?;
    }
    builder.finish().map_err(|fault| Refusal::new(file, Position::Whole, fault))
}

/// Exact decimals; the latency is the server's.
pub(super) fn write(trace: &Trace) -> Result<String, Refusal> {
    let period = |(number, step): (usize, &Step)| {
        if step.rate == Rate::ZERO {
            let problem = "a rate of zero, which LLL-CAdViSE takes for no limit";
            return Err(Refusal::new(&trace.about().name, Position::Record(number), problem));
        }
        let latency = decimal::text(step.latency.unwrap_or_default().ns(), 6);
        Ok(format!(
            "  {{\"duration\": {}, \"serverIngress\": 0, \"serverEgress\": 0, \
             \"serverLatency\": {latency}, \"clientIngress\": {}, \"clientEgress\": 0, \
             \"clientLatency\": 0}}",
            decimal::text(step.span.ns(), 9),
            decimal::text(step.rate.micro_bps(), 9),
        ))
    };
    let periods = (1..).zip(trace.steps()).map(period).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[\n{}\n]\n", periods.join(",\n")))
}
