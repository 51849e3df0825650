//! RobustMPC: the best plan if the throughput is as much lower than before as it ever was (SIGCOMM
//! 2015, section 4.3; see `mpc/mod.rs`).

use crate::mpc::{FIRST, HORIZON, Mpc, PENALTY, WINDOW};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;
use weir_units::BitRate;

pub(crate) const ENTRY: Entry = Entry {
    name: "robust-mpc",
    about: "RobustMPC: MPC with a prediction lowered by its worst error (SIGCOMM 2015)",
    params: &[HORIZON, WINDOW, PENALTY, FIRST],
    verified: Some("enumeration of all plans, on random states"),
    build: |params| Ok(Box::new(RobustMpc(Mpc::build(params, true)?))),
};

/// The algorithm `robust-mpc`.
struct RobustMpc(Mpc);

impl Abr for RobustMpc {
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
