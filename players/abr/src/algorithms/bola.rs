//! BOLA-BASIC: the buffer level alone decides, by Lyapunov optimization of utility and stalls.
//!
//! INFOCOM 2016, algorithm 1; see `published.rs`. Plain BASIC: no rescaling for short videos
//! (FINITE), no throughput cap (U, O), no placeholder buffer (E).

use crate::published::{self, BolaRule};
use crate::registry::Entry;
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;
use weir_units::Span;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola",
    about: "BOLA-BASIC: the buffer alone decides (Spiteri et al., INFOCOM 2016)",
    params: &[published::GP],
    verified: Some("the thresholds of Sabre 09b03bb for its ladder and a buffer of 25 s"),
    build: |params| Ok(Box::new(Bola::new(params.span("gp")?))),
};

/// The algorithm `bola`. It has no memory: equal observations give equal decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Bola {
    rule: BolaRule,
}

impl Bola {
    /// With the paper's gamma * p.
    pub fn new(gp: Span) -> Self {
        Self { rule: BolaRule::new(gp) }
    }
}

impl Abr for Bola {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.rule.basic(seen)
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use alloc::vec;
    use alloc::vec::Vec;
    use weir_units::Bytes;

    const SABRE: [u64; 10] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000];

    fn decide(seen: &Observation) -> Decision {
        Bola::new(Span::from_s(5)).decide(seen)
    }

    fn at(buffer_ms: u64) -> Decision {
        decide(&Observation { buffer: Span::from_ms(buffer_ms), ..observation(&SABRE) })
    }

    /// Computed with Sabre's ladder, segments of 3 s and its default buffer of 25 s.
    #[test]
    fn the_thresholds_are_the_published_ones() {
        let up_ms = [11_107, 12_078, 13_052, 14_026, 14_998, 15_969, 16_942, 18_100, 19_094];
        assert_eq!(at(0).rung, 0);
        for (lower, threshold) in up_ms.into_iter().enumerate() {
            assert_eq!(at(threshold - 1), Decision::now(lower));
            assert_eq!(at(threshold + 1), Decision::now(lower + 1));
        }
    }

    #[test]
    fn a_buffer_too_full_for_every_rung_is_waited_out() {
        // The highest rung's zero point is the buffer less one segment, 22 s. At the point itself
        // rounding may ask for no wait or for the least one.
        assert!(at(22_000).wait <= Span::from_ns(1));
        let late = at(23_500);
        assert_eq!((late.rung, late.wait.ms()), (9, 1_500));
    }

    #[test]
    fn actual_sizes_move_the_choice() {
        let mut seen = observation(&SABRE);
        seen.buffer = Span::from_s(14);
        let declared = decide(&seen).rung;
        // The same rates, but the coming segment costs next to nothing more at the rung above.
        let size = |kbps: &u64| Bytes::new(kbps * 375);
        let mut sizes: Vec<_> = SABRE.iter().map(size).collect();
        seen.sizes = vec![sizes.clone()];
        assert_eq!(decide(&seen).rung, declared);
        sizes[declared + 1] = sizes[declared];
        seen.sizes = vec![sizes];
        assert_eq!(decide(&seen).rung, declared + 1);
    }

    #[test]
    fn equal_scores_take_the_lower_rung() {
        assert_eq!(decide(&observation(&[1000, 1000, 1000])).rung, 0);
    }
}
