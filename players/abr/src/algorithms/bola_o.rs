//! BOLA-O: BOLA-FINITE that rises to the last throughput at most, and then waits for the buffer to
//! which the rung belongs: it does not oscillate between two rungs (INFOCOM 2016, section V-B; see
//! `published.rs`).

use crate::published::{self, BolaRule};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-o",
    about: "BOLA-O: FINITE that rises to the last throughput and waits (INFOCOM 2016)",
    params: &[published::GP],
    verified: None,
    build: |params| Ok(Box::new(BolaO { rule: BolaRule::new(params.span("gp")?) })),
};

/// The algorithm `bola-o`.
struct BolaO {
    rule: BolaRule,
}

impl Abr for BolaO {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let decision = self.rule.finite(seen);
        self.rule
            .capped(seen, decision)
            .unwrap_or_else(|carried| self.rule.when_best(seen, carried))
    }

    fn abandons(&self) -> bool {
        false
    }
}
