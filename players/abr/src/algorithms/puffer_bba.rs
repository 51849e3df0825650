//! The buffer-based policy of the Puffer study (F. Y. Yan et al.: "Learning in situ: a randomized
//! experiment in video streaming", NSDI 2020; StanfordSNR/puffer e0245a5, `abr/linear_bba.cc`): a
//! straight line from the buffer to the size of the coming segment, between its smallest and its
//! largest. Puffer takes the picture quality of each size into account; here the larger is better.

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "puffer-bba",
    about: "a straight line from buffer to the coming segment's size (Puffer, NSDI 2020)",
    params: &[
        Param {
            name: "lower",
            default: "20 %",
            doc: "the share of the buffer up to which the smallest segment is taken",
        },
        Param {
            name: "upper",
            default: "80 %",
            doc: "the share of the buffer from which any segment may be taken",
        },
    ],
    verified: None,
    build: |params| {
        let (lower, upper) = (params.share("lower")?, params.share("upper")?);
        if upper <= lower {
            return Err(params.bad("upper", "it must be above `lower`"));
        }
        Ok(Box::new(PufferBba { lower: lower.as_f64(), upper: upper.as_f64() }))
    },
};

/// The algorithm `puffer-bba`. It never waits.
struct PufferBba {
    lower: f64,
    upper: f64,
}

impl Abr for PufferBba {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let bits = |rung: &usize| seen.coming_bits(*rung);
        let rungs = 0..seen.ladder.len().max(1);
        let (least, most) = rungs
            .clone()
            .map(|rung| bits(&rung))
            .fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), bits| {
                (least.min(bits), most.max(bits))
            });
        let limit = seen.max_buffer.as_secs_f64();
        let share = (seen.buffer_seconds() / limit - self.lower) / (self.upper - self.lower);
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let allowed = least + (most - least) * share;
        let largest =
            rungs.filter(|rung| bits(rung) <= allowed).max_by(|a, b| bits(a).total_cmp(&bits(b)));
        Decision::now(largest.unwrap_or(0))
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::observation;
    use weir_units::Span;

    #[test]
    fn the_size_grows_from_a_fifth_to_four_fifths_of_the_buffer() {
        let mut abr = PufferBba { lower: 0.2, upper: 0.8 };
        let mut seen = observation(&[1000, 2000, 3000, 4000]);
        seen.max_buffer = Span::from_s(15);
        for (ms, rung) in
            [(0, 0), (3_000, 0), (5_999, 0), (6_001, 1), (9_001, 2), (12_000, 3), (15_000, 3)]
        {
            seen.buffer = Span::from_ms(ms);
            assert_eq!(abr.decide(&seen).rung, rung, "with {ms} ms");
        }
    }
}
