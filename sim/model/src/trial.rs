//! Several viewers who share links.

use crate::meter::Meter;
use crate::network::{FlowId, LinkId, Network, RouteId, What};
use crate::session::{arrived, wanted};
use crate::spec::{Refusal, Shared, Trial};
use std::collections::{BTreeMap, BTreeSet};
use weir_abr::Abr;
use weir_core::{Event, Output, Player, SessionFacts};
use weir_trace::Volume;
use weir_units::{Span, Time};

/// Runs all sessions of a trial on one network: their facts, in their order.
///
/// # Errors
/// If an algorithm cannot be built, and as [`run_trial_with`].
pub fn run_trial(trial: &Trial) -> Result<Vec<SessionFacts>, Refusal> {
    let build = |session: &Shared| session.viewer.abr.build();
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
) -> Result<Vec<SessionFacts>, Refusal> {
    run(trial, algorithms, None).map(|(facts, _)| facts)
}

/// The same, and what each link has carried in each interval of this length since the start of the
/// trial (at least a millisecond): `carried[link][interval]`, up to the last one in which it carried
/// anything. Whatever arrived counts, also of downloads that were cut off.
///
/// # Errors
/// As [`run_trial_with`].
pub fn run_trial_metered(
    trial: &Trial,
    algorithms: Vec<Box<dyn Abr>>,
    every: Span,
) -> Result<(Vec<SessionFacts>, Vec<Vec<Volume>>), Refusal> {
    let (facts, meter) = run(trial, algorithms, Some(Meter::new(every, trial.links.len())))?;
    Ok((facts, meter.map(Meter::into_carried).unwrap_or_default()))
}

fn run(
    trial: &Trial,
    algorithms: Vec<Box<dyn Abr>>,
    meter: Option<Meter>,
) -> Result<(Vec<SessionFacts>, Option<Meter>), Refusal> {
    let (got, expected) = (algorithms.len(), trial.sessions.len());
    if got != expected {
        return Err(Refusal::Algorithms { got, expected });
    }
    let routes: Vec<_> = trial.sessions.iter().map(|session| session.route.clone()).collect();
    let network = Network::new(trial.links.clone(), &routes)?;
    let seat = |(session, abr): (_, Box<dyn Abr>)| Seat::new(session, abr);
    let seats = trial.sessions.iter().zip(algorithms).map(seat).collect::<Result<_, _>>()?;
    let (agenda, flows) = (BTreeSet::new(), BTreeMap::new());
    let mut house = House { network, seats, agenda, flows, meter };
    for (index, session) in trial.sessions.iter().enumerate() {
        house.agenda.insert((session.viewer.start, index));
    }
    house.run()?;
    let facts = house.seats.into_iter().map(|seat| seat.player.into_facts()).collect();
    Ok((facts, house.meter))
}

/// A viewer, and the download in progress.
struct Seat<'a> {
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

impl<'a> Seat<'a> {
    fn new(session: &'a Shared, abr: Box<dyn Abr>) -> Result<Self, Refusal> {
        let player = session.viewer.player(&session.film, abr)?;
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

struct House<'a> {
    network: Network,
    seats: Vec<Seat<'a>>,
    /// When something is due that the network does not bring, for each seat that is taken.
    agenda: BTreeSet<(Time, usize)>,
    flows: BTreeMap<FlowId, usize>,
    meter: Option<Meter>,
}

impl House<'_> {
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
            count(&mut self.seats[index], meter, there);
        }
        meter.turn();
    }

    /// The network has brought something to a seat.
    fn brought(&mut self, index: usize, at: Time, what: What) -> Result<(), Refusal> {
        let seat = &mut self.seats[index];
        let Some((flow, size)) = seat.flow else { return Ok(()) };
        let now = seat.since_start(at);
        let off = agenda_entry(seat);
        match what {
            What::Began => {
                seat.began = true;
                seat.player.handle(now, arrived(Volume::ZERO));
            }
            What::Reached => {
                let there = self.network.progress(flow, at).unwrap_or(size);
                seat.player.handle(now, arrived(there));
            }
            What::Done => {
                if let Some(meter) = &mut self.meter {
                    count(seat, meter, size);
                }
                self.flows.remove(&flow);
                seat.flow = None;
                seat.player.handle(now, arrived(size));
                seat.player.handle(now, Event::Complete { document: &[] });
            }
        }
        self.agenda.remove(&(off, index));
        self.attend(index, at)
    }

    /// Something is due at a seat.
    fn due(&mut self, index: usize, at: Time) -> Result<(), Refusal> {
        let seat = &mut self.seats[index];
        let now = seat.since_start(at);
        match seat.flow {
            Some((flow, _)) if seat.began => {
                let there = self.network.progress(flow, at).unwrap_or(Volume::ZERO);
                seat.player.handle(now, arrived(there));
            }
            _ => seat.player.handle(now, Event::Timeout),
        }
        self.attend(index, at)
    }

    /// Does what a player asks for, and notes when it is to be looked at again.
    fn attend(&mut self, index: usize, at: Time) -> Result<(), Refusal> {
        let seat = &mut self.seats[index];
        loop {
            match seat.player.poll() {
                Output::Wait(_) => break,
                Output::Cancel => {
                    drop_flow(seat, &mut self.network, &mut self.flows, &mut self.meter, at)?
                }
                Output::Finished => {
                    return drop_flow(
                        seat,
                        &mut self.network,
                        &mut self.flows,
                        &mut self.meter,
                        at,
                    );
                }
                Output::Fetch(request) => {
                    let Some(size) = seat.session.film.size(request.resource) else { continue };
                    let flow = self.network.start_flow(at, RouteId(index), size)?;
                    (seat.flow, seat.began) = (Some((flow, size)), false);
                    seat.counted = Volume::ZERO;
                    self.flows.insert(flow, index);
                }
            }
        }
        seat.look = Time::NEVER;
        if let (Some((flow, _)), true, Some(look)) =
            (seat.flow, seat.began, seat.player.next_look())
        {
            let (when, wanted) = (seat.in_trial(look.at), wanted(look));
            if when > at {
                seat.look = when;
            } else {
                self.network.watch(at, flow, wanted)?;
            }
        }
        self.agenda.insert((agenda_entry(seat), index));
        Ok(())
    }
}

/// When a seat is to be looked at.
fn agenda_entry(seat: &Seat<'_>) -> Time {
    seat.in_trial(seat.player.deadline()).min(seat.look)
}

/// Ends a download before it is complete.
fn drop_flow(
    seat: &mut Seat<'_>,
    network: &mut Network,
    flows: &mut BTreeMap<FlowId, usize>,
    meter: &mut Option<Meter>,
    at: Time,
) -> Result<(), Refusal> {
    if let Some((flow, _)) = seat.flow.take() {
        flows.remove(&flow);
        let there = network.cancel(at, flow)?.unwrap_or(Volume::ZERO);
        if let Some(meter) = meter {
            count(seat, meter, there);
        }
    }
    Ok(())
}

/// Counts what has arrived at a seat, so much in all of the present download.
fn count(seat: &mut Seat<'_>, meter: &mut Meter, there: Volume) {
    let links = seat.session.route.iter().map(|LinkId(link)| *link);
    meter.count(links, there.saturating_sub(seat.counted));
    seat.counted = there.max(seat.counted);
}
