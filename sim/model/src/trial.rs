//! Several viewers who share links.

use crate::flow::FlowId;
use crate::meter::Meter;
use crate::network::{FlowEvent, LinkId, Network, RouteId};
use crate::session::{arrived, wanted};
use crate::spec::{Refusal, Shared, Trial, player};
use std::collections::{BTreeMap, BTreeSet};
use weir_abr::Abr;
use weir_core::{Event, Output, Player, SessionMetrics};
use weir_trace::Volume;
use weir_units::{Span, Time};

/// Runs all sessions of a trial on one network: their metrics, in their order.
///
/// # Errors
/// If an algorithm cannot be built, and as [`run_trial_with`].
pub fn run_trial(trial: &Trial) -> Result<Vec<SessionMetrics>, Refusal> {
    let build = |session: &Shared| session.viewer.viewing.abr.build();
    run_trial_with(trial, trial.sessions.iter().map(build).collect::<Result<_, _>>()?)
}

/// The same with algorithms that are there already, one for each session.
///
/// # Errors
/// If there is not one for each session, if a viewer stays too long, if a route names a link that
/// does not exist or one twice, and for too many sessions.
pub fn run_trial_with(
    trial: &Trial,
    algorithms: Vec<Box<dyn Abr>>,
) -> Result<Vec<SessionMetrics>, Refusal> {
    run(trial, algorithms, None).map(|(metrics, _)| metrics)
}

/// The same, and what each link has carried in each interval of this length since the start of the
/// trial (at least a millisecond): `carried[link][interval]`, up to the last one in which it
/// carried anything. Whatever arrived counts, also of downloads that were cut off.
///
/// # Errors
/// As [`run_trial_with`].
pub fn run_trial_metered(
    trial: &Trial,
    algorithms: Vec<Box<dyn Abr>>,
    every: Span,
) -> Result<(Vec<SessionMetrics>, Vec<Vec<Volume>>), Refusal> {
    let (metrics, meter) = run(trial, algorithms, Some(Meter::new(every, trial.links.len())))?;
    Ok((metrics, meter.map(Meter::into_carried).unwrap_or_default()))
}

fn run(
    trial: &Trial,
    algorithms: Vec<Box<dyn Abr>>,
    meter: Option<Meter>,
) -> Result<(Vec<SessionMetrics>, Option<Meter>), Refusal> {
    let (got, expected) = (algorithms.len(), trial.sessions.len());
    if got != expected {
        return Err(Refusal::Algorithms { got, expected });
    }
    let routes: Vec<_> = trial.sessions.iter().map(|session| session.route.clone()).collect();
    let network = Network::new(trial.links.clone(), &routes)?;
    let slot = |(session, abr): (_, Box<dyn Abr>)| SessionSlot::new(session, abr);
    let slots = trial.sessions.iter().zip(algorithms).map(slot).collect::<Result<_, _>>()?;
    let (agenda, flows) = (BTreeSet::new(), BTreeMap::new());
    let mut shared = SharedSessions { network, slots, agenda, flows, meter };
    for (index, session) in trial.sessions.iter().enumerate() {
        shared.agenda.insert((session.viewer.start, index));
    }
    shared.run()?;
    let metrics = shared.slots.into_iter().map(|slot| slot.player.into_metrics()).collect();
    Ok((metrics, shared.meter))
}

/// A viewer, and the download in progress.
struct SessionSlot<'a> {
    session: &'a Shared,
    player: Player,
    flow: Option<(FlowId, Volume)>,
    /// Whether the first byte of the download has arrived.
    began: bool,
    /// What of it the meter has counted.
    counted: Volume,
    /// When the algorithm is to look at it, unless the network says when.
    look: Time,
}

impl<'a> SessionSlot<'a> {
    fn new(session: &'a Shared, abr: Box<dyn Abr>) -> Result<Self, Refusal> {
        let player = player(&session.viewer, &session.film, abr)?;
        Ok(Self {
            session,
            player,
            flow: None,
            began: false,
            counted: Volume::ZERO,
            look: Time::NEVER,
        })
    }

    /// A moment of the trial as one of the session, and the other way round.
    fn since_start(&self, at: Time) -> Time {
        Time::ZERO.after(at.since(self.session.viewer.start))
    }

    fn in_trial(&self, at: Time) -> Time {
        self.session.viewer.start.after(at.since(Time::ZERO))
    }
}

struct SharedSessions<'a> {
    network: Network,
    slots: Vec<SessionSlot<'a>>,
    /// When something is due that the network does not bring, for each slot that is taken.
    agenda: BTreeSet<(Time, usize)>,
    flows: BTreeMap<FlowId, usize>,
    meter: Option<Meter>,
}

impl SharedSessions<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        while let Some((due, index)) = self.agenda.first().copied() {
            // What is due at a moment comes before what the network brings then.
            let before = due.ns().checked_sub(1).map(Time::from_ns);
            let reading = self.meter.as_ref().map_or(Time::NEVER, Meter::next);
            match before.and_then(|before| self.network.next_event(before.min(reading))) {
                Some(event) => {
                    let Some(index) = self.flows.get(&event.flow).copied() else { continue };
                    self.brought(index, event.time, event.what)?;
                }
                None if reading < due => self.read(reading),
                None => {
                    self.agenda.pop_first();
                    self.due(index, due)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the meter at the end of an interval.
    fn read(&mut self, at: Time) {
        let Some(meter) = &mut self.meter else { return };
        for (&flow, &index) in &self.flows {
            let there = self.network.progress(flow, at).unwrap_or(Volume::ZERO);
            count(&mut self.slots[index], meter, there);
        }
        meter.turn();
    }

    /// The network has brought something to a slot.
    fn brought(&mut self, index: usize, at: Time, what: FlowEvent) -> Result<(), Refusal> {
        let slot = &mut self.slots[index];
        let Some((flow, size)) = slot.flow else { return Ok(()) };
        let now = slot.since_start(at);
        let off = agenda_entry(slot);
        match what {
            FlowEvent::Began => {
                slot.began = true;
                slot.player.handle(now, arrived(Volume::ZERO));
            }
            FlowEvent::Reached => {
                let there = self.network.progress(flow, at).unwrap_or(size);
                slot.player.handle(now, arrived(there));
            }
            FlowEvent::Done => {
                if let Some(meter) = &mut self.meter {
                    count(slot, meter, size);
                }
                self.flows.remove(&flow);
                slot.flow = None;
                slot.player.handle(now, arrived(size));
                slot.player.handle(now, Event::Complete { document: &[] });
            }
        }
        self.agenda.remove(&(off, index));
        self.attend(index, at)
    }

    /// Something is due at a slot.
    fn due(&mut self, index: usize, at: Time) -> Result<(), Refusal> {
        let slot = &mut self.slots[index];
        let now = slot.since_start(at);
        match slot.flow {
            Some((flow, _)) if slot.began => {
                let there = self.network.progress(flow, at).unwrap_or(Volume::ZERO);
                slot.player.handle(now, arrived(there));
            }
            _ => slot.player.handle(now, Event::Timeout),
        }
        self.attend(index, at)
    }

    /// Does what a player asks for, and notes when it is to be looked at again.
    fn attend(&mut self, index: usize, at: Time) -> Result<(), Refusal> {
        let slot = &mut self.slots[index];
        loop {
            match slot.player.poll() {
                Output::Wait(_) => break,
                Output::Cancel => {
                    drop_flow(slot, &mut self.network, &mut self.flows, &mut self.meter, at)?
                }
                Output::Finished => {
                    return drop_flow(
                        slot,
                        &mut self.network,
                        &mut self.flows,
                        &mut self.meter,
                        at,
                    );
                }
                Output::Fetch(request) => {
                    let Some(size) = slot.session.film.size(request.resource) else { continue };
                    let flow = self.network.start_flow(at, RouteId(index), size)?;
                    (slot.flow, slot.began) = (Some((flow, size)), false);
                    slot.counted = Volume::ZERO;
                    self.flows.insert(flow, index);
                }
            }
        }
        slot.look = Time::NEVER;
        if let (Some((flow, _)), true, Some(look)) =
            (slot.flow, slot.began, slot.player.next_look())
        {
            let (when, wanted) = (slot.in_trial(look.at), wanted(look));
            if when > at {
                slot.look = when;
            } else {
                self.network.watch(at, flow, wanted)?;
            }
        }
        self.agenda.insert((agenda_entry(slot), index));
        Ok(())
    }
}

/// When a slot is to be looked at.
fn agenda_entry(slot: &SessionSlot<'_>) -> Time {
    slot.in_trial(slot.player.deadline()).min(slot.look)
}

/// Ends a download before it is complete.
fn drop_flow(
    slot: &mut SessionSlot<'_>,
    network: &mut Network,
    flows: &mut BTreeMap<FlowId, usize>,
    meter: &mut Option<Meter>,
    at: Time,
) -> Result<(), Refusal> {
    if let Some((flow, _)) = slot.flow.take() {
        flows.remove(&flow);
        let there = network.cancel(at, flow)?.unwrap_or(Volume::ZERO);
        if let Some(meter) = meter {
            count(slot, meter, there);
        }
    }
    Ok(())
}

/// Counts what has arrived at a slot, so much in all of the present download.
fn count(slot: &mut SessionSlot<'_>, meter: &mut Meter, there: Volume) {
    let links = slot.session.route.iter().map(|LinkId(link)| *link);
    meter.count(links, there.saturating_sub(slot.counted));
    slot.counted = there.max(slot.counted);
}
