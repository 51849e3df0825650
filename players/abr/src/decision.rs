//! What an algorithm answers: a decision before a request, a verdict while one is in progress.

use crate::Observation;
use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

/// What to request next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The rung, an index into the ladder.
    pub rung: usize,
    /// How long to wait before the request.
    pub wait: Span,
    /// The segment to request instead of the coming one, because the buffer has it at a lower rung:
    /// an index into [`Observation::buffered`](crate::Observation::buffered). `None` asks for the
    /// coming segment. What arrives after its turn to play has begun is thrown away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<usize>,
}

impl Decision {
    /// The coming segment at this rung, at once.
    pub const fn now(rung: usize) -> Self {
        Self::after(rung, Span::ZERO)
    }

    /// The coming segment at this rung, after a wait.
    pub const fn after(rung: usize, wait: Span) -> Self {
        Self { rung, wait, replace: None }
    }

    /// The same after a number of seconds: none if that is no number or below zero, and never so
    /// many that the buffer drains.
    pub(crate) fn after_seconds(seen: &Observation, rung: usize, seconds: f64) -> Self {
        let wait = Span::from_secs_f64(seconds).unwrap_or(Span::ZERO);
        Self::after(rung, wait.min(seen.buffer))
    }
}

/// A segment download in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its rung.
    pub rung: usize,
    /// When it was requested, since the start of the session.
    pub requested: Time,
    /// From the request to the first byte of the body; `None` before that.
    pub ttfb: Option<Span>,
    /// The bytes of the whole body: as the server says (Content-Length), else as known or declared.
    pub size: Bytes,
    /// The bytes of the body that have arrived.
    pub downloaded: Bytes,
    /// How much of the next byte has arrived too: a fluid network delivers parts of bytes, a real
    /// one none.
    #[serde(default)]
    pub part: Ratio,
}

impl Progress {
    /// The bits of the body that have arrived.
    pub(crate) fn downloaded_bits(&self) -> f64 {
        (self.downloaded.get() as f64 + self.part.as_f64()) * 8.0
    }

    /// The bits of the whole body.
    pub(crate) fn size_bits(&self) -> f64 {
        self.size.get() as f64 * 8.0
    }

    /// From the request to `now`.
    pub(crate) fn elapsed(&self, now: Time) -> Span {
        now.since(self.requested)
    }
}

/// What is to become of a download in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It goes on.
    #[default]
    Continue,
    /// It ends now, and what has arrived is thrown away.
    Abandon {
        /// The rung at which the segment is to be requested instead. `None` gives a replacement up:
        /// the coming segment is decided on as if nothing had been requested.
        to: Option<usize>,
    },
}

/// What comes of a download in progress, where a driver knows it.
pub struct Outlook<'a> {
    /// The download is over by then, or nobody asks.
    pub until: Time,
    /// The body never arrives slower; zero where that is not known.
    pub slowest: BitRate,
    /// How it goes in detail: from now on, or from its first byte on if that is later.
    pub pieces: &'a mut dyn Iterator<Item = Piece>,
}

impl Outlook<'_> {
    /// As if it arrived at the lowest rate all the time: it can only be faster.
    pub(crate) fn slow(&self) -> Piece {
        Piece { until: self.until, rate: self.slowest }
    }
}

/// A piece of a download in which the body arrives at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// When it ends.
    pub until: Time,
    /// The rate, rounded down.
    pub rate: BitRate,
}
