//! A mobile link: a log-normal rate whose logarithm is a first-order autoregression, with outages.
//!
//! Slow fading of a mobile channel is log-normal, and its autocorrelation falls exponentially with
//! the way that was made (Gudmundson, Electronics Letters 1991), so with time at a steady speed.
//! Cellular links also fall silent and come back after a time without memory (Winstein et al.,
//! Sprout, NSDI 2013). The defaults resemble the published 4G logs of van der Hooft et al. (IEEE
//! Communications Letters 2016): some 30 Mbit/s, and silences of seconds.

use super::draw::Draw;
use super::model::{Model, Pen, Stop};
use super::values::{Param, Values};
use crate::Rate;
use weir_units::Span;

pub const MODEL: Model = Model {
    name: "lte",
    about: "a log-normal rate with exponential autocorrelation, and outages",
    params: &[
        Param { name: "median", default: "28 Mbit/s", meaning: "the median rate between outages" },
        Param {
            name: "spread",
            default: "50 %",
            meaning: "the standard deviation of the natural logarithm of the rate",
        },
        Param {
            name: "correlation",
            default: "10 s",
            meaning: "the time after which the autocorrelation of the logarithm is 1/e",
        },
        Param { name: "ceiling", default: "90 Mbit/s", meaning: "the highest rate" },
        Param { name: "every", default: "120 s", meaning: "the mean time between outages" },
        Param { name: "lasts", default: "2 s", meaning: "the mean length of an outage" },
        Param { name: "step", default: "500 ms", meaning: "how long a rate holds" },
    ],
    run,
};

fn run(values: &Values, pen: &mut Pen, draw: &mut Draw) -> Result<(), Stop> {
    let (median, ceiling) = (values.rate("median")?, values.rate("ceiling")?);
    let spread = values.ratio("spread")?.as_f64();
    let (correlation, step) = (values.span("correlation")?, values.span("step")?);
    let (every, lasts) = (values.span("every")?, values.span("lasts")?);
    if spread > 3.0 {
        return Err("spread: above 300 % (expected 0 % to 300 %)".to_owned().into());
    }
    let keeps = libm::exp(-step.as_secs_f64() / correlation.as_secs_f64());
    let moves = libm::sqrt(1.0 - keeps * keeps);
    let mut level = draw.normal();
    let mut until_outage = draw.exponential(every);
    loop {
        let bps = (median.as_bps_f64() * libm::exp(spread * level)).round();
        let rate = Rate::from_bps_f64(bps).unwrap_or(Rate::MAX).min(ceiling);
        let span = step.min(until_outage);
        if !pen.draw(span, rate)? {
            return Ok(());
        }
        until_outage = until_outage.saturating_sub(span);
        if until_outage == Span::ZERO {
            if !pen.draw(draw.exponential(lasts), Rate::ZERO)? {
                return Ok(());
            }
            until_outage = draw.exponential(every);
        }
        level = keeps * level + moves * draw.normal();
    }
}
