//! `SwitchHistoryRule.js` and `SwitchRequestHistory.js`: a rung that was left downwards too often
//! is not taken.

use alloc::collections::VecDeque;

/// `sampleSize`.
const SAMPLES: usize = 8;
/// `switchPercentageThreshold`.
const SHARE: f64 = 0.075;

/// The last decisions: the rung before each, and whether it was left for a lower one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SwitchHistory {
    decisions: VecDeque<(usize, bool)>,
}

impl SwitchHistory {
    /// Remembers a decision.
    pub(crate) fn push(&mut self, from: usize, to: usize) {
        if self.decisions.len() == SAMPLES {
            self.decisions.pop_front();
        }
        self.decisions.push_back((from, to < from));
    }

    /// Forgets all decisions.
    pub(crate) fn clear(&mut self) {
        self.decisions.clear();
    }

    /// The highest rung that may be taken; `None` if any may.
    pub(crate) fn cap(&self, top: usize) -> Option<usize> {
        let (mut drops, mut others) = (0_usize, 0_usize);
        for rung in 0..=top {
            let here = self.decisions.iter().filter(|(from, _)| *from == rung);
            let (count, dropped) = here
                .fold((0, 0), |(count, drops), (_, drop)| (count + 1, drops + usize::from(*drop)));
            if count == 0 {
                continue;
            }
            drops += dropped;
            others += count - dropped;
            if drops + others >= SAMPLES && drops as f64 / others as f64 > SHARE {
                return Some(if dropped > 0 { rung.saturating_sub(1) } else { rung });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(decisions: &[(usize, usize)]) -> SwitchHistory {
        let mut history = SwitchHistory::default();
        decisions.iter().for_each(|(from, to)| history.push(*from, *to));
        history
    }

    #[test]
    fn a_rung_that_was_left_downwards_is_out_of_reach() {
        let steady = [(2, 2); 8];
        assert_eq!(history(&steady).cap(5), None);
        let mut once = steady;
        once[3] = (3, 2);
        // One of eight is more than 7.5 % of the other seven.
        assert_eq!(history(&once).cap(5), Some(2));
        // Seven decisions are too few.
        assert_eq!(history(&once[1..]).cap(5), None);
    }

    #[test]
    fn old_decisions_are_forgotten() {
        let mut history = history(&[(3, 2)]);
        for _ in 0..8 {
            history.push(2, 2);
        }
        assert_eq!(history.cap(5), None);
    }
}
