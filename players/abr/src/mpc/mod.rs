//! Model predictive control: the plan for the next segments with the most quality of experience, if
//! the throughput stays as predicted.
//!
//! X. Yin, A. Jindal, V. Sekar, B. Sinopoli: "A control-theoretic approach for dynamic adaptive
//! video streaming over HTTP", SIGCOMM 2015, section 4; in the form that H. Mao et al. compare
//! Pensieve with (SIGCOMM 2017; hongzimao/pensieve 1120bb1, `test/mpc.py`). The value of a plan is
//! `sum R - penalty * stalls - sum |R - R before|` with R in Mbit/s and stalls in seconds.
//!
//! Differences from that script: the sizes looked at are those of the coming segments (it looks one
//! segment further ahead), and the durations are those of the content.

mod planner;
mod predictor;

pub(crate) use planner::Planner;
pub(crate) use predictor::Predictor;

use crate::observation::Cursor;
use crate::registry::{Param, Params};
use crate::{ChoiceError, Decision, MAX_RUNGS, Observation};
use weir_units::BitRate;

pub(crate) const HORIZON: Param =
    Param { name: "horizon", default: "5", doc: "how many segments a plan is for, at most 8" };
pub(crate) const WINDOW: Param = Param {
    name: "window",
    default: "5",
    doc: "how many past downloads a prediction counts with, at most 20",
};
pub(crate) const PENALTY: Param = Param {
    name: "penalty",
    default: "top",
    doc: "the bit rate that a second of stall is worth; `top` is that of the highest rung",
};
pub(crate) const FIRST: Param = Param {
    name: "first",
    default: "1",
    doc: "the rung of the first segment; the highest of the ladder if that has fewer",
};

/// Both algorithms: they differ in the prediction alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mpc {
    horizon: usize,
    penalty: Option<BitRate>,
    first: usize,
    robust: bool,
    cursor: Cursor,
    predictor: Predictor,
    planner: Planner,
}

impl Mpc {
    pub(crate) fn build(params: &Params<'_>, robust: bool) -> Result<Self, ChoiceError> {
        let above_zero = |name, max| match params.number(name, max)? {
            0 => Err(params.bad(name, "it must be above zero")),
            number => Ok(number),
        };
        Ok(Self {
            horizon: above_zero("horizon", 8)?,
            penalty: params.rate_or("penalty", "top")?,
            first: params.number("first", MAX_RUNGS - 1)?,
            robust,
            cursor: Cursor::new(),
            predictor: Predictor::new(above_zero("window", crate::DOWNLOADS_SEEN)?),
            planner: Planner::default(),
        })
    }

    pub(crate) fn decide(&mut self, seen: &Observation) -> Decision {
        let whole = self.cursor.fresh(seen).iter().filter(|download| download.is_whole());
        whole.for_each(|download| self.predictor.push(download));
        let Some(bps) = self.predictor.bps(self.robust) else {
            return Decision::now(self.first.min(seen.top()));
        };
        self.planner.load(seen, bps, self.horizon, self.penalty);
        Decision::now(self.planner.search())
    }

    /// The prediction for the log.
    pub(crate) fn rate(&self) -> Option<BitRate> {
        self.predictor.bps(self.robust).map(crate::estimate::rate)
    }
}
