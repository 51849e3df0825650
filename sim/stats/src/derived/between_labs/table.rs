//! The table `differences`: requests of trials that differ in the lab only, side by side.

use super::pairs::{CellPair, lab_axis, pairs};
use super::path::steady_path;
use super::rows::{Cells, RequestRow, TrialRows};
use crate::derived::table::DerivedTable;
use crate::sweep::Sweep;
use anyhow::Result;
use std::collections::BTreeMap;
use weir_model::{Connection, Sender, SenderState};
use weir_records::{LabDifference, Row};
use weir_tables::Axis;
use weir_units::{Bytes, Span, Time};

/// The lab without a kernel.
const MODEL: &str = "model";

/// Writes the table into the run's folder, if the run has two labs or more.
pub(crate) fn write(sweep: &Sweep, axes: &[Axis]) -> Result<()> {
    let Some(axis) = lab_axis(sweep) else { return Ok(()) };
    let labs = &sweep.axes[axis].levels;
    let mut table = DerivedTable::create(sweep, axes, &LabDifference::TABLE)?;
    let mut readers: Option<(usize, Cells, Cells)> = None;
    for pair in pairs(sweep) {
        // From the beginning for each lab.
        if readers.as_ref().is_none_or(|(lab, ..)| *lab != pair.lab) {
            readers = Some((pair.lab, Cells::open(sweep.dir())?, Cells::open(sweep.dir())?));
        }
        let Some((_, cells, references)) = &mut readers else { continue };
        let CellPair { lab, cell, reference, reference_cell } = pair;
        let trials = cells.valid(cell)?;
        let mut others = references.valid(reference_cell)?;
        let params = sweep.cell(cell).map(|cell| sweep.params(cell)).unwrap_or_default();
        let both = Both { lab: &labs[lab].text, reference: &labs[reference].text };
        for trial in trials {
            let partner = others.iter().position(|other| other.head.repeat == trial.head.repeat);
            let Some(other) = partner.map(|at| others.swap_remove(at)) else { continue };
            for row in both.rows(&trial, &other) {
                table.push(&params, &row)?;
            }
        }
    }
    table.finish()
}

/// The names of two labs.
struct Both<'a> {
    lab: &'a str,
    reference: &'a str,
}

/// What tells requests of a trial apart: session and number.
type Key = (u64, u64);

impl Both<'_> {
    /// The requests that two trials have in common.
    fn rows(&self, trial: &TrialRows, reference: &TrialRows) -> Vec<LabDifference> {
        // What has a kernel is predicted; of two, the one that is compared.
        let kernels = [(self.lab, trial), (self.reference, reference)];
        let kernel = kernels.into_iter().find(|(lab, _)| *lab != MODEL);
        let predicted = kernel.map(|(_, rows)| predicted(rows)).unwrap_or_default();
        let key = |row: &RequestRow| -> Key { (row.session, row.request) };
        let others: BTreeMap<Key, &RequestRow> =
            reference.requests.iter().map(|row| (key(row), row)).collect();
        let row = |ours: &RequestRow| {
            let theirs = others.get(&key(ours))?;
            let err = not_comparable(ours, theirs);
            let difference = ours.download_us as f64 - theirs.download_us as f64;
            let predicted_us = predicted.get(&key(ours)).map(|span| span.ns() as f64 / 1e3);
            let deviation = |row: &RequestRow| {
                let took = row.download_us as f64;
                Some((took - predicted_us?) / took).filter(|deviation| deviation.is_finite())
            };
            // The prediction is for the bytes of the kernel's request.
            let (own, other) = match (&err, self.lab != MODEL) {
                (None, _) => (deviation(ours), deviation(theirs)),
                (Some(_), true) => (deviation(ours), None),
                (Some(_), false) => (None, deviation(theirs)),
            };
            Some(LabDifference {
                trial: trial.head.id.clone(),
                reference_lab: self.reference.to_owned(),
                reference_trial: reference.head.id.clone(),
                session: ours.session,
                request: ours.request,
                segment: ours.segment,
                rung: ours.rung,
                reference_rung: theirs.rung,
                bytes: ours.bytes,
                download_us: ours.download_us,
                reference_download_us: theirs.download_us,
                difference_us: err.is_none().then_some(difference),
                predicted_us,
                deviation: own,
                reference_deviation: other,
                err,
            })
        };
        trial.requests.iter().filter_map(row).collect()
    }
}

/// Why two requests cannot be compared.
fn not_comparable(ours: &RequestRow, theirs: &RequestRow) -> Option<String> {
    if ours.segment != theirs.segment {
        return Some(format!("another segment: {}", theirs.segment));
    }
    if ours.rung != theirs.rung {
        return Some("another rung".to_owned());
    }
    if let Some(err) = ours.err.as_ref().or(theirs.err.as_ref()) {
        return Some(format!("it failed: {err}"));
    }
    (ours.bytes != theirs.bytes).then(|| format!("another size: {} bytes", theirs.bytes))
}

/// How long each request was to take, computed before it; none where that does not apply.
fn predicted(trial: &TrialRows) -> BTreeMap<Key, Span> {
    let mut found = BTreeMap::new();
    let [viewer] = &trial.viewers[..] else { return found };
    if trial.has_flows {
        return found;
    }
    let Some((path, server)) = steady_path(&trial.links, &viewer.node) else { return found };
    let node = trial.nodes.iter().find(|node| node.node == server);
    let sender = node.and_then(|node| {
        Some(Sender {
            initial_window: node.initial_window,
            beta: Sender::beta(&node.congestion_control)?,
            restarts: node.slow_start_after_idle,
        })
    });
    let Some(sender) = sender else { return found };
    let mut connection = Connection::new(path, sender);
    let moment = |us: u64| Time::ZERO.after(Span::from_us(us));
    for row in &trial.requests {
        // After a failure nobody knows what became of the connection.
        if row.err.is_some() {
            return found;
        }
        let span = connection.predict(moment(row.request_us), Bytes::new(row.bytes));
        found.insert((row.session, row.request), span);
        let state = row.sender_cwnd.zip(row.sender_srtt_us).zip(row.sender_retransmits);
        let Some(((window, srtt), retransmits)) = state else { return found };
        let done = moment(row.request_us.saturating_add(row.download_us));
        connection
            .completed(done, SenderState { window, round_trip: Span::from_us(srtt), retransmits });
    }
    found
}
