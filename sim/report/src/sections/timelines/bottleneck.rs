//! Which link limits a session.

use super::rows::LinkRow;
use std::collections::BTreeMap;
use weir_stats::sweep::path::{Direction, path};

/// The rows of the link with the least rate on the path to this node, in the order of time; none if
/// no link on it has a rate.
pub(super) fn bottleneck<'a>(rows: &'a [LinkRow], node: &str) -> Vec<&'a LinkRow> {
    let mut directions: BTreeMap<Direction, Vec<&LinkRow>> = BTreeMap::new();
    for row in rows {
        directions.entry((&row.link, &row.from, &row.to)).or_default().push(row);
    }
    let bytes = |rows: &[&LinkRow]| rows.iter().fold(0u64, |n, r| n.saturating_add(r.bytes));
    let delivered = directions.iter().map(|(direction, rows)| (*direction, bytes(rows))).collect();
    let slowest = path(&delivered, node)
        .into_iter()
        .filter_map(|direction| Some((mean_rate(directions.get(&direction)?)?, direction)))
        // The nearest to the viewer of equals.
        .min_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut found =
        slowest.and_then(|(_, direction)| directions.remove(&direction)).unwrap_or_default();
    found.sort_by_key(|row| row.start_us);
    found
}

/// The mean over time of the rate that was asked for; `None` without one.
fn mean_rate(rows: &[&LinkRow]) -> Option<f64> {
    let (mut bits, mut time) = (0.0, 0.0);
    for row in rows {
        if let Some(rate) = row.rate_bps {
            let length = row.end_us.saturating_sub(row.start_us) as f64;
            bits += rate as f64 * length;
            time += length;
        }
    }
    (time > 0.0).then(|| bits / time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(link: &str, from: &str, to: &str, rate: Option<u64>, bytes: u64) -> [LinkRow; 2] {
        let half = |start_us| LinkRow {
            link: link.into(),
            from: from.into(),
            to: to.into(),
            start_us,
            end_us: start_us + 1_000_000,
            rate_bps: rate,
            bytes,
            ..LinkRow::default()
        };
        [half(1_000_000), half(0)]
    }

    fn found(rows: &[LinkRow], node: &str) -> Option<String> {
        let rows = bottleneck(rows, node);
        assert!(rows.is_sorted_by_key(|row| row.start_us));
        Some(format!("{}: {} to {}", rows.first()?.link, rows[0].from, rows[0].to))
    }

    #[test]
    fn the_bottleneck_is_the_slowest_link_on_the_path_not_the_nearest() {
        let rows = [
            row("home-1", "right", "viewer-1", Some(100), 9),
            row("home-1", "viewer-1", "right", Some(1), 1),
            row("home-2", "right", "viewer-2", Some(2), 9),
            row("middle", "left", "right", Some(10), 18),
            row("middle", "right", "left", Some(3), 2),
            row("core", "origin", "left", None, 18),
            row("other", "server", "left", Some(5), 0),
        ]
        .concat();
        assert_eq!(found(&rows, "viewer-1").as_deref(), Some("middle: left to right"));
        assert_eq!(found(&rows, "viewer-2").as_deref(), Some("home-2: right to viewer-2"));
    }

    #[test]
    fn of_two_paths_the_one_that_was_used_counts() {
        let rows = [
            row("one", "origin-a", "viewer", Some(5), 10),
            row("two", "origin-b", "viewer", Some(1), 0),
        ]
        .concat();
        assert_eq!(found(&rows, "viewer").as_deref(), Some("one: origin-a to viewer"));
    }

    #[test]
    fn a_path_without_rates_and_a_circle_have_an_end() {
        assert_eq!(found(&row("a", "origin", "viewer", None, 1), "viewer"), None);
        assert_eq!(found(&[], "viewer"), None);
        let circle = [
            row("a", "x", "y", Some(1), 1),
            row("b", "y", "z", Some(2), 1),
            row("c", "z", "x", Some(3), 1),
        ]
        .concat();
        assert_eq!(found(&circle, "x").as_deref(), Some("b: y to z"));
    }
}
