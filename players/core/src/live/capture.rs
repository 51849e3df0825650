//! When a segment's first picture was captured. The publisher writes its own clock into the
//! timestamps of the media: seconds since 1970, modulo [`CYCLE`].

use super::boxes::{self, Track};
use crate::playlist::Date;
use weir_units::Span;

/// After so long, timestamps begin at zero again: they must fit where RTMP has 32 bits of
/// milliseconds.
const CYCLE: Span = Span::from_s(1_000_000);

/// A segment that seems to have been captured farther from now has other timestamps than the
/// publisher's clock.
const FARTHEST: Span = Span::from_s(3600);

/// The moment at which the first picture of the segment that begins so was captured: of those that
/// its timestamp may mean, the one that is nearest to `now`. `None` if the segment or its
/// initialization section does not say, or if that is no time at which it can have been.
pub(super) fn captured(segment: &[u8], tracks: &[Track], now: Date) -> Option<Date> {
    let (id, time) = boxes::decode_time(segment)?;
    let timescale = tracks.iter().find(|track| track.id == id)?.timescale;
    let ns = u128::from(time) * 1_000_000_000 / u128::from(timescale);
    let within = u64::try_from(ns % u128::from(CYCLE.ns())).ok()?;
    let captured = nearest(Span::from_ns(within), now);
    let off = captured.since(now).max(now.since(captured));
    (off <= FARTHEST).then_some(captured)
}

/// The moment nearest to `now` that is `within` after the begin of a cycle.
fn nearest(within: Span, now: Date) -> Date {
    let (cycle, half) = (CYCLE.ns(), CYCLE.ns() / 2);
    // `now` less `within` is a number of cycles and a rest.
    let rest = (i128::from(now.unix().ns()) - i128::from(within.ns())).rem_euclid(cycle.into());
    let back = now.unix().ns().saturating_sub(u64::try_from(rest).unwrap_or(0));
    let ahead = if rest > i128::from(half) { cycle } else { 0 };
    Date::from_unix(Span::from_ns(back.saturating_add(ahead)))
}

#[cfg(test)]
mod tests {
    use super::super::boxes::tests as boxes;
    use super::*;

    fn date(seconds: u64) -> Date {
        Date::from_unix(Span::from_s(seconds))
    }

    #[test]
    fn a_timestamp_means_the_nearest_moment() {
        let nearest = |within, now| nearest(Span::from_s(within), date(now)).unix().ns();
        let seconds = |s: u64| s * 1_000_000_000;
        assert_eq!(nearest(867_844, 1_795_867_850), seconds(1_795_867_844));
        assert_eq!(nearest(999_998, 1_796_000_004), seconds(1_795_999_998));
        // The publisher's clock may be ahead.
        assert_eq!(nearest(3, 1_795_999_999), seconds(1_796_000_003));
        assert_eq!(nearest(5, 5), seconds(5));
    }

    #[test]
    fn the_time_scale_is_that_of_the_track() {
        let tracks = super::super::boxes::tracks(&boxes::init(2, 12_800, false));
        let segment = boxes::segment(2, 12_800 * 867_844 + 6400);
        let captured = captured(&segment, &tracks, date(1_795_867_850)).unwrap();
        assert_eq!(captured.unix().ms(), 1_795_867_844_500);
        let other = boxes::segment(1, 5);
        assert_eq!(super::captured(&other, &tracks, date(1_795_867_850)), None);
        let of_its_own = boxes::segment(2, 12_800 * 60);
        assert_eq!(super::captured(&of_its_own, &tracks, date(1_795_867_850)), None);
    }
}
