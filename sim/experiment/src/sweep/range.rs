//! `{ from, to, step }`: the values of an axis in exact steps.

use crate::document::section::{Field, Section};
use crate::document::{Data, Value};
use std::fmt::Display;
use std::str::FromStr;
use weir_plan::{Error, Place};
use weir_units::{BitRate, Bytes, ParseError, Ratio, Span};

/// Exact steps from the first value to the last, both included.
#[derive(Debug)]
pub(crate) struct Range {
    place: Place,
    from: u64,
    step: u64,
    /// How many values it has.
    pub count: u64,
    make: fn(u64) -> Data,
}

impl Range {
    pub fn read(section: &Section<'_>) -> Result<Self, Error> {
        let hint = "a range is { from, to, step }";
        let from = section.need("from", hint)?;
        let to = section.need("to", hint)?;
        let step = section.need("step", hint)?;

        let (parse, make) = kind_of(&from)?;
        let (first, last, by) = (parse(&from)?, parse(&to)?, parse(&step)?);
        if by == 0 {
            return Err(step.refuse("is no step"));
        }
        let Some(length) = last.checked_sub(first) else {
            return Err(to.refuse(format_args!("lies before the first value, {}", from.value)));
        };
        if length % by != 0 {
            let reached = Value { place: to.value.place.clone(), data: make(last - length % by) };
            return Err(to
                .refuse(format_args!("is not reached in steps of {}", step.value))
                .did_you_mean(Some(reached.to_string())));
        }
        let count = (length / by).saturating_add(1);
        Ok(Self { place: from.value.place.clone(), from: first, step: by, count, make })
    }

    /// Its value of this number, counted from 0 and less than [`Range::count`].
    pub fn value(&self, number: u64) -> Value {
        // The last one is the `to` that was read, so that nothing here can overflow.
        Value { place: self.place.clone(), data: (self.make)(self.from + number * self.step) }
    }
}

/// How the ends of a range are read, and a value of it is made.
type Kind = (fn(&Field<'_>) -> Result<u64, Error>, fn(u64) -> Data);

/// What a range consists of: the kind of its first value.
fn kind_of(from: &Field<'_>) -> Result<Kind, Error> {
    fn end<T>(field: &Field<'_>, least: T, most: T, number: fn(T) -> u64) -> Result<u64, Error>
    where
        T: FromStr<Err = ParseError> + PartialOrd + Default + Display,
    {
        field.quantity(least..=most).map(number)
    }
    fn text(value: impl Display) -> Data {
        Data::Text(value.to_string())
    }
    const MAX: u64 = u64::MAX;

    if let Data::Integer(..) = from.value.data {
        let make = |n: u64| Data::Integer(n.to_string(), i64::try_from(n).ok());
        return Ok((|field| field.count(0..=i64::MAX as u64), make));
    }
    let kinds: [Kind; 4] = [
        (
            |f| end(f, BitRate::from_bps(0), BitRate::from_bps(MAX), BitRate::bps),
            |n| text(BitRate::from_bps(n)),
        ),
        (|f| end(f, Span::ZERO, Span::MAX, Span::ns), |n| text(Span::from_ns(n))),
        (|f| end(f, Bytes::ZERO, Bytes::new(MAX), Bytes::get), |n| text(Bytes::new(n))),
        (|f| end(f, Ratio::ZERO, Ratio::from_ppb(MAX), Ratio::ppb), |n| text(Ratio::from_ppb(n))),
    ];
    kinds.into_iter().find(|(parse, _)| parse(from).is_ok()).ok_or_else(|| {
        from.refuse("is neither a whole number nor a quantity")
            .hint("expected the like of \"5 Mbit/s\", \"20 ms\", \"64 kB\" or \"1 %\"")
    })
}
