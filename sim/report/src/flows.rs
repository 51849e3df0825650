//! The table of cross traffic as people read it.

use crate::columns::{floats, ints, texts};
use crate::human::{HumanCell, HumanColumn, HumanTable};
use crate::sweep::Sweep;
use crate::tables::check;
use crate::trials::{self, ByTrial};
use anyhow::Result;
use polars::prelude::DataFrame;
use std::collections::BTreeMap;
use weir_records::{Flow, Row, Verdict};

/// What is the same for the flows of a row: the cell, the traffic's place in the experiment, its
/// kind, sender, receiver and congestion control.
type Key = (u64, u64, String, String, String, String);

/// Flows of one traffic in the valid trials of one cell.
#[derive(Debug, Clone, Default)]
struct Sum {
    flows: u64,
    ended_early: u64,
    goodput_bps: Mean,
    lost: Mean,
    retransmits: Mean,
    objects: Mean,
    object_us: Mean,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1.0;
        }
    }

    fn get(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// A column of means.
struct Shown {
    column: HumanColumn,
    decimals: usize,
    of: fn(&Sum) -> Option<f64>,
}

fn shown() -> [Shown; 6] {
    let shown = |title, unit, decimals, of| Shown {
        column: HumanColumn::number(title, unit),
        decimals,
        of,
    };
    [
        shown("goodput", "Mbit/s", 3, |sum| Some(sum.goodput_bps.get()? / 1e6)),
        shown("lost", "%", 2, |sum| Some(sum.lost.get()? * 100.0)),
        shown("retransmits", "packets", 1, |sum| sum.retransmits.get()),
        shown("objects", "", 1, |sum| sum.objects.get()),
        shown("per object", "s", 3, |sum| Some(sum.object_us.get()? / 1e6)),
        shown("ended early", "flows", 0, |sum| {
            (sum.ended_early > 0).then_some(sum.ended_early as f64)
        }),
    ]
}

/// One row for each traffic of each cell: means over its flows in valid trials. Columns that no flow
/// has a value for are left out.
pub(crate) fn flows(sweep: &Sweep) -> Result<HumanTable> {
    let sums = sums(sweep)?;
    let mut table = HumanTable::default();
    let axes = sweep.axes.iter().filter(|axis| axis.levels.len() > 1);
    table.columns.extend(axes.map(|axis| HumanColumn::text(&axis.axis.path)));
    table.columns.extend(["kind", "from", "to", "control"].map(HumanColumn::text));
    table.columns.push(HumanColumn::number("flows", ""));
    let shown = shown();
    let shown: Vec<&Shown> =
        shown.iter().filter(|shown| sums.values().any(|sum| (shown.of)(sum).is_some())).collect();
    table.columns.extend(shown.iter().map(|shown| shown.column.clone()));

    for ((cell, _, kind, from, to, control), sum) in &sums {
        let mut row: Vec<HumanCell> = Vec::new();
        let cell = sweep.cell(*cell);
        for (axis, param) in
            sweep.axes.iter().zip(cell.map(|c| sweep.params(c)).unwrap_or_default())
        {
            if axis.levels.len() > 1 {
                row.push(param.text.into());
            }
        }
        row.extend([kind, from, to, control].map(|text| HumanCell::from(text.clone())));
        row.push(sum.flows.to_string().into());
        row.extend(shown.iter().map(|shown| HumanCell::number((shown.of)(sum), shown.decimals)));
        table.rows.push(row);
    }
    Ok(table)
}

fn sums(sweep: &Sweep) -> Result<BTreeMap<Key, Sum>> {
    check(sweep.dir(), &Flow::TABLE, &[])?;
    let rows = ByTrial::open(sweep.dir(), Flow::TABLE.name, &COLUMNS, read)?;
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    trials::for_each(sweep.dir(), rows, &mut |head, flows| {
        for flow in flows.into_iter().filter(|_| head.verdict == Verdict::Valid) {
            let FlowRow { traffic, names: [kind, from, to, control], .. } = flow;
            let sum = sums.entry((head.cell, traffic, kind, from, to, control)).or_default();
            sum.flows += 1;
            sum.ended_early += u64::from(flow.ended_early);
            sum.goodput_bps.add(flow.goodput_bps);
            sum.lost.add(flow.lost);
            sum.retransmits.add(flow.retransmits);
            sum.objects.add(flow.objects);
            sum.object_us.add(flow.object_us);
        }
        Ok(())
    })?;
    Ok(sums)
}

/// What is shown of a flow.
struct FlowRow {
    traffic: u64,
    /// Kind, sender, receiver and congestion control.
    names: [String; 4],
    ended_early: bool,
    goodput_bps: Option<f64>,
    lost: Option<f64>,
    retransmits: Option<f64>,
    objects: Option<f64>,
    object_us: Option<f64>,
}

const COLUMNS: [&str; 12] = [
    "traffic",
    "kind",
    "from",
    "to",
    "congestion_control",
    "goodput_bps",
    "sent_packets",
    "packets",
    "retransmits",
    "objects",
    "object_mean_us",
    "err",
];

fn read(frame: &DataFrame) -> Result<Vec<FlowRow>> {
    let (kinds, from, to) = (texts(frame, "kind")?, texts(frame, "from")?, texts(frame, "to")?);
    let (controls, errs) = (texts(frame, "congestion_control")?, texts(frame, "err")?);
    let (traffic, goodput) = (ints(frame, "traffic")?, floats(frame, "goodput_bps")?);
    let (sent, received) = (ints(frame, "sent_packets")?, ints(frame, "packets")?);
    let (retransmits, objects) = (ints(frame, "retransmits")?, ints(frame, "objects")?);
    let object = ints(frame, "object_mean_us")?;
    let float = |value: Option<u64>| value.map(|value| value as f64);
    let flow = |row: usize| {
        let names = [&kinds, &from, &to, &controls];
        let sent = sent[row].filter(|sent| *sent > 0);
        let lost = sent.zip(received[row]);
        FlowRow {
            traffic: traffic[row].unwrap_or_default(),
            names: names.map(|values| values[row].unwrap_or("-").to_owned()),
            ended_early: errs[row].is_some(),
            goodput_bps: goodput[row],
            lost: lost.map(|(sent, got)| sent.saturating_sub(got) as f64 / sent as f64),
            retransmits: float(retransmits[row]),
            objects: float(objects[row]),
            object_us: float(object[row]),
        }
    };
    Ok((0..frame.height()).map(flow).collect())
}
