//! The random time that endpoints take for a packet, so that flows are not locked in phase with
//! each other and with the bottleneck (Floyd and Jacobson, "On Traffic Phase Effects in
//! Packet-Switched Gateways", 1992).
//!
//! Decision, 2026-11-20: both ends of a flow take it. Sixteen viewers in a guest with a random
//! phase take 6.66 s of CPU time without it, 6.97 s where only the receivers take it, and 7.11 s
//! with both (medians of eight, in turn): little is saved by leaving one end out. A fixed phase
//! takes 5.8 s, which is no measure of it: viewers who start at once wake the guest less often.

use crate::link::DirectionQdiscs;
use crate::qdisc::Netem;
use std::collections::BTreeMap;
use weir_plan::Setup;
use weir_units::{Seed, Span};

/// The endpoints of a setup, and the most that each takes for a packet that it sends.
pub(crate) fn processing_times(setup: &Setup) -> BTreeMap<&str, Span> {
    setup.endpoints().into_iter().map(|node| (node, setup.processing_time(node))).collect()
}

/// What is set at a port of an endpoint that takes up to `most` for a packet, and sends into
/// `link`.
///
/// Where the first thing that a packet meets is the bottleneck, something has to part it from its
/// socket before: otherwise TCP sees the buffer fill as one on its own machine, and keeps it short
/// (TCP small queues). netem does (`skb_orphan_partial`), even if it takes no time.
pub(crate) fn at_port(most: Span, link: &DirectionQdiscs, seed: Seed) -> Option<Netem> {
    let needed = most > Span::ZERO || link.bottleneck.is_some();
    needed.then(|| Netem::up_to(Span::ZERO, most, seed))
}
