//! What is plotted of a sweep.

use crate::metric::{
    AVAILABILITY, CAPTURE_LATENCY, JAIN_BITRATE, JAIN_THROUGHPUT, LATENCY, MEAN_BITRATE, Metric,
    PENSIEVE_LIN, QOE, RATE_DEVIATION, REGRET, SABRE_SCORE, SKIPS, STALL_RATIO, STARTUP,
    SWITCHES_PER_MINUTE,
};

/// The ends of a vertical axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ends {
    /// From zero to what is there; the number is the upper end if there are only zeros.
    Zero(f64),
    /// From below what is there up to this number, which is the best that can be.
    Best(f64),
    /// Around zero and what is there, on both sides of it.
    Around,
}

/// A metric as it is plotted.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The stem of its files' name.
    pub stem: &'static str,
    /// The title of its axis, with the unit.
    pub title: &'static str,
    /// Where the vertical axis begins and ends.
    pub ends: Ends,
    pub metric: &'static Metric,
    /// The metric's value that is 1 on the axis.
    pub unit: f64,
}

const fn shown(
    stem: &'static str,
    title: &'static str,
    metric: &'static Metric,
    unit: f64,
) -> Shown {
    Shown { stem, title, ends: Ends::Zero(1.0), metric, unit }
}

/// The metrics that are plotted for every run.
pub(crate) const SHOWN: [Shown; 4] = [
    shown("mean-bitrate", "Mean bitrate (Mbit/s)", &MEAN_BITRATE, 1e6),
    shown("stall-ratio", "Stall ratio (%)", &STALL_RATIO, 0.01),
    shown("startup-delay", "Startup delay (s)", &STARTUP, 1e6),
    shown("switches", "Switches (per minute of session)", &SWITCHES_PER_MINUTE, 1.0),
];

/// The metrics that are plotted where there are any.
pub(crate) const WHERE_ANY: [Shown; 9] = [
    Shown { ends: Ends::Around, ..shown("sabre-score", "Sabre's score", &SABRE_SCORE, 1.0) },
    Shown {
        ends: Ends::Around,
        ..shown("pensieve-lin", "Pensieve's linear QoE (per segment)", &PENSIEVE_LIN, 1.0)
    },
    Shown { ends: Ends::Around, ..shown("qoe", "QoE", &QOE, 1.0) },
    shown("regret", "Regret (bound less QoE)", &REGRET, 1.0),
    shown("live-latency", "Live latency (s): live edge less playhead", &LATENCY, 1e6),
    shown("capture-latency", "Latency from capture (s)", &CAPTURE_LATENCY, 1e6),
    shown("rate-deviation", "Mean distance of the playback rate from 1 (%)", &RATE_DEVIATION, 0.01),
    shown("skips", "Skips towards the live edge (per session)", &SKIPS, 1.0),
    Shown {
        ends: Ends::Best(100.0),
        ..shown("availability", "Segments available at first request (%)", &AVAILABILITY, 0.01)
    },
];

/// What is plotted where viewers share a network.
pub(crate) const FAIRNESS: [Shown; 2] = [
    Shown {
        ends: Ends::Best(1.0),
        ..shown("fairness", "Jain's index of mean bitrates (1 is fair)", &JAIN_BITRATE, 1.0)
    },
    Shown {
        ends: Ends::Best(1.0),
        ..shown("fairness", "Jain's index of throughputs (1 is fair)", &JAIN_THROUGHPUT, 1.0)
    },
];
