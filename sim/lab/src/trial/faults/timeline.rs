//! The faults of a trial in the order in which they happen.

use weir_plan::{Fault, Moment};
use weir_units::{Seed, Span, Time};

/// The most steps of a trial: a fault every second, for a day.
const MAX_STEPS: usize = 200_000;

/// A fault begins, or is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When, from the start of the trial.
    pub at: Time,
    /// The number of the fault.
    pub fault: usize,
    /// Whether it begins.
    pub begins: bool,
}

/// All steps before `end`. What is drawn is drawn from `seed`, for each fault by itself: with
/// another fault less, the others stay where they are.
pub fn timeline(faults: &[Fault], seed: Seed, end: Time) -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        let seed = seed.derive(&format!("fault {number}"));
        let mut at = Time::ZERO.after(drawn(fault.at, seed));
        while at < end && steps.len() < MAX_STEPS {
            steps.push(Step { at, fault: number, begins: true });
            if let Some(lasts) = fault.lasts {
                steps.push(Step { at: at.after(lasts), fault: number, begins: false });
            }
            match fault.every {
                Some(every) if every > Span::ZERO => at = at.after(every),
                _ => break,
            }
        }
    }
    // What ends goes before what begins at the same moment.
    steps.sort_by_key(|step| (step.at, step.begins, step.fault));
    steps.retain(|step| step.at < end);
    steps
}

fn drawn(moment: Moment, seed: Seed) -> Span {
    match moment {
        Moment::Fixed(at) => at,
        Moment::Between(from, to) => {
            let room = to.saturating_sub(from).ns().saturating_add(1);
            from.saturating_add(Span::from_ns(seed.below(room)))
        }
        Moment::Exponential(after, mean) => {
            // The inverse of the distribution, of a number in (0, 1].
            const STEPS: u64 = 1 << 53;
            let uniform = (seed.below(STEPS) + 1) as f64 / STEPS as f64;
            let more = Span::from_secs_f64(-libm::log(uniform) * mean.as_secs_f64());
            after.saturating_add(more.unwrap_or(Span::ZERO))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_plan::What;

    fn fault(at: Moment, lasts: Option<u64>, every: Option<u64>) -> Fault {
        let what = What::Kill("origin".to_owned());
        let (lasts, every) = (lasts.map(Span::from_s), every.map(Span::from_s));
        Fault { at, lasts, every, what }
    }

    fn steps(faults: &[Fault], seed: u64) -> Vec<(u64, usize, bool)> {
        let end = Time::ZERO.after(Span::from_s(100));
        let steps = timeline(faults, Seed::new(seed), end);
        let ms = |at: Time| at.since(Time::ZERO).ms();
        steps.into_iter().map(|step| (ms(step.at), step.fault, step.begins)).collect()
    }

    #[test]
    fn what_comes_again_does_so_until_the_end() {
        let flap = fault(Moment::Fixed(Span::from_s(10)), Some(5), Some(30));
        let found = steps(&[flap], 1);
        let expected = [10, 15, 40, 45, 70, 75].map(|s| (s * 1_000, 0, s % 10 == 0));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_ends_goes_before_what_begins() {
        let first = fault(Moment::Fixed(Span::from_s(10)), Some(10), None);
        let second = fault(Moment::Fixed(Span::from_s(20)), None, None);
        let found = steps(&[second, first], 1);
        assert_eq!(found, [(10_000, 1, true), (20_000, 1, false), (20_000, 0, true)]);
    }

    #[test]
    fn moments_are_drawn_from_the_seed_within_their_bounds() {
        let (from, to) = (Span::from_s(40), Span::from_s(50));
        let uniform = fault(Moment::Between(from, to), None, None);
        let exponential = fault(Moment::Exponential(from, Span::from_s(10)), None, None);
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let found = steps(std::slice::from_ref(&uniform), seed);
            assert!((40_000..=50_000).contains(&found[0].0), "{found:?}");
            assert_eq!(found, steps(std::slice::from_ref(&uniform), seed));
            seen.insert(found[0].0);
            let later = steps(std::slice::from_ref(&exponential), seed);
            assert!(later.first().is_none_or(|step| step.0 >= 40_000), "{later:?}");
        }
        assert!(seen.len() > 90, "{seen:?}");
    }

    #[test]
    fn another_fault_less_leaves_the_others_where_they_are() {
        let at = Moment::Between(Span::ZERO, Span::from_s(50));
        let three = [fault(at, None, None), fault(at, None, None), fault(at, None, None)];
        let mut all = steps(&three, 7);
        all.retain(|step| step.1 < 2);
        assert_eq!(all, steps(&three[..2], 7));
    }
}
