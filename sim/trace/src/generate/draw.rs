//! Random numbers that are the same bits on every machine.

use rand::distr::Distribution;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::UnitDisc;
use weir_units::{Seed, Span};

/// Random numbers that are the same bits on every machine.
///
/// 2026-11: the normal and exponential distributions of rand_distr are not used. They take
/// logarithm and exponential from the machine as soon as any crate in the build turns on `std` of
/// num-traits, and these differ in the last bit between machines. What is used of it has arithmetic
/// only.
pub struct Draw(Xoshiro256PlusPlus);

impl Draw {
    pub fn new(seed: Seed) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed.get()))
    }

    /// A number from 0 up to 1, without 1.
    pub fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A number from the standard normal distribution: the polar method (Marsaglia and Bray, SIAM
    /// Review 1964).
    pub fn normal(&mut self) -> f64 {
        loop {
            let [x, y]: [f64; 2] = UnitDisc.sample(&mut self.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * libm::sqrt(-2.0 * libm::log(square) / square);
            }
        }
    }

    /// A span from the exponential distribution of this mean, to the millisecond and at least one.
    pub fn exponential(&mut self, mean: Span) -> Span {
        let share = -libm::log(1.0 - self.uniform());
        let ms = share * mean.as_secs_f64() * 1e3;
        Span::from_ms((ms.round() as u64).max(1))
    }
}
