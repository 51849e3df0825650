//! The axes of the sweep: the one place where a value's text, such as `5 Mbit/s`, becomes a
//! column's number, and a number text again.

use serde::{Deserialize, Serialize};
use weir_records::{Cell, Kind};
use weir_units::{BitRate, Bytes, Ratio, Span};

/// What the values of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisKind {
    /// Bit rates, in bit/s.
    BitRate,
    /// Lengths of time, in whole microseconds.
    Time,
    /// Sizes, in bytes.
    Size,
    /// Ratios, as shares: 1 is 100 %.
    Ratio,
    /// Whole numbers without a unit.
    Count,
    /// Decimal numbers without a unit.
    Decimal,
    /// Anything else.
    Text,
}

impl AxisKind {
    /// All kinds; an axis is of the first one that fits all its values.
    const ALL: [Self; 7] = [
        Self::BitRate,
        Self::Time,
        Self::Size,
        Self::Ratio,
        Self::Count,
        Self::Decimal,
        Self::Text,
    ];

    /// The type of the column.
    pub fn column_kind(self) -> Kind {
        match self {
            Self::BitRate | Self::Time | Self::Size | Self::Count => Kind::Int,
            Self::Ratio | Self::Decimal => Kind::Float,
            Self::Text => Kind::Text,
        }
    }

    /// The unit at the end of the column's name.
    fn suffix(self) -> &'static str {
        match self {
            Self::BitRate => "_bps",
            Self::Time => "_us",
            Self::Size => "_bytes",
            Self::Ratio | Self::Count | Self::Decimal | Self::Text => "",
        }
    }

    /// The value that `text` stands for, if it is of this kind.
    pub fn value(self, text: &str) -> Option<Cell> {
        match self {
            Self::BitRate => Some(Cell::Int(text.parse::<BitRate>().ok()?.bps())),
            Self::Time => {
                let span: Span = text.parse().ok()?;
                // A finer time would have to be rounded, and two values might become one.
                span.ns().is_multiple_of(1_000).then(|| Cell::Int(span.us()))
            }
            Self::Size => Some(Cell::Int(text.parse::<Bytes>().ok()?.get())),
            Self::Ratio => Some(Cell::Float(text.parse::<Ratio>().ok()?.as_f64())),
            Self::Count => text.parse().ok().map(Cell::Int),
            Self::Decimal => {
                // Rust also reads "inf", "nan" and "1e5" as numbers; nobody writes a value so.
                let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
                plain.then(|| text.parse().ok().map(Cell::Float)).flatten()
            }
            Self::Text => Some(Cell::Text(text.to_owned())),
        }
    }

    /// A value of this kind as people write it: in the largest unit that it fills.
    pub fn text(self, value: &Cell) -> String {
        match (self, value) {
            (Self::BitRate, Cell::Int(bps)) => {
                in_units(*bps, &[(9, "Gbit/s"), (6, "Mbit/s"), (3, "kbit/s")])
                    .unwrap_or_else(|| format!("{bps} bit/s"))
            }
            (Self::Time, Cell::Int(us)) => {
                in_units(*us, &[(6, "s"), (3, "ms")]).unwrap_or_else(|| format!("{us} us"))
            }
            (Self::Size, Cell::Int(bytes)) => in_units(*bytes, &[(9, "GB"), (6, "MB"), (3, "kB")])
                .unwrap_or_else(|| format!("{bytes} B")),
            // Shares come from parts per 10^9: rounding to these removes the last bit's noise.
            (Self::Ratio, Cell::Float(share)) => format!("{} %", (share * 1e9).round() / 1e7),
            (_, Cell::Int(number)) => number.to_string(),
            (_, Cell::Float(number)) => number.to_string(),
            (_, Cell::Text(text)) => text.clone(),
            (_, Cell::Bool(yes)) => yes.to_string(),
            (_, Cell::Null) => "-".to_owned(),
        }
    }
}

/// `value` in the first unit that it fills, exactly and without trailing zeros. Units are given by
/// their decimal exponent.
fn in_units(value: u64, units: &[(u32, &str)]) -> Option<String> {
    let (exponent, name) = units.iter().find(|(exponent, _)| value >= 10u64.pow(*exponent))?;
    let (size, digits) = (10u64.pow(*exponent), *exponent as usize);
    let number = format!("{}.{:0digits$}", value / size, value % size);
    Some(format!("{} {name}", number.trim_end_matches('0').trim_end_matches('.')))
}

/// The path of the lab; also a column of the table `trials`.
const LAB: &str = "lab";

/// One axis of the sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The path of the value that varies, such as `links.access.rate`.
    pub path: String,
    /// What its values are.
    pub kind: AxisKind,
}

impl Axis {
    /// The axis of these values: its kind is the first one that fits all of them.
    pub fn of<'a>(path: &str, texts: impl Iterator<Item = &'a str> + Clone) -> Self {
        let fits = |kind: &AxisKind| texts.clone().all(|text| kind.value(text).is_some());
        // Without values every kind fits, and text promises nothing.
        let kind = match texts.clone().next() {
            Some(_) => AxisKind::ALL.into_iter().find(fits).unwrap_or(AxisKind::Text),
            None => AxisKind::Text,
        };
        Self { path: path.to_owned(), kind }
    }

    /// Whether it is the lab in which trials run.
    pub fn is_lab(&self) -> bool {
        self.path == LAB
    }

    /// The name of its column: the path, and the unit last.
    pub fn column(&self) -> String {
        format!("{}{}", self.path, self.kind.suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(texts: &[&str]) -> Axis {
        Axis::of("a.b", texts.iter().copied())
    }

    #[test]
    fn quantities_become_integers_with_the_unit_in_the_name() {
        for (texts, column, first) in [
            (["5 Mbit/s", "500 kbit/s"], "a.b_bps", Cell::Int(5_000_000)),
            (["20 ms", "1 s"], "a.b_us", Cell::Int(20_000)),
            (["64 kB", "1 MiB"], "a.b_bytes", Cell::Int(64_000)),
            (["0.5 %", "20 ppm"], "a.b", Cell::Float(0.005)),
            (["3", "12"], "a.b", Cell::Int(3)),
            (["0.25", "3"], "a.b", Cell::Float(0.25)),
            (["bola", "bba0"], "a.b", Cell::Text("bola".into())),
        ] {
            let axis = axis(&texts);
            assert_eq!(axis.column(), column);
            assert_eq!(axis.kind.value(texts[0]), Some(first), "{texts:?}");
        }
    }

    #[test]
    fn an_axis_with_one_odd_value_stays_text() {
        assert_eq!(axis(&["5 Mbit/s", "unlimited"]).kind, AxisKind::Text);
        assert_eq!(axis(&["20 ms", "20 Mbit/s"]).kind, AxisKind::Text);
        assert_eq!(axis(&["nan", "inf"]).kind, AxisKind::Text);
        assert_eq!(axis(&["1500 ns", "2 us"]).kind, AxisKind::Text, "microseconds would round");
        assert_eq!(axis(&[]).kind, AxisKind::Text);
    }

    #[test]
    fn values_print_as_people_write_them() {
        for (kind, text) in [
            (AxisKind::BitRate, "1.5 Mbit/s"),
            (AxisKind::BitRate, "999 kbit/s"),
            (AxisKind::BitRate, "0 bit/s"),
            (AxisKind::Time, "20 ms"),
            (AxisKind::Time, "1.25 s"),
            (AxisKind::Size, "64 kB"),
            (AxisKind::Ratio, "0.1 %"),
            (AxisKind::Ratio, "12.5 %"),
            (AxisKind::Count, "3"),
            (AxisKind::Decimal, "0.25"),
            (AxisKind::Text, "bola"),
        ] {
            assert_eq!(kind.text(&kind.value(text).unwrap()), text);
        }
    }

    proptest! {
        #[test]
        fn a_printed_bit_rate_is_the_same_rate(bps in any::<u64>()) {
            let value = Cell::Int(bps);
            let text = AxisKind::BitRate.text(&value);
            prop_assert_eq!(AxisKind::BitRate.value(&text), Some(value), "{}", text);
        }

        #[test]
        fn a_printed_ratio_is_the_same_ratio(ppb in 0u64..2_000_000_000) {
            let value = Cell::Float(Ratio::from_ppb(ppb).as_f64());
            let text = AxisKind::Ratio.text(&value);
            prop_assert_eq!(AxisKind::Ratio.value(&text), Some(value), "{}", text);
        }
    }
}
