//! Everything of a run that is drawn: as files, and for the page.

use crate::compared::{Compared, compared};
use crate::dimension::Dimension;
use crate::figure::Figure;
use crate::flows::flows;
use crate::head::Head;
use crate::heatmap::Heatmap;
use crate::human::HumanTable;
use crate::layout::is_mixed;
use crate::plot::{self, Block, HeatmapPicture, Picture, Thumbnail, TimelinePicture};
use crate::run::RunInfo;
use crate::shown::{FAIRNESS, SHOWN};
use crate::sweep::{self, Sweep};
use crate::tables::RunTables;
use crate::timeline::{Choice, Timeline, TrialRows, choices};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use weir_records::{Flow, Row, Table};

/// The tables that a report reads whole; of others it reads the rows of a few trials.
pub(crate) const NEEDS: [Table; 4] = {
    let [trials, sessions, rungs] = sweep::NEEDS;
    [trials, sessions, rungs, Flow::TABLE]
};

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
    pub timelines: Vec<Drawn>,
    pub compared: Vec<Compared>,
    pub flows: HumanTable,
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

impl Gallery {
    pub(crate) fn of(dir: &Path, tables: &RunTables, sweep: &Sweep) -> Result<Self> {
        let info = &tables.info;
        let dimensions = Dimension::all(info, sweep);
        let figure = Figure::of(info, sweep, &dimensions, &SHOWN, true);
        let fairness = Figure::of(info, sweep, &dimensions, &FAIRNESS, false);
        let shared = fairness.panels.iter().any(|panel| panel.points().any(|p| p.is_some()));

        let choices = choices(sweep);
        let trials: BTreeSet<&str> = choices.iter().map(|c| c.trial.id.as_str()).collect();
        let rows = TrialRows::read(dir, &trials)?;
        let drawn = |choice: &Choice| Drawn::of(info, sweep, choice, &rows);
        Ok(Self {
            head: Head::of(info, sweep, &figure),
            fairness: shared.then_some(fairness),
            mixed: is_mixed(sweep),
            heatmaps: Heatmap::all(sweep, &dimensions),
            heatmap_head: Head::with_note(info, sweep, "Cells: mean over sessions."),
            timelines: choices.iter().map(drawn).collect::<Result<_>>()?,
            compared: compared(sweep, &dimensions),
            flows: flows(tables, sweep)?,
            figure,
        })
    }

    /// Writes every picture into the folder `dir`.
    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        let head = Some(&self.head);
        for (index, shown) in SHOWN.iter().enumerate() {
            plot::write(dir, shown.stem, &self.single(index, head))?;
        }
        plot::write(dir, "overview", &self.overview())?;
        if let Some(picture) = self.fairness(head, self.mixed) {
            plot::write(dir, "fairness", &picture)?;
        }
        for heatmap in &self.heatmaps {
            let picture = HeatmapPicture { head: Some(&self.heatmap_head), heatmap };
            plot::write(dir, &heatmap.stem, &picture)?;
        }
        self.timelines
            .iter()
            .try_for_each(|drawn| plot::write(dir, &drawn.stem, &TimelinePicture(&drawn.timeline)))
    }

    /// The plots of the page, as the texts of SVG files: those that go two in a row, and those that
    /// take its whole width.
    pub(crate) fn plots(&self) -> Result<(Vec<String>, Vec<String>)> {
        let singles = (0..SHOWN.len()).map(|index| plot::svg(&self.single(index, None)));
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

    fn single<'a>(&'a self, index: usize, head: Option<&'a Head>) -> Picture<'a> {
        let faceted = self.figure.facets.len() > 1;
        let (width, height) = if faceted { (WIDE, 330.0) } else { (WIDTH, 392.0) };
        let block = Block { figure: &self.figure, panels: vec![index], columns: 1, height };
        Picture { head, width, blocks: vec![block] }
    }

    fn overview(&self) -> Picture<'_> {
        let height = if self.figure.facets.len() > 1 { 290.0 } else { 353.0 };
        let panels = (0..SHOWN.len()).collect();
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

impl Drawn {
    fn of(info: &RunInfo, sweep: &Sweep, choice: &Choice, rows: &TrialRows) -> Result<Self> {
        let Choice { cell, trial, session, worst } = choice;
        let params: Vec<String> = sweep.params(cell).into_iter().map(|level| level.text).collect();
        Ok(Self {
            stem: stem(&trial.id, session.session)?,
            name: format!("{}, session {}", trial.id, session.session),
            params: params.join(", "),
            worst: *worst,
            timeline: Timeline::of(info, sweep, choice, rows),
        })
    }

    /// A small picture of it, as the text of an SVG file.
    pub(crate) fn thumbnail(&self) -> Result<String> {
        plot::svg(&Thumbnail(&self.timeline))
    }
}

/// Draws the timeline of one session.
pub(crate) fn timeline(
    dir: &Path,
    info: &RunInfo,
    sweep: &Sweep,
    trial: &str,
    session: u64,
) -> Result<PathBuf> {
    let trials = || sweep.cells.iter().flat_map(|cell| cell.trials.iter().map(move |t| (cell, t)));
    let (cell, found) = trials().find(|(_, t)| t.id == trial).with_context(|| {
        let nearest = trials().map(|(_, t)| t.id.as_str());
        let nearest = nearest.min_by_key(|id| strsim::osa_distance(trial, id));
        let nearest = nearest.map_or_else(String::new, |id| format!("; the nearest is {id}"));
        format!("{} has no trial \"{trial}\"{nearest}", dir.display())
    })?;
    let watched = found.sessions.iter().find(|s| s.session == session).with_context(|| {
        let numbers: Vec<u64> = found.sessions.iter().map(|s| s.session).collect();
        match numbers.iter().max() {
            Some(last) => format!("trial {trial} has no session {session}, only 0 to {last}"),
            None => format!("trial {trial} has no session: it is {}", found.verdict.name()),
        }
    })?;
    let rows = TrialRows::read(dir, &BTreeSet::from([trial]))?;
    let choice = Choice { cell, trial: found, session: watched, worst: false };
    let drawn = Drawn::of(info, sweep, &choice, &rows)?;
    let plots = dir.join("plots");
    plot::write(&plots, &drawn.stem, &TimelinePicture(&drawn.timeline))?;
    Ok(plots.join(format!("{}.svg", drawn.stem)))
}

/// The stem of the files of a timeline. The trial's name comes from a table: it must not lead
/// elsewhere.
fn stem(trial: &str, session: u64) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ensure!(
        !trial.is_empty() && trial.chars().all(plain),
        "the trial \"{trial}\" cannot be a part of a file's name: a-z, A-Z, 0-9, - and _ are allowed"
    );
    Ok(format!("timeline-{trial}-s{session}"))
}
