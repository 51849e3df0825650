//! The table of cross traffic as people read it.

use crate::columns::{floats, ints, texts};
use crate::human::{HumanCell, HumanColumn, HumanTable};
use crate::sweep::Sweep;
use crate::tables::RunTables;
use anyhow::Result;
use std::collections::BTreeMap;
use weir_records::{Flow, Row};

/// What is the same for the flows of a row: the cell, the traffic's place in the experiment, its
/// kind, sender, receiver and congestion control.
type Key<'a> = (u64, u64, &'a str, &'a str, &'a str, &'a str);

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
pub(crate) fn flows(tables: &RunTables, sweep: &Sweep) -> Result<HumanTable> {
    let sums = sums(tables, sweep)?;
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
        let cell = sweep.cells.iter().find(|c| c.cell == *cell);
        for (axis, param) in
            sweep.axes.iter().zip(cell.map(|c| sweep.params(c)).unwrap_or_default())
        {
            if axis.levels.len() > 1 {
                row.push(param.text.into());
            }
        }
        row.extend([kind, from, to, control].map(|text| HumanCell::from((*text).to_owned())));
        row.push(sum.flows.to_string().into());
        row.extend(shown.iter().map(|shown| HumanCell::number((shown.of)(sum), shown.decimals)));
        table.rows.push(row);
    }
    Ok(table)
}

fn sums<'t>(tables: &'t RunTables, sweep: &Sweep) -> Result<BTreeMap<Key<'t>, Sum>> {
    let cells: BTreeMap<&str, u64> = sweep
        .cells
        .iter()
        .flat_map(|cell| cell.valid().map(|trial| (trial.id.as_str(), cell.cell)))
        .collect();
    let frame = tables.table(Flow::TABLE.name)?;
    let (trials, kinds) = (texts(frame, "trial")?, texts(frame, "kind")?);
    let (from, to) = (texts(frame, "from")?, texts(frame, "to")?);
    let (controls, errs) = (texts(frame, "congestion_control")?, texts(frame, "err")?);
    let (traffic, goodput) = (ints(frame, "traffic")?, floats(frame, "goodput_bps")?);
    let (sent, received) = (ints(frame, "sent_packets")?, ints(frame, "packets")?);
    let (retransmits, objects) = (ints(frame, "retransmits")?, ints(frame, "objects")?);
    let object = ints(frame, "object_mean_us")?;

    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for row in 0..frame.height() {
        let Some(&cell) = cells.get(trials[row].unwrap_or_default()) else { continue };
        let text = |values: &[Option<&'t str>]| values[row].unwrap_or("-");
        let traffic = traffic[row].unwrap_or_default();
        let key = (cell, traffic, text(&kinds), text(&from), text(&to), text(&controls));
        let sum = sums.entry(key).or_default();
        let float = |value: Option<u64>| value.map(|value| value as f64);
        sum.flows += 1;
        sum.ended_early += u64::from(errs[row].is_some());
        sum.goodput_bps.add(goodput[row]);
        sum.retransmits.add(float(retransmits[row]));
        sum.objects.add(float(objects[row]));
        sum.object_us.add(float(object[row]));
        if let (Some(sent), Some(received)) = (sent[row], received[row])
            && sent > 0
        {
            sum.lost.add(Some(sent.saturating_sub(received) as f64 / sent as f64));
        }
    }
    Ok(sums)
}
