//! How TCP behaves on every node.

use crate::check::{Invalid, known, within};
use crate::limits;
use serde::{Deserialize, Serialize};
use weir_units::Bytes;

/// TCP on every node. Each value is set explicitly: the kernel's own defaults depend on its
/// version and on the machine's memory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TcpProfile {
    /// `cubic`, `bbr` or `reno`.
    pub congestion_control: String,
    /// The largest receive buffer.
    pub receive_buffer: Bytes,
    /// The largest send buffer.
    pub send_buffer: Bytes,
    /// The initial congestion window in segments (RFC 6928: 10).
    pub initial_window: u64,
    /// Whether the window shrinks when a connection was idle (RFC 5681, section 4.1).
    pub slow_start_after_idle: bool,
    /// Explicit congestion notification.
    pub ecn: bool,
    /// Selective acknowledgements (RFC 2018).
    pub sack: bool,
}

impl Default for TcpProfile {
    /// What Linux does by itself on a machine of 4 GB and more (its buffers depend on the memory),
    /// but without ECN, which it only grants to those who ask.
    fn default() -> Self {
        Self {
            congestion_control: "cubic".to_owned(),
            receive_buffer: Bytes::new(6_000_000),
            send_buffer: Bytes::new(4_000_000),
            initial_window: 10,
            slow_start_after_idle: true,
            ecn: false,
            sack: true,
        }
    }
}

impl TcpProfile {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        known("congestion_control", &self.congestion_control, &limits::CONGESTION_CONTROLS)?;
        within("receive_buffer", &self.receive_buffer, &limits::TCP_BUFFERS)?;
        within("send_buffer", &self.send_buffer, &limits::TCP_BUFFERS)?;
        within("initial_window", &self.initial_window, &limits::INITIAL_WINDOWS)
    }
}
