//! Drills of live streams: what each fault did to viewers, how the system reacted, and which
//! mechanism is best for which fault.

mod draw;
mod groups;
mod lanes;
mod tables;
mod timeline;
mod verdict;

#[cfg(test)]
pub(crate) use draw::{DrillPicture, DrillThumbnail};
#[cfg(test)]
pub(crate) use timeline::{DrillTimeline, FaultSpan, Mark, MarkKind, Viewer};

use crate::charts::box_plot::BoxPlotPicture;
use crate::charts::pareto::ParetoPicture;
use crate::kit::display_table::DisplayTable;
use crate::kit::file_name::plain;
use crate::kit::head::Head;
use crate::kit::html;
use crate::section::{Begun, Run, Section, SectionOutput, small};
use anyhow::Result;
use groups::{Groups, OfCells};
use maud::{Markup, html};
use std::collections::BTreeMap;
use tables::{FaultBoxPlot, alarm_table, box_plots, drill_table, tuning, verdicts};
use timeline::{DrawnDrill, timelines};
use weir_records::{Alarm, Drill, Row};
use weir_stats::Sweep;
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::metric::AVAILABILITY;
use weir_tables::{ByTrial, TableRow, check, has_rows};

/// As many rows of a table are on the page.
const ROWS: usize = 500;

/// How to read the distributions.
const BOXES: &str = "Thick line: median. Box: half of the drills. Thin line: 90 % of them.";

/// How to read detection against false alarms.
const TUNING: &str = "Points: mechanisms. Orange: no other both detects sooner and fails over less \
    often for nothing.";

/// The drills of a run while cells come.
struct Drills<'a> {
    run: Run<'a>,
    /// The segments that sessions of live streams could get, by cell.
    availability: BTreeMap<u64, Vec<f64>>,
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(Drills { run, availability: BTreeMap::new() }))
}

impl Section for Drills<'_> {
    fn add(&mut self, cell: &CellTrials<'_>) {
        let shares: Vec<f64> =
            cell.valid().flat_map(|trial| AVAILABILITY.values(trial, None)).collect();
        if !shares.is_empty() {
            self.availability.insert(cell.cell.cell, shares);
        }
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let Run { sweep, dimensions } = self.run;
        let mut output = SectionOutput::default();
        // Recorded content has no drills.
        if !sweep.is_live()? {
            return Ok(output);
        }
        let drills: OfCells<Drill> = read(sweep)?;
        let alarms: OfCells<Alarm> = read(sweep)?;
        let drawn = timelines(sweep, &drills)?;
        let groups = Groups::of(sweep, dimensions, (drills, alarms), &self.availability);
        let (verdict, lines) = verdicts(&groups);
        output.text = lines.into_iter().map(|line| line + "\n").collect();
        let (table, alarms) = (drill_table(&groups), alarm_table(&groups));
        let [of_boxes, of_tuning] =
            [BOXES, TUNING].map(|reading| Head::with_note(sweep, dimensions, reading));
        let mut distributions = Vec::new();
        for (number, found) in box_plots(&groups).iter().enumerate() {
            distributions.push(distribution(&mut output, number, found, &of_boxes)?);
        }
        let timelines = drill_by_drill(&mut output, &drawn)?;
        let tuning = tuning(&groups);
        let tuning = tuning.map(|plot| {
            output.draw("drills-tuning", &ParetoPicture { head: &of_tuning, plot: &plot })
        });
        let tuning = tuning.transpose()?;
        let has = |table: &DisplayTable| !table.rows.is_empty();
        Ok(output.with(html! {
            @if has(&table) { h2 { "Drills" } }
            @if has(&verdict) { (verdict_note()) (html::table(&verdict, ROWS, "drills.csv")) }
            @if has(&table) { (table_note()) (html::table(&table, ROWS, "drills.csv")) }
            @for distribution in distributions { (distribution) }
            (timelines)
            @if has(&alarms) { (alarm_note()) (html::table(&alarms, ROWS, "alarms.csv")) }
            @if let Some(plot) = tuning { (html::whole(&[plot])) }
        }))
    }
}

/// The rows of a table in the order of the plan, each with its cell; none if the run has no such
/// table.
fn read<T: TableRow + Row + 'static>(sweep: &Sweep) -> Result<OfCells<T>> {
    let mut found = Vec::new();
    let table = <T as Row>::TABLE;
    if has_rows(sweep.dir(), table.name)? {
        let axes: Vec<_> = sweep.axes.iter().map(|axis| axis.axis.clone()).collect();
        check(sweep.dir(), &table, &axes)?;
        weir_tables::for_each(sweep.dir(), ByTrial::open(sweep.dir())?, &mut |head, rows| {
            found.extend(rows.into_iter().map(|row| (head.cell, row)));
            Ok(())
        })?;
    }
    Ok(found)
}

/// The distributions of one fault.
fn distribution(
    output: &mut SectionOutput,
    number: usize,
    FaultBoxPlot { fault, n, plot }: &FaultBoxPlot,
    head: &Head,
) -> Result<Markup> {
    let title = format!("{}: {fault}", head.title);
    let head = Head { title, subtitle: n.clone(), ..head.clone() };
    let plot = output.draw(format!("drills-{number}"), &BoxPlotPicture { head: &head, plot })?;
    Ok(html! {
        h3 { (fault) }
        p.soft {
            (n) ". Thick line: median; box: half of the drills; thin line: 90 % of them."
        }
        (html::whole(&[plot]))
    })
}

/// A drill of each of some cells, over time.
fn drill_by_drill(output: &mut SectionOutput, all: &[DrawnDrill]) -> Result<Markup> {
    let mut thumbnails = Vec::new();
    for DrawnDrill { trial, params, timeline } in all {
        let whole =
            output.draw(format!("drill-{}", plain(trial)?), &draw::DrillPicture(timeline))?;
        let small = small(&draw::DrillThumbnail(timeline))?;
        thumbnails.push(html::thumbnail(&small, &html! { strong { (trial) } }, params, &whole));
    }
    Ok(html! {
        @if !thumbnails.is_empty() {
            h3 { "Drill by drill" }
            p.soft {
                "The first repeat of up to 24 cells, and what its first viewer saw. Pink: a fault is \
                 in force; green: the buffer; dashed: behind the live edge; orange: stalled; ticks: \
                 segments, in the colour of their origin. Each opens its whole picture."
            }
            div.thumbnails {
                @for thumbnail in thumbnails { (thumbnail) }
            }
        }
    })
}

/// How the best mechanism is found.
fn verdict_note() -> Markup {
    html! {
        p {
            "Which mechanism is best for which fault: the one that loses the fewest sessions, then the \
             one that stalls viewers least, then the one with the fewest failed requests, then the one \
             that recovers first; all by the mean over drills. Stalls are compared to the \
             millisecond, recoveries to the second. Equal ones are a tie."
        }
    }
}

/// How to read the table of drills.
fn table_note() -> Markup {
    html! {
        p.soft {
            "All drills: medians over drills, and below them the 95th percentile and the maximum; in \
             parentheses how many drills have the value, if not all. Stalled time is summed over the \
             viewers of a drill; the age is that of the oldest playlist. What counts lies between a \
             fault and the next one, or the end of the trial (" code { "results/METRICS.md" } "). "
            code { "drills.csv" } " has each."
        }
    }
}

/// How to read the table of alarms.
fn alarm_note() -> Markup {
    html! {
        h2 { "False alarms" }
        p.soft {
            "A failover is false if no fault is in force and none was over less than 60 s before; the \
             time observed is the rest of the trials. " em { "At most" } " is the one-sided 95 % upper \
             bound of the rate, if false failovers come independently of each other (Poisson; Garwood \
             1936): 3 over the time where none was seen. Mechanisms that say nothing of what they do \
             are left out. " code { "alarms.csv" } " has each trial."
        }
    }
}
