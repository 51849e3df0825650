//! BOLA as in the simulator Sabre (`-a bola`; UMass-LIDS/sabre 09b03bb, class `Bola`): FINITE, with
//! the throughput cap of U or O, and with abandonment.
//!
//! `basic = "on"` is Sabre's `-ab`, which leaves out the rescaling and abandonment, but not the cap:
//! it is not the BOLA-BASIC of the paper, which is [`Bola`](crate::Bola).

use crate::estimate::SabreEstimate;
use crate::registry::{Entry, Param};
use crate::sabre::{self, BolaRule};
use crate::{Abr, Decision, Observation, Outlook, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Time};

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
        Ok(Box::new(SabreBola { estimate: sabre::estimate(params)?, rule }))
    },
};

/// The algorithm `sabre-bola`.
struct SabreBola {
    estimate: SabreEstimate,
    rule: BolaRule,
}

impl Abr for SabreBola {
    fn decide(&mut self, seen: &Observation) -> Decision {
        match self.estimate.update(seen) {
            Some(now) => self.rule.decide(seen, &now),
            None => Decision::now(0),
        }
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        self.rule.progress(seen, progress)
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        self.rule.next_check(seen, progress, outlook)
    }

    fn abandons(&self) -> bool {
        self.rule.abandons()
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}
