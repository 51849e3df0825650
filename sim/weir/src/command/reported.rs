//! What the report wants to know of a plan.

use crate::refusal::refuse;
use anyhow::Result;
use std::collections::BTreeMap;
use weir_plan::Plan;
use weir_report::Expected;
use weir_tables::RunInfo;

/// What is said of a run of the whole plan: its name `run`, what its `content` is in a word, and
/// the `command` that repeats it.
pub fn info(plan: &Plan, run: &str, content: &str, command: String) -> RunInfo {
    let mut zips = BTreeMap::<String, Vec<String>>::new();
    for axis in &plan.axes {
        if let Some(name) = &axis.zip {
            zips.entry(name.clone()).or_default().push(axis.path.clone());
        }
    }
    RunInfo {
        run: run.to_owned(),
        name: plan.name.clone(),
        lab: labs(plan),
        media: content.to_owned(),
        command,
        axes: plan.axes.iter().map(|axis| axis.path.clone()).collect(),
        repeats: plan.repeats,
        zips,
    }
}

/// The values of each axis of a plan.
pub fn values(plan: &Plan) -> Vec<Vec<String>> {
    plan.axes.iter().map(|axis| axis.values.clone()).collect()
}

/// The values that a plan expects; `None` if it expects none, or is a part of one: what is expected
/// is the mean over all of it.
///
/// # Errors
/// If the table of them is refused.
pub fn expected(plan: &Plan) -> Result<Option<Expected>> {
    let Some(table) = plan.expect.as_ref().filter(|_| plan.only.is_empty()) else {
        return Ok(None);
    };
    let axes = plan.axes.iter().map(|axis| (axis.path.clone(), axis.values.clone()));
    let read = Expected::read(&table.path, &axes.collect::<Vec<_>>());
    read.map(Some).map_err(|why| match plan.refuse_expected(format!("{why:#}")) {
        Some(refusal) => refuse(refusal),
        None => refuse(why),
    })
}

/// The labs of a plan, as the report names them.
pub fn labs(plan: &Plan) -> String {
    let names = plan.labs().into_iter().map(<&str>::from);
    names.collect::<Vec<_>>().join(" and ")
}
