//! BOLA as it was run on Pensieve's chunk model for comparison (thu-media/Comyco 8cd3197): the
//! parameters of BOLA-E without placeholder, on the actual size of the coming segment.
//!
//! u_m = ln(R_m / R_0) + 1, gp = (u_max - 1) / (most / least - 1), Vp = least / gp, and the score
//! `(Vp * (u_m + gp) - Q) / S_m`; of equal scores, the higher rung's.

use crate::registry::{Entry, Param};
use crate::utility::{Utilities, last_best};
use crate::{Abr, Decision, MAX_RUNGS, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "pensieve-bola",
    about: "BOLA as run on Pensieve's chunk model: BOLA-E's parameters, no placeholder (Comyco)",
    params: &[
        Param {
            name: "least",
            default: "10 s",
            doc: "the buffer at which the lowest rung's score equals that of nothing",
        },
        Param { name: "most", default: "30 s", doc: "the buffer that the highest rung aims at" },
        Param {
            name: "first",
            default: "1",
            doc: "the rung of the first segment; the highest of the ladder if that has fewer",
        },
    ],
    verified: None,
    build: |params| {
        let (least, most) = (params.span("least")?, params.span("most")?);
        if most <= least {
            return Err(params.bad("most", "it must be above `least`"));
        }
        Ok(Box::new(PensieveBola {
            least: least.as_secs_f64(),
            most: most.as_secs_f64(),
            first: params.number("first", MAX_RUNGS - 1)?,
            utilities: Utilities::new(1.0),
        }))
    },
};

/// The algorithm `pensieve-bola`. It never waits.
struct PensieveBola {
    least: f64,
    most: f64,
    first: usize,
    utilities: Utilities,
}

impl Abr for PensieveBola {
    fn decide(&mut self, seen: &Observation) -> Decision {
        if seen.downloads.is_empty() {
            return Decision::now(self.first.min(seen.top()));
        }
        self.utilities.update(seen);
        let gp = (self.utilities.top() - 1.0) / (self.most / self.least - 1.0);
        let vp = self.least / gp;
        let buffer = seen.buffer_seconds();
        Decision::now(last_best(self.utilities.len(), |rung| {
            (vp * (self.utilities.of(rung) + gp) - buffer) / seen.coming_bits(rung).max(1.0)
        }))
    }

    fn abandons(&self) -> bool {
        false
    }
}
