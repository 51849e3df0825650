//! The form of Pensieve (hongzimao/pensieve 1120bb1): a time in seconds and a rate in Mbit/s in
//! each line. The rate of a line holds from the time of the line before it. Pensieve's simulator
//! begins with the second line, and continues with the second line and time zero after the last
//! one: so the rate of the first line is never used, and the first step lasts from zero to the
//! second time.

use super::numbers::{number, rate, shortened, span};
use super::origin::Origin;
use crate::{Builder, Position, Refusal, Step, Trace, decimal};
use std::fmt::Write;
use weir_units::Span;

pub(super) fn read(origin: &Origin, file: &str, text: &str) -> Result<Trace, Refusal> {
    let conversion = "from the text of Pensieve, whose first rate is never used";
    let about = origin.about(file, None, conversion.to_owned())?;
    let mut builder = Builder::new(about);
    let mut last: Option<Span> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let refuse = |problem: String| Refusal::new(file, Position::Line(number), problem);
        if line.trim().is_empty() {
            continue;
        }
        let (time, rate) = values(line).map_err(refuse)?;
        if let Some(last) = last {
            let begin = if builder.is_empty() { Span::ZERO } else { last };
            let span = time.checked_sub(begin).filter(|_| time > last).ok_or_else(|| {
                refuse("the time is not later than the one before (expected rising times)".into())
            })?;
            let step = Step { span, rate, latency: None };
            builder.push(step).map_err(|fault| refuse(fault.to_string()))?;
        }
        last = Some(time);
    }
    builder.finish().map_err(|fault| Refusal::new(file, Position::Whole, fault))
}

fn values(line: &str) -> Result<(Span, crate::Rate), String> {
    let mut words = line.split_whitespace();
    let (Some(time), Some(mbps), None) = (words.next(), words.next(), words.next()) else {
        let line = shortened(line);
        return Err(format!("{line:?} (expected a time in seconds and a rate in Mbit/s)"));
    };
    let time = span(number(time, "a time in seconds")?, 1e9)?;
    Ok((time, rate(number(mbps, "a rate in Mbit/s")?, 1e6)?))
}

/// Exact decimals; reading them gives the same steps up to 1 Gbit/s. The first line repeats the
/// first rate.
pub(super) fn write(trace: &Trace) -> String {
    let mut text = String::new();
    let mut line = |ns: u64, step: &Step| {
        let mbps = decimal::text(step.rate.micro_bps(), 12);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}\t{mbps}", decimal::text(ns, 9));
    };
    if let Some(first) = trace.steps().first() {
        line(0, first);
    }
    let mut end = 0;
    for step in trace.steps() {
        end += step.span.ns();
        line(end, step);
    }
    text
}
