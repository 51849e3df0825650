//! Estimators of throughput: what the next download may expect from those before it.
//!
//! | estimator | file | as in |
//! |---|---|---|
//! | dual half-life moving average | `ewma.rs` | Sabre, dash.js, hls.js, Shaka Player |
//! | ... of throughput and latency | `sabre.rs`, `dashjs.rs`, `hlsjs.rs`, `shaka.rs` | with what
//! each player counts as a sample |
//! | harmonic and arithmetic mean, median, last sample of a window | `window.rs` | Pensieve,
//! Puffer, dash.js |
//! | sliding weighted percentile | `percentile.rs`, `media3.rs` | media3 (ExoPlayer) |
//!
//! Inside, samples and averages are floating-point numbers in bit/s and seconds; what a user of the
//! crate sees is a [`BitRate`](weir_units::BitRate).

mod dashjs;
mod ewma;
mod hlsjs;
mod media3;
mod percentile;
mod sabre;
mod shaka;
mod window;

pub(crate) use dashjs::{
    DashJsEstimate, rounded_kbps as dashjs_rounded_kbps, rung_for as dashjs_rung_for,
};
pub use ewma::{DualEwma, Ewma};
pub(crate) use hlsjs::HlsJsEstimate;
pub(crate) use media3::Media3Estimate;
pub use percentile::SlidingPercentile;
pub(crate) use sabre::{Estimate, SabreEstimate};
pub(crate) use shaka::ShakaEstimate;
pub use window::{Mean, Window};

use weir_units::BitRate;

/// A rate in whole bits per second, rounded down.
pub(crate) fn rate(bps: f64) -> BitRate {
    // `as` saturates, and takes a number that is none as zero.
    BitRate::from_bps(bps as u64)
}
