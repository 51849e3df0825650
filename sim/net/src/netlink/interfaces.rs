//! What the kernel says of interfaces: their counters, and whether they carry packets.

use super::link::get_link;
use super::socket::Netlink;
use super::traffic::activate;
use anyhow::{Result, bail};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, State};
use std::collections::BTreeMap;

/// An interface as the kernel reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Interface {
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
    let found = netlink.list(get_link(None), read)?;
    Ok(found.into_iter().collect())
}

/// Some interfaces of a namespace by their index.
pub(crate) fn look_at(netlink: &mut Netlink, indices: &[u32]) -> Result<BTreeMap<u32, Interface>> {
    let mut found = BTreeMap::new();
    let asked = indices.iter().map(|index| get_link(Some(*index))).collect();
    netlink.get(asked, |message| {
        let (index, interface) = read(message)?;
        found.insert(index, interface);
        Ok(())
    })?;
    Ok(found)
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

fn read(message: RouteNetlinkMessage) -> Result<(u32, Interface)> {
    let RouteNetlinkMessage::NewLink(message) = message else { bail!("an answer of another kind") };
    let mut found = Interface::default();
    for attribute in message.attributes {
        match attribute {
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
    Ok((message.header.index, found))
}
