//! One trial in the lab `model`: what it was asked for becomes sessions on a network that is a
//! fluid.

use crate::content::movie::Movie;
use crate::labs::model::bound::{Compared, Network, Question};
use crate::labs::model::lab::ModelLab;
use crate::labs::model::layout::{Alone, Layout, Passed, Way, chunked};
use crate::labs::model::links::Carried;
use crate::labs::model::traces::payload_of;
use crate::trial::assignment::{Assignment, TrialOutput};
use crate::trial::viewers::{GroupViewer, viewers};
use anyhow::{Context, Result};
use std::sync::Arc;
use weir_abr::Abr;
use weir_core::{Preset, SessionMetrics, Viewer};
use weir_model::{Capacity, Link, LinkId, Shared, Spec, run_session_with, run_trial_metered};
use weir_plan::{Direction, Keep, Phase, Rate as Limit, Setup, Trial};
use weir_records::{Event, EventKind, Record, Session};
use weir_trace::Volume;
use weir_units::{Span, Time};

/// The name under which this lab speaks in the table `events`.
const SERVICE: &str = "model";

/// A trial that is to be run.
pub(crate) struct Scene<'a> {
    lab: &'a ModelLab,
    setup: &'a Setup,
    layout: &'a Layout,
    movie: &'a Movie,
    /// How far into its trace each direction of the layout begins.
    offsets: Vec<Span>,
    viewers: Vec<GroupViewer<'a>>,
    records: Vec<Record>,
    carried: Option<Carried>,
    end: Time,
}

/// Runs a trial.
///
/// # Errors
/// If an algorithm cannot be built, a log is none of the content's, or the network is refused.
pub(crate) fn run(
    lab: &ModelLab,
    layout: &Layout,
    movie: &Movie,
    assignment: &Assignment,
) -> Result<TrialOutput> {
    let setup = &*assignment.trial.setup;
    let carried = match lab.record {
        Keep::Sessions => None,
        Keep::Segments => Some(Carried::new(setup.interval, layout.directions.len())),
    };
    let mut scene = Scene {
        lab,
        setup,
        layout,
        movie,
        offsets: offsets(lab, layout, &assignment.trial)?,
        viewers: viewers(assignment),
        records: super::check::unmodelled(setup)
            .map(|what| remark(EventKind::NotModelled, what))
            .collect(),
        carried,
        end: Time::ZERO,
    };
    scene.play()?;
    let Scene { mut records, carried, offsets, end, .. } = scene;
    let duration = end.since(Time::ZERO);
    if let Some(carried) = carried {
        records.extend(carried.rows(layout, setup, &lab.traces, &offsets, duration)?);
    }
    Ok(TrialOutput { records, doubts: Vec::new(), duration })
}

/// Where traces begin: uniform over those that repeat, drawn from the repeat's seed and the link
/// alone.
fn offsets(lab: &ModelLab, layout: &Layout, trial: &Trial) -> Result<Vec<Span>> {
    let offset = |passed: &Passed| -> Result<Span> {
        let (link, shape) = passed.of(&trial.setup)?;
        let Some(Limit::Trace(traced)) = &shape.rate else { return Ok(Span::ZERO) };
        let trace = &lab.traces.get(traced)?.asked;
        if trial.setup.phase == Phase::Fixed || !trace.repeats() {
            return Ok(Span::ZERO);
        }
        let direction = match passed.direction {
            Direction::Forward => "forward",
            Direction::Backward => "backward",
        };
        let seed = trial.seed.derive(&format!("trace of {} {direction}", link.name));
        Ok(Span::from_ns(seed.below(trace.length().ns())))
    };
    layout.directions.iter().map(offset).collect()
}

fn remark(event: EventKind, detail: String) -> Record {
    Record::Event(Event {
        at_us: 0,
        node: String::new(),
        service: SERVICE.to_owned(),
        event,
        detail: Some(detail),
    })
}

impl Scene<'_> {
    fn play(&mut self) -> Result<()> {
        let mut together = Vec::new();
        for place in 0..self.viewers.len() {
            let GroupViewer { players, viewer } = &self.viewers[place];
            let way = self.layout.way(players, &viewer.node)?;
            if viewer.viewing.profile.preset == Preset::Pensieve {
                self.play_chunks(place, way)?;
                continue;
            }
            match self.layout.alone(way, self.setup, &self.lab.traces)? {
                Some(alone) => self.play_alone(place, way, alone)?,
                None => together.push((place, way)),
            }
        }
        if together.is_empty() { Ok(()) } else { self.play_together(&together) }
    }

    /// Plays a session that shares no limit with another one.
    fn play_alone(&mut self, place: usize, way: &Way, alone: Alone<'_>) -> Result<()> {
        let start = self.viewer(place).start.since(Time::ZERO);
        let (capacity, network) = match alone {
            Alone::Unlimited => (Capacity::Unlimited, None),
            Alone::Constant(rate) => (Capacity::Constant(rate), Some(Network::Constant(rate))),
            Alone::Trace(direction, loaded) => {
                let trace = Arc::clone(&loaded.carried);
                // The session's time begins when the viewer presses play.
                let offset = self.offset(direction).saturating_add(start);
                let network = Network::Trace(Arc::clone(&trace), offset);
                (Capacity::Trace { trace, offset }, Some(network))
            }
        };
        let latency = way.round_trip();
        let link = Link { capacity: capacity.clone(), latency };
        let metrics = self.session(place, weir_model::Way::Link(link))?;
        let pressed = self.viewer(place).start;
        if let Some(carried) = &mut self.carried {
            carried.add_alone(&way.passes, &capacity, pressed, &metrics);
        }
        self.add(place, &metrics, network.map(|network| (network, latency)))
    }

    /// Plays a session in Pensieve's chunk model, whose time is not that of its link: what the link
    /// carries in an interval, nobody can tell.
    fn play_chunks(&mut self, place: usize, way: &Way) -> Result<()> {
        let (direction, loaded) = chunked(self.layout, way, self.setup, &self.lab.traces)
            .context("the preset \"pensieve\" cannot be told on this network")?;
        let start = self.viewer(place).start.since(Time::ZERO);
        let offset = self.offset(direction).saturating_add(start);
        let trace = Arc::clone(&loaded.asked);
        let network = Network::Chunks(Arc::clone(&trace), offset);
        let metrics = self.session(place, weir_model::Way::Pensieve { trace, offset })?;
        self.carried = None;
        self.add(place, &metrics, Some((network, Span::ZERO)))
    }

    /// Plays sessions that share limits, or have several.
    fn play_together(&mut self, together: &[(usize, &Way)]) -> Result<()> {
        let mut links = Vec::with_capacity(self.layout.directions.len() + together.len());
        for (passed, offset) in self.layout.directions.iter().zip(&self.offsets) {
            let (_, shape) = passed.of(self.setup)?;
            let capacity = match &shape.rate {
                None => Capacity::Unlimited,
                Some(Limit::Constant(rate)) => Capacity::Constant(payload_of(*rate)),
                Some(Limit::Trace(traced)) => Capacity::Trace {
                    trace: Arc::clone(&self.lab.traces.get(traced)?.carried),
                    offset: *offset,
                },
            };
            links.push(Link { capacity, latency: shape.delay });
        }
        let mut sessions = Vec::with_capacity(together.len());
        let mut algorithms = Vec::with_capacity(together.len());
        for (place, way) in together {
            let mut route: Vec<LinkId> = way.passes.iter().copied().map(LinkId).collect();
            // The way of the request: no content passes it.
            route.push(LinkId(links.len()));
            links.push(Link { capacity: Capacity::Unlimited, latency: way.request });
            let film = Arc::clone(&self.movie.film);
            sessions.push(Shared { film, route, viewer: self.viewer(*place).clone() });
            algorithms.push(self.algorithm(*place)?);
        }
        let trial = weir_model::Trial { links, sessions };
        let (metrics, volumes) = match &self.carried {
            None => (weir_model::run_trial_with(&trial, algorithms)?, Vec::new()),
            Some(_) => run_trial_metered(&trial, algorithms, self.setup.interval)?,
        };
        if let Some(carried) = &mut self.carried {
            let links = volumes.iter().take(self.layout.directions.len()).enumerate();
            for (direction, intervals) in links {
                let add = |(interval, volume): (usize, &Volume)| {
                    carried.add(direction, interval, *volume)
                };
                intervals.iter().enumerate().for_each(add);
            }
        }
        for ((place, _), metrics) in together.iter().zip(&metrics) {
            self.add(*place, metrics, None)?;
        }
        Ok(())
    }

    fn session(&self, place: usize, way: weir_model::Way) -> Result<SessionMetrics> {
        let spec =
            Spec { film: Arc::clone(&self.movie.film), way, viewer: self.viewer(place).clone() };
        Ok(run_session_with(&spec, self.algorithm(place)?)?)
    }

    fn offset(&self, direction: usize) -> Span {
        self.offsets.get(direction).copied().unwrap_or_default()
    }

    fn viewer(&self, place: usize) -> &Viewer {
        &self.viewers[place].viewer
    }

    fn algorithm(&self, place: usize) -> Result<Box<dyn Abr>> {
        let Viewer { viewing, first_segment, .. } = self.viewer(place);
        let Some(log) = viewing.abr.replay() else {
            return Ok(weir_exec::build(&viewing.abr, &self.lab.folder, &self.lab.start)?);
        };
        let content = self.movie.film.content();
        let first = viewing.player().first;
        let skipped = usize::try_from(*first_segment).unwrap_or(usize::MAX);
        let left = content.segments().saturating_sub(skipped);
        let recording = self.lab.recordings.get(self.setup, log)?;
        Ok(Box::new(recording.script(content.ladder(), left, first)?))
    }

    /// Adds the rows of a session; `network` is what it had to itself, and the latency.
    fn add(
        &mut self,
        place: usize,
        metrics: &SessionMetrics,
        network: Option<(Network, Span)>,
    ) -> Result<()> {
        let viewer = &self.viewers[place].viewer;
        let Viewer { viewing, start, first_segment, .. } = viewer;
        let keep = match self.lab.record {
            Keep::Sessions => weir_model::Keep::Sessions,
            Keep::Segments => weir_model::Keep::Segments,
        };
        let row = self.records.len();
        weir_model::rows(viewer, metrics, keep, &mut self.records);
        self.end = self.end.max(start.after(metrics.length));
        if let Some(log) = viewing.abr.replay() {
            let deviation = self.lab.recordings.get(self.setup, log)?.deviation_us(metrics)?;
            amend(&mut self.records, row, |session| session.replay_deviation_us = Some(deviation));
        }
        let Some((bounds, (network, latency))) = self.lab.bounds.as_ref().zip(network) else {
            return Ok(());
        };
        let movie = self.movie;
        let asked = Question { movie, viewing, first_segment: *first_segment, network, latency };
        let Some(Compared { qoe, bound, remark: said }) = bounds.compare(&asked, metrics)? else {
            return Ok(());
        };
        amend(&mut self.records, row, |session| {
            session.qoe = Some(qoe);
            session.qoe_bound = bound;
            session.regret = bound.map(|bound| bound - qoe);
        });
        if let Some((event, detail)) = said {
            let session = viewer.session;
            self.records.push(remark(event, format!("session {session}: {detail}")));
        }
        Ok(())
    }
}

/// Fills in what only this lab knows of a session.
fn amend(records: &mut [Record], row: usize, change: impl FnOnce(&mut Session)) {
    if let Some(Record::Session(session)) = records.get_mut(row) {
        change(session);
    }
}
