//! What follows from a setup: who sends to whom, how deep buffers are, and how long the ends of a
//! path may take for a packet.

use crate::queue::Queue;
use crate::setup::{Phase, Setup};
use crate::topology::{Direction, Link};
use std::collections::BTreeSet;
use weir_units::{Bytes, Span};

impl Setup {
    /// The nodes at which streams begin or end: of origins, of services, of players, and of
    /// traffic. All others only forward.
    pub fn endpoints(&self) -> BTreeSet<&str> {
        let origins = self.origins.iter().map(|origin| origin.node.as_str());
        let services = self.services.iter().map(|service| service.node.as_str());
        let origins = origins.chain(services);
        let players = self.players.iter().flat_map(|p| p.nodes.iter().map(String::as_str));
        let traffic = self.traffic.iter().flat_map(|t| [t.from.as_str(), t.to.as_str()]);
        origins.chain(players).chain(traffic).collect()
    }

    /// How many viewers there are.
    pub fn viewers(&self) -> u64 {
        self.players.iter().map(|players| players.count).sum()
    }

    /// The most that the endpoint `node` takes for a packet, where that is drawn at random: the
    /// time of a full frame on the narrowest link of all ways of data that begin or end there, of
    /// streams to players, of services and of traffic. Zero if no link on them has a rate, for a
    /// fixed [`Phase`], and for a node that is no endpoint.
    ///
    /// Without it, flows run in lockstep with the bottleneck, and which of them loses packets hangs
    /// on nanoseconds. As much as this breaks the lockstep (Floyd and Jacobson, "On Traffic Phase
    /// Effects in Packet-Switched Gateways", 1992).
    pub fn processing_time(&self, node: &str) -> Span {
        if self.phase == Phase::Fixed {
            return Span::ZERO;
        }
        let ways = self.streams().chain(self.other_ways());
        // Players share ways: each once.
        let ways: BTreeSet<(&str, &str)> =
            ways.filter(|(from, to)| *from == node || *to == node).collect();
        let ends: BTreeSet<&str> = ways.iter().map(|(_, to)| *to).collect();
        let routes = self.topology.routes_to(|name| ends.contains(name));
        let hops = ways.iter().filter_map(|(from, to)| routes.path(from, to)).flatten();
        let rates = hops.filter_map(|(link, direction)| {
            self.topology.links.get(link).and_then(|link| link.shape(direction).constant_rate())
        });
        // No reader lets a rate of zero pass, at which a frame would take forever.
        let times = rates.filter_map(|rate| rate.time_for(FRAME).ok());
        times.max().unwrap_or(Span::ZERO)
    }

    /// The ways of the viewers' data: from where, to where.
    fn streams(&self) -> impl Iterator<Item = (&str, &str)> {
        self.players.iter().flat_map(|players| {
            let others = players.streams.iter().filter_map(|name| self.node_of(name));
            // The first of the streams is at the origin.
            let from: BTreeSet<&str> = others.chain([players.origin.as_str()]).collect();
            let ways = |node| from.clone().into_iter().map(move |from| (from, node));
            players.nodes.iter().map(String::as_str).flat_map(ways).collect::<Vec<_>>()
        })
    }

    /// The ways of all other data. That between a service and one that it takes from goes either
    /// way: a publisher hands its stream over.
    fn other_ways(&self) -> impl Iterator<Item = (&str, &str)> {
        let traffic = self.traffic.iter().map(|t| (t.from.as_str(), t.to.as_str()));
        let services = self.services.iter().flat_map(|service| {
            let others = service.upstream.iter().filter_map(|name| self.node_of(name));
            let node = service.node.as_str();
            others
                .filter(move |other| *other != node)
                .flat_map(move |other| [(other, node), (node, other)])
        });
        traffic.chain(services)
    }

    /// The node of the service of this name.
    fn node_of(&self, name: &str) -> Option<&str> {
        let found = self.services.iter().find(|service| service.name == name);
        found.map(|service| service.node.as_str())
    }

    /// The depths of the buffers in front of all links' bottlenecks, forward and backward, in the
    /// order of the topology; see [`Queue`]. `None` for a direction without a rate limit, which has
    /// no queue.
    pub fn queues(&self) -> Vec<[Option<Bytes>; 2]> {
        let round_trips = self.round_trips();
        let links = self.topology.links.iter().zip(round_trips);
        let depth = |link: &Link, direction, round_trip: Span| {
            let shape = link.shape(direction);
            let rate = shape.constant_rate()?;
            Some(match shape.queue {
                Queue::Bytes(bytes) => bytes,
                Queue::Bdp(share) => {
                    // At most 10^10 bit/s, 256 links of 20 s and 10^11 parts per 10^9: far below
                    // 2^128.
                    let bits_ns = u128::from(rate.bps()) * u128::from(round_trip.ns());
                    let bytes =
                        bits_ns.saturating_mul(u128::from(share.ppb())) / BITS_NS_PPB_PER_BYTE;
                    Bytes::new(u64::try_from(bytes).unwrap_or(u64::MAX)).max(Queue::LEAST)
                }
            })
        };
        links
            .map(|(link, round_trip)| {
                [Direction::Forward, Direction::Backward]
                    .map(|direction| depth(link, direction, round_trip))
            })
            .collect()
    }

    /// For each link the round-trip time of the longest path between a player and its origin that
    /// uses it, there or back; its own where nobody's path does.
    fn round_trips(&self) -> Vec<Span> {
        let links = &self.topology.links;
        let ways: BTreeSet<(&str, &str)> = self.streams().collect();
        let ends: BTreeSet<&str> = ways.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let routes = self.topology.routes_to(|name| ends.contains(name));
        let mut longest: Vec<Option<Span>> = vec![None; links.len()];
        for (from, to) in ways {
            let Some(there) = routes.path(from, to) else { continue };
            let Some(back) = routes.path(to, from) else { continue };
            let hops = || there.iter().chain(&back);
            let delays = hops().map(|(link, direction)| links[*link].shape(*direction).delay);
            let round_trip = delays.fold(Span::ZERO, Span::saturating_add);
            for (link, _) in hops() {
                longest[*link] = longest[*link].max(Some(round_trip));
            }
        }
        let own = |link: &Link| link.forward.delay.saturating_add(link.backward.delay);
        longest.into_iter().zip(links).map(|(time, link)| time.unwrap_or(own(link))).collect()
    }
}

/// A full Ethernet frame.
const FRAME: Bytes = Bytes::new(1514);

/// 8 bits per byte, 10^9 ns per second, 10^9 parts per whole.
const BITS_NS_PPB_PER_BYTE: u128 = 8 * 1_000_000_000 * 1_000_000_000;
