//! What the kernel says of interfaces: their counters, and whether they carry packets.

use crate::netlink::{Netlink, activate, get_link};
use crate::qdisc::attributes::{attributes, number_at, word_at};
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// `struct ifinfomsg`.
const HEAD: usize = 16;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_STATS64: u16 = 23;
const IFLA_CARRIER: u16 = 33;
const IFLA_GSO_MAX_SEGS: u16 = 40;
/// `IF_OPER_UP` (RFC 2863).
const UP: u8 = 6;

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
    let found = netlink.list(get_link(None), |_, payload| read(payload))?;
    Ok(found.into_iter().collect())
}

/// Some interfaces of a namespace by their index.
pub(crate) fn look_at(netlink: &mut Netlink, indices: &[u32]) -> Result<BTreeMap<u32, Interface>> {
    let mut found = BTreeMap::new();
    let asked = indices.iter().map(|index| get_link(Some(*index))).collect();
    netlink.get(asked, |_, payload| {
        let (index, interface) = read(payload)?;
        found.insert(index, interface);
        Ok(())
    })?;
    Ok(found)
}

/// Sees to it that interfaces carry packets, which are up as their peers are, and looks at them.
/// `first` are those that came up before their peers, and have no qdisc that was set since.
///
/// The kernel gets such an interface ready some time after its peer has come up: soon, but for no
/// more than a hundred interfaces within a second (`net/core/link_watch.c`). Until then it drops what
/// is sent. Where a qdisc is set meanwhile, that gets it ready at once.
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

fn read(payload: &[u8]) -> Result<(u32, Interface)> {
    let mut found = Interface::default();
    for (kind, value) in attributes(payload.get(HEAD..).unwrap_or_default())? {
        match kind {
            IFLA_OPERSTATE => found.ready = value.first() == Some(&UP),
            IFLA_CARRIER => found.carrier = value.first() == Some(&1),
            IFLA_GSO_MAX_SEGS => found.gso_segments = word_at(value, 0)?,
            // struct rtnl_link_stats64: packets received and sent, bytes received and sent.
            IFLA_STATS64 => {
                found.received_packets = number_at(value, 0)?;
                found.sent_packets = number_at(value, 8)?;
                found.received_bytes = number_at(value, 16)?;
                found.sent_bytes = number_at(value, 24)?;
            }
            _ => {}
        }
    }
    // Behind family, padding and type.
    Ok((word_at(payload, 4)?, found))
}
