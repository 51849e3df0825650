//! Queueing disciplines as typed values, and their exact form on netlink.
//!
//! The layouts are those of `include/uapi/linux/pkt_sched.h`. Each value is read back from the
//! kernel after it was set and compared: a kernel that ignores an attribute must not go unnoticed.
//!
//! A qdisc is a file with a [`Qdisc`] in it, and a line below. One that a plan can ask for is a
//! [`Discipline`] of the plan as well, and needs a line in the configuration of the guest's kernel.

mod definition;
mod raw;

pub(crate) use definition::{CLASS, Qdisc, QdiscInfo};

use weir_plan::Discipline;
use weir_units::Bytes;

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

            /// That of a qdisc; `None` for one that is not in the list.
            pub fn of(qdisc: &dyn Qdisc) -> Option<Self> {
                let name = qdisc.info().name;
                Self::ALL.iter().copied().find(|kind| kind.info().name == name)
            }

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
