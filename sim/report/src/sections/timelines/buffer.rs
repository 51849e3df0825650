//! The buffer of a session at every moment, from what is known of it at a few.

/// What happened to playback.
#[derive(Debug, Clone)]
pub(super) struct Playback<'a> {
    /// When it began; `None` if it never did.
    pub begun: Option<f64>,
    /// When it stopped for want of media, and when it went on, in order.
    pub stalls: &'a [(f64, f64)],
    /// When the session ended.
    pub end: f64,
}

/// The buffer over time, as the corners of a line, in seconds: it is what it is known to be at
/// `known` (moments in order, each with its buffer), and drains by playback in between. Where media
/// arrive, the line rises at once.
pub(super) fn buffer(known: &[(f64, f64)], playback: &Playback) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    let ends = known.iter().skip(1).map(|(moment, _)| *moment).chain([playback.end]);
    for (&(from, level), to) in known.iter().zip(ends) {
        line.push((from, level));
        line.extend(drained(from, level, to, playback));
    }
    line
}

/// How the buffer drains from one moment to another: the corners after the first.
fn drained(from: f64, level: f64, to: f64, playback: &Playback) -> Vec<(f64, f64)> {
    let Some(begun) = playback.begun.filter(|begun| *begun < to) else { return vec![(to, level)] };
    // Moments between which playback either goes on or stands still.
    let mut moments = vec![begun];
    moments.extend(playback.stalls.iter().flat_map(|(start, end)| [*start, *end]));
    moments.retain(|moment| from < *moment && *moment < to);
    moments.sort_by(f64::total_cmp);
    moments.push(to);
    let plays = |from: f64, to: f64| {
        let middle = from.midpoint(to);
        let stalled = |(start, end): &(f64, f64)| *start <= middle && middle < *end;
        begun <= middle && !playback.stalls.iter().any(stalled)
    };
    let mut corners = Vec::new();
    let (mut here, mut left) = (from, level);
    for moment in moments {
        if plays(here, moment) {
            if left < moment - here && left > 0.0 {
                corners.push((here + left, 0.0));
            }
            left = (left - (moment - here)).max(0.0);
        }
        corners.push((moment, left));
        here = moment;
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_buffer_fills_at_once_drains_by_playback_and_stands_still_in_a_stall() {
        let known = [(0.0, 0.0), (1.0, 2.0), (1.0, 2.0), (5.0, 2.0)];
        let playback = Playback { begun: Some(1.0), stalls: &[(3.0, 5.0)], end: 6.0 };
        let line = buffer(&known, &playback);
        let expected = [
            (0.0, 0.0),
            (1.0, 0.0),
            (1.0, 2.0),
            (1.0, 2.0),
            (1.0, 2.0),
            (3.0, 0.0),
            (5.0, 0.0),
            (5.0, 2.0),
            (6.0, 1.0),
        ];
        assert_eq!(line, expected);
    }

    #[test]
    fn a_session_that_never_played_drains_nothing() {
        let playback = Playback { begun: None, stalls: &[], end: 9.0 };
        assert_eq!(buffer(&[(1.0, 3.0)], &playback), [(1.0, 3.0), (9.0, 3.0)]);
        assert_eq!(buffer(&[], &playback), []);
    }

    proptest! {
        #[test]
        fn the_buffer_is_never_negative_and_drains_no_faster_than_time(
            steps in proptest::collection::vec((0.01f64..5.0, 0.0f64..30.0), 1..20),
            begun in 0.0f64..20.0, stall in (0.0f64..50.0, 0.0f64..10.0),
        ) {
            let mut now = 0.0;
            let known: Vec<(f64, f64)> = steps
                .into_iter()
                .map(|(step, level)| { now += step; (now, level) })
                .collect();
            let stalls = [(stall.0, stall.0 + stall.1)];
            let line = buffer(&known, &Playback { begun: Some(begun), stalls: &stalls, end: now + 1.0 });
            for pair in line.windows(2) {
                let ((t0, v0), (t1, v1)) = (pair[0], pair[1]);
                prop_assert!(t1 >= t0 && v1 >= 0.0);
                prop_assert!(t1 == t0 || (v1 <= v0 && v0 - v1 <= t1 - t0 + 1e-9));
            }
        }
    }
}
