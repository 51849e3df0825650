//! Two rates that take turns: the classic probe of how an algorithm reacts to a step.

use super::draw::Draw;
use super::model::{Model, Pen, Stop};
use super::values::{Param, Values};
use weir_units::Ratio;

pub const MODEL: Model = Model {
    name: "square",
    about: "two rates that take turns",
    params: &[
        Param { name: "high", default: "6 Mbit/s", meaning: "the rate at the start of a period" },
        Param { name: "low", default: "1 Mbit/s", meaning: "the rate at its end" },
        Param { name: "period", default: "60 s", meaning: "how long both take together" },
        Param { name: "duty", default: "50 %", meaning: "the share of the first rate" },
    ],
    run,
};

fn run(values: &Values, pen: &mut Pen, _: &mut Draw) -> Result<(), Stop> {
    let (high, low) = (values.rate("high")?, values.rate("low")?);
    let (period, duty) = (values.span("period")?, values.ratio("duty")?);
    if duty == Ratio::ZERO || duty >= Ratio::ONE {
        return Err(format!("duty = \"{duty}\" (expected above 0 % and below 100 %)").into());
    }
    let first = u128::from(period.ns()) * u128::from(duty.ppb()) / u128::from(Ratio::ONE.ppb());
    let first = weir_units::Span::from_ns(first as u64);
    let second = period.saturating_sub(first);
    while pen.draw(first, high)? && pen.draw(second, low)? {}
    Ok(())
}
