//! Requests about interfaces, addresses, neighbours and routes.
//!
//! The index of an interface is chosen by who makes it, so that nothing has to be looked up.

use super::socket::Request;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoData, InfoVeth, LinkAttribute};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{RouteAttribute, RouteMetric};
use rtnetlink::{
    AddressMessageBuilder, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder,
};
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, BorrowedFd};

const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;
/// The index of the loopback interface in every namespace (`LOOPBACK_IFINDEX`).
pub(crate) const LOOPBACK: u32 = 1;

/// A hardware address.
pub(crate) type Mac = [u8; 6];

/// One end of a virtual Ethernet pair.
#[derive(Debug, Clone)]
pub(crate) struct VethEnd {
    /// The interface's name in its namespace.
    pub name: String,
    /// Its index there, which nobody else must have.
    pub index: u32,
    /// Its hardware address.
    pub mac: Mac,
    /// Segments per packet: 1 keeps TCP from handing over more than a frame at once.
    pub gso_segments: Option<u32>,
}

impl VethEnd {
    /// What is said of it but for its name.
    fn describe<T>(&self, builder: LinkMessageBuilder<T>) -> LinkMessageBuilder<T> {
        // One queue, which is what it uses anyway: taking the others away, which it has for each
        // CPU without this, makes the kernel wait for all CPUs.
        let queues = [LinkAttribute::NumTxQueues(1), LinkAttribute::NumRxQueues(1)];
        let gso = self.gso_segments.map(LinkAttribute::GsoMaxSegs);
        queues.into_iter().chain(gso).fold(
            builder.index(self.index).address(self.mac.to_vec()),
            LinkMessageBuilder::append_extra_attribute,
        )
    }
}

/// Makes a virtual Ethernet pair: `here` in this namespace, where it is up, and `there` in the one
/// behind `into`, or in this one as well, where it is down until [`set_up`].
pub(crate) fn veth(here: &VethEnd, there: &VethEnd, into: Option<BorrowedFd<'_>>) -> Request {
    let mut peer = there.describe(LinkUnspec::new_with_name(&there.name));
    if let Some(into) = into {
        // The kernel looks the descriptor up while it handles the request.
        peer = peer.setns_by_fd(into.as_raw_fd());
    }
    let pair = LinkVeth::new(&here.name, &there.name)
        .set_info_data(InfoData::Veth(InfoVeth::Peer(peer.build())));
    let message = here.describe(pair).up().build();
    let what = format!("make the virtual Ethernet pair {} - {}", here.name, there.name);
    Request::new(what, RouteNetlinkMessage::NewLink(message), NEW)
}

/// Brings an interface up.
pub(crate) fn set_up(index: u32) -> Request {
    let message = LinkUnspec::new_with_index(index).up().build();
    Request::new(format!("bring interface {index} up"), RouteNetlinkMessage::SetLink(message), 0)
}

/// Asks for an interface, or for all of them.
pub(crate) fn get_link(index: Option<u32>) -> Request {
    let message = LinkUnspec::new_with_index(index.unwrap_or(0)).build();
    Request::new("look at the interfaces".to_owned(), RouteNetlinkMessage::GetLink(message), 0)
}

/// Gives an interface an address of its own.
pub(crate) fn add_address(index: u32, address: Ipv4Addr) -> Request {
    let message =
        AddressMessageBuilder::<Ipv4Addr>::new().index(index).address(address, 32).build();
    let what = format!("add the address {address}");
    Request::new(what, RouteNetlinkMessage::NewAddress(message), NEW)
}

/// Tells where a neighbour is, so that no packet ever waits for ARP.
pub(crate) fn add_neighbour(index: u32, address: Ipv4Addr, mac: Mac) -> Request {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.ifindex = index;
    message.header.state = NeighbourState::Permanent;
    message.attributes = vec![
        NeighbourAttribute::Destination(NeighbourAddress::Inet(address)),
        NeighbourAttribute::LinkLayerAddress(mac.to_vec()),
    ];
    let what = format!("add the neighbour {address}");
    Request::new(what, RouteNetlinkMessage::NewNeighbour(message), NEW)
}

/// Routes packets for `to` over an interface to the neighbour `via`. What is sent from here has the
/// address `from`.
pub(crate) fn add_route(
    index: u32,
    to: Ipv4Addr,
    via: Ipv4Addr,
    from: Ipv4Addr,
    initial_window: u32,
) -> Request {
    let mut route = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(to, 32)
        .output_interface(index)
        .gateway(via)
        .pref_source(from)
        .onlink()
        .build();
    let window = RouteMetric::InitCwnd(initial_window);
    route.attributes.push(RouteAttribute::Metrics(vec![window]));
    Request::new(format!("add a route to {to} by {via}"), RouteNetlinkMessage::NewRoute(route), NEW)
}
