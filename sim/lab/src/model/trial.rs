//! One trial in the lab `model`: what it was asked for becomes sessions on a network that is a fluid.

use crate::model::ModelLab;
use crate::model::bound::{Compared, Network, Question};
use crate::model::layout::{Alone, Layout, Passed, Way, chunked};
use crate::model::links::Carried;
use crate::model::movie::Movie;
use crate::model::traces::payload_of;
use crate::trial::{Assignment, Findings};
use crate::viewers::{Viewer, viewers};
use anyhow::{Context, Result};
use std::sync::Arc;
use weir_abr::Abr;
use weir_core::{Preset, SessionFacts};
use weir_model::{Link, LinkId, Shared, Spec, Supply, run_session_with, run_trial_metered};
use weir_plan::{Direction, Keep, Phase, Rate as Limit, Setup, Trial};
use weir_records::{Event, Record, Session};
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
    viewers: Vec<Viewer<'a>>,
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
) -> Result<Findings> {
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
        records: super::check::unmodelled(setup).map(|what| remark("not modelled", what)).collect(),
        carried,
        end: Time::ZERO,
    };
    scene.play()?;
    let Scene { mut records, carried, offsets, end, .. } = scene;
    let duration = end.since(Time::ZERO);
    if let Some(carried) = carried {
        records.extend(carried.rows(layout, setup, &lab.traces, &offsets, duration)?);
    }
    Ok(Findings { records, doubts: Vec::new(), duration })
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

fn remark(event: &str, detail: String) -> Record {
    Record::Event(Event {
        at_us: 0,
        node: String::new(),
        service: SERVICE.to_owned(),
        event: event.to_owned(),
        detail: Some(detail),
    })
}

impl Scene<'_> {
    fn play(&mut self) -> Result<()> {
        let mut together = Vec::new();
        for place in 0..self.viewers.len() {
            let viewer = &self.viewers[place];
            let way = self.layout.way(viewer.players, viewer.node)?;
            if viewer.players.conduct.preset == Preset::Pensieve {
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
        let start = self.viewers[place].start.since(Time::ZERO);
        let (supply, network) = match alone {
            Alone::Unlimited => (Supply::Unlimited, None),
            Alone::Constant(rate) => (Supply::Constant(rate), Some(Network::Constant(rate))),
            Alone::Trace(direction, loaded) => {
                let trace = Arc::clone(&loaded.carried);
                // The session's time begins when the viewer presses play.
                let offset = self.offset(direction).saturating_add(start);
                let network = Network::Trace(Arc::clone(&trace), offset);
                (Supply::Trace { trace, offset }, Some(network))
            }
        };
        let latency = way.round_trip();
        let link = Link { supply: supply.clone(), latency };
        let facts = self.session(place, weir_model::Way::Link(link))?;
        if let Some(carried) = &mut self.carried {
            carried.add_alone(&way.passes, &supply, self.viewers[place].start, &facts);
        }
        self.add(place, &facts, network.map(|network| (network, latency)))
    }

    /// Plays a session in Pensieve's chunk model, whose time is not that of its link: what the link
    /// carries in an interval, nobody can tell.
    fn play_chunks(&mut self, place: usize, way: &Way) -> Result<()> {
        let (direction, loaded) = chunked(self.layout, way, self.setup, &self.lab.traces)
            .context("the preset \"pensieve\" cannot be told on this network")?;
        let start = self.viewers[place].start.since(Time::ZERO);
        let offset = self.offset(direction).saturating_add(start);
        let trace = Arc::clone(&loaded.asked);
        let network = Network::Chunks(Arc::clone(&trace), offset);
        let facts = self.session(place, weir_model::Way::Pensieve { trace, offset })?;
        self.carried = None;
        self.add(place, &facts, Some((network, Span::ZERO)))
    }

    /// Plays sessions that share limits, or have several.
    fn play_together(&mut self, together: &[(usize, &Way)]) -> Result<()> {
        let mut links = Vec::with_capacity(self.layout.directions.len() + together.len());
        for (passed, offset) in self.layout.directions.iter().zip(&self.offsets) {
            let (_, shape) = passed.of(self.setup)?;
            let supply = match &shape.rate {
                None => Supply::Unlimited,
                Some(Limit::Constant(rate)) => Supply::Constant(payload_of(*rate)),
                Some(Limit::Trace(traced)) => Supply::Trace {
                    trace: Arc::clone(&self.lab.traces.get(traced)?.carried),
                    offset: *offset,
                },
            };
            links.push(Link { supply, latency: shape.delay });
        }
        let mut sessions = Vec::with_capacity(together.len());
        let mut algorithms = Vec::with_capacity(together.len());
        for (place, way) in together {
            let mut route: Vec<LinkId> = way.passes.iter().copied().map(LinkId).collect();
            // The way of the request: no content passes it.
            route.push(LinkId(links.len()));
            links.push(Link { supply: Supply::Unlimited, latency: way.request });
            let film = Arc::clone(&self.movie.film);
            sessions.push(Shared { film, route, viewer: self.viewer(*place) });
            algorithms.push(self.algorithm(*place)?);
        }
        let trial = weir_model::Trial { links, sessions };
        let (facts, volumes) = match &self.carried {
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
        for ((place, _), facts) in together.iter().zip(&facts) {
            self.add(*place, facts, None)?;
        }
        Ok(())
    }

    fn session(&self, place: usize, way: weir_model::Way) -> Result<SessionFacts> {
        let spec = Spec { film: Arc::clone(&self.movie.film), way, viewer: self.viewer(place) };
        Ok(run_session_with(&spec, self.algorithm(place)?)?)
    }

    fn offset(&self, direction: usize) -> Span {
        self.offsets.get(direction).copied().unwrap_or_default()
    }

    /// A viewer, as the model knows one.
    fn viewer(&self, place: usize) -> weir_model::Viewer {
        let Viewer { session, players, node, start, first_segment } = &self.viewers[place];
        weir_model::Viewer {
            session: *session,
            node: (*node).to_owned(),
            start: *start,
            first_segment: *first_segment,
            abr: players.abr.clone(),
            knows: players.knows,
            watch: players.watch,
            max_buffer: players.max_buffer,
            startup: players.startup,
            resume: players.resume,
            conduct: players.conduct,
        }
    }

    fn algorithm(&self, place: usize) -> Result<Box<dyn Abr>> {
        let Viewer { players, first_segment, .. } = &self.viewers[place];
        let Some(log) = players.abr.replay() else {
            return Ok(weir_exec::build(&players.abr, &self.lab.folder, &self.lab.start)?);
        };
        let content = self.movie.film.content();
        let first = players.conduct.rules(players.max_buffer).first;
        let skipped = usize::try_from(*first_segment).unwrap_or(usize::MAX);
        let left = content.segments().saturating_sub(skipped);
        let recording = self.lab.recordings.get(self.setup, log)?;
        Ok(Box::new(recording.script(content.ladder(), left, first)?))
    }

    /// Adds the rows of a session; `network` is what it had to itself, and the latency.
    fn add(
        &mut self,
        place: usize,
        facts: &SessionFacts,
        network: Option<(Network, Span)>,
    ) -> Result<()> {
        let Viewer { players, start, first_segment, .. } = self.viewers[place];
        let keep = match self.lab.record {
            Keep::Sessions => weir_model::Keep::Sessions,
            Keep::Segments => weir_model::Keep::Segments,
        };
        let row = self.records.len();
        self.viewer(place).rows(facts, keep, &mut self.records);
        self.end = self.end.max(start.after(facts.length));
        if let Some(log) = players.abr.replay() {
            let deviation = self.lab.recordings.get(self.setup, log)?.deviation_us(facts)?;
            self.amend(row, |session| session.replay_deviation_us = Some(deviation));
        }
        let Some((bounds, (network, latency))) = self.lab.bounds.as_ref().zip(network) else {
            return Ok(());
        };
        let movie = self.movie;
        let asked = Question { movie, players, first_segment, network, latency };
        let Some(Compared { qoe, bound, remark: said }) = bounds.compare(&asked, facts)? else {
            return Ok(());
        };
        self.amend(row, |session| {
            session.qoe = Some(qoe);
            session.qoe_bound = bound;
            session.regret = bound.map(|bound| bound - qoe);
        });
        if let Some((event, detail)) = said {
            let session = self.viewers[place].session;
            self.records.push(remark(event, format!("session {session}: {detail}")));
        }
        Ok(())
    }

    /// Fills in what only this lab knows of a session.
    fn amend(&mut self, row: usize, change: impl FnOnce(&mut Session)) {
        if let Some(Record::Session(session)) = self.records.get_mut(row) {
            change(session);
        }
    }
}
