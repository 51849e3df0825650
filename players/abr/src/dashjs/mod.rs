//! The rules of dash.js (Dash-Industry-Forum/dash.js ccf3b95, after 5.1.1,
//! `src/streaming/rules/abr`), for one video without low-latency mode.
//!
//! Its events (a segment was loaded, the buffer ran empty, a request was abandoned) are read from
//! the downloads that an observation shows. The buffer counts as empty at
//! [`STALLED`] and below (`streaming.buffer.stallThreshold`).

mod abandon;
mod bola;
mod history;

pub(crate) use abandon::AbandonRule;
pub(crate) use bola::{BolaRule, Version};
pub(crate) use history::SwitchHistory;

use crate::registry::Param;
use weir_units::Span;

/// The buffer at which dash.js stops playback.
pub(crate) const STALLED: Span = Span::from_ms(300);

pub(crate) const BUFFER_TIME: Param = Param {
    name: "buffer_time",
    default: "18 s",
    doc: "the buffer that the player aims at: `streaming.buffer.bufferTimeDefault`",
};
pub(crate) const INITIAL: Param = Param {
    name: "initial",
    default: "1 Mbit/s",
    doc: "the throughput that is assumed before there is a sample",
};
