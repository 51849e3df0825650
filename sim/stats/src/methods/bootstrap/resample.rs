//! The tails of the statistic over resamples.

use super::replicate::{Replicate, Sums};
use weir_units::Seed;

/// Resamples. One less than a round number, so that the quantiles are order statistics.
const RESAMPLES: usize = 1_999;

/// The share of resamples beyond each end.
const TAIL: f64 = 0.025;

/// The most standard errors from the mean to an end. Resamples in which all values are equal have
/// no standard error; they occur where few values differ from zero, and would put the end at
/// infinity.
const FARTHEST: f64 = 6.0;

/// Below this share of the whole's standard error, what is left is rounding.
const ROUNDING: f64 = 1e-9;

/// The same for all means: equal numbers of replicates are resampled alike.
const SEED: Seed = Seed::new(0x7765_6972);

/// The step of splitmix64, whose finalizer is that of [`Seed`].
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// As many resamples are added up side by side: one addition need not wait for the one before.
const LANES: usize = 4;

/// The statistic that a share of [`TAIL`] of all resamples is below, and the one that it is above,
/// where `whole` is the standard error of the mean of these.
pub(super) fn tails(rests: &[Replicate], whole: f64) -> (f64, f64) {
    let mut draws = Draws { state: SEED.get(), bound: rests.len() as u64 };
    // As it usually is: then they need not be added up.
    let equal = rests.windows(2).all(|pair| pair[0].count == pair[1].count);
    let mut ts = Vec::with_capacity(RESAMPLES + LANES);
    while ts.len() < RESAMPLES {
        let lanes = if equal {
            lanes::<true>(rests, &mut draws)
        } else {
            lanes::<false>(rests, &mut draws)
        };
        ts.extend(lanes.map(|sums| t(&sums, rests.len(), whole)));
    }
    ts.truncate(RESAMPLES);
    let beyond = ((ts.len() + 1) as f64 * TAIL).round() as usize;
    let (lowest, highest) = (beyond.saturating_sub(1), ts.len() - beyond);
    let (_, low, _) = ts.select_nth_unstable_by(lowest, f64::total_cmp);
    let low = *low;
    let (_, high, _) = ts.select_nth_unstable_by(highest, f64::total_cmp);
    (low, *high)
}

/// The sums of a resample in each lane, of replicates of `EQUAL` or of different counts.
fn lanes<const EQUAL: bool>(rests: &[Replicate], draws: &mut Draws) -> [Sums; LANES] {
    let mut lanes = [Sums::default(); LANES];
    for _ in 0..rests.len() {
        for (sums, at) in lanes.iter_mut().zip(draws.next()) {
            let rest = rests[at];
            match EQUAL {
                true => {
                    sums.r += rest.sum;
                    sums.rr += rest.sum * rest.sum;
                }
                false => sums.add(rest),
            }
        }
    }
    if EQUAL && let Some(Replicate { count, .. }) = rests.first() {
        let n = rests.len() as f64;
        for sums in &mut lanes {
            (sums.c, sums.rc, sums.cc) = (n * count, sums.r * count, n * count * count);
        }
    }
    lanes
}

/// Places that are drawn at random.
struct Draws {
    state: u64,
    /// At most as many as [`super::MOST`].
    bound: u64,
}

impl Draws {
    /// One place for each lane.
    fn next(&mut self) -> [usize; LANES] {
        let [[a, b], [c, d]] = [self.two(), self.two()];
        [a, b, c, d]
    }

    /// Each from 31 bits, whose bias is at most `bound` / 2^31.
    fn two(&mut self) -> [usize; 2] {
        const MASK: u64 = (1 << 31) - 1;
        self.state = self.state.wrapping_add(STEP);
        let bits = Seed::new(self.state).below(1 << 62);
        [bits >> 31, bits & MASK].map(|bits| ((bits * self.bound) >> 31) as usize)
    }
}

/// The shift of a resample in its own standard errors.
fn t(sums: &Sums, n: usize, whole: f64) -> f64 {
    let (shift, error) = (sums.shift(), sums.error(n));
    if shift.abs() <= ROUNDING * whole {
        return 0.0;
    }
    if error <= ROUNDING * whole {
        return FARTHEST.copysign(shift);
    }
    (shift / error).clamp(-FARTHEST, FARTHEST)
}
