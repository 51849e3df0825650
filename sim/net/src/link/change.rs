//! Links that change while packets pass.
//!
//! A change is one of numbers in the qdiscs that are there, and of nothing else: no interface goes
//! down, so no route and no neighbour is lost, no socket hears of it, and all counters go on. What
//! a link may need some time is there from the beginning, so a link that a fault concerns is never
//! plain.

use super::qdiscs::{DirectionQdiscs, QdiscParams};
use crate::direction::PerDirection;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use weir_plan::{Loss, Rate, Setup, Shape, What};
use weir_records::FaultTarget;
use weir_units::{BitRate, Ratio, Span};

/// What becomes of a link, in both directions.
///
/// Packets that are past the bottleneck when a change comes keep their moment of arrival: they are
/// on the wire. A packet never overtakes those before it, also where the delay has become shorter.
/// After each change, losses and jitter are drawn from another random stream, which derives from
/// the seed and the number of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkChange {
    /// Nothing passes any more, as if the cable were cut in its middle: both ends go on sending and
    /// hear nothing of it. The packets count as losses.
    Down,
    /// One [`LinkChange::Down`] is over; packets pass when all are.
    Up,
    /// From now on it has another rate, delay or loss; what is `None` stays as it is. The depth of
    /// its buffer in bytes, its jitter and its discipline stay. While it is down this shows later.
    Shape {
        /// The bottleneck's rate, over Ethernet frames.
        rate: Option<BitRate>,
        /// The one-way propagation delay.
        delay: Option<Span>,
        /// The share of packets that is lost, each independently of the others.
        loss: Option<Ratio>,
    },
    /// Rate, delay and loss are what the topology says.
    Restore,
}

/// The links of a setup that its faults concern, by their positions.
///
/// # Errors
/// If a fault names no link or node of the topology, or asks for what the link cannot become.
pub(crate) fn changing(setup: &Setup) -> Result<BTreeSet<usize>> {
    let topology = &setup.topology;
    let mut found = BTreeSet::new();
    for what in setup.faults.iter().map(|fault| &fault.what) {
        match what.target() {
            FaultTarget::Service(_) => continue,
            FaultTarget::Link(name) => ensure!(
                topology.link(name).is_some(),
                "a fault is about the link \"{name}\", which the topology has not"
            ),
            FaultTarget::Node(name) => ensure!(
                topology.nodes.iter().any(|node| node.name == name),
                "a fault parts the node \"{name}\", which the topology does not have"
            ),
        }
        let links = what.links(topology);
        if let What::Change { rate: Some(_), .. } = what {
            for link in links.iter().filter_map(|at| topology.links.get(*at)) {
                let what = || format!("a fault changes the rate of the link {}", link.name);
                has_a_rate(&link.forward).with_context(what)?;
                has_a_rate(&link.backward).with_context(what)?;
            }
        }
        found.extend(links);
    }
    Ok(found)
}

/// Without one there is no bottleneck, and no depth of a buffer that could stay.
fn has_a_rate(shape: &Shape) -> Result<()> {
    ensure!(
        shape.constant_rate().is_some(),
        "one of its directions has no rate in the topology (expected one that can change)"
    );
    Ok(())
}

/// How a link is now: the one place that says so.
#[derive(Debug, Clone)]
pub(crate) struct LinkState {
    /// Both directions, as they are while the link is up.
    pub shapes: PerDirection<Shape>,
    /// What they are in the kernel.
    pub qdiscs: PerDirection<DirectionQdiscs>,
    downs: u64,
    changes: u64,
}

impl LinkState {
    /// Of a link at its beginning, when it is as the topology says. Only one that `changes` has
    /// what that takes.
    pub fn new(params: &PerDirection<QdiscParams>, changes: bool) -> Result<Self> {
        let shapes = PerDirection::of(|direction| params[direction].shape.clone());
        let qdiscs = PerDirection::try_of(|direction| {
            let QdiscParams { shape, queue, ecn, seed } = &params[direction];
            let qdiscs = DirectionQdiscs::new(shape, *queue, *ecn, *seed)?;
            Ok(if changes { qdiscs.changing(*seed) } else { qdiscs })
        })?;
        Ok(Self { shapes, qdiscs, downs: 0, changes: 0 })
    }

    /// Of one that changes, after another change. Which qdiscs there are stays.
    pub fn after(&self, change: &LinkChange, params: &PerDirection<QdiscParams>) -> Result<Self> {
        let (mut shapes, mut downs) = (self.shapes.clone(), self.downs);
        match *change {
            LinkChange::Down => downs = downs.saturating_add(1),
            LinkChange::Up => downs = downs.saturating_sub(1),
            LinkChange::Restore => {
                shapes = PerDirection::of(|direction| params[direction].shape.clone());
            }
            LinkChange::Shape { rate, delay, loss } => {
                for shape in [&mut shapes.forward, &mut shapes.backward] {
                    if let Some(rate) = rate {
                        has_a_rate(shape)?;
                        shape.rate = Some(Rate::Constant(rate));
                    }
                    shape.delay = delay.unwrap_or(shape.delay);
                    shape.loss = loss.map_or(shape.loss, Loss::Independent);
                }
            }
        }
        let changes = self.changes.saturating_add(1);
        let qdiscs = PerDirection::try_of(|direction| {
            let QdiscParams { queue, ecn, seed, .. } = &params[direction];
            let seed = seed.derive(&format!("change {changes}"));
            let qdiscs = DirectionQdiscs::new(&shapes[direction], *queue, *ecn, seed)?;
            let qdiscs = qdiscs.changing(seed);
            Ok(if downs > 0 { qdiscs.cut() } else { qdiscs })
        })?;
        Ok(Self { shapes, qdiscs, downs, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::qdiscs::tests::PLAIN;
    use super::*;
    use weir_units::{Bytes, Seed};

    fn shape(mbps: u64) -> Shape {
        let rate = Some(Rate::Constant(BitRate::from_bps(mbps * 1_000_000)));
        Shape { rate, delay: Span::from_ms(10), ..PLAIN }
    }

    fn params(forward: Shape, backward: Shape) -> PerDirection<QdiscParams> {
        let params = |shape| QdiscParams {
            shape,
            queue: Some(Bytes::new(64_000)),
            ecn: false,
            seed: Seed::new(1),
        };
        PerDirection { forward: params(forward), backward: params(backward) }
    }

    fn after(changes: &[LinkChange]) -> LinkState {
        let params = params(shape(5), shape(1));
        let start = LinkState::new(&params, true).unwrap();
        changes.iter().fold(start, |now, change| now.after(change, &params).unwrap())
    }

    fn delay(ms: u64) -> LinkChange {
        LinkChange::Shape { rate: None, delay: Some(Span::from_ms(ms)), loss: None }
    }

    fn is_down(now: &LinkState) -> bool {
        let [forward, backward] = now.qdiscs.each();
        let lost =
            |qdiscs: &DirectionQdiscs| qdiscs.line.unwrap().loss == Loss::Independent(Ratio::ONE);
        assert_eq!(lost(forward), lost(backward));
        lost(forward)
    }

    #[test]
    fn a_link_is_up_when_nobody_holds_it_down_any_more() {
        use LinkChange::{Down, Up};
        assert!(!is_down(&after(&[])));
        assert!(is_down(&after(&[Down])));
        assert!(is_down(&after(&[Down, Down, Up])));
        assert!(!is_down(&after(&[Down, Down, Up, Up])));
        assert!(is_down(&after(&[Up, Down])));
    }

    #[test]
    fn what_a_change_does_not_name_stays_and_restored_is_what_the_topology_says() {
        let loss = Ratio::from_ppb(10_000_000);
        let lossy = LinkChange::Shape { rate: None, delay: None, loss: Some(loss) };
        let now = after(&[delay(50), lossy]);
        for (now, shape) in now.shapes.each().into_iter().zip([shape(5), shape(1)]) {
            let delay = Span::from_ms(50);
            assert_eq!(*now, Shape { delay, loss: Loss::Independent(loss), ..shape });
        }
        let now = after(&[delay(50), LinkChange::Down, LinkChange::Restore]);
        assert_eq!(now.shapes.each(), [&shape(5), &shape(1)]);
        assert!(is_down(&now), "a shape is restored, not the link");
    }

    #[test]
    fn a_change_leaves_the_depth_of_the_buffer_and_draws_anew() {
        let before = after(&[]).qdiscs;
        let rate =
            LinkChange::Shape { rate: Some(BitRate::from_bps(200_000)), delay: None, loss: None };
        let behind = after(&[rate]).qdiscs;
        for (before, behind) in before.each().into_iter().zip(behind.each()) {
            let (old, new) = (before.bottleneck.unwrap(), behind.bottleneck.unwrap());
            assert_eq!((new.buffer, new.htb.rate.bps()), (old.buffer, 200_000));
            assert_ne!(before.line.unwrap().seed, behind.line.unwrap().seed);
        }
    }

    #[test]
    fn a_rate_where_there_was_none_is_refused() {
        let params = params(shape(5), Shape { rate: None, ..shape(1) });
        let rate = LinkChange::Shape { rate: Some(BitRate::from_bps(1)), delay: None, loss: None };
        let error = LinkState::new(&params, true).unwrap().after(&rate, &params).unwrap_err();
        assert!(error.to_string().contains("no rate"), "{error}");
    }
}
