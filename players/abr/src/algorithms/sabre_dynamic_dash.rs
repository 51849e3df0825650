//! DYNAMIC as dash.js 2.6 to 4.7 has it, in the form of the simulator Sabre (`-a dynamicdash`;
//! UMass-LIDS/sabre 09b03bb, class `DynamicDash`): the throughput rule or BOLA-E by the buffer
//! alone.

use crate::estimate::SabreEstimate;
use crate::registry::Entry;
use crate::sabre::{self, BolaERule, Rule as _, ThroughputRule};
use crate::{Abr, Decision, Observation, Outlook, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Span, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "sabre-dynamic-dash",
    about: "BOLA-E above 10 s of buffer until it falls below 5 s, else throughput (Sabre `-a dynamicdash`)",
    params: &[sabre::GP, sabre::CAP, sabre::INSUFFICIENT_BUFFER, sabre::FAST, sabre::SLOW],
    verified: Some("Sabre 09b03bb: synthetic ladder"),
    build: |params| {
        let (gp, cap) = (params.span("gp")?.as_secs_f64(), sabre::cap(params)?);
        let insufficient_buffer = params.is_on("insufficient_buffer")?;
        Ok(Box::new(DynamicDash {
            estimate: sabre::estimate(params)?,
            bola: BolaERule::new(gp, cap, insufficient_buffer),
            throughput: ThroughputRule::new(insufficient_buffer),
            is_bola: false,
        }))
    },
};

/// `low_threshold`: below it, BOLA-E is left.
const LOW: Span = Span::from_s(5);
/// `high_threshold`: above it, BOLA-E takes over.
const HIGH: Span = Span::from_s(10);

/// The algorithm `sabre-dynamic-dash`. The rule that is not followed takes no decisions, but BOLA-E
/// learns of every download.
struct DynamicDash {
    estimate: SabreEstimate,
    bola: BolaERule,
    throughput: ThroughputRule,
    is_bola: bool,
}

impl Abr for DynamicDash {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let now = self.estimate.update(seen);
        self.bola.observe(seen);
        let Some(now) = now else { return Decision::now(0) };
        self.throughput.observe(&now);
        self.is_bola = if self.is_bola { seen.buffer >= LOW } else { seen.buffer > HIGH };
        if self.is_bola { self.bola.decide(seen, &now) } else { self.throughput.decide(seen, &now) }
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        if self.is_bola {
            self.bola.progress(seen, progress)
        } else {
            self.throughput.progress(seen, progress)
        }
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        if self.is_bola {
            self.bola.next_check(seen, progress, outlook)
        } else {
            self.throughput.next_check(seen, progress, outlook)
        }
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}
