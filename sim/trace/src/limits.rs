//! What a trace may be.

use std::ops::RangeInclusive;
use weir_units::{BitRate, Span};

/// The most steps: 16 minutes of milliseconds that all differ.
pub const MAX_STEPS: usize = 1_000_000;

/// The longest: 31 days.
pub const MAX_LENGTH: Span = Span::from_s(31 * 86_400);

/// How long a step may be. Published traces resolve milliseconds; a bound from below keeps the
/// number of steps in a given time bounded.
pub const STEP: RangeInclusive<Span> = Span::from_us(1)..=MAX_LENGTH;

/// The longest latency of a step: 60 s.
pub const MAX_LATENCY: Span = Span::from_s(60);

/// The highest rate of a step: 10 Tbit/s.
pub const MAX_RATE: BitRate = BitRate::from_bps(10_000_000_000_000);

/// The longest file of a trace, in bytes. No published one is near it.
pub const MAX_FILE: u64 = 64_000_000;
