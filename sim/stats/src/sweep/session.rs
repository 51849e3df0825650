//! What each session came to, as far as anything is made of it.
#![expect(missing_docs, reason = "columns are explained where tables are declared")]

use std::sync::Arc;
use weir_tables::{TrialHead, table_row};

/// A trial with its sessions.
#[derive(Debug, Clone)]
pub struct SweepTrial {
    pub head: TrialHead,
    pub sessions: Vec<SessionRow>,
}

table_row! {
    /// What a session came to; see [`weir_records::Session`] for the meaning of each number.
    pub struct SessionRow of Session {
        pub session: u64,
        pub node: Arc<str>,
        pub abr: Arc<str>,
        pub mean_bitrate_bps: Option<f64>,
        pub settled_bitrate_bps: Option<f64>,
        pub stall_ratio: Option<f64>,
        pub stalls: Option<f64>,
        pub stall_us: Option<f64>,
        pub start_us: Option<f64>,
        pub startup_us: Option<f64>,
        pub switches: Option<f64>,
        pub session_us: Option<f64>,
        pub sabre_bitrate_change_bps: Option<f64>,
        pub sabre_score: Option<f64>,
        pub pensieve_lin: Option<f64>,
        pub qoe: Option<f64>,
        pub regret: Option<f64>,
        pub mean_throughput_bps: Option<f64>,
        pub bytes: Option<f64>,
    } and {
        /// Nothing of recorded content.
        pub live: LiveRow,
    }
}

table_row! {
    /// What a session of a live stream came to; see [`weir_records::Live`].
    pub struct LiveRow of Live {
        pub session: u64,
        pub latency_mean_us: Option<f64>,
        pub capture_latency_mean_us: Option<f64>,
        pub rate_deviation: Option<f64>,
        pub skips: Option<f64>,
        pub availability: Option<f64>,
    }
}
