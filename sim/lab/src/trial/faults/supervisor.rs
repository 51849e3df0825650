//! Runs the services of a trial, has the faults happen, and takes note of both.
//!
//! One thread owns them all: the kernel ends with it what it has started.

use super::timeline::{Step, timeline};
use crate::trial::programs::TrialContext;
use crate::trial::services::{LiveDirs, Running, ServiceContext};
use crate::trial::sidecars::{Gate, Health};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Duration;
use weir_clock::Clock;
use weir_net::LinkChange;
use weir_plan::{Fault, Service, Upstream, What};
use weir_records::{Event, EventKind, FaultTarget};
use weir_sidecar::FaultRule;
use weir_units::{Seed, Span, Time};

/// Between two looks at services that may be started again, and at those that may not.
const LOOK_EVERY: Span = Span::from_ms(100);
const LOOK_SELDOM: Span = Span::from_s(10);

/// What ends so often before the trial begins never works.
const MAX_ENDS: u32 = 4;
/// Between two looks at how much room live files take.
const MEASURE_EVERY: Span = Span::from_s(60);

/// The playlist of the lowest rung, as packagers call it.
const LOWEST: &str = "v0.m3u8";
/// How long a proxy waits for streams, in durations of segments.
const MOST_SEGMENTS: u32 = 8;

/// What a supervisor runs.
#[derive(Clone, Copy)]
pub struct Supervised<'a> {
    /// Where the services run; they are started in the order in which they stand there.
    pub place: ServiceContext<'a>,
    /// Where sidecars are started.
    pub ground: TrialContext<'a>,
    /// What happens.
    pub faults: &'a [Fault],
    /// What is drawn of it.
    pub seed: Seed,
}

/// A thread that runs the services.
pub struct Supervisor<'scope> {
    asks: Sender<(Time, Time)>,
    thread: ScopedJoinHandle<'scope, Result<Vec<Event>>>,
}

impl<'scope> Supervisor<'scope> {
    /// Starts all services, and waits until they are ready.
    ///
    /// # Errors
    /// If one is not, or the machine has no thread left.
    pub fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        what: Supervised<'env>,
    ) -> Result<Self> {
        let (asks, asked) = channel();
        let (tell, told) = channel();
        let thread = Builder::new()
            .spawn_scoped(scope, move || supervise(&what, &asked, &tell))
            .context("start a thread that runs services")?;
        match told.recv() {
            Ok(()) => Ok(Self { asks, thread }),
            // It has ended, and says why.
            Err(_) => {
                let ended = thread.join().map_err(|_| anyhow!("the supervisor panicked"))?;
                Err(ended.err().unwrap_or_else(|| anyhow!("the supervisor ended")))
            }
        }
    }

    /// The trial's time begins at `epoch` on the kernel's clock; after `end`, on the trial's,
    /// nothing happens any more.
    pub fn begin(&self, epoch: Time, end: Time) {
        // If it has ended, its result says why.
        let _ = self.asks.send((epoch, end));
    }

    /// Whether it has ended, because a service failed.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops all services; what happened.
    ///
    /// # Errors
    /// If a service failed, or something could not be done.
    pub fn finish(self) -> Result<Vec<Event>> {
        drop(self.asks);
        self.thread.join().map_err(|_| anyhow!("the supervisor panicked"))?
    }
}

fn supervise(
    what: &Supervised<'_>,
    asked: &Receiver<(Time, Time)>,
    tell: &Sender<()>,
) -> Result<Vec<Event>> {
    // Waits end 50 us late otherwise.
    nix::sys::prctl::set_timerslack(1).context("set the timer slack")?;
    let mut watch = Watch::start(what, asked)?;
    let _ = tell.send(());
    let Ok((epoch, end)) = asked.recv() else { return Ok(Vec::new()) };
    let mut steps: VecDeque<Step> = timeline(what.faults, what.seed, end).into();
    let (mut look, mut measure) = (Clock::monotonic().now(), epoch);
    loop {
        let next = steps.front().map(|step| epoch.after(step.at.since(Time::ZERO)));
        let next = next.map_or(look, |next| next.min(look));
        match asked.recv_timeout(Duration::from_nanos(next.since(Clock::monotonic().now()).ns())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(_) | Err(RecvTimeoutError::Disconnected) => break,
        }
        let now = Clock::monotonic().now();
        let at = Time::ZERO.after(now.since(epoch));
        while let Some(step) = steps.pop_front_if(|step| step.at <= at) {
            watch.take(step, at)?;
        }
        if now >= look {
            watch.look(now, at)?;
            look = look.after(watch.every());
            if now >= measure {
                watch.measure(at)?;
                measure = measure.after(MEASURE_EVERY);
            }
        }
    }
    watch.stop()
}

/// All that runs, and what happened to it.
struct Watch<'a> {
    what: Supervised<'a>,
    rooms: LiveDirs,
    services: Vec<Running<'a>>,
    gates: Vec<Gate<'a>>,
    health: Vec<Health>,
    /// The faults that are not undone yet.
    in_force: Vec<usize>,
    events: Vec<Event>,
}

impl<'a> Watch<'a> {
    fn start(what: &Supervised<'a>, asked: &Receiver<(Time, Time)>) -> Result<Self> {
        let place = what.place;
        let rooms = LiveDirs::make(&place)?;
        let mut watch = Self {
            what: *what,
            rooms,
            services: Vec::new(),
            gates: Vec::new(),
            health: Vec::new(),
            in_force: Vec::new(),
            events: Vec::new(),
        };
        for service in place.services {
            if place.live.is_some() && place.kind(service)?.upstream == Upstream::Some {
                wait_for_streams(&place, service, asked)?;
            }
            watch.services.push(Running::start(service, place)?);
            if place.gated.contains(&service.name) {
                let seed = what.seed.derive(&format!("gate {}", service.name));
                watch.gates.push(Gate::start(&what.ground, &place, service, seed)?);
            }
            if place.live.is_some() && place.kind(service)?.health.is_some() {
                watch.health.push(Health::start(&what.ground, &place, service)?);
            }
            watch.note(Time::ZERO, &service.node, &service.name, EventKind::Ready, None);
        }
        Ok(watch)
    }

    fn note(
        &mut self,
        at: Time,
        node: &str,
        service: &str,
        event: EventKind,
        detail: Option<String>,
    ) {
        let (node, service) = (node.to_owned(), service.to_owned());
        self.events.push(Event { at_us: at.us(), node, service, event, detail });
    }

    /// How often it looks.
    fn every(&self) -> Span {
        if self.what.place.live.is_some() { LOOK_EVERY } else { LOOK_SELDOM }
    }

    /// Looks at who has ended, and starts again whose time has come: `now` is the kernel's clock,
    /// `at` the trial's.
    fn look(&mut self, now: Time, at: Time) -> Result<()> {
        for which in 0..self.services.len() {
            let running = &mut self.services[which];
            let (node, name) = (&running.service.node, &running.service.name);
            if let Some(ended) = running.ended()? {
                let Some(pause) = running.restart()? else { bail!("{}", ended.whole) };
                running.ends += 1;
                if at == Time::ZERO && running.ends == MAX_ENDS {
                    bail!(
                        "{}, as it did {MAX_ENDS} times before the first viewer came",
                        ended.whole
                    );
                }
                running.again = Some(now.after(pause));
                self.note(at, node, name, EventKind::Ended, Some(ended.how));
            } else if running.again.is_some_and(|again| again <= now) {
                running.launch()?;
                self.note(at, node, name, EventKind::Started, None);
            }
        }
        self.rooms.keep_full()
    }

    /// Takes note of how much room live files take.
    fn measure(&mut self, at: Time) -> Result<()> {
        let used = self.rooms.used()?;
        let used: Vec<_> = used.into_iter().map(|(node, used)| (node.to_owned(), used)).collect();
        for (node, used) in used {
            self.note(at, &node, "", EventKind::Room, Some(format!("{} B", used.get())));
        }
        Ok(())
    }

    /// A fault begins, or is undone.
    fn take(&mut self, step: Step, at: Time) -> Result<()> {
        let fault = &self.what.faults[step.fault];
        match step.begins {
            true => self.in_force.push(step.fault),
            false => self.in_force.retain(|other| *other != step.fault),
        }
        let target = fault.what.target();
        let event = if step.begins { EventKind::Fault } else { EventKind::FaultOver };
        let node = self.node_of(target)?;
        self.note(at, &node, target.name(), event, Some(fault.what.to_string()));
        let done =
            if step.begins { self.begin(&fault.what, at) } else { self.undo(&fault.what, at) };
        done.with_context(|| format!("{event}: {} {target}", fault.what))
    }

    fn begin(&mut self, what: &What, at: Time) -> Result<()> {
        let network = self.what.place.network;
        match what {
            What::Kill(name) => self.running(name)?.kill(),
            What::Freeze(name) => self.running(name)?.freeze(),
            What::Restart(name) => {
                let running = self.running(name)?;
                running.stop()?;
                running.launch()?;
                let node = running.service.node.clone();
                self.note(at, &node, name, EventKind::Started, None);
                Ok(())
            }
            What::Down(link) => network.change(link, &LinkChange::Down),
            What::Partition(node) => network
                .links_of(node)
                .into_iter()
                .try_for_each(|link| network.change(link, &LinkChange::Down)),
            What::Change { link, rate, delay, loss } => {
                let (rate, delay, loss) = (*rate, *delay, *loss);
                network.change(link, &LinkChange::Shape { rate, delay, loss })
            }
            What::Answer { service, .. } => self.order(service),
            What::Full(name) => self.set_full(name, true),
        }
    }

    fn undo(&mut self, what: &What, at: Time) -> Result<()> {
        let network = self.what.place.network;
        match what {
            What::Kill(name) => {
                let running = self.running(name)?;
                running.kill()?;
                running.launch()?;
                let node = running.service.node.clone();
                self.note(at, &node, name, EventKind::Started, None);
                Ok(())
            }
            What::Freeze(name) => self.running(name)?.thaw(),
            What::Restart(_) => Ok(()),
            What::Down(link) => network.change(link, &LinkChange::Up),
            What::Partition(node) => network
                .links_of(node)
                .into_iter()
                .try_for_each(|link| network.change(link, &LinkChange::Up)),
            What::Change { link, .. } => network.change(link, &LinkChange::Restore),
            What::Answer { service, .. } => self.order(service),
            What::Full(name) => self.set_full(name, false),
        }
    }

    fn running(&mut self, name: &str) -> Result<&mut Running<'a>> {
        let found = self.services.iter_mut().find(|running| running.service.name == name);
        found.with_context(|| format!("no service {name} runs"))
    }

    fn set_full(&mut self, name: &str, full: bool) -> Result<()> {
        let folder = self.what.place.site(self.what.place.service(name)?);
        self.rooms.set_full(folder, full)
    }

    /// Tells the gate of a service all that is in force for it.
    fn order(&self, name: &str) -> Result<()> {
        let faults = self.in_force.iter().map(|number| &self.what.faults[*number].what);
        let rules: Vec<FaultRule> = faults
            .filter_map(|what| match what {
                What::Answer { service, how, share } if service == name => {
                    Some(FaultRule { how: *how, share: *share })
                }
                _ => None,
            })
            .collect();
        let gate = self.gates.iter().find(|gate| gate.service == name);
        gate.with_context(|| format!("no gate stands in front of {name}"))?.order(&rules)
    }

    /// The node of what a fault happens to; none of a link.
    fn node_of(&self, target: FaultTarget<'_>) -> Result<String> {
        Ok(match target {
            FaultTarget::Service(name) => self.what.place.service(name)?.node.clone(),
            FaultTarget::Link(_) => String::new(),
            FaultTarget::Node(name) => name.to_owned(),
        })
    }

    /// Stops everything, the last one first.
    fn stop(mut self) -> Result<Vec<Event>> {
        while let Some(mut running) = self.services.pop() {
            running.stop()?;
        }
        Ok(self.events)
    }
}

/// A proxy comes to streams that are there. Otherwise what it says of its origins at first would be
/// about the beginning of the streams. Whoever publishes only later, or never, is not waited for.
fn wait_for_streams(
    place: &ServiceContext<'_>,
    service: &Service,
    asked: &Receiver<(Time, Time)>,
) -> Result<()> {
    let Some(live) = place.live else { return Ok(()) };
    let folder = |name: &String| {
        Ok(place.live_folder(&place.service(name)?.node).join(&live.key).join(LOWEST))
    };
    let playlists: Vec<PathBuf> = service.upstream.iter().map(folder).collect::<Result<_>>()?;
    let pause = Duration::from_nanos(place.segment.ns() / 8);
    for _ in 0..8 * MOST_SEGMENTS {
        if playlists.iter().all(|playlist| playlist.exists()) {
            break;
        }
        if asked.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
    }
    Ok(())
}
