//! Which mechanism is best for which fault: the one that loses the fewest sessions, then stalls
//! viewers least, then fails the fewest requests, then recovers first. Equal ones are named as
//! equal.

use super::groups::{Found, Mechanism};
use weir_records::Drill;

/// Recoveries that differ by less are equal: viewers are looked at once a second.
const LOOK_US: f64 = 1e6;

/// What a mechanism came to with a fault: means over its drills.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Score {
    pub mechanism: Mechanism,
    /// Drills.
    pub n: u64,
    /// Sessions.
    pub lost: f64,
    /// In whole milliseconds.
    pub stall_ms: f64,
    /// Requests.
    pub failures: f64,
    pub recovery_us: f64,
    /// Drills after which viewers were not well again.
    pub unrecovered: u64,
}

impl Score {
    pub(super) fn of(mechanism: &Mechanism, found: &Found) -> Option<Self> {
        let n = found.drills.len() as u64;
        let mean = |of: fn(&Drill) -> u64| {
            let sum = found.drills.iter().map(of).fold(0u64, u64::saturating_add);
            sum as f64 / n as f64
        };
        (n > 0).then(|| Self {
            mechanism: mechanism.clone(),
            n,
            lost: mean(|drill| drill.lost),
            stall_ms: (mean(|drill| drill.stall_us) / 1e3).round(),
            failures: mean(|drill| drill.failures),
            recovery_us: mean(|drill| drill.recovery_us),
            unrecovered: found.drills.iter().filter(|drill| !drill.recovered).count() as u64,
        })
    }
}

/// The best of these, in their order; several where they are equal.
pub(super) fn best(scores: &[Score]) -> Vec<&Score> {
    let mut left: Vec<&Score> = scores.iter().collect();
    keep_least(&mut left, |score| score.lost, 0.0);
    keep_least(&mut left, |score| score.stall_ms, 0.0);
    keep_least(&mut left, |score| score.failures, 0.0);
    keep_least(&mut left, |score| score.recovery_us, LOOK_US);
    left
}

/// Keeps those that are less than `apart` above the least, and those that are the least.
fn keep_least(scores: &mut Vec<&Score>, of: fn(&Score) -> f64, apart: f64) {
    let least = scores.iter().map(|score| of(score)).fold(f64::INFINITY, f64::min);
    scores.retain(|score| of(score) <= least || of(score) < least + apart);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn score(mechanism: usize, lost: f64, stall_ms: f64, failures: f64, recovery: f64) -> Score {
        Score {
            mechanism: vec![mechanism],
            n: 5,
            lost,
            stall_ms,
            failures,
            recovery_us: recovery * 1e6,
            unrecovered: 0,
        }
    }

    fn of(scores: &[Score]) -> Vec<usize> {
        best(scores).iter().map(|score| score.mechanism[0]).collect()
    }

    #[test]
    fn a_lost_session_is_worse_than_any_stall_and_a_stall_than_any_failure() {
        let scores = [
            score(0, 1.0, 0.0, 0.0, 0.0),
            score(1, 0.0, 900.0, 0.0, 0.0),
            score(2, 0.0, 800.0, 9.0, 30.0),
            score(3, 0.0, 800.0, 9.0, 20.0),
        ];
        assert_eq!(of(&scores), [3]);
        assert_eq!(of(&scores[..3]), [2]);
        assert_eq!(of(&scores[..2]), [1]);
        assert_eq!(of(&scores[..1]), [0]);
        assert_eq!(of(&[]), [0; 0]);
    }

    #[test]
    fn recoveries_within_a_look_are_equal() {
        let scores = [
            score(0, 0.0, 0.0, 0.0, 4.9),
            score(1, 0.0, 0.0, 0.0, 4.0),
            score(2, 0.0, 0.0, 0.0, 5.0),
        ];
        assert_eq!(of(&scores), [0, 1]);
    }

    proptest! {
        #[test]
        fn nobody_beats_the_best(
            values in proptest::collection::vec((0u8..2, 0u8..3, 0u8..3, 0u8..9), 1..7)
        ) {
            let scores: Vec<Score> = values
                .iter()
                .enumerate()
                .map(|(i, (l, s, f, r))| score(i, (*l).into(), (*s).into(), (*f).into(), (*r).into()))
                .collect();
            let best = best(&scores);
            prop_assert!(!best.is_empty());
            for score in &scores {
                let key = |s: &Score| (s.lost, s.stall_ms, s.failures);
                prop_assert!(key(best[0]) <= key(score));
            }
        }
    }
}
