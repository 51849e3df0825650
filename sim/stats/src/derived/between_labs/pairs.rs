//! Which cells of a sweep differ in the lab only.

use crate::sweep::Sweep;
use std::collections::BTreeMap;

/// Two cells that differ in the lab only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellPair {
    /// The lab, a level of its axis.
    pub lab: usize,
    /// Its cell.
    pub cell: u64,
    /// The first lab of the axis, which the other is compared with.
    pub reference: usize,
    /// Its cell.
    pub reference_cell: u64,
}

/// The axis of labs, if the sweep has one with two values or more.
pub fn lab_axis(sweep: &Sweep) -> Option<usize> {
    sweep.axes.iter().position(|axis| axis.axis.is_lab() && axis.levels.len() > 1)
}

/// All pairs with the axis's first lab, lab by lab and in the order of the plan.
pub fn pairs(sweep: &Sweep) -> Vec<CellPair> {
    let Some(axis) = lab_axis(sweep) else { return Vec::new() };
    let mut alike: BTreeMap<Vec<usize>, BTreeMap<usize, u64>> = BTreeMap::new();
    for cell in &sweep.cells {
        let mut others = cell.levels.clone();
        let lab = others.remove(axis);
        alike.entry(others).or_default().insert(lab, cell.cell);
    }
    let mut pairs = Vec::new();
    for labs in alike.values() {
        // Levels of text are in the order of the plan.
        let Some(&reference_cell) = labs.get(&0) else { continue };
        let others = labs.iter().filter(|(lab, _)| **lab != 0);
        pairs.extend(others.map(|(&lab, &cell)| CellPair {
            lab,
            cell,
            reference: 0,
            reference_cell,
        }));
    }
    pairs.sort_by_key(|pair| (pair.lab, pair.cell));
    pairs
}
