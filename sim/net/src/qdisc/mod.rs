//! Queueing disciplines as typed values, and their exact form on netlink.
//!
//! The layouts are those of `include/uapi/linux/pkt_sched.h`. Each value is read back from the
//! kernel after it was set and compared: a kernel that ignores an attribute must not go unnoticed.
//!
//! A qdisc is a file with a [`Qdisc`] in it, and a line below. One that a plan can ask for is a
//! [`Discipline`] of the plan as well, and needs a line in the configuration of the guest's kernel.

mod raw;

use anyhow::{Result, ensure};
use netlink_packet_route::tc::{TcAttribute, TcOption, TcStatsQueue, TcXstats};
use weir_plan::Discipline;
use weir_units::{BitRate, Bytes};

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
    /// Which one it is.
    fn kind(&self) -> QdiscKind;

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

/// All qdiscs, in the order in which a kernel's lack of them is told; and which a plan's
/// discipline stands for.
macro_rules! qdiscs {
    ($($file:ident::$qdisc:ident $(for $discipline:ident)?,)*) => {
        $(mod $file;
        pub(crate) use $file::$qdisc;)*

        /// A kind of qdisc.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum QdiscKind {
            $($qdisc,)*
        }

        impl QdiscKind {
            pub const ALL: &[Self] = &[$(Self::$qdisc,)*];

            pub fn info(self) -> &'static QdiscInfo {
                match self {
                    $(Self::$qdisc => &$qdisc::INFO,)*
                }
            }

            /// One to try out whether the kernel has it.
            pub fn sample(self) -> Box<dyn Qdisc> {
                match self {
                    $(Self::$qdisc => Box::new($qdisc::sample()),)*
                }
            }
        }

        /// The buffer in front of a bottleneck.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Buffer {
            $($($discipline($qdisc),)?)*
        }

        impl Buffer {
            /// A buffer of this depth. `ecn` lets an active queue mark packets.
            pub fn new(discipline: Discipline, depth: Bytes, ecn: bool) -> Self {
                match discipline {
                    $($(Discipline::$discipline => Self::$discipline($qdisc::new(depth, ecn)),)?)*
                }
            }

            pub fn qdisc(&self) -> &dyn Qdisc {
                match self {
                    $($(Self::$discipline(qdisc) => qdisc,)?)*
                }
            }
        }
    };
}

qdiscs! {
    htb::Htb,
    bfifo::Bfifo for Fifo,
    fq_codel::FqCodel for FqCodel,
    netem::Netem,
}

/// A rate as the packet scheduler counts it: whole bytes per second, rounded up so that a stage
/// behind another one of the same rate never becomes the slower of the two.
fn bytes_per_second(rate: BitRate) -> u64 {
    rate.bps().div_ceil(8)
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, found: T, wanted: T) -> Result<()> {
    ensure!(found == wanted, "the kernel set the {what} to {found} instead of {wanted}");
    Ok(())
}
