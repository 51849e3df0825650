//! What is measured, over the dimensions of the sweep: a plot for each metric, heatmaps, and
//! fairness.

pub(crate) mod heatmap;
pub(crate) mod views;

use super::shootout::algorithm;
use crate::charts::lines::figure::{Figure, FigureBuilder, Range};
use crate::charts::lines::picture::{Block, Picture};
use crate::kit::fairness::{self, assumed};
use crate::kit::head::{Head, replicates};
use crate::kit::html;
use crate::plot::heading::WIDE;
use crate::section::{Begun, Run, Section, SectionOutput};
use anyhow::Result;
use heatmap::{HeatmapBuilder, HeatmapPicture};
use maud::{Markup, html};
use views::{ALWAYS, FAIRNESS, WHERE_ANY};
use weir_stats::sweep::cells::CellTrials;
use weir_stats::sweep::dimension::Dimensions;

/// The natural width of a picture without plots side by side.
const WIDTH: f64 = 900.0;

/// The plots while cells come.
struct Plots<'a> {
    run: Run<'a>,
    figure: FigureBuilder<'a>,
    fairness: FigureBuilder<'a>,
    heatmaps: HeatmapBuilder<'a>,
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    let Run { sweep, dimensions } = run;
    let plotted = ALWAYS.iter().chain(&WHERE_ANY).map(|view| (view, view.title.to_owned()));
    let assumed = assumed(&sweep.info).map(|words| format!(", {words}")).unwrap_or_default();
    let fairness = FAIRNESS.iter().map(|view| (view, format!("{}{assumed}", view.title)));
    Some(Box::new(Plots {
        run,
        figure: FigureBuilder::of(sweep, dimensions, plotted, true),
        fairness: FigureBuilder::of(sweep, dimensions, fairness, false),
        heatmaps: HeatmapBuilder::of(&dimensions.apart),
    }))
}

impl Section for Plots<'_> {
    fn add(&mut self, cell: &CellTrials<'_>) {
        self.figure.add(cell);
        self.fairness.add(cell);
        self.heatmaps.add(cell);
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let Run { sweep, dimensions } = self.run;
        let mut output = SectionOutput::default();
        let (figure, fairness) = (self.figure.finish_with(ALWAYS.len()), self.fairness.finish());
        let head = Head::with_note(sweep, dimensions, &reading(&figure, dimensions));
        let head = head.and(&hidden(&figure));
        let faceted = figure.facets.len() > 1;
        let mut metrics = Vec::new();
        for (at, panel) in figure.panels.iter().enumerate() {
            metrics.push(output.draw(panel.view.stem, &single(&figure, at, &head))?);
        }
        let overview = output.draw("overview", &overview(&figure, &head))?;
        let mut wide = Vec::new();
        let heatmap_head = Head::with_note(sweep, dimensions, "Cells: mean over sessions.");
        for heatmap in &self.heatmaps.finish() {
            let picture = HeatmapPicture { head: &heatmap_head, heatmap };
            wide.push(output.draw(&heatmap.stem, &picture)?);
        }
        let shared = fairness.panels.iter().any(|panel| panel.points().any(|p| p.is_some()));
        if shared {
            let who = sweep.mixed.then_some(&figure);
            wide.push(output.draw("fairness", &shares(&fairness, who, &head))?);
        }
        // All of the algorithms are in other figures then.
        let is_crowded = figure.hidden > 0 && algorithm(dimensions).is_some();
        let (mut beside, mut whole) = (Vec::new(), Vec::new());
        if !is_crowded {
            if faceted { &mut whole } else { &mut beside }.extend(metrics);
        }
        whole.extend(wide);
        Ok(output.with(html! {
            h2 { "Plots" }
            @if figure.is_empty() {
                p.bad { "No valid trials." }
            } @else {
                @if is_crowded {
                    details {
                        summary.soft {
                            "Metric by metric, a part of the algorithms is in "
                            code { "plots/overview.svg" } "."
                        }
                        (html::whole(&[overview]))
                    }
                } @else {
                    p.soft { (head.note) }
                }
                @if figure.has_intervals() { (interval_note()) }
                (fairness::note(assumed(&sweep.info).filter(|_| shared)))
                @if !beside.is_empty() {
                    div.plots { @for plot in beside { (plot) } }
                }
                @if !whole.is_empty() { (html::whole(&whole)) }
            }
        }))
    }
}

/// The plot of one metric.
fn single<'a>(figure: &'a Figure, index: usize, head: &'a Head) -> Picture<'a> {
    let faceted = figure.facets.len() > 1;
    let (width, height) = if faceted { (WIDE, 330.0) } else { (WIDTH, 392.0) };
    let block = Block { figure, panels: vec![index], columns: 1, height };
    Picture { head, width, blocks: vec![block], for_files: vec![] }
}

/// All plots in one picture.
fn overview<'a>(figure: &'a Figure, head: &'a Head) -> Picture<'a> {
    let height = if figure.facets.len() > 1 { 290.0 } else { 353.0 };
    let panels = (0..figure.panels.len()).collect();
    let block = Block { figure, panels, columns: 2, height };
    Picture { head, width: WIDE, blocks: vec![block], for_files: vec![] }
}

/// How fair it was; and in the file who got what, which the page has above.
fn shares<'a>(fairness: &'a Figure, who: Option<&'a Figure>, head: &'a Head) -> Picture<'a> {
    let panels = (0..FAIRNESS.len()).collect();
    let block = Block { figure: fairness, panels, columns: 2, height: 340.0 };
    let who = who.map(|figure| Block { figure, panels: vec![0], columns: 1, height: 320.0 });
    Picture { head, width: WIDE, blocks: vec![block], for_files: who.into_iter().collect() }
}

/// How to read the marks.
fn reading(figure: &Figure, dimensions: &Dimensions) -> String {
    let points = || figure.panels.iter().flat_map(|panel| panel.points()).flatten();
    let mark = if figure.x.is_joined() { "Lines" } else { "Marks" };
    let mut text = format!("{mark}: mean over sessions.");
    if figure.has_intervals() {
        let range = match figure.range() {
            Range::Bands => "Bands",
            Range::Bars => "Bars",
        };
        let over = replicates(dimensions);
        text.push_str(&format!(" {range}: its 95 % bootstrap interval over {over}."));
    }
    if points().any(|point| !point.replicates.is_empty()) {
        let dots = replicates(dimensions);
        text.push_str(&format!(" Dots: {dots}, too few for an interval."));
    }
    text
}

/// What is not shown.
fn hidden(figure: &Figure) -> String {
    match figure.hidden {
        0 => String::new(),
        hidden => {
            let shown = figure.series.len();
            format!(" Shown: {shown} of {} combinations.", shown + hidden)
        }
    }
}

/// How to read an interval.
fn interval_note() -> Markup {
    html! {
        p.soft {
            "A 95 % interval (bootstrap-t over replicates; over traces, each with all its sessions, \
             where traces are pooled) is made by a rule that, over many such experiments, contains the \
             true mean in about 95 of 100."
        }
    }
}
