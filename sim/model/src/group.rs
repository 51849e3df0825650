//! Links that share flows, and the flows over them: what has to be solved together.

use crate::flow::FlowId;
use crate::link::Capacity;
use crate::shares::Shares;
use std::collections::BTreeSet;
use weir_trace::{Rate, Volume};
use weir_units::Time;

/// The flows of a class, by what each will have been served when it is complete.
#[derive(Debug, Clone, Default)]
struct Class {
    /// What a flow has been served that is there since the beginning: a virtual clock.
    served: u128,
    ends: BTreeSet<(u128, FlowId)>,
    /// What has to have been served for a flow to have got as much as somebody waits for.
    marks: BTreeSet<(u128, FlowId)>,
    /// The share of each flow. A single link does not need it.
    share: Rate,
    /// When the rate of a link changes that only this class crosses; [`Time::NEVER`] without flows
    /// (and zero before there were any).
    changes_at: Time,
}

impl Class {
    /// What has to have been served for something to happen.
    fn next(&self) -> Option<u128> {
        let (end, _) = self.ends.first()?;
        Some(self.marks.first().map_or(*end, |(mark, _)| *mark.min(end)))
    }
}

/// What has happened to a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Marked(FlowId),
    Complete(FlowId),
}

/// A part of the network that has no influence on any other.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    now: Time,
    classes: Vec<Class>,
    capacities: Vec<Capacity>,
    shares: Shares,
    /// When the rate of a link changes that only this class crosses, if the class has flows.
    changes: BTreeSet<(Time, usize)>,
    /// On a single link: what did not divide evenly among the flows yet.
    rest: u128,
}

impl Group {
    /// Classes over links: `paths` names the links of each class.
    pub fn new(capacities: Vec<Capacity>, paths: &[Vec<usize>]) -> Self {
        let classes = vec![Class::default(); paths.len()];
        let shares = Shares::new(capacities.len(), paths);
        let changes = BTreeSet::new();
        Self { now: Time::ZERO, classes, capacities, shares, changes, rest: 0 }
    }

    /// The only link, if no other one limits any flow: all flows then have the same share.
    fn single(&self) -> Option<&Capacity> {
        if let [capacity] = &self.capacities[..] { Some(capacity) } else { None }
    }

    /// Lets a flow of a class begin. Returns what its class has been served before.
    pub fn join(&mut self, now: Time, class: usize, flow: FlowId, size: Volume) -> u128 {
        self.advance(now);
        let begin = self.classes[class].served;
        self.classes[class].ends.insert((begin.saturating_add(size.femtobits()), flow));
        self.bound(class);
        self.share();
        begin
    }

    /// Takes a flow away.
    pub fn leave(&mut self, now: Time, class: usize, flow: FlowId, begin: u128, size: Volume) {
        self.advance(now);
        self.classes[class].ends.remove(&(begin.saturating_add(size.femtobits()), flow));
        self.bound(class);
        self.share();
    }

    /// Goes on to a moment that is not later than [`Group::due`], with the shares as they are.
    pub fn advance(&mut self, now: Time) {
        if let Some((served, rest)) = self.divided(now) {
            // One link has one class.
            self.classes[0].served = served;
            self.rest = rest;
        } else {
            let span = now.since(self.now);
            for class in &mut self.classes {
                class.served += class.share.carries(span).femtobits();
            }
        }
        self.now = self.now.max(now);
    }

    /// On a single link: what each flow has been served by `now`, and what is left over.
    fn divided(&self, now: Time) -> Option<(u128, u128)> {
        let capacity = self.single()?;
        let class = self.classes.first()?;
        let flows = class.ends.len() as u128;
        if flows == 0 {
            return Some((class.served, 0));
        }
        let all = capacity.carried(self.now, now).femtobits() + self.rest;
        Some((class.served + all / flows, all % flows))
    }

    /// On a single link: when each flow will have been served so much; `None` for never.
    fn divides(&self, capacity: &Capacity, served: u128) -> Option<Time> {
        let class = self.classes.first()?;
        let each = served.saturating_sub(class.served);
        let all = each.checked_mul(class.ends.len() as u128)?;
        capacity.delivered(self.now, Volume::from_femtobits(all.saturating_sub(self.rest)))
    }

    /// Takes note that the flows of a class, or the rate of a link of its own, are others now.
    fn bound(&mut self, class: usize) {
        if self.single().is_some() {
            return;
        }
        let Self { now, classes, capacities, shares, changes, .. } = self;
        let Class { ends, changes_at, .. } = &mut classes[class];
        shares.bound(class, ends.len() as u64, |link| micro(&capacities[link], *now));
        changes.remove(&(*changes_at, class));
        *changes_at = Time::NEVER;
        if !ends.is_empty() {
            let own = shares.own(class).iter().map(|&link| capacities[link].changes(*now));
            *changes_at = own.min().unwrap_or(Time::NEVER);
        }
        if *changes_at < Time::NEVER {
            changes.insert((*changes_at, class));
        }
    }

    /// Settles the shares of all classes.
    fn share(&mut self) {
        if self.single().is_some() {
            return;
        }
        while let Some((_, class)) = self.changes.first().filter(|(at, _)| *at <= self.now) {
            self.bound(*class);
        }
        let Self { now, classes, capacities, shares, .. } = self;
        let counts: Vec<u64> = classes.iter().map(|class| class.ends.len() as u64).collect();
        for class in classes.iter_mut() {
            class.share = Rate::ZERO;
        }
        shares.settle(
            |class| counts[class],
            |link| micro(&capacities[link], *now),
            // No share exceeds a link's rate.
            |class, share| {
                classes[class].share = Rate::from_micro_bps(share).unwrap_or(Rate::MAX);
            },
        );
    }

    /// When something happens next: a flow is complete, or shares change. [`Time::NEVER`] if
    /// nothing ever does.
    pub fn due(&self) -> Time {
        if let Some(capacity) = self.single() {
            let next = self.classes.first().and_then(Class::next);
            return next.and_then(|next| self.divides(capacity, next)).unwrap_or(Time::NEVER);
        }
        let own = self.changes.first().map_or(Time::NEVER, |(at, _)| *at);
        let busy = self.classes.iter().any(|class| !class.ends.is_empty());
        let shared = self.shares.shared().iter().filter(|_| busy);
        let shared = shared.map(|&link| self.capacities[link].changes(self.now)).min();
        self.reached().min(own).min(shared.unwrap_or(Time::NEVER))
    }

    /// When the first flow is complete, or at its mark, at the shares as they are.
    fn reached(&self) -> Time {
        let (mut end, mut least) = (Time::NEVER, f64::INFINITY);
        for class in &self.classes {
            let Some(next) = class.next() else { continue };
            let missing = Volume::from_femtobits(next.saturating_sub(class.served));
            // Divisions of wide integers are slow: only those are made that may be the least so
            // far.
            let about = match missing.femtobits() {
                // Also at a share of zero.
                0 => 0.0,
                missing => missing as f64 / class.share.micro_bps() as f64,
            };
            if about <= least * (1.0 + 1e-9) + 1.0 {
                least = least.min(about);
                let span = class.share.time_for(missing);
                end = end.min(span.map_or(Time::NEVER, |span| self.now.after(span)));
            }
        }
        end
    }

    /// Has it told when a class will have been served so much on behalf of a flow.
    pub fn mark(&mut self, now: Time, class: usize, flow: FlowId, served: u128) {
        self.advance(now);
        self.classes[class].marks.insert((served, flow));
    }

    /// Forgets that.
    pub fn unmark(&mut self, class: usize, flow: FlowId, served: u128) {
        self.classes[class].marks.remove(&(served, flow));
    }

    /// Takes away a mark that is reached by now, or else a flow that is complete. In any case,
    /// shares follow the rates of the links.
    pub fn step(&mut self) -> Option<Step> {
        let reached = |set: &mut BTreeSet<(u128, FlowId)>, served: u128| {
            let (_, flow) = *set.first().filter(|(wanted, _)| *wanted <= served)?;
            set.pop_first();
            Some(flow)
        };
        let step = self.classes.iter_mut().enumerate().find_map(|(index, class)| {
            let marked = reached(&mut class.marks, class.served).map(Step::Marked);
            let complete =
                |class: &mut Class| reached(&mut class.ends, class.served).map(Step::Complete);
            Some((index, marked.or_else(|| complete(class))?))
        });
        if let Some((class, Step::Complete(_))) = step {
            self.bound(class);
        }
        self.share();
        step.map(|(_, step)| step)
    }

    /// What a class has been served by a moment that is not later than [`Group::due`]. Flows of the
    /// class have got the difference to what it was when they began.
    pub fn served(&self, class: usize, now: Time) -> u128 {
        if let Some((served, _)) = self.divided(now) {
            return served;
        }
        let class = &self.classes[class];
        class.served + class.share.carries(now.since(self.now)).femtobits()
    }

    /// The share of each flow of a class now, rounded down.
    pub fn share_of(&self, class: usize, now: Time) -> Rate {
        match self.single() {
            Some(capacity) => {
                let flows = self.classes[class].ends.len() as u64;
                let share = micro(capacity, now).checked_div(flows).unwrap_or(0);
                Rate::from_micro_bps(share).unwrap_or(Rate::MAX)
            }
            None => self.classes[class].share,
        }
    }
}

/// A rate as shares are settled in. No link of a group is unlimited.
fn micro(capacity: &Capacity, now: Time) -> u64 {
    capacity.rate(now).unwrap_or(Rate::MAX).micro_bps()
}
