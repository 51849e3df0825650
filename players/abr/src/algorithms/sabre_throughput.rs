//! The throughput rule of the simulator Sabre (`-a throughput`; UMass-LIDS/sabre 09b03bb, class
//! `ThroughputRule`), which is that of dash.js 2.9.

use crate::registry::Entry;
use crate::sabre::{self, ThroughputRule};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "sabre-throughput",
    about: "the throughput rule as the simulator Sabre has it (`-a throughput`)",
    params: &[sabre::INSUFFICIENT_BUFFER, sabre::FAST, sabre::SLOW],
    verified: Some("Sabre 09b03bb: synthetic ladder, 40 4G traces"),
    build: |params| {
        let rule = ThroughputRule::new(params.is_on("insufficient_buffer")?);
        Ok(Box::new(sabre::Alone { estimate: sabre::estimate(params)?, rule }))
    },
};
