//! How values are distributed, side by side: a row for each of several things, in one panel or more.

use crate::bootstrap::Interval;

/// The shares of values below each of the quantiles that are shown.
pub(crate) const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Panels with the same rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpreadFigure {
    /// What the rows are.
    pub rows_title: String,
    pub rows: Vec<String>,
    pub panels: Vec<SpreadPanel>,
}

/// One quantity of all rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpreadPanel {
    pub title: String,
    /// The title of the axis, with the unit.
    pub axis: String,
    /// One for each row; missing where it has no value.
    pub spreads: Vec<Option<Spread>>,
}

/// A distribution.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    pub quantiles: [f64; 5],
    /// The mean, where it is shown, and its 95 % interval.
    pub mean: Option<f64>,
    pub interval: Option<Interval>,
}

impl Spread {
    /// Of these values, without a mean; `None` of none. Values that are not finite are left out.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let mut quantiles = [0.0; 5];
        for (quantile, share) in quantiles.iter_mut().zip(QUANTILES) {
            *quantile = self::quantile(&values, share)?;
        }
        Some(Self { quantiles, mean: None, interval: None })
    }

    /// The lowest of its marks.
    pub(crate) fn lowest(&self) -> f64 {
        let marks = [self.mean, self.interval.map(|interval| interval.low)];
        marks.into_iter().flatten().fold(self.quantiles[0], f64::min)
    }

    /// The highest of its marks.
    pub(crate) fn highest(&self) -> f64 {
        let marks = [self.mean, self.interval.map(|interval| interval.high)];
        marks.into_iter().flatten().fold(self.quantiles[4], f64::max)
    }
}

/// The value below which this share of the ascending values lies, between neighbours in proportion
/// (Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, definition 7); `None` of none.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let place = share * values.len().checked_sub(1)? as f64;
    let below = *values.get(place as usize)?;
    let above = values.get(place as usize + 1).copied().unwrap_or(below);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_lie_between_neighbours_in_proportion() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.25), Some(1.25));
        assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(Spread::of(vec![f64::NAN, f64::INFINITY]), None);
    }

    proptest! {
        #[test]
        fn quantiles_ascend_within_the_values(
            values in proptest::collection::vec(-1e9f64..1e9, 1..50)
        ) {
            let found = Spread::of(values.clone()).unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(found.quantiles.is_sorted());
            prop_assert!(low <= found.lowest() && found.highest() <= high);
        }
    }
}
