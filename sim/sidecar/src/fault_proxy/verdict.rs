//! What becomes of a request: which rules there are, and which of them concern it.

use super::dates::Shift;
use serde::{Deserialize, Serialize};
use weir_plan::Wrong;
use weir_units::{BitRate, Ratio, Seed};

/// How a fault proxy answers wrongly, and how often.
///
/// - [`Wrong::Status`], [`Wrong::Truncated`] and [`Wrong::Trickle`] concern all requests. A
///   response whose length nobody knows is truncated after its first bytes.
/// - The others concern GET requests for playlists, paths that end in `.m3u8`, that the origin
///   answers with 200. They are asked for whole and anew, and lose the headers about versions and
///   ranges, because what the client gets has none.
///
/// Where several rules concern a request, all of them count: a status comes before everything
/// else, the first of an empty and a corrupt playlist before dates, shifts of dates add up, and a
/// body can both trickle, at the lowest rate, and be truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// How.
    pub how: Wrong,
    /// The share of the requests that it concerns, drawn for each from the seed, the number of the
    /// request and the place of the rule among all.
    pub share: Ratio,
}

/// What becomes of a request: nothing, by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// It is answered with this status, without asking the origin.
    pub status: Option<u16>,
    /// What is in the playlist, if it is for one.
    pub playlist: Playlist,
    /// The body ends half-way.
    pub truncated: bool,
    /// The rate at which the body comes.
    pub rate: Option<BitRate>,
}

/// What is in a playlist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Playlist {
    /// What the origin says.
    #[default]
    True,
    /// The same with other dates.
    Shifted(Shift),
    /// Nothing.
    Empty,
    /// Bytes that are no playlist.
    Corrupt,
}

impl Verdict {
    /// Draws for the request that `seed` belongs to.
    pub fn of(rules: &[FaultRule], seed: Seed, is_playlist: bool) -> Self {
        let mut verdict = Self::default();
        for (place, rule) in rules.iter().enumerate() {
            let whole = Ratio::ONE.ppb();
            let drawn = seed.derive(&format!("order {place}")).below(whole);
            if drawn < rule.share.ppb() {
                verdict.add(rule.how, is_playlist);
            }
        }
        verdict
    }

    fn add(&mut self, how: Wrong, is_playlist: bool) {
        match how {
            Wrong::Status(status) => self.status = self.status.or(Some(status)),
            Wrong::Truncated => self.truncated = true,
            Wrong::Trickle(rate) => {
                self.rate = Some(self.rate.map_or(rate, |other| other.min(rate)));
            }
            Wrong::Corrupt if is_playlist => self.playlist.replace(Playlist::Corrupt),
            Wrong::Empty if is_playlist => self.playlist.replace(Playlist::Empty),
            Wrong::Ahead(by) if is_playlist => self.playlist.shift(Shift::ahead(by)),
            Wrong::Behind(by) if is_playlist => self.playlist.shift(Shift::behind(by)),
            Wrong::Corrupt | Wrong::Empty | Wrong::Ahead(_) | Wrong::Behind(_) => {}
        }
    }
}

impl Playlist {
    /// The first of those that leave nothing of the origin's counts.
    fn replace(&mut self, by: Self) {
        if matches!(self, Self::True | Self::Shifted(_)) {
            *self = by;
        }
    }

    fn shift(&mut self, shift: Shift) {
        match self {
            Self::True => *self = Self::Shifted(shift),
            Self::Shifted(other) => *other = other.and(shift),
            Self::Empty | Self::Corrupt => {}
        }
    }
}

/// Bytes that are no playlist, whatever the seed: the first cannot be in UTF-8 (RFC 8216, section
/// 4.1 asks for it).
pub(super) fn corrupt(seed: Seed) -> Vec<u8> {
    const WORDS: usize = 512;
    let words =
        (0..WORDS).flat_map(|word| seed.derive(&format!("word {word}")).get().to_ne_bytes());
    let mut bytes: Vec<u8> = words.collect();
    bytes[0] = 0xff;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_units::Span;

    fn always(how: Wrong) -> FaultRule {
        FaultRule { how, share: Ratio::ONE }
    }

    fn verdict(rules: &[FaultRule]) -> Verdict {
        Verdict::of(rules, Seed::new(7), true)
    }

    #[test]
    fn a_share_of_the_requests_is_concerned_and_the_same_ones_each_time() {
        let rule = FaultRule { how: Wrong::Truncated, share: Ratio::from_ppb(300_000_000) };
        let drawn = |seed: u64| -> Vec<bool> {
            let of = |n| Seed::new(seed).derive(&format!("request {n}"));
            (0..10_000).map(|n| Verdict::of(&[rule], of(n), false).truncated).collect()
        };
        let hits = drawn(1).iter().filter(|hit| **hit).count();
        // Five standard deviations.
        assert!((2_770..3_230).contains(&hits), "{hits}");
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let never = FaultRule { share: Ratio::ZERO, ..rule };
        assert_eq!(verdict(&[never]), Verdict::default());
        assert_eq!(verdict(&[]), Verdict::default());
    }

    #[test]
    fn rules_add_up() {
        let rate = |bps| Wrong::Trickle(BitRate::from_bps(bps));
        let found = verdict(&[
            always(Wrong::Ahead(Span::from_s(5))),
            always(Wrong::Behind(Span::from_s(2))),
            always(rate(9)),
            always(rate(8)),
            always(Wrong::Truncated),
            always(Wrong::Status(503)),
            always(Wrong::Status(500)),
        ]);
        let shift = Shift::ahead(Span::from_s(5)).and(Shift::behind(Span::from_s(2)));
        let playlist = Playlist::Shifted(shift);
        let rate = Some(BitRate::from_bps(8));
        assert_eq!(found, Verdict { status: Some(503), playlist, truncated: true, rate });
        let empty = [Wrong::Ahead(Span::from_s(5)), Wrong::Empty, Wrong::Corrupt].map(always);
        assert_eq!(verdict(&empty).playlist, Playlist::Empty);
    }

    #[test]
    fn what_concerns_playlists_concerns_nothing_else() {
        for how in [Wrong::Corrupt, Wrong::Empty, Wrong::Ahead(Span::from_s(1))] {
            let found = Verdict::of(&[always(how)], Seed::new(1), false);
            assert_eq!(found, Verdict::default(), "{how:?}");
            assert_ne!(verdict(&[always(how)]), Verdict::default(), "{how:?}");
        }
    }

    #[test]
    fn corrupt_bytes_are_no_text() {
        for seed in 0..100 {
            let bytes = corrupt(Seed::new(seed));
            assert_eq!(bytes.len(), 4096);
            assert!(std::str::from_utf8(&bytes).is_err());
        }
        assert_ne!(corrupt(Seed::new(1)), corrupt(Seed::new(2)));
    }
}
