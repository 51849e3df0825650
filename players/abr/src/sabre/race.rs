//! When BOLA could first abandon a download, without looking at it all the time.

use crate::utility::Utilities;
use crate::{Outlook, Piece, Progress};
use weir_units::{Span, Time};

/// The rest of a download against whole segments of lower rungs, by their scores.
///
/// Let x be by how much the buffer is below the one at which the score of the rung in progress is
/// zero, and `left` the bits to come. A rung for which that buffer is lower by d, and whose segment
/// has b bits, fewer than `left`, scores higher when (x - d) / b > x / left: when
/// (x - d) * left - x * b > 0. While x grows with time and `left` falls at one rate, that is a
/// quadratic function of time. (While x is not above d, no such rung scores higher.)
#[derive(Debug, Clone, Copy)]
pub(super) struct Race<'a> {
    pub utilities: &'a Utilities,
    /// Milliseconds of buffer for each unit of utility.
    pub vp: f64,
    /// x at the moment of the observation, in milliseconds.
    pub x: f64,
}

/// By how much the buffer counts as lower than it is, in milliseconds, so that rounding does not
/// matter.
const MARGIN: f64 = 1.0;

impl Race<'_> {
    /// Until when no lower rung can score higher, at least.
    pub fn next_check(&self, now: Time, progress: &Progress, outlook: Outlook<'_>) -> Time {
        let rungs = self.utilities.rungs();
        let Some(&(utility, kbps)) = rungs.get(progress.rung) else { return Time::ZERO };
        if !self.utilities.is_rising() || self.vp.is_nan() || self.vp <= 0.0 {
            return Time::ZERO;
        }
        let (size, x) = (progress.size_bits(), self.x + MARGIN);
        let lower = &rungs[..progress.rung];
        let Some(next) = lower.last() else { return Time::NEVER };
        // If nothing arrived, the next rung would be the first to score higher.
        let idle = self.vp * (utility - next.0) / (1.0 - next.1 / kbps) - x;
        if idle > 0.0 && now.after(span(idle)) >= outlook.until {
            return outlook.until;
        }
        let first_byte = progress.ttfb.map_or(now, |ttfb| progress.requested.after(ttfb));
        let mut from = now.max(first_byte);
        let mut runner = Runner {
            lower,
            utility,
            vp: self.vp,
            bits: size / kbps,
            x: x + from.since(now).ns() as f64 * MS,
            left: size - progress.downloaded_bits(),
        };
        if runner.clone().run(from, outlook.slow()) == f64::INFINITY {
            return outlook.until;
        }
        for piece in outlook.pieces {
            let overtaken = runner.run(from, piece);
            if overtaken < f64::INFINITY {
                return from.after(span(overtaken));
            }
            from = piece.until;
        }
        outlook.until
    }
}

/// The state of a race at a moment.
#[derive(Debug, Clone)]
struct Runner<'a> {
    /// The utilities and rates of lower rungs, and the utility of the one in progress.
    lower: &'a [(f64, f64)],
    utility: f64,
    vp: f64,
    /// The bits of a segment for each kbit/s.
    bits: f64,
    x: f64,
    left: f64,
}

impl Runner<'_> {
    /// Goes on from a moment through a piece. The milliseconds until a lower rung first scores
    /// higher; infinity if none does.
    fn run(&mut self, from: Time, piece: Piece) -> f64 {
        let length = piece.until.since(from).ns() as f64 * MS;
        let rate = piece.rate.bps() as f64 * 1e-3;
        let mut first = f64::INFINITY;
        for (lower, kbps) in self.lower.iter().rev() {
            let (d, bits) = (self.vp * (self.utility - lower), self.bits * kbps);
            if d >= self.x + length {
                // So are those of all further ones.
                break;
            }
            if bits < self.left {
                let begin = (self.x - d) * self.left - self.x * bits;
                let slope = self.left - bits - rate * (self.x - d);
                first = first.min(above_zero(begin, slope, rate, length));
            }
        }
        self.x += length;
        self.left -= rate * length;
        first
    }
}

/// Milliseconds in a nanosecond.
const MS: f64 = 1e-6;

/// When `begin + slope * t - fall * t^2` is above zero first, from 0 to `length`; infinity if it is
/// not.
fn above_zero(begin: f64, slope: f64, fall: f64, length: f64) -> f64 {
    if begin > 0.0 {
        return 0.0;
    }
    let at_end = begin + (slope - fall * length) * length;
    let square = slope * slope + 4.0 * fall * begin;
    // At the end, or at its highest point before.
    if at_end > 0.0 || (slope > 0.0 && slope < 2.0 * fall * length && square > 0.0) {
        return -2.0 * begin / (slope + libm::sqrt(square.max(0.0)));
    }
    f64::INFINITY
}

/// A time in milliseconds, rounded down.
fn span(ms: f64) -> Span {
    // A conversion from a floating-point number saturates, and what is no number becomes zero.
    Span::from_ns((ms * 1e6) as u64)
}
