//! Rates of steps, finer than in bits per second.

use crate::Volume;
use crate::limits::MAX_RATE;
use std::fmt;
use weir_units::{BitRate, ParseError, Span};

/// Millionths of a bit per second in a bit per second.
const FINE: u64 = 1_000_000;

/// The rate of a step of a trace, in millionths of a bit per second.
///
/// Whole bits per second would not do: published traces give rates such as 0.37 Mbit/s with twelve
/// decimals, and half a bit per second of rounding moves the end of a download by microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(u64);

impl Rate {
    /// Nothing passes.
    pub const ZERO: Self = Self(0);

    /// The highest rate of a step: 10 Tbit/s.
    pub const MAX: Self = Self(MAX_RATE.bps() * FINE);

    /// This many millionths of a bit per second; `None` above [`Rate::MAX`].
    pub const fn from_micro_bps(micro_bps: u64) -> Option<Self> {
        if micro_bps <= Self::MAX.0 { Some(Self(micro_bps)) } else { None }
    }

    /// Millionths of a bit per second.
    pub const fn micro_bps(self) -> u64 {
        self.0
    }

    /// The nearest rate to `bps` bits per second; `None` for NaN, for negative values and above
    /// [`Rate::MAX`].
    pub fn from_bps_f64(bps: f64) -> Option<Self> {
        let micro = (bps * FINE as f64).round();
        (0.0..=Self::MAX.0 as f64).contains(&micro).then_some(Self(micro as u64))
    }

    /// Bits per second as a floating-point number, for statistics.
    pub fn as_bps_f64(self) -> f64 {
        self.0 as f64 / FINE as f64
    }

    /// The nearest whole number of bits per second.
    pub const fn rounded(self) -> BitRate {
        BitRate::from_bps((self.0 + FINE / 2) / FINE)
    }

    /// What passes at this rate within `span`: exact.
    pub fn carries(self, span: Span) -> Volume {
        Volume::from_femtobits(u128::from(self.0) * u128::from(span.ns()))
    }

    /// The time that `volume` takes at this rate, rounded up to the next nanosecond; `None` at a
    /// rate of zero (unless there is nothing to carry) and past 584 years.
    pub fn time_for(self, volume: Volume) -> Option<Span> {
        if volume == Volume::ZERO {
            return Some(Span::ZERO);
        }
        let ns = volume.femtobits().checked_add(u128::from(self.0).checked_sub(1)?)?;
        u64::try_from(ns / u128::from(self.0)).ok().map(Span::from_ns)
    }

    /// The rate at which `volume` passes within `span`, rounded down; `None` for an empty span and
    /// above [`Rate::MAX`].
    pub fn of(volume: Volume, span: Span) -> Option<Self> {
        let micro = volume.femtobits().checked_div(u128::from(span.ns()))?;
        u64::try_from(micro).ok().and_then(Self::from_micro_bps)
    }
}

impl TryFrom<BitRate> for Rate {
    type Error = crate::Fault;
    fn try_from(rate: BitRate) -> Result<Self, Self::Error> {
        let micro = rate.bps().checked_mul(FINE);
        micro.and_then(Self::from_micro_bps).ok_or(crate::Fault::TooFast)
    }
}

/// As text: a decimal number and a unit, as for [`BitRate`], with up to six decimals of a bit per
/// second. Printing and then parsing is the identity.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(FINE) {
            self.rounded().fmt(f)
        } else {
            f.pad(&format!("{} bit/s", crate::decimal::text(self.0, 6)))
        }
    }
}

/// Why a text is not the rate of a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// It is no bit rate.
    #[error(transparent)]
    Text(#[from] ParseError),
    /// It is one, but above [`Rate::MAX`].
    #[error(transparent)]
    TooFast(#[from] crate::Fault),
}

impl std::str::FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<BitRate>() {
            Ok(rate) => Ok(Self::try_from(rate)?),
            // Finer than a bit per second, or wrong: the words about what is wrong stay the same.
            Err(error) => fine(text).ok_or(RateError::Text(error)),
        }
    }
}

/// A rate with decimals of a bit per second.
fn fine(text: &str) -> Option<Rate> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let digits = match unit.trim() {
        "bit/s" => 6,
        "kbit/s" => 9,
        "Mbit/s" => 12,
        "Gbit/s" => 15,
        _ => return None,
    };
    crate::decimal::parse(number, digits).and_then(Rate::from_micro_bps)
}
