//! The path of a trial's only viewer, if it is steady.

use super::download::SteadyPath;
use crate::way::{Direction, way};
use std::collections::BTreeMap;
use weir_units::{BitRate, Span};

/// An interval of one direction of a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinkSeen {
    pub link: String,
    pub from: String,
    pub to: String,
    pub rate: Option<BitRate>,
    pub delay: Span,
    pub jitter: Span,
    pub bytes: u64,
    /// Packets lost at random.
    pub losses: u64,
}

/// A direction in all its intervals: the same rate and delay in each, or `None`.
#[derive(Debug, Clone, Copy)]
struct Steady {
    rate: Option<BitRate>,
    delay: Span,
}

impl SteadyPath {
    /// The path to this node, and the node that serves it; `None` if a rate or a delay on it changes or
    /// is drawn at random, if it loses packets at random, or if it has no rate.
    pub(crate) fn of<'a>(rows: &'a [LinkSeen], node: &str) -> Option<(Self, &'a str)> {
        let mut delivered: BTreeMap<Direction, u64> = BTreeMap::new();
        let mut steady: BTreeMap<Direction, Option<Steady>> = BTreeMap::new();
        for row in rows {
            let direction = (row.link.as_str(), row.from.as_str(), row.to.as_str());
            let sum = delivered.entry(direction).or_default();
            *sum = sum.saturating_add(row.bytes);
            let here = Steady { rate: row.rate, delay: row.delay };
            let known = steady.entry(direction).or_insert(Some(here));
            let same =
                known.is_some_and(|known| (known.rate, known.delay) == (here.rate, here.delay));
            if !same || row.jitter > Span::ZERO || row.losses > 0 {
                *known = None;
            }
        }
        let mut round_trip = Span::ZERO;
        let (mut rate, mut back): (Option<BitRate>, Option<BitRate>) = (None, None);
        let least = |one: Option<BitRate>, other: Option<BitRate>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let way = way(&delivered, node);
        for (link, from, to) in &way {
            let there = (*steady.get(&(*link, *from, *to))?)?;
            let here = (*steady.get(&(*link, *to, *from))?)?;
            rate = least(rate, there.rate);
            back = least(back, here.rate);
            round_trip = round_trip.saturating_add(there.delay).saturating_add(here.delay);
        }
        let (_, server, _) = way.last()?;
        // A direction without a rate takes no time at all.
        let back = back.unwrap_or(BitRate::from_bps(u64::MAX));
        Some((Self { rate: rate?, back, round_trip }, server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(link: &str, from: &str, to: &str, mbit: Option<u64>, bytes: u64) -> LinkSeen {
        LinkSeen {
            link: link.into(),
            from: from.into(),
            to: to.into(),
            rate: mbit.map(|mbit| BitRate::from_bps(mbit * 1_000_000)),
            delay: Span::from_ms(5),
            jitter: Span::ZERO,
            bytes,
            losses: 0,
        }
    }

    fn rows() -> Vec<LinkSeen> {
        vec![
            row("core", "origin", "router", None, 9),
            row("core", "router", "origin", None, 1),
            row("access", "router", "viewer", Some(5), 9),
            row("access", "viewer", "router", Some(2), 1),
            row("access", "router", "viewer", Some(5), 9),
        ]
    }

    #[test]
    fn a_path_has_the_least_rates_and_all_delays_of_its_way() {
        let rows = rows();
        let (path, server) = SteadyPath::of(&rows, "viewer").unwrap();
        assert_eq!(server, "origin");
        assert_eq!((path.rate.bps(), path.back.bps()), (5_000_000, 2_000_000));
        assert_eq!(path.round_trip, Span::from_ms(20));
    }

    #[test]
    fn what_changes_or_is_random_is_not_steady() {
        let changes: [fn(&mut LinkSeen); 4] = [
            |row| row.rate = Some(BitRate::from_bps(1)),
            |row| row.delay = Span::from_ms(6),
            |row| row.jitter = Span::from_ms(1),
            |row| row.losses = 1,
        ];
        for change in changes {
            let mut rows = rows();
            change(&mut rows[4]);
            assert_eq!(SteadyPath::of(&rows, "viewer"), None);
        }
        assert_eq!(SteadyPath::of(&rows()[..2], "router"), None, "there is no rate");
        assert_eq!(SteadyPath::of(&[], "viewer"), None);
    }
}
