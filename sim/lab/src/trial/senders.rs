//! What players see of the servers' TCP: a socket in the server's namespace, opened by the trial
//! and inherited by the player process, which asks it at the last byte of each segment.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use weir_http::{SenderState, Senders};
use weir_net::{Diag, Network};

/// A socket by which the TCP of a server is seen.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SenderSocket {
    /// The server.
    server: Ipv4Addr,
    /// The number of the inherited descriptor.
    descriptor: RawFd,
}

impl SenderSocket {
    /// Sockets on `nodes`, and the descriptors that a player process inherits.
    ///
    /// # Errors
    /// If one cannot be opened.
    pub fn of(network: &Network, nodes: &BTreeSet<&str>) -> Result<(Vec<Self>, Vec<OwnedFd>)> {
        let (mut sockets, mut descriptors) = (Vec::new(), Vec::new());
        for name in nodes {
            let node = network.node(name)?;
            let descriptor = node.open_diag().context("open a socket to see the senders")?;
            sockets.push(Self { server: node.address(), descriptor: descriptor.as_raw_fd() });
            descriptors.push(descriptor);
        }
        Ok((sockets, descriptors))
    }

    /// In the process that inherited them: takes the descriptors over.
    pub fn open(sockets: &[Self]) -> Result<Option<Arc<dyn Senders>>> {
        let mut diags = BTreeMap::new();
        for socket in sockets {
            // SAFETY: the process was started with this descriptor for this purpose, and nobody
            // else in it knows the number.
            let descriptor = unsafe { OwnedFd::from_raw_fd(socket.descriptor) };
            diags.insert(socket.server, Diag::from_fd(descriptor));
        }
        let sockets: Arc<dyn Senders> = Arc::new(Sockets(diags));
        Ok(Some(sockets))
    }
}

/// The sockets of all servers that a process asks.
struct Sockets(BTreeMap<Ipv4Addr, Diag>);

impl Senders for Sockets {
    fn state(&self, server: SocketAddr, client: SocketAddr) -> Option<SenderState> {
        let (SocketAddr::V4(server), SocketAddr::V4(client)) = (server, client) else {
            return None;
        };
        let found = self.0.get(server.ip())?.tcp_state(server, client).ok().flatten()?;
        Some(SenderState {
            cwnd: found.congestion_window,
            srtt: found.smoothed_round_trip,
            min_rtt: found.least_round_trip,
            retransmits: found.retransmits,
            delivery_rate: found.delivery_rate,
        })
    }
}
