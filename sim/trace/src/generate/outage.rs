//! A steady rate that is interrupted: times of service and of silence without memory (Gilbert, Bell
//! System Technical Journal 1960).

use super::draw::Draw;
use super::model::{Model, Pen, Stop};
use super::values::{Param, Values};
use crate::Rate;

pub const MODEL: Model = Model {
    name: "outage",
    about: "a steady rate with silences",
    params: &[
        Param { name: "rate", default: "6 Mbit/s", meaning: "the rate between outages" },
        Param { name: "every", default: "60 s", meaning: "the mean time between outages" },
        Param { name: "lasts", default: "5 s", meaning: "the mean length of an outage" },
    ],
    run,
};

fn run(values: &Values, pen: &mut Pen, draw: &mut Draw) -> Result<(), Stop> {
    let rate = values.rate("rate")?;
    let (every, lasts) = (values.span("every")?, values.span("lasts")?);
    while pen.draw(draw.exponential(every), rate)?
        && pen.draw(draw.exponential(lasts), Rate::ZERO)?
    {}
    Ok(())
}
