//! The network of Pensieve's simulator, chunk by chunk.

use weir_trace::{Cursor, Trace, Volume};
use weir_units::{Bytes, Span, Time};

/// The chunk model of Pensieve (hongzimao/pensieve 1120bb1, `env.py`): one flow over a trace,
/// without a network behind it.
///
/// It has two clocks. Downloads and pauses move through the trace; the round-trip time is added to
/// each download *afterwards* and takes no time of the trace. So it cannot be told as a link with a
/// latency.
#[derive(Debug, Clone)]
pub struct Pensieve<'a> {
    trace: Cursor<'a>,
    at: Time,
    /// What the trace has carried by `at`.
    carried: Volume,
    /// What the trace has carried by `at` beyond the last chunk: an end is rounded up to a
    /// nanosecond, and without this the roundings of a session would add up.
    ahead: Volume,
}

impl<'a> Pensieve<'a> {
    /// The round-trip time of a request.
    pub const ROUND_TRIP: Span = Span::from_ms(80);

    /// At the beginning of a trace, as the published test runs are.
    pub fn new(trace: &'a Trace) -> Self {
        let (at, carried, ahead) = (Time::ZERO, Volume::ZERO, Volume::ZERO);
        Self { trace: Cursor::new(trace), at, carried, ahead }
    }

    /// How far into the trace it is.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Downloads a chunk and returns how long that takes, rounded up to the nanosecond; `None` if
    /// that never ends, and then nothing has moved.
    pub fn download(&mut self, size: Bytes) -> Option<Span> {
        let missing = carried(size)?.saturating_sub(self.ahead);
        let end = self.trace.delivery(self.at, self.carried, missing)?.end;
        let span = end.since(self.at).checked_add(Self::ROUND_TRIP)?;
        let carried = self.trace.total(end);
        self.ahead = carried.saturating_sub(self.carried).saturating_sub(missing);
        (self.at, self.carried) = (end, carried);
        Some(span)
    }

    /// Waits: the trace goes on.
    pub fn pause(&mut self, span: Span) {
        self.at = self.at.after(span);
        (self.carried, self.ahead) = (self.trace.total(self.at), Volume::ZERO);
    }
}

/// What the trace carries for this payload, rounded up: 95 % of it, which is 19 twentieths, are
/// payload. `None` past the range of the type.
fn carried(payload: Bytes) -> Option<Volume> {
    // Nineteenths of a bit: a division of wide integers would be slow.
    let nineteenths = payload.get().checked_mul(8 * 20)?;
    let rest = (nineteenths % 19 * 1_000_000_000_000_000).div_ceil(19);
    Volume::from_bits(nineteenths / 19).checked_add(Volume::from_femtobits(rest.into()))
}
