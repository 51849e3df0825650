//! Sessions over time: one of some cells, and the worst of the run.

mod bottleneck;
mod buffer;
mod choice;
mod draw;
mod rows;
mod timeline;

pub(crate) use draw::{Thumbnail, TimelinePicture};
pub(crate) use timeline::Timeline;
#[cfg(test)]
pub(crate) use timeline::{LinkUse, Step};

use crate::kit::file_name::plain;
use crate::kit::head::values;
use crate::kit::html;
use crate::plot::render::draw;
use crate::section::{Begun, Run, Section, SectionOutput, small};
use anyhow::{Context, Result};
use choice::{Choice, ChoiceBuilder};
use maud::html;
use rows::TrialRows;
use std::collections::BTreeSet;
use std::path::PathBuf;
use weir_stats::Sweep;
use weir_stats::sweep::cells::CellTrials;

/// The sessions while cells come.
struct Timelines<'a> {
    run: Run<'a>,
    choice: ChoiceBuilder,
}

pub(super) fn section(run: Run<'_>) -> Begun<'_> {
    Some(Box::new(Timelines { run, choice: ChoiceBuilder::of(run.sweep) }))
}

impl Section for Timelines<'_> {
    fn add(&mut self, cell: &CellTrials<'_>) {
        self.choice.add(cell);
    }

    fn finish(self: Box<Self>) -> Result<SectionOutput> {
        let sweep = self.run.sweep;
        let mut choices = self.choice.finish();
        let trials: BTreeSet<String> = choices.iter().map(|c| c.trial.head.id.clone()).collect();
        let rows = TrialRows::read(sweep.dir(), &trials.iter().map(String::as_str).collect())?;
        // A run may have kept nothing that a timeline could show.
        choices.retain(|c| !rows.segments(&c.trial.head.id, c.session.session).is_empty());
        let mut output = SectionOutput::default();
        let mut thumbnails = Vec::new();
        for choice in &choices {
            let timeline = Timeline::of(sweep, choice, &rows);
            let whole = output.draw(stem(choice)?, &TimelinePicture(&timeline))?;
            let name = html! {
                strong { (choice.trial.head.id) ", session " (choice.session.session) }
                @if choice.worst { " " span.bad { "the worst" } }
            };
            let params = values(sweep, &choice.cell);
            thumbnails.push(html::thumbnail(
                &small(&Thumbnail(&timeline))?,
                &name,
                &params,
                &whole,
            ));
        }
        Ok(output.with(html! {
            @if !thumbnails.is_empty() {
                h2 { "Timelines" }
                p.soft {
                    "One session of up to 12 cells, and the worst of the run. Blue: the chosen \
                     bitrate; orange: the measured throughput; dashed: the link's rate; shaded: before \
                     playback, and stalls. Each opens its whole picture."
                }
                div.thumbnails {
                    @for thumbnail in thumbnails { (thumbnail) }
                }
            }
        }))
    }
}

/// The stem of the files of a timeline.
fn stem(choice: &Choice) -> Result<String> {
    let (trial, session) = (plain(&choice.trial.head.id)?, choice.session.session);
    Ok(format!("timeline-{trial}-s{session}"))
}

/// Draws the timeline of one session.
pub(crate) fn draw_one(sweep: &Sweep, trial: &str, session: u64) -> Result<PathBuf> {
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
    let row = found.sessions.iter().find(|s| s.session == session).with_context(|| {
        let numbers: Vec<u64> = found.sessions.iter().map(|s| s.session).collect();
        match numbers.iter().max() {
            Some(last) => format!("trial {trial} has no session {session}, only 0 to {last}"),
            None => format!("trial {trial} has no session: it is {}", found.head.verdict.name()),
        }
    })?;
    let rows = TrialRows::read(sweep.dir(), &BTreeSet::from([trial]))?;
    let session = row.clone();
    let choice = Choice { cell, trial: found, session, worst: false };
    let (plots, stem) = (sweep.dir().join("plots"), stem(&choice)?);
    draw(&TimelinePicture(&Timeline::of(sweep, &choice, &rows)))?.write(&plots, &stem)?;
    Ok(plots.join(format!("{stem}.svg")))
}
