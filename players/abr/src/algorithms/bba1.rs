//! BBA-1: BBA-0 for segments of various sizes (SIGCOMM 2014, section 5; see `bba.rs`).

use crate::bba::{ChunkMap, rung_before};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bba1",
    about: "BBA-1: a straight line from buffer to segment size (Huang et al., SIGCOMM 2014)",
    params: &[],
    verified: None,
    build: |_| Ok(Box::new(Bba1 { map: ChunkMap::default() })),
};

/// The algorithm `bba1`.
struct Bba1 {
    map: ChunkMap,
}

impl Abr for Bba1 {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.map.update(seen, true);
        Decision::now(self.map.rung(seen, rung_before(seen)))
    }

    fn abandons(&self) -> bool {
        false
    }
}
