//! From the metrics of a session to the rows of the tables: microseconds since the start of the
//! trial, and the keys. What only a driver knows (servers, protocols) is missing here.

use crate::live::{LiveMetrics, MomentMetrics, PlaylistMetrics};
use crate::metrics::{SegmentMetrics, SessionMetrics, StallMetrics};
use crate::playback::Phase;
use crate::viewing::Viewer;
use weir_records::{Live, Moment, Playlist, Segment, Session, Stall};
use weir_units::{BitRate, Ratio, Span, Time};

impl Viewer {
    /// A moment of the session in microseconds since the start of the trial.
    pub fn since_trial(&self, at: Time) -> u64 {
        self.start.after(at.since(Time::ZERO)).us()
    }

    /// The session's own row.
    pub fn session(&self, metrics: &SessionMetrics) -> Session {
        let (sabre, pensieve) = metrics.published();
        let (playout, transfers) = (metrics.playout(), metrics.transfers());
        Session {
            session: self.session,
            node: self.node.clone(),
            abr: self.viewing.abr.name.clone(),
            knows: self.viewing.knows.to_string(),
            protocol: None,
            start_us: self.start.us(),
            first_segment: self.first_segment,
            startup_us: metrics.startup.map(Span::us),
            session_us: metrics.length.us(),
            played_us: metrics.played.us(),
            stalls: metrics.stalls.len() as u64,
            stall_us: metrics.stalled().us(),
            stall_ratio: metrics.stall_ratio(),
            mean_bitrate_bps: playout.mean_bitrate_bps(),
            settled_bitrate_bps: playout.settled_bitrate_bps(),
            switches: playout.switches as u64,
            sabre_bitrate_bps: sabre.map(|sabre| sabre.bitrate_bps),
            sabre_bitrate_change_bps: sabre.map(|sabre| sabre.bitrate_change_bps),
            sabre_utility: sabre.map(|sabre| sabre.utility),
            sabre_rebuffer_ratio: sabre.map(|sabre| sabre.rebuffer_ratio),
            sabre_score: sabre.map(|sabre| sabre.score),
            pensieve_lin: pensieve.map(|pensieve| pensieve.lin),
            pensieve_log: pensieve.map(|pensieve| pensieve.log),
            qoe: None,
            qoe_bound: None,
            regret: None,
            replay_deviation_us: None,
            segments: transfers.arrived,
            bytes: transfers.bytes.get(),
            mean_throughput_bps: transfers.mean_throughput_bps(),
            mean_buffer_us: transfers.mean_buffer().map(Span::us),
            err: metrics.err.clone(),
        }
    }

    /// The row of its `request`-th segment request, counted from 0.
    pub fn segment(&self, request: u64, metrics: &SegmentMetrics) -> Segment {
        let throughput = metrics.transfer.and_then(|transfer| BitRate::of(metrics.bytes, transfer));
        Segment {
            session: self.session,
            request,
            segment: metrics.segment as u64,
            rung: metrics.rung as u64,
            declared_bps: metrics.declared.bps(),
            bytes: metrics.bytes.get(),
            request_us: self.since_trial(metrics.requested),
            ttfb_us: metrics.ttfb.map(Span::us),
            download_us: metrics.download.us(),
            throughput_bps: throughput.map(BitRate::bps),
            reads: metrics.reads,
            buffer_before_us: metrics.buffer_before.us(),
            buffer_after_us: metrics.buffer_after.us(),
            estimate_bps: metrics.estimate.map(BitRate::bps),
            wait_us: metrics.wait.us(),
            source: None,
            origin: None,
            sequence: metrics.sequence,
            status: metrics.status.map(u64::from),
            sender_cwnd: None,
            sender_srtt_us: None,
            sender_min_rtt_us: None,
            sender_retransmits: None,
            sender_delivery_rate_bps: None,
            err: metrics.err.clone(),
        }
    }

    /// The row of its `stall`-th stall, counted from 0.
    pub fn stall(&self, stall: u64, metrics: &StallMetrics) -> Stall {
        Stall {
            session: self.session,
            stall,
            start_us: self.since_trial(metrics.start),
            duration_us: metrics.duration.us(),
            played_us: metrics.played.us(),
            cut_off: metrics.cut_off,
        }
    }
    /// The row of what a session that follows a live stream has besides.
    pub fn live(&self, metrics: &LiveMetrics) -> Live {
        let availability = metrics.available as f64 / metrics.announced as f64;
        Live {
            session: self.session,
            latency_mean_us: metrics.latency.map(|latency| latency.mean.us()),
            latency_p95_us: metrics.latency.map(|latency| latency.p95.us()),
            capture_latency_mean_us: metrics.capture_latency.map(|latency| latency.mean.us()),
            capture_latency_p95_us: metrics.capture_latency.map(|latency| latency.p95.us()),
            rate_changed_us: metrics.rate_changed.us(),
            rate_deviation: metrics.rate_deviation.map(Ratio::as_f64),
            skips: metrics.skips,
            skipped_us: metrics.skipped.us(),
            announced: metrics.announced,
            available: metrics.available,
            availability: (metrics.announced > 0).then_some(availability),
            failures: metrics.failures,
            failovers: metrics.failovers,
        }
    }

    /// The row of its `request`-th request for a live media playlist, counted from 0.
    pub fn playlist(&self, request: u64, metrics: &PlaylistMetrics) -> Playlist {
        Playlist {
            session: self.session,
            request,
            rung: metrics.rung as u64,
            request_us: self.since_trial(metrics.requested),
            download_us: metrics.download.us(),
            source: None,
            origin: None,
            status: metrics.status.map(u64::from),
            first_sequence: metrics.first,
            last_sequence: metrics.last,
            discontinuities: metrics.discontinuities,
            age_us: metrics.age.map(Span::us),
            new: metrics.new,
            err: metrics.err.clone(),
        }
    }

    /// The row of what its viewer saw at one moment.
    pub fn moment(&self, metrics: &MomentMetrics) -> Moment {
        let phase = match metrics.phase {
            Some(Phase::Starting) => "starting",
            Some(Phase::Playing) => "playing",
            Some(Phase::Stalled) => "stalled",
            None => "over",
        };
        Moment {
            session: self.session,
            at_us: self.since_trial(metrics.at),
            phase: phase.to_owned(),
            buffer_us: metrics.buffer.us(),
            latency_us: metrics.latency.map(Span::us),
            capture_latency_us: metrics.capture_latency.map(Span::us),
            rate: metrics.rate.as_f64(),
        }
    }
}
