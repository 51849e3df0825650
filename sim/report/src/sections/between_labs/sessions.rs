//! Differences of sessions between labs: trials that differ in the lab only, over all networks.

use crate::kit::display_table::{DisplayCell, DisplayColumn, DisplayTable};
use crate::kit::metric_column::{MetricColumn, column};
use std::collections::BTreeMap;
use weir_stats::Sweep;
use weir_stats::derived::between_labs::pairs::{CellPair, lab_axis, pairs};
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::metric::{
    MEAN_BITRATE, MEAN_THROUGHPUT, PENSIEVE_LIN, SABRE_SCORE, SETTLED_BITRATE, STALL_RATIO, STALLS,
    STARTUP, SWITCHES,
};
use weir_stats::sweep::pairs::{PairedDifference, RepeatMeans};

static METRICS: [MetricColumn; 9] = [
    column("mean bitrate", "Mbit/s", (1e6, 3), &MEAN_BITRATE),
    column("settled bitrate", "Mbit/s", (1e6, 3), &SETTLED_BITRATE),
    column("stall ratio", "%", (0.01, 2), &STALL_RATIO),
    column("stalls", "", (1.0, 2), &STALLS),
    column("startup", "s", (1e6, 3), &STARTUP),
    column("switches", "", (1.0, 2), &SWITCHES),
    column("mean throughput", "Mbit/s", (1e6, 3), &MEAN_THROUGHPUT),
    column("Sabre's score", "", (1.0, 3), &SABRE_SCORE),
    column("Pensieve's linear QoE", "per segment", (1.0, 3), &PENSIEVE_LIN),
];

/// Sessions in several labs while cells come.
pub(super) struct Sessions<'a> {
    sweep: &'a Sweep,
    pairs: Vec<CellPair>,
    /// By cell.
    means: BTreeMap<u64, RepeatMeans>,
}

impl<'a> Sessions<'a> {
    pub(super) fn of(sweep: &'a Sweep) -> Self {
        Self { sweep, pairs: pairs(sweep), means: BTreeMap::new() }
    }

    /// Adds a cell, of which each comes once.
    pub(super) fn add(&mut self, cell: &CellTrials<'_>) {
        if !self.pairs.is_empty() {
            let means = RepeatMeans::of(cell, METRICS.iter().map(|row| row.metric));
            self.means.insert(cell.cell.cell, means);
        }
    }

    /// The differences of this lab from the one that it is compared with; none of metrics that no
    /// pair has.
    pub(super) fn table(&self, lab: &str, reference: &str) -> DisplayTable {
        let mut table = DisplayTable::default();
        table.columns.extend(["metric", "unit"].map(DisplayColumn::text));
        let labs = lab_axis(self.sweep).map(|axis| &self.sweep.axes[axis].levels);
        let is_of_lab = |pair: &&CellPair| labs.is_some_and(|labs| labs[pair.lab].text == lab);
        let pairs: Vec<&CellPair> = self.pairs.iter().filter(is_of_lab).collect();
        for (at, row) in METRICS.iter().enumerate() {
            let means = |pair: &&CellPair| {
                let (ours, theirs) = (&pair.cell, &pair.reference_cell);
                Some(self.means.get(ours)?.paired(self.means.get(theirs)?, at))
            };
            let values: Vec<(f64, f64)> = pairs.iter().filter_map(means).flatten().collect();
            table.rows.extend(PairedDifference::of(&values).map(|found| cells(row, &found)));
        }
        if !table.rows.is_empty() {
            let titles = ["pairs", reference, lab, "difference"];
            table.columns.extend(titles.map(|title| DisplayColumn::number(title, "")));
        }
        table
    }
}

fn cells(row: &MetricColumn, found: &PairedDifference) -> Vec<DisplayCell> {
    let PairedDifference { difference, reference_mean } = found;
    vec![
        row.title.to_owned().into(),
        row.unit.to_owned().into(),
        difference.n.to_string().into(),
        row.mean(Some(*reference_mean)),
        row.mean(Some(reference_mean + difference.mean)),
        row.difference(Some(difference.mean), difference.interval),
    ]
}
