//! BOLA as in the simulator Sabre (`-a bola`; UMass-LIDS/sabre 09b03bb, class `Bola`): FINITE, with
//! the throughput cap of U or O, and with abandonment.
//!
//! `basic = "on"` is Sabre's `-ab`, which leaves out the rescaling and abandonment, but not the
//! cap: it is not the BOLA-BASIC of the paper, which is [`Bola`](crate::Bola).

use crate::registry::{Entry, Param};
use crate::sabre::{self, BolaRule};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "sabre-bola",
    about: "BOLA with throughput cap and abandonment, as the simulator Sabre has it (`-a bola`)",
    params: &[
        sabre::GP,
        Param {
            name: "basic",
            default: "off",
            doc: "whether to leave out the rescaling for short videos and abandonment: `on` or `off`",
        },
        sabre::CAP,
        sabre::FAST,
        sabre::SLOW,
    ],
    verified: Some("Sabre 09b03bb: synthetic ladder, 40 4G traces"),
    build: |params| {
        let (gp, cap) = (params.span("gp")?.as_secs_f64(), sabre::cap(params)?);
        let rule = BolaRule::new(gp, params.is_on("basic")?, cap);
        Ok(Box::new(sabre::Alone { estimate: sabre::estimate(params)?, rule }))
    },
};
