//! A few rates, and jumps between neighbours: a birth-death chain in steps of time. Synthetic
//! traces by Markov chains are usual in the field (Mao et al., Pensieve, SIGCOMM 2017).

use super::draw::Draw;
use super::model::{Model, Pen, Stop};
use super::values::{Param, Values};

pub const MODEL: Model = Model {
    name: "markov",
    about: "a few rates, with jumps between neighbours",
    params: &[
        Param {
            name: "states",
            default: "500 kbit/s, 1 Mbit/s, 2 Mbit/s, 4 Mbit/s, 8 Mbit/s",
            meaning: "the rates, in order",
        },
        Param { name: "dwell", default: "10 s", meaning: "the mean time in a state" },
        Param { name: "step", default: "1 s", meaning: "how often a jump is possible" },
    ],
    run,
};

fn run(values: &Values, pen: &mut Pen, draw: &mut Draw) -> Result<(), Stop> {
    let states = values.rates("states")?;
    let (dwell, step) = (values.span("dwell")?, values.span("step")?);
    if states.len() < 2 {
        return Err("states: one rate (expected two or more, between commas)".to_owned().into());
    }
    if dwell < step {
        return Err(format!("dwell = \"{dwell}\" (expected the step, {step}, or more)").into());
    }
    // The number of steps in a state is geometric; its mean is the dwell time.
    let leaves = step.as_secs_f64() / dwell.as_secs_f64();
    let mut state = (draw.uniform() * states.len() as f64) as usize;
    while pen.draw(step, states[state.min(states.len() - 1)])? {
        if draw.happens(leaves) {
            let up = draw.happens(0.5);
            // At both ends there is only one way.
            let last = states.len() - 1;
            state = if state == 0 || (up && state < last) { state + 1 } else { state - 1 };
        }
    }
    Ok(())
}
