//! BOLA-BASIC: the buffer level alone decides, by Lyapunov optimization of utility and stalls.
//!
//! K. Spiteri, R. Urgaonkar, R. K. Sitaraman: "BOLA: Near-optimal bitrate adaptation for online
//! videos", IEEE INFOCOM 2016 (arXiv 1601.06748). The form in time instead of segments, and the
//! tie rule, are those of the authors' simulator Sabre (UMass-LIDS/sabre 09b03bb). Plain BASIC: no
//! rescaling for short videos (FINITE), no throughput cap (U, O), no placeholder buffer (E).

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation, Rung};
use weir_units::Span;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola",
    about: "BOLA-BASIC: the buffer alone decides (Spiteri et al., INFOCOM 2016)",
    params: &[Param {
        name: "gp",
        // The paper's and Sabre's choice.
        default: "5 s",
        doc: "how much avoiding stalls weighs against utility: the paper's gamma * p",
    }],
    build: |params| Ok(Box::new(Bola { gp: params.span("gp")? })),
};

/// The algorithm `bola`. It has no memory: equal observations give equal decisions.
///
/// Rung m has the utility v_m = ln(R_m / R_0) over the declared mean rates R, and the score
/// `(Vp * (v_m + gp) - Q) / S_m`, where Q is the buffer in seconds and S_m the size of the coming
/// segment: its actual size where that is known, else the declared rate times the duration.
/// The rung with the highest score is taken; of equal scores, the lower rung's.
///
/// `Vp = (max_buffer - p) / (v_max + gp)` with the segment duration p: the highest rung's score is
/// zero when exactly one more segment fits into the buffer.
///
/// All scores below zero mean that the buffer is full enough. The highest rung's score is the
/// first to reach zero as the buffer drains: it is requested at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bola {
    /// The paper's gamma * p.
    pub gp: Span,
}

impl Abr for Bola {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let gp = self.gp.as_secs_f64();
        let buffer = seen.buffer.as_secs_f64();
        let most = seen.max_buffer.saturating_sub(seen.segment_duration).as_secs_f64();
        let top_utility = utilities(&seen.ladder).fold(0.0, f64::max);
        let vp = most / (top_utility + gp);

        let mut best = (0, f64::NEG_INFINITY);
        // The rung whose score is zero at the fullest buffer, and that buffer in seconds.
        let mut fullest = (0, f64::NEG_INFINITY);
        for (rung, utility) in utilities(&seen.ladder).enumerate() {
            let zero_point = vp * (utility + gp);
            let score = (zero_point - buffer) / seen.coming_bits(rung).max(1.0);
            if score > best.1 {
                best = (rung, score);
            }
            if zero_point > fullest.1 {
                fullest = (rung, zero_point);
            }
        }
        if best.1 >= 0.0 {
            return Decision { rung: best.0, wait: Span::ZERO };
        }
        let wait = Span::from_secs_f64(buffer - fullest.1).unwrap_or(Span::ZERO);
        Decision { rung: fullest.0, wait }
    }
}

/// ln(R_m / R_0) of every rung. A manifest that declares zero counts as 1 bit/s.
fn utilities(ladder: &[Rung]) -> impl Iterator<Item = f64> + '_ {
    let rate = |rung: &Rung| rung.mean.bps().max(1) as f64;
    let lowest = ladder.first().map_or(1.0, rate);
    ladder.iter().map(move |rung| libm::log(rate(rung) / lowest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use weir_units::Bytes;

    const SABRE: [u64; 10] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000];

    fn decide(seen: &Observation) -> Decision {
        Bola { gp: Span::from_s(5) }.decide(seen)
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
            assert_eq!(at(threshold - 1), Decision { rung: lower, wait: Span::ZERO });
            assert_eq!(at(threshold + 1), Decision { rung: lower + 1, wait: Span::ZERO });
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
