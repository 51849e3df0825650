//! The other end of a connection: what the sender's TCP knows, and a receiver cannot see.

use std::net::SocketAddr;
use weir_units::{BitRate, Span};

/// The state of a sender's TCP at one moment. The names are those of `struct tcp_info` (Linux,
/// `include/uapi/linux/tcp.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderState {
    /// The congestion window in packets (`tcpi_snd_cwnd`).
    pub cwnd: u64,
    /// The smoothed round-trip time (`tcpi_rtt`; RFC 6298).
    pub srtt: Span,
    /// The least round-trip time within the kernel's window for it (`tcpi_min_rtt`), once it has
    /// been measured.
    pub min_rtt: Option<Span>,
    /// Packets sent again on this connection so far (`tcpi_total_retrans`).
    pub retransmits: u64,
    /// The newest sample of the rate of delivery (`tcpi_delivery_rate`;
    /// draft-cheng-iccrg-delivery-rate-estimation), once there is one.
    pub delivery_rate: Option<BitRate>,
}

/// Somebody who can look into the senders: the laboratory, where it owns both ends of a
/// connection.
pub trait Senders: Send + Sync {
    /// The state of the socket at `server` whose peer is `client`; `None` if there is none, or if
    /// it cannot be seen. Both are as the client sees them, so that an address translator between
    /// the two hides the sender.
    ///
    /// It is called on the thread that plays, right after the last byte of a segment: the time that
    /// it takes is lost to the next request.
    fn state(&self, server: SocketAddr, client: SocketAddr) -> Option<SenderState>;
}
