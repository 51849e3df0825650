use std::sync::Arc;
use weir_trace::{Trace, Volume};
use weir_units::{Bytes, Span, Time};

/// The chunk model of Pensieve (hongzimao/pensieve 1120bb1, `env.py`): one flow over a trace,
/// without a network behind it.
///
/// It has two clocks. Downloads and pauses move through the trace; the round-trip time is added to
/// each download *afterwards* and takes no time of the trace. So it cannot be told as a link with a
/// latency.
#[derive(Debug, Clone)]
pub struct Pensieve {
    trace: Arc<Trace>,
    at: Time,
    /// What the trace has carried by `at` beyond the last chunk: an end is rounded up to a
    /// nanosecond, and without this the roundings of a session would add up.
    ahead: Volume,
}

impl Pensieve {
    /// The round-trip time of a request.
    pub const ROUND_TRIP: Span = Span::from_ms(80);

    /// The share of the trace's rate that is payload: 95 %, as a fraction.
    const PAYLOAD: (u128, u128) = (19, 20);

    /// At the beginning of a trace, as the published test runs are.
    pub fn new(trace: Arc<Trace>) -> Self {
        Self { trace, at: Time::ZERO, ahead: Volume::ZERO }
    }

    /// How far into the trace it is.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Downloads a chunk and returns how long that takes, rounded up to the nanosecond; `None` if
    /// that never ends, and then nothing has moved.
    pub fn download(&mut self, size: Bytes) -> Option<Span> {
        let (payload, whole) = Self::PAYLOAD;
        let carried = Volume::from(size).femtobits().checked_mul(whole)?.div_ceil(payload);
        let missing = Volume::from_femtobits(carried).saturating_sub(self.ahead);
        let end = self.trace.delivered(self.at, missing)?;
        let span = end.since(self.at).checked_add(Self::ROUND_TRIP)?;
        self.ahead = self.trace.carried(self.at, end).saturating_sub(missing);
        self.at = end;
        Some(span)
    }

    /// Waits: the trace goes on.
    pub fn pause(&mut self, span: Span) {
        self.at = self.at.after(span);
        self.ahead = Volume::ZERO;
    }
}
