//! DYNAMIC as in the simulator Sabre (`-a dynamic`; UMass-LIDS/sabre 09b03bb, class `Dynamic`;
//! MMSys 2018, section 5): the throughput rule while the buffer is low, else BOLA.

use crate::estimate::SabreEstimate;
use crate::observation::Cursor;
use crate::registry::Entry;
use crate::sabre::{self, BolaRule, Rule as _, ThroughputRule};
use crate::{Abr, Decision, Observation, Outlook, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Span, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "sabre-dynamic",
    about: "the throughput rule at a low buffer, else BOLA (Sabre `-a dynamic`)",
    params: &[sabre::GP, sabre::CAP, sabre::INSUFFICIENT_BUFFER, sabre::FAST, sabre::SLOW],
    verified: Some("Sabre 09b03bb: synthetic ladder, 40 4G traces"),
    build: |params| {
        let (gp, cap) = (params.span("gp")?.as_secs_f64(), sabre::cap(params)?);
        Ok(Box::new(Dynamic {
            estimate: sabre::estimate(params)?,
            bola: BolaRule::new(gp, false, cap),
            throughput: ThroughputRule::new(params.is_on("insufficient_buffer")?),
            is_bola: false,
            cursor: Cursor::new(),
        }))
    },
};

/// `low_buffer_threshold`: on either side of it, one of the two rules may be left.
const LOW: Span = Span::from_s(10);

/// The algorithm `sabre-dynamic`. Both rules take every decision; one of them is followed.
struct Dynamic {
    estimate: SabreEstimate,
    bola: BolaRule,
    throughput: ThroughputRule,
    is_bola: bool,
    cursor: Cursor,
}

impl Abr for Dynamic {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let now = self.estimate.update(seen);
        if self.cursor.fresh(seen).iter().any(|download| download.replacement) {
            self.is_bola = false;
        }
        let Some(now) = now else { return Decision::now(0) };
        self.throughput.observe(&now);
        let bola = self.bola.decide(seen, &now);
        let throughput = self.throughput.decide(seen, &now);
        if self.is_bola {
            self.is_bola = seen.buffer >= LOW || bola.rung >= throughput.rung;
        } else {
            self.is_bola = seen.buffer > LOW && bola.rung >= throughput.rung;
        }
        if self.is_bola { bola } else { throughput }
    }

    /// It is always the throughput rule that abandons.
    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.throughput.progress(seen, progress)
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        self.throughput.next_check(seen, progress, outlook)
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}
