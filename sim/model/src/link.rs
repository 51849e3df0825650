//! Links: how fast they are, and what they add to the time to the first byte.

use std::sync::Arc;
use weir_trace::{Rate, Trace, Volume};
use weir_units::{Span, Time};

/// How fast a link is.
#[derive(Debug, Clone)]
pub enum Capacity {
    /// So fast that it limits nobody.
    Unlimited,
    /// One rate for ever.
    Constant(Rate),
    /// The rate of a trace.
    Trace {
        /// The trace.
        trace: Arc<Trace>,
        /// How far into the trace the network begins.
        offset: Span,
    },
}

/// A link of a network.
#[derive(Debug, Clone)]
pub struct Link {
    /// How fast it is.
    pub capacity: Capacity,
    /// What it adds to the time from a request to its first byte. The latency of a trace, where it
    /// tells one, comes on top.
    pub latency: Span,
}

impl Link {
    /// When the first byte of what is requested at `now` would arrive over this link alone.
    pub(crate) fn answered(&self, now: Time) -> Time {
        let traced = match &self.capacity {
            Capacity::Trace { trace, offset } => back(trace.answered(now.after(*offset)), *offset),
            Capacity::Unlimited | Capacity::Constant(_) => now,
        };
        traced.after(self.latency)
    }
}

impl Capacity {
    /// The rate at a moment; `None` if it limits nobody.
    pub(crate) fn rate(&self, now: Time) -> Option<Rate> {
        match self {
            Self::Unlimited => None,
            Self::Constant(rate) => Some(*rate),
            Self::Trace { trace, offset } => Some(trace.at(now.after(*offset)).rate),
        }
    }

    /// When the rate may change next.
    pub(crate) fn changes(&self, now: Time) -> Time {
        match self {
            Self::Unlimited | Self::Constant(_) => Time::NEVER,
            Self::Trace { trace, offset } => back(trace.at(now.after(*offset)).until, *offset),
        }
    }

    /// What is carried between two moments; nothing, where nothing is needed for that.
    pub fn carried(&self, from: Time, to: Time) -> Volume {
        match self {
            Self::Unlimited => Volume::ZERO,
            Self::Constant(rate) => rate.carries(to.since(from)),
            Self::Trace { trace, offset } => trace.carried(from.after(*offset), to.after(*offset)),
        }
    }

    /// When so much has been carried since `from`; `None` for never.
    pub(crate) fn delivered(&self, from: Time, volume: Volume) -> Option<Time> {
        match self {
            Self::Unlimited => Some(from),
            Self::Constant(rate) => {
                rate.time_for(volume).map(|span| from.after(span)).filter(|end| *end < Time::NEVER)
            }
            Self::Trace { trace, offset } => {
                trace.delivered(from.after(*offset), volume).map(|end| back(end, *offset))
            }
        }
    }
}

/// A moment of a trace as one of the network.
pub(crate) fn back(time: Time, offset: Span) -> Time {
    if time == Time::NEVER { time } else { Time::from_ns(time.ns().saturating_sub(offset.ns())) }
}
