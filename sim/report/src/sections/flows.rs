//! Cross traffic, if there is any.

use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::html;
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use maud::html;
use std::collections::BTreeMap;
use weir_records::{Flow, Row, Verdict};
use weir_stats::Sweep;
use weir_tables::{ByTrial, check, table_row};

/// As many rows are on the page.
const ROWS: usize = 60;

struct Flows<'a>(Run<'a>);

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(Flows(run)))
}

impl Section for Flows<'_> {
    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let table = table(self.0.sweep)?;
        Ok(SectionOutput::default().with(html! {
            @if !table.rows.is_empty() {
                h2 { "Cross traffic" }
                p.soft {
                    "Means over the flows of valid trials. " code { "flows.csv" } " has each."
                }
                (html::table(&table, ROWS, "flows.csv"))
            }
        }))
    }
}

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
struct MeanColumn {
    column: DisplayColumn,
    decimals: usize,
    of: fn(&Sum) -> Option<f64>,
}

fn shown() -> [MeanColumn; 6] {
    let shown = |title, unit, decimals, of| MeanColumn {
        column: DisplayColumn::number(title, unit),
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

/// One row for each traffic of each cell: means over its flows in valid trials. Columns that no
/// flow has a value for are left out.
fn table(sweep: &Sweep) -> Result<DisplayTable> {
    let sums = sums(sweep)?;
    let mut table = DisplayTable::default();
    let axes = sweep.axes.iter().filter(|axis| axis.levels.len() > 1);
    table.columns.extend(axes.map(|axis| DisplayColumn::text(&axis.axis.path)));
    table.columns.extend(["kind", "from", "to", "control"].map(DisplayColumn::text));
    table.columns.push(DisplayColumn::number("flows", ""));
    let shown = shown();
    let shown: Vec<&MeanColumn> =
        shown.iter().filter(|shown| sums.values().any(|sum| (shown.of)(sum).is_some())).collect();
    table.columns.extend(shown.iter().map(|shown| shown.column.clone()));

    for ((cell, _, kind, from, to, control), sum) in &sums {
        let mut row: Vec<DisplayCell> = Vec::new();
        let cell = sweep.cell(*cell);
        for (axis, param) in
            sweep.axes.iter().zip(cell.map(|c| sweep.params(c)).unwrap_or_default())
        {
            if axis.levels.len() > 1 {
                row.push(param.text.into());
            }
        }
        row.extend([kind, from, to, control].map(|text| DisplayCell::from(text.clone())));
        row.push(sum.flows.to_string().into());
        row.extend(shown.iter().map(|shown| DisplayCell::number((shown.of)(sum), shown.decimals)));
        table.rows.push(row);
    }
    Ok(table)
}

fn sums(sweep: &Sweep) -> Result<BTreeMap<Key, Sum>> {
    check(sweep.dir(), &Flow::TABLE, &[])?;
    let rows = ByTrial::<FlowRow>::open(sweep.dir())?;
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    weir_tables::for_each(sweep.dir(), rows, &mut |head, flows| {
        for flow in flows.into_iter().filter(|_| head.verdict == Verdict::Valid) {
            let lost = flow.lost();
            let control = flow.congestion_control.unwrap_or_else(|| "-".to_owned());
            let key = (head.cell, flow.traffic, flow.kind, flow.from, flow.to, control);
            let sum = sums.entry(key).or_default();
            sum.flows += 1;
            sum.ended_early += u64::from(flow.err.is_some());
            sum.goodput_bps.add(flow.goodput_bps);
            sum.lost.add(lost);
            sum.retransmits.add(flow.retransmits);
            sum.objects.add(flow.objects);
            sum.object_us.add(flow.object_mean_us);
        }
        Ok(())
    })?;
    Ok(sums)
}

table_row! {
    /// What is shown of a flow; see [`Flow`].
    struct FlowRow of Flow {
        traffic: u64,
        kind: String,
        from: String,
        to: String,
        congestion_control: Option<String>,
        goodput_bps: Option<f64>,
        sent_packets: Option<u64>,
        packets: Option<u64>,
        retransmits: Option<f64>,
        objects: Option<f64>,
        object_mean_us: Option<f64>,
        err: Option<String>,
    }
}

impl FlowRow {
    /// The share of its packets that did not arrive.
    fn lost(&self) -> Option<f64> {
        let sent = self.sent_packets.filter(|sent| *sent > 0)?;
        Some(sent.saturating_sub(self.packets?) as f64 / sent as f64)
    }
}
