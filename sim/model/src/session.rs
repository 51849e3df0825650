//! Sessions on a way of their own.

use crate::film::Film;
use crate::link::{Capacity, Link, back};
use crate::pensieve::Pensieve;
use crate::spec::{Refusal, Spec, Way, player};
use rayon::prelude::*;
use weir_abr::{Abr, Outlook, Piece};
use weir_core::{Event, NextLook, Output, Player, SessionMetrics};
use weir_trace::{Cursor, Delivery, Rate, Volume};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

/// Runs a session from its start to its end.
///
/// # Errors
/// If the algorithm cannot be built, and as [`run_session_with`].
pub fn run_session(spec: &Spec) -> Result<SessionMetrics, Refusal> {
    run_session_with(spec, spec.viewer.viewing.abr.build()?)
}

/// The same with an algorithm that is there already, such as a program of one's own.
///
/// # Errors
/// If the viewer stays too long, or downloads are to be abandoned where they cannot be.
pub fn run_session_with(spec: &Spec, abr: Box<dyn Abr>) -> Result<SessionMetrics, Refusal> {
    let player = player(&spec.viewer, &spec.film, abr)?;
    match &spec.way {
        Way::Link(link) => Ok(drive(player, &spec.film, &mut FluidLink::new(link))),
        Way::Pensieve { trace, offset } => {
            if spec.viewer.viewing.player().abandon_check.is_some() {
                return Err(Refusal::Abandonment);
            }
            let mut model = Pensieve::new(trace);
            model.pause(*offset);
            Ok(drive(player, &spec.film, &mut Chunks { model, free: Time::ZERO }))
        }
    }
}

/// Runs sessions on all cores: the results in the order of the specifications, the same whatever
/// the number of threads. (For more sessions than fit into memory: a part at a time.)
pub fn run_sessions(specs: &[Spec]) -> Vec<Result<SessionMetrics, Refusal>> {
    specs.par_iter().map(run_session).collect()
}

/// A download in progress, of which all is known beforehand.
struct Flow {
    size: Volume,
    /// When its first byte arrives.
    begins: Time,
    /// When it is complete; [`Time::NEVER`] if it never is.
    ends: Time,
    /// What the link had carried when it began.
    before: Volume,
    /// How fast it goes at least; zero where that is not known.
    slowest: Rate,
}

/// Brings downloads, one at a time.
trait TransportModel {
    fn start(&mut self, at: Time, size: Volume) -> Flow;

    /// What has arrived of a flow at a moment between its begin and its end.
    fn arrived(&mut self, flow: &Flow, at: Time) -> Volume;

    /// When so much of a flow has arrived.
    fn reaches(&mut self, flow: &Flow, arrived: Volume) -> Time;

    /// The rate at a moment, `None` where nothing limits it, and until when it holds.
    fn rate(&mut self, at: Time) -> (Option<Rate>, Time);
}

/// A link's latency, and then a fluid at its rate.
struct FluidLink<'a> {
    link: &'a Link,
    /// Where a trace is, and how far into it the session begins.
    trace: Option<(Cursor<'a>, Span)>,
}

impl<'a> FluidLink<'a> {
    fn new(link: &'a Link) -> Self {
        let trace = match &link.capacity {
            Capacity::Trace { trace, offset } => Some((Cursor::new(trace), *offset)),
            Capacity::Unlimited | Capacity::Constant(_) => None,
        };
        Self { link, trace }
    }
}

impl TransportModel for FluidLink<'_> {
    fn start(&mut self, at: Time, size: Volume) -> Flow {
        if let Some((cursor, offset)) = &mut self.trace {
            let begins = cursor.answered(at.after(*offset)).after(self.link.latency);
            let before = cursor.total(begins);
            let never = Delivery { end: Time::NEVER, slowest: Rate::ZERO };
            let Delivery { end, slowest } = cursor.delivery(begins, before, size).unwrap_or(never);
            Flow { size, begins: back(begins, *offset), ends: back(end, *offset), before, slowest }
        } else {
            let begins = self.link.answered(at);
            let ends = self.link.capacity.delivered(begins, size).unwrap_or(Time::NEVER);
            let slowest = self.link.capacity.rate(at).unwrap_or(Rate::MAX);
            Flow { size, begins, ends, before: Volume::ZERO, slowest }
        }
    }

    fn arrived(&mut self, flow: &Flow, at: Time) -> Volume {
        let carried = match &mut self.trace {
            Some((cursor, offset)) => cursor.total(at.after(*offset)).saturating_sub(flow.before),
            None => self.link.capacity.carried(flow.begins, at),
        };
        carried.min(flow.size)
    }

    fn reaches(&mut self, flow: &Flow, arrived: Volume) -> Time {
        let end = match &mut self.trace {
            Some((cursor, offset)) => {
                let begins = flow.begins.after(*offset);
                let delivery = cursor.delivery(begins, flow.before, arrived);
                delivery.map(|delivery| back(delivery.end, *offset))
            }
            None => self.link.capacity.delivered(flow.begins, arrived),
        };
        end.unwrap_or(Time::NEVER)
    }

    fn rate(&mut self, at: Time) -> (Option<Rate>, Time) {
        match &mut self.trace {
            Some((cursor, offset)) => {
                let now = cursor.at(at.after(*offset));
                (Some(now.rate), back(now.until, *offset))
            }
            None => (self.link.capacity.rate(at), Time::NEVER),
        }
    }
}

/// Pensieve's chunks. Its trace goes on while the player pauses.
struct Chunks<'a> {
    model: Pensieve<'a>,
    /// When the last download was complete.
    free: Time,
}

impl TransportModel for Chunks<'_> {
    fn start(&mut self, at: Time, size: Volume) -> Flow {
        let pause = at.since(self.free);
        if pause > Span::ZERO {
            self.model.pause(pause);
        }
        let time = size.bytes().and_then(|bytes| self.model.download(bytes));
        let ends = time.map_or(Time::NEVER, |time| at.after(time));
        self.free = ends;
        Flow {
            size,
            begins: at.after(Pensieve::ROUND_TRIP),
            ends,
            before: Volume::ZERO,
            slowest: Rate::ZERO,
        }
    }

    fn arrived(&mut self, _: &Flow, _: Time) -> Volume {
        Volume::ZERO
    }

    fn reaches(&mut self, _: &Flow, _: Volume) -> Time {
        Time::NEVER
    }

    fn rate(&mut self, _: Time) -> (Option<Rate>, Time) {
        (Some(Rate::ZERO), Time::NEVER)
    }
}

fn drive(mut player: Player, film: &Film, carrier: &mut impl TransportModel) -> SessionMetrics {
    loop {
        match player.poll() {
            Output::Finished => return player.into_metrics(),
            Output::Cancel => {}
            Output::Fetch(request) => {
                if let Some(size) = film.size(request.resource) {
                    let flow = carrier.start(request.at, size);
                    // Nothing else can happen before the download is over, or abandoned.
                    let until = player.deadline();
                    download(&mut player, &flow, carrier, until);
                }
            }
            Output::Wait(until) => player.handle(until, Event::Timeout),
        }
    }
}

/// Brings a download to its end, unless something else is due before.
fn download(player: &mut Player, flow: &Flow, carrier: &mut impl TransportModel, until: Time) {
    if flow.begins >= until {
        return player.handle(until, Event::Timeout);
    }
    let end = flow.ends.min(until);
    // The player learns of the first byte when something depends on it.
    let (mut begun, mut from) = (false, flow.begins);
    while let Some(mut look) = player.next_look() {
        let pieces = &mut Pieces { carrier, at: from, end };
        let outlook = Outlook { until: end, slowest: floor(flow.slowest), pieces };
        let patient = player.next_check(flow.begins, outlook);
        if !begun && patient <= flow.begins {
            player.handle(flow.begins, arrived(Volume::ZERO));
            begun = true;
            // It may have looked already.
            if player.is_cancelled() {
                return;
            }
            match player.next_look() {
                Some(next) => look = next,
                None => break,
            }
        }
        let Some((at, volume)) = next(flow, carrier, look, patient, end) else { break };
        from = at;
        if !begun {
            player.handle(flow.begins, arrived(Volume::ZERO));
            begun = true;
        }
        player.handle(at, arrived(volume));
        if player.is_cancelled() {
            return;
        }
    }
    if flow.ends >= until {
        if !begun {
            player.handle(flow.begins, arrived(Volume::ZERO));
        }
        player.handle(until, arrived(carrier.arrived(flow, until)));
    } else {
        let Event::Arrived { bytes, .. } = arrived(flow.size) else { return };
        player.handle(flow.ends, Event::Whole { first_byte: flow.begins, bytes });
    }
}

/// The pieces of a flow between two changes of the rate, up to an end.
struct Pieces<'a, C> {
    carrier: &'a mut C,
    at: Time,
    end: Time,
}

impl<C: TransportModel> Iterator for Pieces<'_, C> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (rate, change) = (self.at < self.end).then(|| self.carrier.rate(self.at))?;
        self.at = change.min(self.end);
        Some(Piece { until: self.at, rate: floor(rate.unwrap_or(Rate::MAX)) })
    }
}

/// A rate in whole bits per second, rounded down.
fn floor(rate: Rate) -> BitRate {
    BitRate::from_bps(rate.micro_bps() / 1_000_000)
}

/// When the next look takes place that matters, which is not before `patient`, and what has arrived
/// then; `None` if that is not before `end`.
fn next(
    flow: &Flow,
    carrier: &mut impl TransportModel,
    look: NextLook,
    patient: Time,
    end: Time,
) -> Option<(Time, Volume)> {
    if patient >= end {
        return None;
    }
    let (mut at, mut wanted) = (look.at.max(flow.begins), wanted(look));
    loop {
        let mut there = carrier.arrived(flow, at);
        if there < wanted {
            at = carrier.reaches(flow, wanted);
            there = carrier.arrived(flow, at);
        }
        if at >= end {
            return None;
        }
        if at >= patient {
            return Some((at, there));
        }
        // As far as the rate stays the same, all looks that time alone decides on are alike.
        let step = Volume::from(look.step.bytes);
        let (rate, until) = carrier.rate(at);
        let alike = until.min(patient).min(end).since(at).ns() / look.step.every.ns().max(1);
        if alike > 0 && rate.is_none_or(|rate| rate.carries(look.step.every) >= step) {
            at = at.after(Span::from_ns(alike * look.step.every.ns()));
            wanted = Volume::ZERO;
        } else {
            at = at.after(look.step.every);
            wanted = there.checked_add(step).unwrap_or(there);
        }
    }
}

/// Units of a [`Volume`] in a byte, and in a billionth of a byte.
const BYTE: u128 = 8_000_000_000_000_000;
const PART: u128 = BYTE / 1_000_000_000;

/// What must have arrived for a look.
pub(crate) fn wanted(look: NextLook) -> Volume {
    let (bytes, part) = (u128::from(look.bytes.get()), u128::from(look.part.ppb()));
    Volume::from_femtobits(bytes * BYTE + part * PART)
}

/// So much has arrived in all, as a player is told.
pub(crate) fn arrived(volume: Volume) -> Event<'static> {
    let (bytes, rest) = (volume.femtobits() / BYTE, volume.femtobits() % BYTE);
    Event::Arrived {
        // No segment is larger than 1 GB.
        bytes: Bytes::new(bytes as u64),
        part: Ratio::from_ppb((rest / PART) as u64),
    }
}
