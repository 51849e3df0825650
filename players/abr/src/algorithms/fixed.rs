//! The same rung always: the baseline that shows what the network does to a stream by itself.

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, MAX_RUNGS, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "fixed",
    about: "the same rung always",
    params: &[Param {
        name: "rung",
        default: "0",
        doc: "the rung, 0 the lowest; the highest of the ladder if that has fewer",
    }],
    verified: Some("it is what its name says"),
    build: |params| Ok(Box::new(Fixed { rung: params.number("rung", MAX_RUNGS - 1)? })),
};

/// The algorithm `fixed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// The rung, 0 the lowest; where the ladder has fewer rungs, its highest is taken.
    pub rung: usize,
}

impl Abr for Fixed {
    fn decide(&mut self, seen: &Observation) -> Decision {
        Decision::now(self.rung.min(seen.top()))
    }

    fn abandons(&self) -> bool {
        false
    }
}
