//! Links: what is asked of them, how they are now, and what they have done.

mod change;
mod counters;
mod qdiscs;
mod shaping;

pub use change::LinkChange;
use change::LinkState;
pub(crate) use change::changing;
pub use counters::LinkCounters;
pub(crate) use qdiscs::{DirectionQdiscs, QdiscParams};
use shaping::ShapingReadings;
pub(crate) use shaping::{ShapedLink, ShapingNamespace, shape_all};

use crate::direction::{PerDirection, opposite};
use crate::netlink::Interface;
use anyhow::{Context, Result, bail};
use std::sync::{Mutex, MutexGuard, PoisonError};
use weir_plan::{Direction, Link};

/// A link of a network. All but its state is as the topology says, for ever.
pub(crate) struct NetworkLink {
    pub name: String,
    /// The node that sends, for each direction.
    pub senders: PerDirection<String>,
    params: PerDirection<QdiscParams>,
    state: State,
}

/// How a link is now.
enum State {
    /// As it was made.
    Fixed(LinkState),
    /// A fault is about it.
    Changing(Mutex<LinkState>),
}

impl NetworkLink {
    /// `changes` if a fault is about it.
    pub fn new(link: &Link, params: PerDirection<QdiscParams>, changes: bool) -> Result<Self> {
        let state = LinkState::new(&params, changes);
        let state = state.with_context(|| format!("make the link {}", link.name))?;
        let state = if changes { State::Changing(Mutex::new(state)) } else { State::Fixed(state) };
        let (forward, backward) = link.between.clone();
        let senders = PerDirection { forward, backward };
        Ok(Self { name: link.name.clone(), senders, params, state })
    }

    /// How it is now.
    pub fn state(&self) -> LinkState {
        match &self.state {
            State::Fixed(state) => state.clone(),
            State::Changing(state) => held(state).clone(),
        }
    }

    /// Whether packets pass it untouched, now and ever: it is a pair from node to node.
    pub fn is_plain(&self) -> bool {
        matches!(&self.state, State::Fixed(state)
            if state.qdiscs.each().into_iter().all(DirectionQdiscs::is_plain))
    }

    /// Whether it is at a node.
    pub fn ends_at(&self, node: &str) -> bool {
        self.senders.each().into_iter().any(|sender| sender == node)
    }

    /// Changes it where `shaping` says, at this position in the topology.
    pub fn change(
        &self,
        position: usize,
        change: &LinkChange,
        shaping: Option<&ShapingNamespace>,
    ) -> Result<()> {
        let (State::Changing(state), Some(shaping)) = (&self.state, shaping) else {
            bail!("no fault of the experiment is about it");
        };
        let mut state = held(state);
        let next = state.after(change, &self.params)?;
        shaping.change(position, &self.name, &next.qdiscs)?;
        *state = next;
        Ok(())
    }

    /// What a direction of it has done, before anything of it is known.
    fn uncounted(&self, direction: Direction, state: &LinkState) -> LinkCounters {
        LinkCounters {
            link: self.name.clone(),
            from: self.senders[direction].clone(),
            to: self.senders[opposite(direction)].clone(),
            shape: state.shapes[direction].clone(),
            queue: self.params[direction].queue,
            offered_packets: 0,
            packets: 0,
            bytes: 0,
            queue_drops: 0,
            aqm_drops: 0,
            marks: 0,
            losses: 0,
            backlog: 0,
        }
    }

    /// What it has done, if it is a plain pair that counts at its first end: what that sent is what
    /// was delivered forward, and what it received is what was delivered backward.
    pub fn plain_counters(&self, end: &Interface) -> [LinkCounters; 2] {
        let state = self.state();
        let count = |direction, packets, bytes| {
            let counters = self.uncounted(direction, &state);
            LinkCounters { offered_packets: packets, packets, bytes, ..counters }
        };
        [
            count(Direction::Forward, end.sent_packets, end.sent_bytes),
            count(Direction::Backward, end.received_packets, end.received_bytes),
        ]
    }

    /// What it has done, if it is one that does something.
    pub fn shaped_counters(
        &self,
        position: usize,
        readings: &ShapingReadings,
    ) -> Result<[LinkCounters; 2]> {
        let state = self.state();
        let count = |direction| {
            let counters = self.uncounted(direction, &state);
            readings.count(position, direction, &state.qdiscs[direction], counters)
        };
        Ok([count(Direction::Forward)?, count(Direction::Backward)?])
    }
}

/// Whoever panicked while holding it left a value as it was before the change.
fn held(state: &Mutex<LinkState>) -> MutexGuard<'_, LinkState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
