//! The horizontal axis of the plots of a sweep.

use weir_stats::sweep::dimension::Dimension;
use weir_tables::AxisKind;

/// An axis whose values span less than this factor is never drawn logarithmically.
const LOG_FROM: f64 = 10.0;

/// The horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum X {
    /// Numbers in the unit that the label names.
    Numbers { label: String, values: Vec<f64>, spacing: Spacing },
    /// Names in no particular distance.
    Names { label: String, names: Vec<String> },
}

/// Where numbers lie on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    Linear,
    Logarithmic,
    /// One beside the other: zero, and numbers that ask for a logarithmic axis.
    Even,
}

impl X {
    /// The number of places on the axis.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numbers { values, .. } => values.len(),
            Self::Names { names, .. } => names.len(),
        }
    }

    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Numbers { label, .. } | Self::Names { label, .. } => label,
        }
    }

    /// Whether neighbours are joined by lines: between names lies nothing.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self, Self::Numbers { .. })
    }
}

/// A dimension as the axis to plot against.
pub(crate) fn as_x(dimension: &Dimension) -> X {
    let numbers: Option<Vec<f64>> = dimension.places.iter().map(|place| place.number).collect();
    let Some(numbers) = numbers else {
        let names = dimension.places.iter().map(|place| place.text.clone()).collect();
        return X::Names { label: dimension.label.clone(), names };
    };
    let top = numbers.iter().copied().fold(0.0, f64::max);
    let (size, unit) = display_unit(dimension.kind, top);
    let values: Vec<f64> = numbers.iter().map(|number| number / size).collect();
    let spacing = Spacing::of(&values);
    let mut label = dimension.label.clone();
    if dimension.is_viewers() {
        label = format!("viewers ({label})");
    } else if !unit.is_empty() {
        label = format!("{label} ({unit})");
    }
    if spacing == Spacing::Even {
        label.push_str(", values evenly spaced");
    }
    X::Numbers { label, values, spacing }
}

impl Spacing {
    fn of(values: &[f64]) -> Self {
        match values {
            [first, rest @ ..] if *first == 0.0 && are_geometric(rest) => Self::Even,
            _ if are_geometric(values) => Self::Logarithmic,
            _ => Self::Linear,
        }
    }
}

/// Whether the values, in ascending order, look like 1, 2, 5, 10, 20 rather than like 1, 2, 3, 4,
/// 5: on a logarithmic axis their distances differ less.
fn are_geometric(values: &[f64]) -> bool {
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return false };
    if first <= 0.0 || last / first < LOG_FROM {
        return false;
    }
    // The longest distance over the shortest.
    let unevenness = |apart: fn(f64, f64) -> f64| {
        let apart = values.windows(2).map(|pair| apart(pair[0], pair[1]));
        let (short, long) =
            apart.fold((f64::INFINITY, 0.0f64), |(short, long), d| (short.min(d), long.max(d)));
        long / short
    };
    unevenness(|a, b| libm::log10(b / a)) < unevenness(|a, b| b - a)
}

/// The unit in which numbers of this kind are shown when `top` is the largest, and its size in the
/// column's unit.
fn display_unit(kind: AxisKind, top: f64) -> (f64, &'static str) {
    match kind {
        AxisKind::BitRate if top >= 1e6 => (1e6, "Mbit/s"),
        AxisKind::BitRate => (1e3, "kbit/s"),
        AxisKind::Time if top >= 1e6 => (1e6, "s"),
        AxisKind::Time => (1e3, "ms"),
        AxisKind::Size if top >= 1e6 => (1e6, "MB"),
        AxisKind::Size => (1e3, "kB"),
        AxisKind::Ratio => (0.01, "%"),
        AxisKind::Count | AxisKind::Decimal | AxisKind::Text => (1.0, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_logarithmic_when_its_values_are_spaced_so() {
        let even: Vec<f64> = (1..=120).map(f64::from).collect();
        assert!(!are_geometric(&even));
        assert!(are_geometric(&[1.0, 2.0, 5.0, 10.0, 20.0]));
        assert!(are_geometric(&[0.1, 1.0, 10.0]));
        assert!(!are_geometric(&[0.0, 0.1, 1.0, 10.0]), "zero has no place on it");
        assert!(!are_geometric(&[1.0, 2.0, 4.0]), "too short to need it");
        assert!(!are_geometric(&[]));
    }

    #[test]
    fn zero_and_a_geometric_rest_stand_in_even_distance() {
        assert_eq!(Spacing::of(&[0.0, 0.01, 0.1, 1.0, 2.0]), Spacing::Even);
        assert_eq!(Spacing::of(&[0.0, 1.0, 2.0, 3.0]), Spacing::Linear);
        assert_eq!(Spacing::of(&[0.0, 5.0, 20.0, 50.0]), Spacing::Even);
        assert_eq!(Spacing::of(&[0.01, 0.1, 1.0]), Spacing::Logarithmic);
    }
}
