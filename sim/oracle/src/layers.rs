//! Layers: sessions that are about equally far behind are looked at together.

use std::collections::BTreeSet;

/// The shares of a layer's width in which it counts time, at least.
const RESOLUTION: u64 = 128;

/// The widest layer, as a part of all of them together.
const WIDEST: u64 = 8;

/// Sessions that are behind schedule by `from` to less than `to`: the startup beyond the earliest
/// one, and the stalls so far. In nanoseconds.
///
/// A layer takes all its sessions for those that are behind by `from`, except that these may be
/// late up to `to` without leaving it. Both are for the better. Rounding the delay of a session
/// down costs its bound no more than the width of the layer in which it ends: a session stays where
/// it is until a stall moves it, so that this rounding does not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    pub from: u64,
    pub to: u64,
    /// It counts time in 2^`shift` steps of the grid.
    pub shift: u32,
}

/// Layers from zero to `most`: narrow (`finest`) above each anchor, and twice as wide with each
/// further one, up to a share of all; and the same below. `cuts` divide them further.
pub(crate) fn layers(
    anchors: &[u64],
    cuts: &[u64],
    finest: u64,
    most: u64,
    step: u64,
) -> Vec<Layer> {
    let finest = finest.max(1);
    let mut cuts: BTreeSet<u64> = cuts.iter().copied().collect();
    cuts.insert(0);
    for &anchor in anchors {
        cuts.insert(anchor);
        let mut width = finest;
        while width <= most / WIDEST {
            cuts.insert(anchor.saturating_add(width));
            cuts.insert(anchor.saturating_sub(width));
            width = width.saturating_mul(2);
        }
    }
    let widest = (most / WIDEST).max(finest);
    cuts.extend((1..=WIDEST).map(|part| part * widest));
    let mut layers: Vec<Layer> = Vec::new();
    for from in cuts.into_iter().filter(|cut| *cut < most) {
        match layers.last_mut() {
            Some(last) if from < last.from.saturating_add(finest) => continue,
            Some(last) => last.to = from,
            None => {}
        }
        layers.push(Layer { from, to: most, shift: 0 });
    }
    for layer in &mut layers {
        let coarse = (layer.to - layer.from) / RESOLUTION / step.max(1);
        layer.shift = coarse.checked_ilog2().unwrap_or(0);
    }
    layers
}
