//! BOLA-E as in the simulator Sabre (`-a bolae`, its default; UMass-LIDS/sabre 09b03bb, class
//! `BolaEnh`; K. Spiteri, R. Sitaraman, D. Sparacio: "From theory to practice: improving bitrate
//! adaptation in the DASH reference player", MMSys 2018, section 4).

use crate::estimate::SabreEstimate;
use crate::registry::Entry;
use crate::sabre::{self, BolaERule};
use crate::{Abr, Decision, Observation, Outlook, Progress, Verdict};
use alloc::boxed::Box;
use weir_units::{BitRate, Time};

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-e",
    about: "BOLA-E: a placeholder extends the buffer (Spiteri et al., MMSys 2018; Sabre `-a bolae`)",
    params: &[sabre::GP, sabre::CAP, sabre::INSUFFICIENT_BUFFER, sabre::FAST, sabre::SLOW],
    verified: Some("Sabre 09b03bb: synthetic ladder, movie.json on network.json"),
    build: |params| {
        let (gp, cap) = (params.span("gp")?.as_secs_f64(), sabre::cap(params)?);
        let rule = BolaERule::new(gp, cap, params.is_on("insufficient_buffer")?);
        Ok(Box::new(BolaE { estimate: sabre::estimate(params)?, rule }))
    },
};

/// The algorithm `bola-e`.
struct BolaE {
    estimate: SabreEstimate,
    rule: BolaERule,
}

impl Abr for BolaE {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let now = self.estimate.update(seen);
        self.rule.observe(seen);
        match now {
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

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }
}
