//! What the lab `model` refuses, and what it leaves out: said before the first trial.

use crate::labs::model::layout::{Layout, chunked};
use crate::labs::model::recordings::Recordings;
use crate::labs::model::traces::{Traces, followed};
use crate::refused::Refused;
use anyhow::{Result, anyhow};
use std::collections::BTreeSet;
use std::sync::Arc;
use weir_core::Preset;
use weir_plan::{LabName, Plan, Setup};
use weir_units::Span;

/// Refuses a plan that asks the lab for what it has not: cross traffic, Pensieve's chunk model
/// where it cannot be told, files that are no traces or logs.
///
/// # Errors
/// If so; what is wrong with a file points to the line of the experiment that names it.
pub(crate) fn check(plan: &Plan) -> Result<()> {
    let traces = Traces::load(plan)?;
    Recordings::load(plan)?;
    for setup in setups(plan) {
        let setup = &*setup;
        if let Some(traffic) = setup.traffic.first() {
            let (from, to) = (&traffic.from, &traffic.to);
            return Err(Refused::because(format!(
                "the lab \"model\" has no cross traffic, and the experiment has [[traffic]] from \
                 \"{from}\" to \"{to}\" (expected none, or --lab uml)"
            )));
        }
        if setup.live.is_some() || !setup.faults.is_empty() {
            let what = if setup.live.is_some() { "live streams" } else { "faults" };
            return Err(Refused::because(format!(
                "the lab \"model\" has no {what} (expected no [live] and no [[events]], or --lab uml)"
            )));
        }
        check_chunks(setup, &traces)?;
    }
    Ok(())
}

/// Pensieve's chunk model has no downloads in progress, and knows one viewer and one trace.
fn check_chunks(setup: &Setup, traces: &Traces) -> Result<()> {
    let mut groups =
        setup.players.iter().filter(|players| players.viewing.profile.preset == Preset::Pensieve);
    let Some(first) = groups.next() else { return Ok(()) };
    let refused = |why: anyhow::Error| {
        Refused::because(format!(
            "the preset \"pensieve\" is its own network in the lab \"model\": {why:#}; --lab uml has \
             no such limits"
        ))
    };
    for players in [first].into_iter().chain(groups) {
        if players.viewing.player().abandon_check.is_some() {
            return Err(refused(anyhow!(
                "nothing can be abandoned there (expected abandonment to be off)"
            )));
        }
        let layout = Layout::new(setup)?;
        for number in 0..players.count {
            let way = layout.way(players, players.node(number))?;
            chunked(&layout, way, setup, traces).map_err(refused)?;
        }
    }
    Ok(())
}

/// Refuses a plan that asks a lab with a real network for what only a model has.
///
/// # Errors
/// If so; the error points to the line of the experiment.
pub(crate) fn check_others(plan: &Plan) -> Result<()> {
    let real = |lab| lab != LabName::Model;
    if let Some(traced) = followed(plan, real).first() {
        let why = "links follow traces in the lab \"model\" only, so far";
        return Err(match plan.refuse_trace(traced, why) {
            Some(refusal) => refusal.into(),
            None => Refused::because(format!("the trace {}: {why}", traced.trace)),
        });
    }
    let log = plan.cells().filter(|cell| real(cell.setup.lab)).find_map(|cell| {
        cell.setup.players.iter().find_map(|p| p.viewing.abr.replay().map(str::to_owned))
    });
    let Some(log) = log else { return Ok(()) };
    let why = "decisions are replayed in the lab \"model\" only";
    Err(match plan.refuse_log(&log, why) {
        Some(refusal) => refusal.into(),
        None => Refused::because(format!("the log {log}: {why}")),
    })
}

/// What the user should know before the trials: what the experiment asks for, and this lab leaves
/// out.
pub(crate) fn warnings(plan: &Plan) -> Vec<String> {
    let mut all: BTreeSet<String> = BTreeSet::new();
    setups(plan).for_each(|setup| all.extend(unmodelled(&setup)));
    let Some(first) = all.first() else { return Vec::new() };
    let more = match all.len() {
        1 => String::new(),
        links => format!(", and {} more", links - 1),
    };
    vec![format!("the lab \"model\" leaves out: {first}{more}")]
}

/// What a trial of this setup leaves out, link by link, of what was asked for.
pub(crate) fn unmodelled(setup: &Setup) -> impl Iterator<Item = String> + '_ {
    setup.topology.links.iter().filter_map(|link| {
        let shapes = [&link.forward, &link.backward];
        let loss = shapes.iter().any(|shape| !shape.loss.is_none());
        let uneven = |span: Span| span > Span::ZERO;
        let jitter =
            shapes.iter().any(|shape| uneven(shape.jitter) || uneven(shape.reordering_jitter));
        let what = match (loss, jitter) {
            (false, false) => return None,
            (true, false) => "loss",
            (false, true) => "jitter",
            (true, true) => "loss and jitter",
        };
        Some(format!("{what} of the link {}", link.name))
    })
}

/// The setups of the cells in this lab.
fn setups(plan: &Plan) -> impl Iterator<Item = Arc<Setup>> {
    plan.cells().map(|cell| cell.setup).filter(|setup| setup.lab == LabName::Model)
}
