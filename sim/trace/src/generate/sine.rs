//! A rate that rises and falls smoothly, in steps: each has the rate of its middle.

use super::draw::Draw;
use super::model::{Model, Pen, Stop};
use super::values::{Param, Values};
use crate::Rate;
use std::f64::consts::TAU;

pub const MODEL: Model = Model {
    name: "sine",
    about: "a rate that rises and falls as a sine, in steps",
    params: &[
        Param { name: "mean", default: "4 Mbit/s", meaning: "the mean rate" },
        Param { name: "amplitude", default: "3 Mbit/s", meaning: "how far it goes from the mean" },
        Param { name: "period", default: "60 s", meaning: "from one peak to the next" },
        Param { name: "step", default: "1 s", meaning: "how long a rate holds" },
    ],
    run,
};

fn run(values: &Values, pen: &mut Pen, _: &mut Draw) -> Result<(), Stop> {
    let (mean, amplitude) = (values.rate("mean")?, values.rate("amplitude")?);
    let (period, step) = (values.span("period")?, values.span("step")?);
    if amplitude > mean {
        let problem = format!("amplitude = \"{amplitude}\" (expected at most the mean, {mean})");
        return Err(problem.into());
    }
    let ratio = step.as_secs_f64() / period.as_secs_f64();
    for index in 0u32.. {
        let turn = libm::sin(TAU * ratio * (f64::from(index) + 0.5));
        // Where the mean and the amplitude are equal, rounding may end below zero.
        let bps = (mean.as_bps_f64() + amplitude.as_bps_f64() * turn).max(0.0).round();
        if !pen.draw(step, Rate::from_bps_f64(bps).unwrap_or(Rate::MAX))? {
            break;
        }
    }
    Ok(())
}
