//! The throughput rule of the simulator Sabre (`-a throughput`; UMass-LIDS/sabre 09b03bb, class
//! `ThroughputRule`), which is that of dash.js 2.9.

use crate::estimate::SabreEstimate;
use crate::registry::Entry;
use crate::sabre::{self, ThroughputRule};
use crate::{Abr, Decision, Observation, Outlook, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "sabre-throughput",
    about: "the throughput rule as the simulator Sabre has it (`-a throughput`)",
    params: &[sabre::INSUFFICIENT_BUFFER, sabre::FAST, sabre::SLOW],
    verified: Some("Sabre 09b03bb: synthetic ladder, 40 4G traces"),
    build: |params| {
        let rule = ThroughputRule::new(params.is_on("insufficient_buffer")?);
        Ok(Box::new(SabreThroughput { estimate: sabre::estimate(params)?, rule }))
    },
};

/// The algorithm `sabre-throughput`.
struct SabreThroughput {
    estimate: SabreEstimate,
    rule: ThroughputRule,
}

impl Abr for SabreThroughput {
    fn decide(&mut self, seen: &Observation) -> Decision {
        match self.estimate.update(seen) {
            Some(now) => {
                self.rule.observe(&now);
                self.rule.decide(seen, &now)
            }
            None => Decision::now(0),
        }
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.rule.progress(seen, progress)
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        self.rule.next_check(seen, progress, outlook)
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}
