//! Rungs that are given beforehand, one for each segment of the session: a recording that is played
//! once more, or a plan.
//!
//! It is the segment that counts, not the decision: where a player asks twice for one segment, or
//! takes the first without asking, the others still get their own.

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, MAX_RUNGS, Observation};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The most rungs: a week of segments of 6 s.
const MOST: usize = 100_000;

pub(crate) const ENTRY: Entry = Entry {
    name: "script",
    about: "rungs that are given beforehand, one for each segment",
    params: &[Param {
        name: "rungs",
        default: "0",
        doc: "the rungs, separated by blanks; the last is held, and one above the ladder is its highest",
    }],
    verified: Some("it is what its name says"),
    build: |params| {
        Ok(Box::new(Script { rungs: params.numbers("rungs", MAX_RUNGS as u8 - 1, MOST)? }))
    },
};

struct Script {
    /// Never empty.
    rungs: Vec<u8>,
}

impl Abr for Script {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let segment = usize::try_from(seen.segment).unwrap_or(usize::MAX);
        let rung = self.rungs.get(segment).or(self.rungs.last()).copied().unwrap_or_default();
        Decision::now(usize::from(rung).min(seen.top()))
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::Choice;
    use crate::testing::observation;
    use alloc::string::{String, ToString};

    fn script(rungs: &str) -> Choice {
        let mut choice = Choice::named("script");
        choice.params.insert("rungs".into(), rungs.into());
        choice
    }

    #[test]
    fn every_segment_has_its_rung_and_the_last_is_held() {
        let mut abr = script(" 2 0\t63 1").build().unwrap();
        let mut seen = observation(&[300, 900, 2000]);
        let mut rung = |segment| {
            seen.segment = segment;
            abr.decide(&seen).rung
        };
        assert_eq!([0, 0, 1, 2, 3, 4, u64::MAX].map(&mut rung), [2, 2, 0, 2, 1, 1, 1]);
    }

    #[test]
    fn what_is_no_rung_is_refused() {
        let refused = |rungs: &str| script(rungs).check().unwrap_err().to_string();
        assert!(refused("  ").contains("expected whole numbers separated by blanks"));
        assert!(refused("1 -1").contains("of at most 63, not \"-1\""));
        assert!(refused("64").contains("of at most 63, not \"64\""));
        assert!(refused("1,2").contains("not \"1,2\""));
        let many: String = ["1 "; 100_001].concat();
        assert!(refused(&many).contains("at most 100000 numbers"));
        assert_eq!(script(&many[2..]).check(), Ok(()));
    }
}
