//! Jain's index of fairness.

/// Jain's index (sum x)^2 / (n sum x^2) of what n users get: 1 where all get the same, k/n where k
/// share everything equally, 1/n where one gets everything (Jain, Chiu, Hawe: "A Quantitative
/// Measure of Fairness and Discrimination", DEC-TR-301, 1984). `None` for fewer than two users, and
/// where nobody gets anything. No value is below zero.
pub fn jain(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        n += 1.0;
        sum += value;
        squares += value * value;
    }
    let index = sum * sum / (n * squares);
    // Rounding must not make anything fairer than fair.
    (n >= 2.0 && index.is_finite()).then(|| index.min(1.0))
}
