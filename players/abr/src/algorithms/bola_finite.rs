//! BOLA-FINITE: BOLA for videos that end (INFOCOM 2016, section V-A; see `published.rs`).

use crate::published::{self, BolaRule};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-finite",
    about: "BOLA-FINITE: uses less of the buffer near both ends (Spiteri et al., INFOCOM 2016)",
    params: &[published::GP],
    verified: None,
    build: |params| Ok(Box::new(BolaFinite { rule: BolaRule::new(params.span("gp")?) })),
};

/// The algorithm `bola-finite`.
struct BolaFinite {
    rule: BolaRule,
}

impl Abr for BolaFinite {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.rule.finite(seen)
    }

    fn abandons(&self) -> bool {
        false
    }
}
