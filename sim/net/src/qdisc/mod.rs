//! Queueing disciplines as typed values, and their exact form on netlink.
//!
//! The layouts are those of `include/uapi/linux/pkt_sched.h`. Each value is read back from the
//! kernel after it was set and compared: a kernel that ignores an attribute must not go unnoticed.

pub(crate) mod attributes;
mod fifo;
mod fq_codel;
mod htb;
mod netem;

pub use fifo::Bfifo;
pub use fq_codel::FqCodel;
pub use htb::Htb;
pub use netem::Netem;

use anyhow::{Result, ensure};
use weir_units::BitRate;

/// A rate as the packet scheduler counts it: whole bytes per second, rounded up so that a stage
/// behind another one of the same rate never becomes the slower of the two.
fn bytes_per_second(rate: BitRate) -> u64 {
    rate.bps().div_ceil(8)
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, found: T, wanted: T) -> Result<()> {
    ensure!(found == wanted, "the kernel set the {what} to {found} instead of {wanted}");
    Ok(())
}
