//! Statistics of numbers: means and their intervals, quantiles, rates, fairness.

pub mod bootstrap;
pub mod estimate;
pub mod fairness;
pub mod poisson;
pub mod quantile;
