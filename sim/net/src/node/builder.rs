//! A node that is being made: its namespace, its ends of links, its tables.

use super::{Node, tcp};
use crate::namespace::Namespace;
use crate::netlink::{
    LOOPBACK, Level, Mac, Netlink, PlacedQdisc, Request, VethEnd, add_address, add_neighbour,
    add_route, set_up, settle, verify,
};
use crate::qdisc::Netem;
use anyhow::{Context, Result, ensure};
use std::net::Ipv4Addr;
use weir_plan::TcpProfile;

/// Segments per packet at an endpoint: a packet is a frame, as on a wire. With the kernel's default
/// TCP hands over 64 kB at once, which a buffer counts, drops and delays as one.
const ENDPOINT_SEGMENTS: u32 = 1;

/// A node that is being made, and netlink in it.
pub(crate) struct NodeBuilder {
    node: Node,
    netlink: Netlink,
    ports: Vec<Port>,
}

/// A node's end of a link.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub end: VethEnd,
    /// The node at the other end, and its hardware address.
    pub neighbour: Ipv4Addr,
    pub neighbour_mac: Mac,
    /// What is set on the way out: the time that the node takes for a packet.
    pub processing: Option<Netem>,
    /// Whether it comes up before its other end.
    pub first: bool,
}

impl Port {
    /// What is set at it, at its place.
    fn processing(&self) -> Option<PlacedQdisc<'_>> {
        let netem = self.processing.as_ref()?;
        Some(PlacedQdisc { index: self.end.index, level: Level::Root, qdisc: netem })
    }
}

/// A way to another node: over which port, to whom.
pub(crate) struct Route {
    pub port: u32,
    pub to: Ipv4Addr,
    pub via: Ipv4Addr,
}

/// The segments per packet at the ports of an endpoint, and of any other node.
pub(crate) fn gso_segments(is_endpoint: bool) -> Option<u32> {
    is_endpoint.then_some(ENDPOINT_SEGMENTS)
}

impl NodeBuilder {
    /// Makes the node's namespace, and moves the calling thread into it.
    pub fn enter_new(
        name: &str,
        address: Ipv4Addr,
        profile: &TcpProfile,
        forwards: bool,
    ) -> Result<Self> {
        let namespace = Namespace::enter_new(name)?;
        let tcp = tcp::apply(profile, forwards)?;
        let initial_window = profile.initial_window;
        let node = Node { namespace, address, tcp, initial_window, gso_segments: 0 };
        Ok(Self { node, netlink: Netlink::open()?, ports: Vec::new() })
    }

    /// The node so far.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Has an end of a link, made before or by [`NodeBuilder::execute`].
    pub fn add_port(&mut self, port: Port) {
        self.ports.push(port);
    }

    /// Executes requests in the node.
    pub fn execute(&mut self, requests: Vec<Request>) -> Result<()> {
        let what = || format!("in the namespace of {}", self.node.namespace.label());
        self.netlink.execute(requests).with_context(what)
    }

    /// Brings the node and its ports up. The other ends of all ports exist.
    pub fn set_up(&mut self) -> Result<()> {
        let ports = self.ports.iter().map(|port| set_up(port.end.index));
        let own = [set_up(LOOPBACK), add_address(LOOPBACK, self.node.address)];
        self.execute(own.into_iter().chain(ports).collect())
    }

    /// Sets what is at the ports, and fills the tables. The other ends of all ports are up.
    pub fn connect(&mut self, routes: &[Route]) -> Result<()> {
        let mut requests = Vec::new();
        for port in &self.ports {
            let index = port.end.index;
            requests.push(add_neighbour(index, port.neighbour, port.neighbour_mac));
            if let Some(place) = port.processing() {
                requests.extend(place.add()?);
            }
        }
        let window = u32::try_from(self.node.initial_window)?;
        let from = self.node.address;
        requests
            .extend(routes.iter().map(|way| add_route(way.port, way.to, way.via, from, window)));
        self.execute(requests)
    }

    /// Sees to it that the ports carry packets, and reads back what is set at them.
    pub fn finish(self) -> Result<Node> {
        let Self { mut node, mut netlink, ports } = self;
        let indices: Vec<_> = ports.iter().map(|port| port.end.index).collect();
        let what = format!("the node {}", node.namespace.label());
        let first = ports.iter().filter(|port| port.first && port.processing.is_none());
        let first: Vec<_> = first.map(|port| port.end.index).collect();
        let found = settle(&mut netlink, &indices, &first);
        let found = found.with_context(|| format!("verify {what}"))?;
        for port in &ports {
            let found = found.get(&port.end.index).copied().unwrap_or_default().gso_segments;
            node.gso_segments = node.gso_segments.max(found.into());
            let wanted = port.end.gso_segments.unwrap_or(found);
            ensure!(
                found == wanted,
                "verify {what}: {found} segments per packet instead of {wanted}"
            );
        }
        let delayed = ports.iter().filter_map(Port::processing);
        let delayed: Vec<_> = delayed.map(|place| (what.as_str(), place)).collect();
        if !delayed.is_empty() {
            verify(&mut netlink, &delayed)?;
        }
        Ok(node)
    }
}
