//! MPC: the best plan if the throughput stays as it was (SIGCOMM 2015, section 4; see
//! `mpc/mod.rs`).

use crate::mpc::{FIRST, HORIZON, Mpc as Rule, PENALTY, WINDOW};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;
use weir_units::BitRate;

pub(crate) const ENTRY: Entry = Entry {
    name: "mpc",
    about: "MPC: the best plan for the next five segments (Yin et al., SIGCOMM 2015)",
    params: &[HORIZON, WINDOW, PENALTY, FIRST],
    verified: Some("enumeration of all plans, on random states"),
    build: |params| Ok(Box::new(Mpc(Rule::build(params, false)?))),
};

/// The algorithm `mpc`.
struct Mpc(Rule);

impl Abr for Mpc {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.0.decide(seen)
    }

    fn estimate(&self) -> Option<BitRate> {
        self.0.rate()
    }

    fn abandons(&self) -> bool {
        false
    }
}
