//! Two metrics of several things against each other: what one gains in the first costs it in the
//! second.

use crate::figure::Point;

/// Panels with the same axes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tradeoff {
    /// The title of the horizontal axis, of which less is better.
    pub cost: String,
    /// The title of the vertical axis.
    pub gain: String,
    /// What is better of it.
    pub better: Better,
    pub panels: Vec<TradeoffPanel>,
}

/// What is better of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// One panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TradeoffPanel {
    /// What is the same for all its points; empty if it is the only one.
    pub title: String,
    pub points: Vec<TradeoffPoint>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TradeoffPoint {
    pub label: String,
    pub cost: Point,
    pub gain: Point,
}

impl TradeoffPanel {
    /// Whether no other point is better in one of the two and no worse in the other.
    pub(crate) fn is_best(&self, index: usize, better: Better) -> bool {
        let Some(here) = self.points.get(index) else { return false };
        let (cost, gain) = (here.cost.mean, here.gain.mean);
        let beats = |other: &TradeoffPoint| {
            let (less, more) = (other.cost.mean, other.gain.mean);
            let (more, gain) = match better {
                Better::More => (more, gain),
                Better::Less => (-more, -gain),
            };
            less <= cost && more >= gain && (less < cost || more > gain)
        };
        !self.points.iter().any(beats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(cost: f64, gain: f64) -> TradeoffPoint {
        let at = |mean| Point { mean, interval: None, replicates: vec![] };
        TradeoffPoint { label: String::new(), cost: at(cost), gain: at(gain) }
    }

    #[test]
    fn the_best_are_those_that_nobody_beats_in_both() {
        let points = vec![
            point(0.0, 1.0),
            point(1.0, 3.0),
            point(1.0, 2.0),
            point(2.0, 3.0),
            point(0.0, 1.0),
        ];
        let panel = TradeoffPanel { title: String::new(), points };
        let best: Vec<bool> = (0..5).map(|i| panel.is_best(i, Better::More)).collect();
        assert_eq!(best, [true, true, false, false, true], "equal ones do not beat each other");
        let best: Vec<bool> = (0..5).map(|i| panel.is_best(i, Better::Less)).collect();
        assert_eq!(best, [true, false, false, false, true]);
    }
}
