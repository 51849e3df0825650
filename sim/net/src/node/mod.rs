//! A node of a network: a namespace with an address and a TCP profile, and programs in it.

mod builder;
mod diag;
mod process;
mod tcp;

pub(crate) use builder::{NodeBuilder, Port, Route, gso_segments};
pub use diag::{Diag, TcpInfo};
pub use process::{Command, Process};
pub use tcp::{TcpState, kernel_limits, set_kernel_limits};
pub(crate) use tcp::{allowed_congestion_controls, set_congestion_control};

use crate::namespace::Namespace;
use crate::netlink::{Interface, Netlink, look_at};
use anyhow::Result;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

/// A node of a network: a namespace with an address and a TCP profile.
pub struct Node {
    namespace: Namespace,
    address: Ipv4Addr,
    tcp: TcpState,
    initial_window: u64,
    gso_segments: u64,
}

impl Node {
    /// The address by which all others know it.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Its namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Its TCP profile, as the kernel holds it.
    pub fn tcp(&self) -> &TcpState {
        &self.tcp
    }

    /// The initial congestion window of its routes, in segments.
    pub fn initial_window(&self) -> u64 {
        self.initial_window
    }

    /// The most segments per packet at any of its ports, as the kernel holds it; zero without a
    /// port.
    pub fn gso_segments(&self) -> u64 {
        self.gso_segments
    }

    /// Moves the calling thread into the node, and looks at some of its ports.
    pub(crate) fn enter_and_look_at(&self, ports: &[u32]) -> Result<BTreeMap<u32, Interface>> {
        self.namespace.enter()?;
        look_at(&mut Netlink::open()?, ports)
    }

    /// Opens a view of the TCP sockets of this node, for [`crate::Diag`]: it can be handed to a
    /// process in another namespace, which still sees this node. Each process needs one of its own:
    /// two that ask over the same one would get each other's answers.
    ///
    /// # Errors
    /// If the kernel has no room for another socket.
    pub fn open_diag(&self) -> Result<OwnedFd> {
        self.namespace.run(diag::open)
    }
}
