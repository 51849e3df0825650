//! What links have done.

use weir_plan::Shape;
use weir_units::Bytes;

/// What one direction of a link has done since it was made. Every packet meets exactly one fate:
/// once nothing is under way, [`LinkCounters::offered_packets`] is the sum of packets, queue drops,
/// AQM drops and losses.
#[derive(Debug, Clone)]
pub struct LinkCounters {
    /// The link's name.
    pub link: String,
    /// The node that sends.
    pub from: String,
    /// The node that receives.
    pub to: String,
    /// What the direction is asked to do now, whether it is up or down.
    pub shape: Shape,
    /// The depth of its buffer.
    pub queue: Option<Bytes>,
    /// Packets that arrived to pass.
    pub offered_packets: u64,
    /// Packets delivered.
    pub packets: u64,
    /// Bytes delivered, Ethernet headers included.
    pub bytes: u64,
    /// Packets dropped because the buffer was full.
    pub queue_drops: u64,
    /// Packets dropped by active queue management, before the buffer was full.
    pub aqm_drops: u64,
    /// Packets marked instead of dropped (ECN); they are delivered.
    pub marks: u64,
    /// Packets lost at random, and while the link was down.
    pub losses: u64,
    /// Bytes in the buffer now.
    pub backlog: u64,
}
