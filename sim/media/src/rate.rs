//! Frame rates as exact fractions: 30000/1001 is not 29.97.

use std::fmt;
use weir_units::Span;

const NS_PER_S: u128 = 1_000_000_000;

/// Frames per second, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameRate {
    frames: u32,
    seconds: u32,
}

impl FrameRate {
    /// The rate of film.
    pub const FILM: Self = Self { frames: 24, seconds: 1 };

    /// The fastest rate that is kept, in frames per second: ladders for more are rare, and cost
    /// more than they show.
    const FASTEST: u128 = 60;

    /// Reads `30000/1001`; `None` for what is no rate, such as ffprobe's `0/0` where it knows none.
    pub fn parse(text: &str) -> Option<Self> {
        let (frames, seconds) = text.split_once('/')?;
        let (frames, seconds) = (frames.parse().ok()?, seconds.parse().ok()?);
        (frames > 0 && seconds > 0).then_some(Self { frames, seconds })
    }

    /// The rate at which a source is encoded: its own if it is constant (its lowest common rate and
    /// its mean rate differ by at most 1 %) and from 1 to 60 frames per second, or else the nearest
    /// whole number of frames per second in that range. A source without any rate counts as film.
    pub fn of_source(common: Option<Self>, mean: Option<Self>) -> Self {
        let (Some(common), Some(mean)) = (common, mean) else {
            return common.or(mean).map_or(Self::FILM, Self::rounded);
        };
        let (a, b) = (common.cross(mean), mean.cross(common));
        let constant = a.abs_diff(b) * 100 <= a.max(b);
        let (frames, seconds) = (u128::from(common.frames), u128::from(common.seconds));
        let usual = (seconds..=Self::FASTEST * seconds).contains(&frames);
        if constant && usual { common } else { mean.rounded() }
    }

    fn cross(self, other: Self) -> u128 {
        u128::from(self.frames) * u128::from(other.seconds)
    }

    fn rounded(self) -> Self {
        let (frames, seconds) = (u128::from(self.frames), u128::from(self.seconds));
        let nearest = ((frames + seconds / 2) / seconds).clamp(1, Self::FASTEST);
        Self { frames: u32::try_from(nearest).unwrap_or(1), seconds: 1 }
    }

    /// The number of frames that comes nearest to `span`.
    pub fn frames_in(self, span: Span) -> u64 {
        let (frames, seconds) = (u128::from(self.frames), u128::from(self.seconds));
        let unit = seconds * NS_PER_S;
        let nearest = (u128::from(span.ns()) * frames + unit / 2) / unit;
        u64::try_from(nearest).unwrap_or(u64::MAX)
    }

    /// How long `count` frames last, to the nearest nanosecond.
    pub fn span_of(self, count: u64) -> Span {
        let (frames, seconds) = (u128::from(self.frames), u128::from(self.seconds));
        let ns = (u128::from(count) * seconds * NS_PER_S + frames / 2) / frames;
        Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// Whether a frame lasts exactly `ticks` of a clock that makes `timescale` ticks per second.
    pub fn is_frame_of(self, ticks: u32, timescale: u32) -> bool {
        u128::from(ticks) * u128::from(self.frames)
            == u128::from(timescale) * u128::from(self.seconds)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.frames, self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(common: &str, mean: &str) -> String {
        FrameRate::of_source(FrameRate::parse(common), FrameRate::parse(mean)).to_string()
    }

    #[test]
    fn a_constant_rate_is_kept_exactly_and_any_other_becomes_a_whole_number() {
        assert_eq!(source("30000/1001", "30000/1001"), "30000/1001");
        assert_eq!(source("25/1", "2500/101"), "25/1");
        assert_eq!(source("60/1", "2970/100"), "30/1");
        assert_eq!(source("90000/1", "24/1"), "24/1");
        assert_eq!(source("120/1", "120/1"), "60/1");
        assert_eq!(source("1/10", "1/10"), "1/1");
        assert_eq!(source("0/0", "0/0"), "24/1");
        assert_eq!(source("x", "24000/1001"), "24/1");
    }

    #[test]
    fn frames_and_spans_convert_to_the_nearest() {
        let ntsc = FrameRate::parse("30000/1001").unwrap();
        assert_eq!(ntsc.frames_in(Span::from_s(2)), 60);
        assert_eq!(ntsc.span_of(60), Span::from_ms(2002));
        for frames in 0..1000 {
            assert_eq!(ntsc.frames_in(ntsc.span_of(frames)), frames);
        }
        assert!(ntsc.is_frame_of(1001, 30_000) && ntsc.is_frame_of(2002, 60_000));
        assert!(!ntsc.is_frame_of(1000, 30_000));
        assert_eq!(FrameRate::FILM.frames_in(Span::MAX), 442_721_857_769);
    }
}
