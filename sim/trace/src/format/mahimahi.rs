//! The form of Mahimahi (ravinet/mahimahi): in each line the millisecond at which one packet may
//! leave. Lines do not fall; repeated lines are several packets in one millisecond; the last line
//! is the period after which everything repeats.
//!
//! A [`Trace`] has no moments, so the packets of a millisecond are spread evenly over the one that
//! ends there: whatever has passed by any whole millisecond is exact to the byte. Packets at zero
//! belong to the end of the round before, and are missing at the very start of the first one. What
//! a flow leaves of an opportunity is wasted in Mahimahi, and is not in a fluid.

use super::numbers::shortened;
use super::origin::Origin;
use crate::limits::MAX_FILE;
use crate::{Builder, Fault, Kind, Position, Rate, Refusal, Step, Trace, Volume};
use std::fmt::Write;
use weir_units::{Bytes, Span, Time};

const MS: Span = Span::from_ms(1);

pub(super) fn read(
    origin: &Origin,
    packet: Bytes,
    file: &str,
    text: &str,
) -> Result<Trace, Refusal> {
    let conversion = format!(
        "from the packet opportunities of Mahimahi, of {} B each, spread over the millisecond that \
         ends with them",
        packet.get()
    );
    let about = origin.about(file, Some(Kind::Capacity), conversion)?;
    let (mut at_zero, mut now, mut count) = (0u64, 0u64, 0u64);
    let mut last = 0;
    let mut builder = Builder::new(about);
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        last = number;
        let refuse = |problem: String| Refusal::new(file, Position::Line(number), problem);
        let ms: u64 = line.trim().parse().map_err(|_| {
            refuse(format!(
                "{:?} is not a millisecond (expected a whole number, zero or above)",
                shortened(line.trim())
            ))
        })?;
        if ms < now {
            return Err(refuse(format!("{ms} ms after {now} ms (expected no falling times)")));
        }
        if ms > now {
            if now > 0 {
                step(&mut builder, MS, count, packet).map_err(|fault| refuse(fault.to_string()))?;
            }
            let silent = Span::from_ms(ms - now - 1);
            step(&mut builder, silent, 0, packet).map_err(|fault| refuse(fault.to_string()))?;
            (now, count) = (ms, 0);
        }
        *(if ms == 0 { &mut at_zero } else { &mut count }) += 1;
    }
    if now > 0 {
        step(&mut builder, MS, count + at_zero, packet)
            .map_err(|fault| Refusal::new(file, Position::Line(last), fault))?;
    } else if at_zero > 0 {
        let problem = "the last line is 0 ms (expected the period, above zero)";
        return Err(Refusal::new(file, Position::Line(last), problem));
    }
    builder.finish().map_err(|fault| Refusal::new(file, Position::Whole, fault))
}

/// Adds `count` packets in `span`.
fn step(builder: &mut Builder, span: Span, count: u64, packet: Bytes) -> Result<(), Fault> {
    if span == Span::ZERO {
        return Ok(());
    }
    let bytes = packet.get().checked_mul(count).map(Bytes::new).ok_or(Fault::TooFast)?;
    let rate = Rate::of(Volume::from(bytes), span).ok_or(Fault::TooFast)?;
    builder.extend(Step { span, rate, latency: None })
}

/// Each packet in the millisecond in which the trace has carried it whole. What is left over at the
/// end becomes one more packet, since the last line must be the period.
pub(super) fn write(trace: &Trace, packet: Bytes) -> Result<String, Refusal> {
    let refuse = |problem: &str| Refusal::new(&trace.about().name, Position::Whole, problem);
    let size = Volume::from(packet).femtobits();
    if size == 0 {
        return Err(refuse("packets of no bytes (expected 1500 B)"));
    }
    let end = trace.length().ns().div_ceil(MS.ns());
    let mut text = String::new();
    let mut sent = 0;
    for ms in 1..=end {
        // The last millisecond may be only a part.
        let now = Time::ZERO.after(Span::from_ms(ms).min(trace.length()));
        let whole = trace.carried(Time::ZERO, now).femtobits();
        let due = if ms == end { whole.div_ceil(size).max(sent + 1) } else { whole / size };
        if text.len() as u64 > MAX_FILE || due - sent > u128::from(MAX_FILE) {
            return Err(refuse("it has too many packets for a file (expected a slower trace)"));
        }
        for _ in sent..due {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{ms}");
        }
        sent = due;
    }
    Ok(text)
}
