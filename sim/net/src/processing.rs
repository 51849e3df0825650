//! The random time that endpoints take for a packet, so that flows are not locked in phase with
//! each other and with the bottleneck (Floyd and Jacobson, "On Traffic Phase Effects in
//! Packet-Switched Gateways", 1992).
//!
//! Decision, 2026-11-20: one end of a flow takes it, the one that sends fewer packets. For a stream
//! over TCP that is the receiver, whose acknowledgements clock the sender; a round trip varies by as
//! much as when the sender takes it, which is where Floyd and Jacobson put it. Datagrams are not
//! acknowledged, so their sender takes it. With both ends taking it, sixteen viewers in a guest cost
//! 18 % more than with a fixed phase; so they cost MEASURED (scripts/bench-guest, in pairs).

use crate::lane::Lane;
use crate::qdisc::Netem;
use std::collections::BTreeMap;
use weir_experiment::{Setup, TrafficKind};
use weir_units::{Seed, Span};

/// The endpoints of a setup, and the most that each takes for a packet that it sends.
pub(crate) fn processing_times(setup: &Setup) -> BTreeMap<&str, Span> {
    let watching = setup.players.iter().flat_map(|players| players.nodes.iter());
    let others = setup.traffic.iter().map(|traffic| match traffic.kind {
        TrafficKind::Tcp { .. } | TrafficKind::Web { .. } => &traffic.to,
        TrafficKind::Udp { .. } => &traffic.from,
    });
    let mut times: BTreeMap<_, _> =
        setup.endpoints().into_iter().map(|node| (node, Span::ZERO)).collect();
    for node in watching.chain(others) {
        times.insert(node, setup.processing_time(node));
    }
    times
}

/// What is set at a port of an endpoint that takes up to `most` for a packet, and sends into `lane`.
///
/// Where the first thing that a packet meets is the bottleneck, something has to part it from its
/// socket before: otherwise TCP sees the buffer fill as one on its own machine, and keeps it short
/// (TCP small queues). netem does, even if it takes no time.
pub(crate) fn at_port(most: Span, lane: &Lane, seed: Seed) -> Option<Netem> {
    let needed = most > Span::ZERO || lane.bottleneck.is_some();
    needed.then(|| Netem::up_to(Span::ZERO, most, seed))
}
