//! A part of a plan: the cells in which axes have certain values, and single trials.

use crate::cells::Cell;
use crate::error::{clip, listed, nearest};
use crate::grid::Grid;
use crate::plan::{Axis, Plan, Selection, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a plan cannot be narrowed down so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the filter {filter:?} {problem}")]
pub struct FilterError {
    filter: String,
    problem: String,
}

impl FilterError {
    fn new(filter: &str, problem: String) -> Self {
        Self { filter: clip(filter).to_owned(), problem }
    }

    /// A refusal of a name that is none of `known`; `list` tells which those are.
    fn among(filter: &str, problem: String, text: &str, known: &[&str], list: &str) -> Self {
        let near = nearest(text, known.iter().copied());
        let near = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        Self::new(filter, format!("{problem}{near} (known {list})"))
    }
}

/// Whether the cell with these values, one for each axis, is one of the selected.
pub(crate) fn selects<'v>(
    only: &Selection,
    axes: &[Axis],
    values: impl IntoIterator<Item = &'v str>,
) -> bool {
    let wanted = axes.iter().map(|axis| only.get(&axis.path));
    wanted.zip(values).all(|(wanted, value)| wanted.is_none_or(|wanted| wanted.contains(value)))
}

impl Plan {
    /// The part of this plan in which the axes have the values that `filters` ask for, each of the
    /// form `axis=value`: an axis by its path or by the end of it that no other axis has (`abr` for
    /// `players.abr`), a value as the plan writes it. Values of one axis are alternatives; what is
    /// said about different axes must all hold. Cells keep their numbers, and trials their names
    /// and seeds; what was selected is a part of the new plan.
    ///
    /// # Errors
    /// If an axis or a value does not exist, or if no cell is left.
    pub fn only(&self, filters: &[&str]) -> Result<Self, FilterError> {
        let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for filter in filters {
            let (axis, value) = self.filter(filter)?;
            asked.entry(axis.path.clone()).or_default().insert(value);
        }
        let mut plan = self.clone();
        for (path, values) in asked {
            let both = match plan.only.get(&path) {
                Some(before) => before.intersection(&values).cloned().collect(),
                None => values,
            };
            plan.only.insert(path, both);
        }
        let Self { cells, only, axes, .. } = &mut plan;
        let grid = Grid::new(axes);
        let selected = |index| Some(selects(only, axes, grid.values(index)?));
        cells.rows.retain(|row| selected(row.index.into()).unwrap_or(false));
        if plan.is_empty() {
            return Err(FilterError::new(&filters.join(" "), "leaves no cell".to_owned()));
        }
        Ok(plan)
    }

    fn filter(&self, filter: &str) -> Result<(&Axis, String), FilterError> {
        let Some((name, value)) = filter.split_once('=') else {
            return Err(FilterError::new(filter, "is not of the form axis=value".to_owned()));
        };
        let (name, value) = (name.trim(), value.trim());
        let ends =
            |axis: &&Axis| axis.path.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
        let exact = self.axes.iter().find(|axis| axis.path == name);
        let found: Vec<&Axis> =
            exact.map_or_else(|| self.axes.iter().filter(ends).collect(), |axis| vec![axis]);
        let axis = match found.as_slice() {
            [axis] => *axis,
            [] => {
                let paths: Vec<&str> = self.axes.iter().map(|axis| axis.path.as_str()).collect();
                // A misspelled last part is near to that of a path, and not to the path.
                let last = |path: &&str| path.rsplit('.').next().unwrap_or_default().to_owned();
                let lasts: Vec<String> = paths.iter().map(last).collect();
                let near = nearest(name, lasts.iter().map(String::as_str));
                let near = near.and_then(|near| lasts.iter().position(|last| last == near));
                let text = near.and_then(|at| paths.get(at).copied()).unwrap_or(name);
                let problem = format!("names no axis {:?}", clip(name));
                return Err(FilterError::among(
                    filter,
                    problem,
                    text,
                    &paths,
                    &format!("axes: {}", paths.join(", ")),
                ));
            }
            several => {
                let paths: Vec<&str> = several.iter().map(|axis| axis.path.as_str()).collect();
                let problem = format!("can mean {}", paths.join(" or "));
                return Err(FilterError::new(filter, problem));
            }
        };
        let known: BTreeSet<&str> = axis.values.iter().map(String::as_str).collect();
        if known.contains(value) {
            return Ok((axis, value.to_owned()));
        }
        // In the order of the axis, each once.
        let mut known = known;
        let values: Vec<&str> =
            axis.values.iter().map(String::as_str).filter(|value| known.remove(value)).collect();
        let problem = format!("names no value of {}: {:?}", axis.path, clip(value));
        let list = format!("values: {}", listed(values.iter().copied()));
        Err(FilterError::among(filter, problem, value, &values, &list))
    }

    /// All cells, in order, each put together when its turn comes: that takes next to no time where
    /// the one before is not kept.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = Cell> + '_ {
        self.cells.iter()
    }

    /// The cell of this number.
    pub fn cell(&self, index: u64) -> Option<Cell> {
        self.cells.get(index)
    }

    /// The values of a cell, one for each axis.
    pub fn params(&self, cell: u64) -> Vec<&str> {
        Grid::new(&self.axes).values(cell).unwrap_or_default()
    }

    /// Leaves out the cells that `wanted` does not want. Those that are left have their numbers.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Cell) -> bool) {
        let mut keep: Vec<bool> = self.cells().map(|cell| wanted(&cell)).collect();
        keep.reverse();
        self.cells.rows.retain(|_| keep.pop().unwrap_or(false));
    }

    /// All trials, the repeats of a cell next to each other.
    pub fn trials(&self) -> impl Iterator<Item = Trial> + '_ {
        self.cells()
            .flat_map(move |cell| (0..self.repeats).map(move |repeat| self.trial_of(&cell, repeat)))
    }

    /// The trial of this name, such as `c0012-r3`.
    pub fn trial(&self, id: &str) -> Option<Trial> {
        let (cell, repeat) = id.strip_prefix('c')?.split_once("-r")?;
        let repeat = repeat.parse().ok().filter(|repeat| *repeat < self.repeats)?;
        let trial = self.trial_of(&self.cell(cell.parse().ok()?)?, repeat);
        // One name for one trial: not also c12-r03.
        (trial.id == id).then_some(trial)
    }

    fn trial_of(&self, cell: &Cell, repeat: u64) -> Trial {
        Trial {
            id: format!("c{:04}-r{repeat}", cell.index),
            cell: cell.index,
            repeat,
            seed: self.seed.derive(&format!("repeat {repeat}")),
            setup: Arc::clone(&cell.setup),
        }
    }
}
