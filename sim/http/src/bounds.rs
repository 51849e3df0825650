//! What clients may not exceed.

use std::time::Duration;
use weir_units::{BitRate, Span};

/// What clients may not exceed. By default: 1,000 connections, of whomever, that send a head of at
/// most 32 KiB within 75 s, as `keepalive_timeout` of nginx, and take something of an answer in
/// every 60 s, as its `send_timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time. More wait in the kernel's queue.
    pub connections: usize,
    /// Connections of one address; of IPv6, of one network of 64 bits. More are refused.
    pub per_address: u32,
    /// How long a client may take for the head of its next request: for the first from the
    /// beginning of the connection, for the others from the end of the answer before.
    pub head_within: Span,
    /// The longest head of a request, in bytes.
    pub head_bytes: usize,
    /// A client that keeps an answer waiting for so long has to have taken some of it in the
    /// meantime: at least a byte, and what [`Bounds::least_rate`] makes of this time.
    pub patience: Span,
    /// The least rate at which a client has to take an answer that waits for it.
    pub least_rate: BitRate,
    /// How much of an answer the kernel holds for a client beyond what is on its way, in bytes;
    /// `None` leaves that to the kernel, which makes room for megabytes.
    ///
    /// A smaller SO_SNDBUF would bound also what is on its way, and with it the rate over a long
    /// path, and would end the kernel's own choice of that room. This bounds only what could not be
    /// sent yet: a client that reads does not notice.
    pub unsent: Option<u32>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 1_000,
            per_address: 1_000,
            head_within: Span::from_s(75),
            head_bytes: 32 << 10,
            patience: Span::from_s(60),
            least_rate: BitRate::from_bps(0),
            unsent: None,
        }
    }
}

/// Why a client's connection was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// It took nothing of an answer for [`Bounds::patience`].
    TookNothing,
    /// It took less than [`Bounds::least_rate`].
    TooSlow,
    /// No request of it, or only a part of one, came in time; so end most that are kept alive.
    NoRequest,
    /// Its address had [`Bounds::per_address`] others: it was refused.
    TooMany,
}

/// A length of time, as the standard library has it.
pub const fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.ns())
}
