//! The order in which trials become rows, and what of them is refused because it would contradict
//! the rows before.

use super::table::{KEYS, WITH_AXES, has_axis};
use crate::axis::Axis;
use crate::run::RunInfo;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use weir_records::TrialResult;

/// Watches trials come in the order of the plan: by cell, and within it by repeat. It knows the
/// last one only, however many there are.
pub struct InOrder<'a> {
    axes: &'a [Axis],
    /// Of each axis.
    values: Vec<BTreeSet<&'a str>>,
    last: Option<Last>,
}

struct Last {
    id: String,
    cell: u64,
    repeat: u64,
    params: Vec<String>,
}

impl<'a> InOrder<'a> {
    /// Of a run with these axes, and all values of each.
    pub fn new(axes: &'a [Axis], values: &'a [Vec<String>]) -> Self {
        let values = values.iter().map(|texts| texts.iter().map(String::as_str).collect());
        Self { axes, values: values.collect(), last: None }
    }

    /// Lets a trial pass.
    ///
    /// # Errors
    /// If it does not come after the one before, has not the name that its cell and repeat give it
    /// (so that no two trials have one name), has not one of its values for each axis, or differs
    /// from the one before although both are of one cell.
    pub fn pass(&mut self, trial: &TrialResult) -> Result<()> {
        let TrialResult { id, params, row, .. } = trial;
        let (found, wanted) = (params.len(), self.axes.len());
        ensure!(found == wanted, "trial {id} has {found} parameters for {wanted} axes");
        let name = format!("c{:04}-r{}", row.cell, row.repeat);
        ensure!(
            *id == name,
            "trial \"{id}\" is repeat {} of cell {}: its name is {name}",
            row.repeat,
            row.cell
        );
        for ((axis, values), value) in self.axes.iter().zip(&self.values).zip(params) {
            ensure!(
                values.contains(value.as_str()),
                "trial {id}: \"{value}\" is no value of the axis `{}`",
                axis.path
            );
            ensure!(
                !axis.is_lab() || row.lab == *value,
                "trial {id} is of the lab \"{value}\", and ran in \"{}\"",
                row.lab
            );
        }
        if let Some(last) = &self.last {
            ensure!(last.id != *id, "two trials have the id {id}");
            ensure!(
                (last.cell, last.repeat) < (row.cell, row.repeat),
                "trial {id} comes after {}, but is before it in the plan",
                last.id
            );
            ensure!(
                last.cell != row.cell || last.params == *params,
                "trials {} and {id} are of one cell but differ in their parameters",
                last.id
            );
        }
        let (id, params) = (id.clone(), params.clone());
        self.last = Some(Last { id, cell: row.cell, repeat: row.repeat, params });
        Ok(())
    }
}

/// The axes of a run whose values are these.
///
/// # Errors
/// If there are not as many lists of values as axes, or an axis would have the name of another
/// column of a table that it stands in.
pub fn axes(info: &RunInfo, values: &[Vec<String>]) -> Result<Vec<Axis>> {
    let (found, wanted) = (values.len(), info.axes.len());
    ensure!(found == wanted, "there are {found} lists of values for {wanted} axes");
    let axis =
        |(path, texts): (&String, &Vec<String>)| Axis::of(path, texts.iter().map(String::as_str));
    let axes: Vec<Axis> = info.axes.iter().zip(values).map(axis).collect();
    for table in WITH_AXES {
        let fixed = table.columns.iter().map(|column| column.name);
        let mut taken: BTreeSet<String> = fixed.chain(KEYS).map(str::to_owned).collect();
        for axis in axes.iter().filter(|axis| has_axis(&table, axis)) {
            let column = axis.column();
            ensure!(
                taken.insert(column.clone()),
                "the axis `{}` would be a second column `{column}`",
                axis.path
            );
        }
    }
    Ok(axes)
}
