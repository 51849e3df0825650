//! The path of a trial's only viewer, if it is steady.

use super::rows::LinkRow;
use crate::sweep::path::{Direction, path};
use std::collections::BTreeMap;
use weir_model::SteadyPath;
use weir_units::{BitRate, Span};

/// A direction in all its intervals: the same rate and delay in each, or `None`.
#[derive(Debug, Clone, Copy)]
struct Steady {
    rate: Option<BitRate>,
    delay: Span,
}

/// The path to this node, and the node that serves it; `None` if a rate or a delay on it changes or
/// is drawn at random, if it loses packets at random, or if it has no rate.
pub(super) fn steady_path<'a>(rows: &'a [LinkRow], node: &str) -> Option<(SteadyPath, &'a str)> {
    let mut delivered: BTreeMap<Direction, u64> = BTreeMap::new();
    let mut steady: BTreeMap<Direction, Option<Steady>> = BTreeMap::new();
    for row in rows {
        let direction = (&*row.link, &*row.from, &*row.to);
        let sum = delivered.entry(direction).or_default();
        *sum = sum.saturating_add(row.bytes);
        let here = Steady {
            rate: row.rate_bps.map(BitRate::from_bps),
            delay: Span::from_us(row.delay_us),
        };
        let known = steady.entry(direction).or_insert(Some(here));
        let same = known.is_some_and(|known| (known.rate, known.delay) == (here.rate, here.delay));
        if !same || row.jitter_us > 0 || row.losses > 0 {
            *known = None;
        }
    }
    let mut round_trip = Span::ZERO;
    let (mut rate, mut back): (Option<BitRate>, Option<BitRate>) = (None, None);
    let least = |one: Option<BitRate>, other: Option<BitRate>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let path = path(&delivered, node);
    for (link, from, to) in &path {
        let there = (*steady.get(&(*link, *from, *to))?)?;
        let here = (*steady.get(&(*link, *to, *from))?)?;
        rate = least(rate, there.rate);
        back = least(back, here.rate);
        round_trip = round_trip.saturating_add(there.delay).saturating_add(here.delay);
    }
    let (_, server, _) = path.last()?;
    // A direction without a rate takes no time at all.
    let back = back.unwrap_or(BitRate::from_bps(u64::MAX));
    Some((SteadyPath { rate: rate?, back, round_trip }, server))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(link: &str, from: &str, to: &str, mbit: Option<u64>, bytes: u64) -> LinkRow {
        LinkRow {
            link: link.into(),
            from: from.into(),
            to: to.into(),
            rate_bps: mbit.map(|mbit| mbit * 1_000_000),
            delay_us: 5_000,
            jitter_us: 0,
            bytes,
            losses: 0,
        }
    }

    fn rows() -> Vec<LinkRow> {
        vec![
            row("core", "origin", "router", None, 9),
            row("core", "router", "origin", None, 1),
            row("access", "router", "viewer", Some(5), 9),
            row("access", "viewer", "router", Some(2), 1),
            row("access", "router", "viewer", Some(5), 9),
        ]
    }

    #[test]
    fn a_path_has_the_least_rates_and_all_delays_along_it() {
        let rows = rows();
        let (path, server) = steady_path(&rows, "viewer").unwrap();
        assert_eq!(server, "origin");
        assert_eq!((path.rate.bps(), path.back.bps()), (5_000_000, 2_000_000));
        assert_eq!(path.round_trip, Span::from_ms(20));
    }

    #[test]
    fn what_changes_or_is_random_is_not_steady() {
        let changes: [fn(&mut LinkRow); 4] = [
            |row| row.rate_bps = Some(1),
            |row| row.delay_us = 6_000,
            |row| row.jitter_us = 1_000,
            |row| row.losses = 1,
        ];
        for change in changes {
            let mut rows = rows();
            change(&mut rows[4]);
            assert_eq!(steady_path(&rows, "viewer"), None);
        }
        assert_eq!(steady_path(&rows()[..2], "router"), None, "there is no rate");
        assert_eq!(steady_path(&[], "viewer"), None);
    }
}
