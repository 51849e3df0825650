//! Links, routes and flows in virtual time: which flow waits, which receives, and what happens
//! next.

use crate::flow::FlowId;
use crate::group::{Group, Step};
use crate::link::{Capacity, Link};
use std::collections::{BTreeMap, BTreeSet};
use weir_trace::{Rate, Volume};
use weir_units::Time;

/// A link, by its place in the list that the network was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub usize);

/// A route, by its place in the list that the network was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteId(pub usize);

/// What happens to a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowEvent {
    /// The latency is over: its first byte arrives.
    Began,
    /// As much has arrived as was asked for by [`Network::watch`].
    Reached,
    /// All of it has arrived. It is gone now.
    Done,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub time: Time,
    /// To which flow.
    pub flow: FlowId,
    /// What.
    pub what: FlowEvent,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A route names a link that does not exist.
    #[error("route {route} crosses link {link}, of {links} links")]
    NoLink {
        /// The route.
        route: usize,
        /// The link that it names.
        link: usize,
        /// How many there are.
        links: usize,
    },
    /// A route crosses a link twice.
    #[error("route {route} crosses link {link} twice (expected once)")]
    Twice {
        /// The route.
        route: usize,
        /// The link.
        link: usize,
    },
    /// There is no such route.
    #[error("there is no route {0}")]
    NoRoute(usize),
    /// The moment is before one to which the network has gone on already, or behind an event that
    /// has not been taken.
    #[error("{now} is not between {earliest} and {latest}")]
    Moment {
        /// The moment.
        now: Time,
        /// Where the network is.
        earliest: Time,
        /// When its next event is.
        latest: Time,
    },
    /// A flow is larger than [`Network::MAX_SIZE`].
    #[error("a flow of {0} bits (expected at most 10^15)")]
    Size(u128),
    /// There are too many flows.
    #[error("more than {} flows at a time", Network::MAX_FLOWS)]
    TooManyFlows,
}

#[derive(Debug, Clone)]
struct Flow {
    route: RouteId,
    size: Volume,
    state: State,
    /// What somebody waits for to arrive.
    mark: Option<Volume>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// The latency is not over.
    Waiting(Time),
    /// It receives since its class had been served this.
    Receiving(u128),
    /// Nothing limits it: it is complete at the moment at which it begins.
    Complete(Time),
}

/// The group that a route belongs to, and its class there; none if nothing limits it.
type Place = Option<(usize, usize)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    // At the same moment, what is complete makes room before others begin.
    Group(usize),
    Complete(FlowId),
    Begin(FlowId),
}

/// Links, routes and flows in virtual time. See the [crate](crate) for what it assumes, what it
/// rounds, and what it costs.
#[derive(Debug, Clone)]
pub struct Network {
    now: Time,
    links: Vec<Link>,
    routes: Vec<(Vec<usize>, Place)>,
    groups: Vec<Group>,
    /// When each group is due, as it stands in the schedule.
    due: Vec<Time>,
    flows: BTreeMap<FlowId, Flow>,
    started: u64,
    schedule: BTreeSet<(Time, Wake)>,
}

impl Network {
    /// The largest flow: 10^15 bits.
    pub const MAX_SIZE: Volume = Volume::from_bits(1_000_000_000_000_000);

    /// The most flows at a time.
    pub const MAX_FLOWS: usize = 10_000_000;

    /// A network at time zero, without flows. The links of a route have no order.
    ///
    /// # Errors
    /// If a route crosses a link that does not exist, or one twice.
    pub fn new(links: Vec<Link>, routes: &[Vec<LinkId>]) -> Result<Self, Error> {
        let mut checked = Vec::new();
        for (route, path) in routes.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for &LinkId(link) in path {
                if link >= links.len() {
                    return Err(Error::NoLink { route, link, links: links.len() });
                }
                if !seen.insert(link) {
                    return Err(Error::Twice { route, link });
                }
            }
            checked.push(seen.into_iter().collect::<Vec<_>>());
        }
        let limited = |path: &Vec<usize>| {
            let limits = |link: &usize| !matches!(links[*link].capacity, Capacity::Unlimited);
            path.iter().copied().filter(limits).collect::<Vec<_>>()
        };
        let classes: BTreeSet<Vec<usize>> = checked.iter().map(limited).collect();
        let (groups, places) = grouped(&links, classes);
        let place = |path: Vec<usize>| {
            let place = places.get(&limited(&path)).copied();
            (path, place)
        };
        let routes = checked.into_iter().map(place).collect();
        let due = vec![Time::NEVER; groups.len()];
        Ok(Self {
            now: Time::ZERO,
            links,
            routes,
            groups,
            due,
            flows: BTreeMap::new(),
            started: 0,
            schedule: BTreeSet::new(),
        })
    }

    /// Where the network is: the time of the last event, or the last moment that was asked for.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many flows there are, those included whose first byte has not arrived.
    pub fn flows(&self) -> usize {
        self.flows.len()
    }

    /// Requests `size` over a route: it begins to arrive when the latencies of all links of the
    /// route are over, one after the other.
    ///
    /// # Errors
    /// If there is no such route, the size is too large, there are too many flows, or `now` is not
    /// between [`Network::now`] and the next event.
    pub fn start_flow(&mut self, now: Time, route: RouteId, size: Volume) -> Result<FlowId, Error> {
        let (path, _) = self.routes.get(route.0).ok_or(Error::NoRoute(route.0))?;
        if size > Self::MAX_SIZE {
            return Err(Error::Size(size.bits()));
        }
        if self.flows.len() == Self::MAX_FLOWS {
            return Err(Error::TooManyFlows);
        }
        let begins = path.iter().fold(now, |now, &link| self.links[link].answered(now));
        self.go_on(now)?;
        let flow = FlowId(self.started);
        self.started += 1;
        self.flows.insert(flow, Flow { route, size, state: State::Waiting(begins), mark: None });
        self.schedule.insert((begins, Wake::Begin(flow)));
        Ok(flow)
    }

    /// Ends a flow before it is complete, and returns what has arrived of it; `None` if there is no
    /// such flow (any more).
    ///
    /// # Errors
    /// If `now` is not between [`Network::now`] and the next event.
    pub fn cancel(&mut self, now: Time, flow: FlowId) -> Result<Option<Volume>, Error> {
        self.go_on(now)?;
        let arrived = self.progress(flow, now);
        self.forget(flow);
        let Some(Flow { route, size, state, .. }) = self.flows.remove(&flow) else {
            return Ok(None);
        };
        match state {
            State::Waiting(begins) => {
                self.schedule.remove(&(begins, Wake::Begin(flow)));
            }
            State::Complete(time) => {
                self.schedule.remove(&(time, Wake::Complete(flow)));
            }
            State::Receiving(begin) => {
                if let Some((group, class)) = self.routes[route.0].1 {
                    self.groups[group].leave(now, class, flow, begin, size);
                    self.reschedule(group);
                }
            }
        }
        Ok(arrived)
    }

    /// The next event that is not later than `until`. If there is none, the network goes on to
    /// `until`, and stays where it is for [`Time::NEVER`]. Events at the same moment come in an
    /// order that depends on the network and on the flows' numbers alone.
    ///
    /// Takes at most as many steps as rates change before `until`, so that a stall does not hang.
    /// (In a network of several traces that repeat, [`Time::NEVER`] may be 584 years of changes:
    /// give a moment at which the driver has something else to do.)
    pub fn next_event(&mut self, until: Time) -> Option<Event> {
        loop {
            let next = self.schedule.first().copied().filter(|(time, _)| *time <= until);
            let Some((time, wake)) = next else {
                if until < Time::NEVER {
                    self.now = self.now.max(until);
                }
                return None;
            };
            self.schedule.pop_first();
            self.now = time;
            match wake {
                Wake::Begin(flow) => {
                    self.begin(time, flow);
                    return Some(Event { time, flow, what: FlowEvent::Began });
                }
                Wake::Complete(flow) => {
                    self.flows.remove(&flow);
                    return Some(Event { time, flow, what: FlowEvent::Done });
                }
                Wake::Group(group) => {
                    self.groups[group].advance(time);
                    let step = self.groups[group].step();
                    self.due[group] = Time::NEVER;
                    self.reschedule(group);
                    let Some(step) = step else { continue };
                    let (flow, what) = match step {
                        Step::Marked(flow) => (flow, FlowEvent::Reached),
                        Step::Complete(flow) => (flow, FlowEvent::Done),
                    };
                    match what {
                        FlowEvent::Done => drop(self.flows.remove(&flow)),
                        _ => self.forget(flow),
                    }
                    return Some(Event { time, flow, what });
                }
            }
        }
    }

    /// The moment before which nothing happens: that of the next event, or of a change of rates.
    pub fn next_time(&self) -> Option<Time> {
        self.schedule.first().map(|(time, _)| *time)
    }

    /// What has arrived of a flow at a moment up to [`Network::next_time`]; `None` if there is no
    /// such flow (any more).
    pub fn progress(&self, flow: FlowId, now: Time) -> Option<Volume> {
        let Flow { route, size, state, .. } = self.flows.get(&flow)?;
        let (State::Receiving(begin), Some((group, class))) = (state, self.routes[route.0].1)
        else {
            return Some(Volume::ZERO);
        };
        let served = self.groups[group].served(class, now.min(self.due[group]));
        Some(Volume::from_femtobits(served.saturating_sub(*begin)).min(*size))
    }

    /// Has an event say when so much of a flow has arrived: at once, if it has already; never, if
    /// that is more than all of it, or if nothing limits the flow. Replaces what was asked for
    /// before. Returns whether there is such a flow.
    ///
    /// # Errors
    /// If `now` is not between [`Network::now`] and the next event.
    pub fn watch(&mut self, now: Time, flow: FlowId, arrived: Volume) -> Result<bool, Error> {
        self.go_on(now)?;
        self.forget(flow);
        let Some(found) = self.flows.get_mut(&flow) else { return Ok(false) };
        found.mark = Some(arrived).filter(|arrived| *arrived <= found.size);
        self.mark(flow);
        Ok(true)
    }

    /// The share of a flow that receives, at [`Network::now`]; zero before its first byte, and
    /// `None` if there is no such flow or nothing limits it.
    pub fn share(&self, flow: FlowId) -> Option<Rate> {
        let Flow { route, state, .. } = self.flows.get(&flow)?;
        let (group, class) = self.routes[route.0].1?;
        match state {
            State::Receiving(_) => Some(self.groups[group].share_of(class, self.now)),
            State::Waiting(_) | State::Complete(_) => Some(Rate::ZERO),
        }
    }

    /// Moves to a moment before which there is no event.
    fn go_on(&mut self, now: Time) -> Result<(), Error> {
        let latest = self.next_time().unwrap_or(Time::NEVER);
        if now < self.now || now > latest {
            return Err(Error::Moment { now, earliest: self.now, latest });
        }
        self.now = now;
        Ok(())
    }

    fn begin(&mut self, time: Time, flow: FlowId) {
        let Some(found) = self.flows.get_mut(&flow) else { return };
        match self.routes[found.route.0].1 {
            Some((group, class)) => {
                let begin = self.groups[group].join(time, class, flow, found.size);
                found.state = State::Receiving(begin);
                self.reschedule(group);
                self.mark(flow);
            }
            None => {
                found.state = State::Complete(time);
                self.schedule.insert((time, Wake::Complete(flow)));
            }
        }
    }

    /// Has the group of a flow that receives tell when its mark is reached.
    fn mark(&mut self, flow: FlowId) {
        let Some((group, class, served)) = self.marked(flow) else { return };
        self.groups[group].mark(self.now, class, flow, served);
        self.reschedule(group);
    }

    /// Takes the mark of a flow away.
    fn forget(&mut self, flow: FlowId) {
        if let Some((group, class, served)) = self.marked(flow) {
            self.groups[group].unmark(class, flow, served);
            self.reschedule(group);
        }
        if let Some(found) = self.flows.get_mut(&flow) {
            found.mark = None;
        }
    }

    /// The group and class of a flow that receives and has a mark, and what will have been served
    /// there when it is reached.
    fn marked(&self, flow: FlowId) -> Option<(usize, usize, u128)> {
        let Flow { route, state, mark, .. } = self.flows.get(&flow)?;
        let (group, class) = self.routes[route.0].1?;
        let State::Receiving(begin) = state else { return None };
        Some((group, class, begin.saturating_add((*mark)?.femtobits())))
    }

    fn reschedule(&mut self, group: usize) {
        self.schedule.remove(&(self.due[group], Wake::Group(group)));
        self.due[group] = self.groups[group].due();
        if self.due[group] < Time::NEVER {
            self.schedule.insert((self.due[group], Wake::Group(group)));
        }
    }
}

/// The group of each class, and its number there, by the links that limit the class.
type Places = BTreeMap<Vec<usize>, (usize, usize)>;

/// Groups of classes that share links, and the place of each class. A class without links has none.
fn grouped(links: &[Link], classes: BTreeSet<Vec<usize>>) -> (Vec<Group>, Places) {
    // Each link points to another one of its group, or to itself.
    let mut parent: Vec<usize> = (0..links.len()).collect();
    for path in &classes {
        for pair in path.windows(2) {
            let (a, b) = (root(&mut parent, pair[0]), root(&mut parent, pair[1]));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut members = BTreeMap::<usize, Vec<Vec<usize>>>::new();
    for path in classes {
        if let Some(&first) = path.first() {
            members.entry(root(&mut parent, first)).or_default().push(path);
        }
    }
    let mut groups = Vec::new();
    let mut places = BTreeMap::new();
    for paths in members.into_values() {
        let used: BTreeSet<usize> = paths.iter().flatten().copied().collect();
        let used: Vec<usize> = used.into_iter().collect();
        let capacities = used.iter().map(|&link| links[link].capacity.clone()).collect();
        // All links of the paths are used, so that the search finds each.
        let local = |link: &usize| used.binary_search(link).unwrap_or_default();
        let inside: Vec<Vec<usize>> =
            paths.iter().map(|path| path.iter().map(local).collect()).collect();
        for (class, path) in paths.into_iter().enumerate() {
            places.insert(path, (groups.len(), class));
        }
        groups.push(Group::new(capacities, &inside));
    }
    (groups, places)
}

fn root(parent: &mut [usize], mut link: usize) -> usize {
    while parent[link] != link {
        parent[link] = parent[parent[link]];
        link = parent[link];
    }
    link
}
