//! What a qdisc is, and what those in this folder share.

use anyhow::{Result, ensure};
use netlink_packet_route::tc::{TcAttribute, TcOption, TcStatsQueue, TcXstats};
use weir_units::BitRate;

/// The minor number of the only class of a qdisc that has classes: all its packets go there.
pub(crate) const CLASS: u16 = 1;

/// What is said of a kind of qdisc.
#[derive(Debug)]
pub(crate) struct QdiscInfo {
    /// Its name for the kernel (`TCA_KIND`).
    pub name: &'static str,
    /// What a kernel lacks that does not have it.
    pub module: &'static str,
    /// What it is for, where it is not known who asks for it.
    pub purpose: &'static str,
    /// What it is that a link asks for.
    pub asked_as: &'static str,
}

/// A qdisc with its values.
pub(crate) trait Qdisc {
    /// What is said of its kind.
    fn info(&self) -> &'static QdiscInfo;

    /// Its `TCA_OPTIONS`.
    fn options(&self) -> Result<TcAttribute>;

    /// Compares with what the kernel says that it has set; the error names the value that differs.
    fn verify(&self, options: &[TcOption]) -> Result<()>;

    /// The `TCA_OPTIONS` of the class that all its packets go to, if it needs to be made.
    fn class(&self) -> Result<Option<TcAttribute>> {
        Ok(None)
    }

    /// Compares the same with what the kernel says of the class.
    fn verify_class(&self, _options: &[TcOption]) -> Result<()> {
        Ok(())
    }

    /// What it counted: `queue` as every qdisc, `own` beside it. Few drop what they have room for.
    fn counts(&self, queue: &TcStatsQueue, _own: Option<&TcXstats>) -> Result<QdiscCounts> {
        Ok(QdiscCounts { over_limit: queue.drops.into(), ..QdiscCounts::default() })
    }
}

/// Which packets a qdisc did not just pass on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct QdiscCounts {
    /// Dropped because it was full.
    pub over_limit: u64,
    /// Dropped although it was not.
    pub early_drops: u64,
    /// Marked instead of dropped.
    pub marks: u64,
}

/// A rate as the packet scheduler counts it: whole bytes per second, rounded up so that a stage
/// behind another one of the same rate never becomes the slower of the two.
pub(super) fn bytes_per_second(rate: BitRate) -> u64 {
    rate.bps().div_ceil(8)
}

pub(super) fn same<T: PartialEq + std::fmt::Display>(
    what: &str,
    found: T,
    wanted: T,
) -> Result<()> {
    ensure!(found == wanted, "the kernel set the {what} to {found} instead of {wanted}");
    Ok(())
}
