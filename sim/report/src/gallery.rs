//! Everything of a run that is drawn: as files, and for the page.

use crate::agreement::{self, Agreement};
use crate::compared::{Compared, Differences};
use crate::comparisons::Comparisons;
use crate::dimension::Dimensions;
use crate::drills::{DrawnDrill, DrillSpread, DrillsShown};
use crate::fairness::assumed;
use crate::figure::{Figure, Plotting};
use crate::flows::flows;
use crate::head::{Head, count};
use crate::heatmap::{Heatmap, Mapping};
use crate::human::HumanTable;
use crate::kinds::kinds;
use crate::labs::{Found, LabsShown, Sessions};
use crate::metric::AVAILABILITY;
use crate::plot::{
    self, Block, CloudPicture, DrillPicture, DrillThumbnail, HeatmapPicture, Picture,
    SpreadPicture, Thumbnail, TimelinePicture, TradeoffPicture,
};
use crate::shootout::{Shooting, Shootout};
use crate::shown::{FAIRNESS, SHOWN, WHERE_ANY};
use crate::sweep::{CellTrials, Sweep, SweepTrial};
use crate::timeline::{Choice, Choosing, Timeline, TrialRows};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a report shows.
pub(crate) struct Gallery {
    pub head: Head,
    pub figure: Figure,
    /// Where viewers share a network.
    fairness: Option<Figure>,
    /// Whether viewers of one trial have different algorithms.
    mixed: bool,
    heatmaps: Vec<Heatmap>,
    heatmap_head: Head,
    /// Where algorithms meet traces.
    shootout: Option<(Head, Head, Shootout)>,
    /// Where there are several labs: each but the first.
    pub labs: Vec<LabsShown>,
    labs_heads: [Head; 2],
    /// Where live streams broke.
    pub drills: DrillsShown,
    drills_heads: [Head; 2],
    pub timelines: Vec<Drawn>,
    pub compared: Vec<Compared>,
    pub flows: HumanTable,
    /// What the rates of links are.
    pub kinds: BTreeSet<String>,
    /// What is said of fairness, where a lab assumes it.
    pub assumed: Option<&'static str>,
    /// What was expected of the run, and found.
    pub agreement: Option<Agreement>,
}

/// A timeline that is drawn.
pub(crate) struct Drawn {
    /// The stem of its files' name.
    pub stem: String,
    /// The trial and the session.
    pub name: String,
    /// The trial's values on the axes.
    pub params: String,
    /// Whether no session of the run is worse.
    pub worst: bool,
    timeline: Timeline,
}

/// The natural width of a picture, and of one with plots side by side.
const WIDTH: f64 = 900.0;
const WIDE: f64 = 1200.0;

/// What a report shows of a sweep whose cells are still to come.
pub(crate) struct Drawing<'a> {
    sweep: &'a Sweep,
    dimensions: &'a Dimensions,
    figure: Plotting<'a>,
    fairness: Plotting<'a>,
    heatmaps: Mapping<'a>,
    choosing: Choosing,
    shooting: Option<Shooting<'a>>,
    sessions: Sessions<'a>,
    /// The segments that sessions of live streams could get, by cell.
    availability: BTreeMap<u64, Vec<f64>>,
    comparisons: Comparisons<'a>,
    compared: Differences<'a>,
}

impl<'a> Drawing<'a> {
    pub(crate) fn of(sweep: &'a Sweep, dimensions: &'a Dimensions) -> Self {
        let plotted = SHOWN.iter().chain(&WHERE_ANY).map(|shown| (shown, shown.title.to_owned()));
        let assumed = assumed(&sweep.info).map(|words| format!(", {words}")).unwrap_or_default();
        let fairness = FAIRNESS.iter().map(|shown| (shown, format!("{}{assumed}", shown.title)));
        Self {
            sweep,
            dimensions,
            figure: Plotting::of(sweep, dimensions, plotted, true),
            fairness: Plotting::of(sweep, dimensions, fairness, false),
            heatmaps: Mapping::of(&dimensions.apart),
            choosing: Choosing::of(sweep),
            shooting: Shooting::of(dimensions),
            sessions: Sessions::of(sweep),
            availability: BTreeMap::new(),
            comparisons: Comparisons::of(sweep, &dimensions.all),
            compared: Differences::of(sweep, &dimensions.all),
        }
    }

    /// Adds a cell, of which each comes once, in order.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        self.figure.add(cell);
        self.fairness.add(cell);
        self.heatmaps.add(cell);
        self.choosing.add(cell);
        self.shooting.iter_mut().for_each(|shooting| shooting.add(cell));
        self.sessions.add(cell);
        let shares: Vec<f64> =
            cell.valid().flat_map(|trial| AVAILABILITY.values(trial, None)).collect();
        if !shares.is_empty() {
            self.availability.insert(cell.cell.cell, shares);
        }
        self.compared.add(&self.comparisons.add(cell));
    }

    /// Reads what else is shown, from the other tables.
    pub(crate) fn finish(self) -> Result<Gallery> {
        let Self { sweep, dimensions, figure, fairness, heatmaps, choosing, compared, .. } = self;
        let (figure, fairness) = (figure.finish_with(SHOWN.len()), fairness.finish());
        let labs = Found::read(sweep)?.into_iter().map(|found| {
            let sessions = self.sessions.of_lab(&found.lab, &found.reference);
            LabsShown::of(sweep, &dimensions.all, &found, &sessions)
        });
        let shootout = self.shooting.map(Shooting::finish).map(|shootout| {
            let (tradeoff, spread) = readings(&shootout, dimensions);
            let head = |reading: &str| Head::with_note(sweep, dimensions, reading);
            (head(&tradeoff), head(&spread), shootout)
        });
        let shared = fairness.panels.iter().any(|panel| panel.points().any(|p| p.is_some()));
        let mut choices = choosing.finish();
        let trials: BTreeSet<String> = choices.iter().map(|c| c.trial.head.id.clone()).collect();
        let trials = trials.iter().map(String::as_str).collect();
        let rows = TrialRows::read(sweep.dir(), &trials)?;
        // A run may have kept nothing that a timeline could show.
        choices.retain(|c| !rows.segments(&c.trial.head.id, c.session.session).is_empty());
        let drawn = |choice: &Choice| Drawn::of(sweep, choice, &rows);
        Ok(Gallery {
            head: Head::of(sweep, dimensions, &figure),
            fairness: shared.then_some(fairness),
            mixed: sweep.mixed,
            heatmaps: heatmaps.finish(),
            heatmap_head: Head::with_note(sweep, dimensions, "Cells: mean over sessions."),
            shootout,
            labs: labs.collect(),
            labs_heads: LABS.map(|reading| Head::with_note(sweep, dimensions, reading)),
            drills: DrillsShown::of(sweep, dimensions, &self.availability)?,
            drills_heads: DRILLS.map(|reading| Head::with_note(sweep, dimensions, reading)),
            timelines: choices.iter().map(drawn).collect::<Result<_>>()?,
            compared: compared.finish(),
            flows: flows(sweep)?,
            kinds: kinds(sweep)?,
            assumed: shared.then(|| assumed(&sweep.info)).flatten(),
            agreement: agreement::read(sweep.dir())?,
            figure,
        })
    }
}

impl Gallery {
    /// Writes every picture into the folder `dir`.
    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        let head = Some(&self.head);
        for (index, panel) in self.figure.panels.iter().enumerate() {
            plot::write(dir, panel.shown.stem, &self.single(index, head))?;
        }
        plot::write(dir, "overview", &self.overview())?;
        if let Some(picture) = self.fairness(head, self.mixed) {
            plot::write(dir, "fairness", &picture)?;
        }
        if let Some((head, spread_head, shootout)) = &self.shootout {
            let tradeoff = &shootout.tradeoff;
            plot::write(dir, "shootout", &TradeoffPicture { head: Some(head), tradeoff })?;
            for (stem, figure) in &shootout.spreads {
                plot::write(dir, stem, &SpreadPicture { head: Some(spread_head), figure })?;
            }
        }
        for labs in &self.labs {
            let [spread, cloud] = &self.labs_heads;
            let stem = format!("{}-against-{}", labs.lab, labs.reference);
            let picture = SpreadPicture { head: Some(spread), figure: &labs.spread };
            plot::write(dir, &stem, &picture)?;
            let picture = CloudPicture { head: Some(cloud), cloud: &labs.cloud };
            plot::write(dir, &format!("{stem}-by-size"), &picture)?;
        }
        let [spread, tuning] = &self.drills_heads;
        for DrillSpread { stem, fault, n, figure } in &self.drills.spreads {
            let title = format!("{}: {fault}", spread.title);
            let head = Head { title, subtitle: n.clone(), ..spread.clone() };
            plot::write(dir, stem, &SpreadPicture { head: Some(&head), figure })?;
        }
        if let Some(tradeoff) = &self.drills.tuning {
            plot::write(dir, "drills-tuning", &TradeoffPicture { head: Some(tuning), tradeoff })?;
        }
        for DrawnDrill { stem, timeline, .. } in &self.drills.timelines {
            plot::write(dir, stem, &DrillPicture(timeline))?;
        }
        for heatmap in &self.heatmaps {
            let picture = HeatmapPicture { head: Some(&self.heatmap_head), heatmap };
            plot::write(dir, &heatmap.stem, &picture)?;
        }
        self.timelines
            .iter()
            .try_for_each(|drawn| plot::write(dir, &drawn.stem, &TimelinePicture(&drawn.timeline)))
    }

    /// How algorithms over traces differ from the first of them, and its name.
    pub(crate) fn shootout_differences(&self) -> Option<&(String, HumanTable)> {
        let (.., shootout) = self.shootout.as_ref()?;
        Some(&shootout.differences)
    }

    /// Whether the plots of single metrics would show a part of the algorithms only, all of which other
    /// figures show.
    pub(crate) fn is_crowded(&self) -> bool {
        self.figure.hidden > 0 && self.shootout.is_some()
    }

    /// The plots of the page, as the texts of SVG files: those that go two in a row, and those that
    /// take its whole width.
    pub(crate) fn plots(&self) -> Result<(Vec<String>, Vec<String>)> {
        let panels = if self.is_crowded() { 0..0 } else { 0..self.figure.panels.len() };
        let singles = panels.map(|index| plot::svg(&self.single(index, None)));
        let singles: Vec<String> = singles.collect::<Result<_>>()?;
        let mut wide = Vec::new();
        for heatmap in &self.heatmaps {
            wide.push(plot::svg(&HeatmapPicture { head: None, heatmap })?);
        }
        // Who got what is among the plots above.
        if let Some(picture) = self.fairness(None, false) {
            wide.push(plot::svg(&picture)?);
        }
        Ok(if self.figure.facets.len() > 1 {
            (Vec::new(), singles.into_iter().chain(wide).collect())
        } else {
            (singles, wide)
        })
    }

    /// The figures of algorithms over traces, each with how to read it.
    pub(crate) fn shootout(&self) -> Result<Vec<(&str, String)>> {
        let mut plots = Vec::new();
        if let Some((head, spread_head, shootout)) = &self.shootout {
            let tradeoff = TradeoffPicture { head: None, tradeoff: &shootout.tradeoff };
            plots.push((head.note.as_str(), plot::svg(&tradeoff)?));
            for (_, figure) in &shootout.spreads {
                let svg = plot::svg(&SpreadPicture { head: None, figure })?;
                plots.push((spread_head.note.as_str(), svg));
            }
        }
        Ok(plots)
    }

    /// The figures of two labs.
    pub(crate) fn labs_plots(&self, labs: &LabsShown) -> Result<[String; 2]> {
        Ok([
            plot::svg(&SpreadPicture { head: None, figure: &labs.spread })?,
            plot::svg(&CloudPicture { head: None, cloud: &labs.cloud })?,
        ])
    }

    /// The figures of drills, each with its fault and what it rests on.
    pub(crate) fn drills_plots(&self) -> Result<Vec<(&str, &str, String)>> {
        let mut plots = Vec::new();
        for DrillSpread { fault, n, figure, .. } in &self.drills.spreads {
            let svg = plot::svg(&SpreadPicture { head: None, figure })?;
            plots.push((fault.as_str(), n.as_str(), svg));
        }
        Ok(plots)
    }

    /// Detection against false alarms, where there is anything to choose from.
    pub(crate) fn tuning_plot(&self) -> Result<Option<String>> {
        let tradeoff = self.drills.tuning.as_ref();
        tradeoff.map(|t| plot::svg(&TradeoffPicture { head: None, tradeoff: t })).transpose()
    }

    fn single<'a>(&'a self, index: usize, head: Option<&'a Head>) -> Picture<'a> {
        let faceted = self.figure.facets.len() > 1;
        let (width, height) = if faceted { (WIDE, 330.0) } else { (WIDTH, 392.0) };
        let block = Block { figure: &self.figure, panels: vec![index], columns: 1, height };
        Picture { head, width, blocks: vec![block] }
    }

    fn overview(&self) -> Picture<'_> {
        let height = if self.figure.facets.len() > 1 { 290.0 } else { 353.0 };
        let panels = (0..self.figure.panels.len()).collect();
        let block = Block { figure: &self.figure, panels, columns: 2, height };
        Picture { head: Some(&self.head), width: WIDE, blocks: vec![block] }
    }

    /// How fair it was, and `who` got what.
    fn fairness<'a>(&'a self, head: Option<&'a Head>, who: bool) -> Option<Picture<'a>> {
        let figure = self.fairness.as_ref()?;
        let panels = (0..FAIRNESS.len()).collect();
        let mut blocks = vec![Block { figure, panels, columns: 2, height: 340.0 }];
        if who {
            let figure = &self.figure;
            blocks.push(Block { figure, panels: vec![0], columns: 1, height: 320.0 });
        }
        Some(Picture { head, width: WIDE, blocks })
    }
}

/// How to read the two figures of two labs.
const LABS: [&str; 2] = [
    "Thick line: median. Box: half of the segments. Thin line: 90 % of them.",
    "Points: segments that both labs downloaded.",
];

/// How to read the two kinds of figures of drills.
const DRILLS: [&str; 2] = [
    "Thick line: median. Box: half of the drills. Thin line: 90 % of them.",
    "Points: mechanisms. Orange: no other both detects sooner and fails over less often for nothing.",
];

/// How to read the two kinds of figures of algorithms over traces.
fn readings(shootout: &Shootout, dimensions: &Dimensions) -> (String, String) {
    let traces = count(dimensions.trace_count().unwrap_or(0) as u64, "trace");
    let hidden = match shootout.hidden {
        0 => String::new(),
        some => format!(" {} more have no panel.", count(some as u64, "combination")),
    };
    let tradeoff = format!(
        "Points: mean over sessions and {traces}. Lines: 95 % bootstrap intervals, traces resampled. \
         Orange: no other has both more bitrate and less stalling.{hidden}"
    );
    let spread = format!(
        "Box: half of the sessions, with the median. Thin line: 90 % of them. Dot: mean over {traces}, \
         with its 95 % bootstrap interval, traces resampled.{hidden}"
    );
    (tradeoff, spread)
}

impl DrawnDrill {
    /// A small picture of it, as the text of an SVG file.
    pub(crate) fn thumbnail(&self) -> Result<String> {
        plot::svg(&DrillThumbnail(&self.timeline))
    }
}

impl Drawn {
    fn of(sweep: &Sweep, choice: &Choice, rows: &TrialRows) -> Result<Self> {
        let Choice { cell, trial: SweepTrial { head, .. }, session, worst } = choice;
        let params: Vec<String> = sweep.params(cell).into_iter().map(|level| level.text).collect();
        Ok(Self {
            stem: stem(&head.id, session.session)?,
            name: format!("{}, session {}", head.id, session.session),
            params: params.join(", "),
            worst: *worst,
            timeline: Timeline::of(sweep, choice, rows),
        })
    }

    /// A small picture of it, as the text of an SVG file.
    pub(crate) fn thumbnail(&self) -> Result<String> {
        plot::svg(&Thumbnail(&self.timeline))
    }
}

/// Draws the timeline of one session.
pub(crate) fn timeline(sweep: &Sweep, trial: &str, session: u64) -> Result<PathBuf> {
    let mut found = None;
    let mut nearest: Option<(usize, String)> = None;
    sweep.for_each(&mut |cell| {
        for candidate in &cell.trials {
            let id = &candidate.head.id;
            if id == trial {
                found = Some((cell.cell.clone(), candidate.clone()));
            }
            let distance = strsim::osa_distance(trial, id);
            if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                nearest = Some((distance, id.clone()));
            }
        }
        Ok(())
    })?;
    let (cell, found) = found.with_context(|| {
        let nearest = nearest.map_or_else(String::new, |(_, id)| format!("; the nearest is {id}"));
        format!("{} has no trial \"{trial}\"{nearest}", sweep.dir().display())
    })?;
    let watched = found.sessions.iter().find(|s| s.session == session).with_context(|| {
        let numbers: Vec<u64> = found.sessions.iter().map(|s| s.session).collect();
        match numbers.iter().max() {
            Some(last) => format!("trial {trial} has no session {session}, only 0 to {last}"),
            None => format!("trial {trial} has no session: it is {}", found.head.verdict.name()),
        }
    })?;
    let rows = TrialRows::read(sweep.dir(), &BTreeSet::from([trial]))?;
    let session = watched.clone();
    let choice = Choice { cell, trial: found, session, worst: false };
    let drawn = Drawn::of(sweep, &choice, &rows)?;
    let plots = sweep.dir().join("plots");
    plot::write(&plots, &drawn.stem, &TimelinePicture(&drawn.timeline))?;
    Ok(plots.join(format!("{}.svg", drawn.stem)))
}

/// The stem of the files of a timeline. The trial's name comes from a table: it must not lead
/// elsewhere.
fn stem(trial: &str, session: u64) -> Result<String> {
    Ok(format!("timeline-{}-s{session}", plain(trial)?))
}

/// The name of a trial, if it can be a part of a file's name.
pub(crate) fn plain(trial: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(
        !trial.is_empty() && trial.chars().all(plain),
        "the trial \"{trial}\" cannot be a part of a file's name: a-z, A-Z, 0-9, - and _ are allowed"
    );
    Ok(trial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_trial_leads_nowhere_else() {
        assert_eq!(stem("c0000-r0", 7).unwrap(), "timeline-c0000-r0-s7");
        for name in ["", "../../c0000-r0", "a/b", "a.b"] {
            let error = stem(name, 0).unwrap_err().to_string();
            assert!(error.contains("cannot be a part of a file's name"), "{error}");
        }
    }
}
