//! What the kernel says of interfaces: their counters, and whether they carry packets.

use super::link::get_link;
use super::socket::Netlink;
use super::traffic::activate;
use anyhow::{Result, bail};
use netlink_packet_core::{
    DecodeError, NetlinkDeserializable, NetlinkHeader, NlasIterator, ParseableParametrized,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{LinkAttribute, LinkHeader, State};
use std::collections::BTreeMap;

/// `struct ifinfomsg`.
const HEAD: usize = 16;
const READ: [u16; 4] =
    [libc::IFLA_OPERSTATE, libc::IFLA_CARRIER, libc::IFLA_GSO_MAX_SEGS, libc::IFLA_STATS64];

/// An interface as the kernel reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Interface {
    pub index: u32,
    pub received_packets: u64,
    pub received_bytes: u64,
    pub sent_packets: u64,
    pub sent_bytes: u64,
    /// The most segments per packet that it takes.
    pub gso_segments: u32,
    /// Whether it is up, and its peer as well.
    pub carrier: bool,
    /// Whether the kernel got it ready after its peer had come up.
    pub ready: bool,
}

/// The interfaces of a namespace by their index.
pub(crate) fn list(netlink: &mut Netlink) -> Result<BTreeMap<u32, Interface>> {
    Ok(by_index(netlink.list(get_link(None))?))
}

/// Some interfaces of a namespace by their index.
pub(crate) fn look_at(netlink: &mut Netlink, indices: &[u32]) -> Result<BTreeMap<u32, Interface>> {
    Ok(by_index(netlink.get(indices.iter().map(|index| get_link(Some(*index))).collect())?))
}

fn by_index(found: Vec<Interface>) -> BTreeMap<u32, Interface> {
    found.into_iter().map(|interface| (interface.index, interface)).collect()
}

/// Sees to it that interfaces carry packets, which are up as their peers are, and looks at them.
/// `first` are those that came up before their peers, and have no qdisc that was set since.
///
/// The kernel gets such an interface ready some time after its peer has come up: soon, but for no
/// more than a hundred interfaces within a second (`net/core/link_watch.c`). Until then it drops
/// what is sent. Where a qdisc is set meanwhile, that gets it ready at once.
pub(crate) fn settle(
    netlink: &mut Netlink,
    all: &[u32],
    first: &[u32],
) -> Result<BTreeMap<u32, Interface>> {
    let found = list(netlink)?;
    let carries = |index: &u32| found.get(index).is_some_and(|interface| interface.carrier);
    if let Some(dead) = all.iter().find(|index| !carries(index)) {
        bail!("interface {dead} carries no packets");
    }
    let is_ready = |index: &u32| found.get(index).is_some_and(|interface| interface.ready);
    let waiting = first.iter().filter(|index| !is_ready(index)).map(|index| activate(*index));
    netlink.execute(waiting.collect())?;
    Ok(found)
}

/// Decision, 2026-12-01: of an interface's sixty attributes only these are given to
/// netlink-packet-route, not the whole message: none that a newer kernel lays out in another way,
/// and that nobody asks for, ends a run.
impl NetlinkDeserializable for Interface {
    type Error = DecodeError;

    fn deserialize(_: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let header = LinkHeader::parse(payload)?;
        let mut found = Self { index: header.index, ..Self::default() };
        for nla in NlasIterator::new(payload.get(HEAD..).unwrap_or_default()) {
            let nla = nla?;
            if !READ.contains(&nla.kind()) {
                continue;
            }
            match LinkAttribute::parse_with_param(&nla, AddressFamily::Unspec)? {
                LinkAttribute::OperState(state) => found.ready = state == State::Up,
                LinkAttribute::Carrier(carrier) => found.carrier = carrier == 1,
                LinkAttribute::GsoMaxSegs(segments) => found.gso_segments = segments,
                LinkAttribute::Stats64(stats) => {
                    found.received_packets = stats.rx_packets;
                    found.received_bytes = stats.rx_bytes;
                    found.sent_packets = stats.tx_packets;
                    found.sent_bytes = stats.tx_bytes;
                }
                _ => {}
            }
        }
        Ok(found)
    }
}
