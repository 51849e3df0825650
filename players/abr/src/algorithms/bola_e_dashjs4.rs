//! BOLA-E as dash.js 2.6 to 4.7 has it, by itself (`dashjs/bola.rs`).

use crate::dashjs::{BUFFER_TIME, BolaRule, INITIAL, Version};
use crate::estimate::{DashJsEstimate, dashjs_rung_for};
use crate::registry::{Entry, Params};
use crate::{Abr, ChoiceError, Decision, Observation};
use alloc::boxed::Box;
use weir_units::BitRate;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-e-dashjs4",
    about: "BOLA-E as dash.js 4 has it, without the player's other rules",
    params: &[BUFFER_TIME, INITIAL],
    verified: Some("the buffers that the player's constants give for Sabre's ladder"),
    build: |params| Ok(Box::new(BolaEDashJs::build(params, Version::Four)?)),
};

/// The algorithms `bola-e-dashjs4` and `bola-e-dashjs5`. Requests are not abandoned.
pub(super) struct BolaEDashJs {
    initial: f64,
    estimate: DashJsEstimate,
    rule: BolaRule,
}

impl BolaEDashJs {
    pub(super) fn build(params: &Params<'_>, version: Version) -> Result<Self, ChoiceError> {
        Ok(Self {
            initial: params.rate("initial")?.bps() as f64 / 1e3,
            estimate: DashJsEstimate::new(),
            rule: BolaRule::new(version, params.span("buffer_time")?),
        })
    }
}

impl Abr for BolaEDashJs {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.estimate.update(seen);
        self.rule.observe(seen);
        match self.rule.decide(seen, &self.estimate) {
            Some((rung, wait)) => Decision::after_seconds(seen, rung, wait / 1e3),
            None => Decision::now(dashjs_rung_for(seen, self.initial)),
        }
    }

    fn estimate(&self) -> Option<BitRate> {
        self.estimate.rate()
    }

    fn abandons(&self) -> bool {
        false
    }
}
