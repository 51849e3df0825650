//! What is plotted of a sweep.

use crate::kit::metric_view::{Ends, MetricView};
use weir_stats::sweep::metric::{
    AVAILABILITY, CAPTURE_LATENCY, JAIN_BITRATE, JAIN_THROUGHPUT, LATENCY, MEAN_BITRATE, Metric,
    PENSIEVE_LIN, QOE, RATE_DEVIATION, REGRET, SABRE_SCORE, SKIPS, STALL_RATIO, STARTUP,
    SWITCHES_PER_MINUTE,
};

const fn shown(
    stem: &'static str,
    title: &'static str,
    metric: &'static Metric,
    unit: f64,
) -> MetricView {
    MetricView { stem, title, ends: Ends::Zero(1.0), metric, unit }
}

/// The metrics that are plotted for every run.
pub(crate) const ALWAYS: [MetricView; 4] = [
    shown("mean-bitrate", "Mean bitrate (Mbit/s)", &MEAN_BITRATE, 1e6),
    shown("stall-ratio", "Stall ratio (%)", &STALL_RATIO, 0.01),
    shown("startup-delay", "Startup delay (s)", &STARTUP, 1e6),
    shown("switches", "Switches (per minute of session)", &SWITCHES_PER_MINUTE, 1.0),
];

/// The metrics that are plotted where there are any.
pub(crate) const WHERE_ANY: [MetricView; 9] = [
    MetricView { ends: Ends::Around, ..shown("sabre-score", "Sabre's score", &SABRE_SCORE, 1.0) },
    MetricView {
        ends: Ends::Around,
        ..shown("pensieve-lin", "Pensieve's linear QoE (per segment)", &PENSIEVE_LIN, 1.0)
    },
    MetricView { ends: Ends::Around, ..shown("qoe", "QoE", &QOE, 1.0) },
    shown("regret", "Regret (bound less QoE)", &REGRET, 1.0),
    shown("live-latency", "Live latency (s): live edge less playhead", &LATENCY, 1e6),
    shown("capture-latency", "Latency from capture (s)", &CAPTURE_LATENCY, 1e6),
    shown("rate-deviation", "Mean distance of the playback rate from 1 (%)", &RATE_DEVIATION, 0.01),
    shown("skips", "Skips towards the live edge (per session)", &SKIPS, 1.0),
    MetricView {
        ends: Ends::Best(100.0),
        ..shown("availability", "Segments available at first request (%)", &AVAILABILITY, 0.01)
    },
];

/// What is plotted where viewers share a network.
pub(crate) const FAIRNESS: [MetricView; 2] = [
    MetricView {
        ends: Ends::Best(1.0),
        ..shown("fairness", "Jain's index of mean bitrates (1 is fair)", &JAIN_BITRATE, 1.0)
    },
    MetricView {
        ends: Ends::Best(1.0),
        ..shown("fairness", "Jain's index of throughputs (1 is fair)", &JAIN_THROUGHPUT, 1.0)
    },
];
