//! BOLA-U: BOLA-FINITE that rises one rung above the last throughput at most (INFOCOM 2016, section
//! V-B; see `published.rs`).

use crate::published::{self, BolaRule};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-u",
    about: "BOLA-U: FINITE that rises to the rung above the last throughput (INFOCOM 2016)",
    params: &[published::GP],
    verified: None,
    build: |params| Ok(Box::new(BolaU { rule: BolaRule::new(params.span("gp")?) })),
};

/// The algorithm `bola-u`.
struct BolaU {
    rule: BolaRule,
}

impl Abr for BolaU {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let decision = self.rule.finite(seen);
        self.rule.capped(seen, decision).unwrap_or_else(|carried| Decision::now(carried + 1))
    }

    fn abandons(&self) -> bool {
        false
    }
}
