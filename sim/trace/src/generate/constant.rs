//! One rate.

use super::draw::Draw;
use super::model::{Model, Pen, Stop};
use super::values::{Param, Values};
use weir_units::Span;

pub const MODEL: Model = Model {
    name: "constant",
    about: "one rate",
    params: &[Param { name: "rate", default: "5 Mbit/s", meaning: "the rate" }],
    run,
};

fn run(values: &Values, pen: &mut Pen, _: &mut Draw) -> Result<(), Stop> {
    pen.draw(Span::MAX, values.rate("rate")?).map(drop)
}
