//! From the facts of a session to the rows of the tables: microseconds since the start of the
//! trial, and the keys. What only a driver knows (servers, protocols) is missing here.

use crate::facts::{SegmentFacts, SessionFacts, StallFacts};
use crate::live::{LiveFacts, MomentFacts, PlaylistFacts};
use crate::playback::Phase;
use weir_abr::Knows;
use weir_records::{Live, Moment, Playlist, Segment, Session, Stall};
use weir_units::{BitRate, Ratio, Span, Time};

/// Which session it is: what its rows say of it besides its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys<'a> {
    /// Its number within the trial.
    pub session: u64,
    /// The node that it ran on.
    pub node: &'a str,
    /// The name of the algorithm.
    pub abr: &'a str,
    /// What the algorithm knew of coming segments.
    pub knows: Knows,
    /// When the viewer pressed play, since the start of the trial.
    pub start: Time,
    /// The segment of the content with which it began.
    pub first_segment: u64,
}

impl Keys<'_> {
    /// A moment of the session in microseconds since the start of the trial.
    pub fn since_trial(&self, at: Time) -> u64 {
        self.start.after(at.since(Time::ZERO)).us()
    }

    /// The session's own row.
    pub fn session(&self, facts: &SessionFacts) -> Session {
        let (sabre, pensieve) = facts.published();
        let (playout, transfers) = (facts.playout(), facts.transfers());
        Session {
            session: self.session,
            node: self.node.to_owned(),
            abr: self.abr.to_owned(),
            knows: self.knows.name().to_owned(),
            protocol: None,
            start_us: self.start.us(),
            first_segment: self.first_segment,
            startup_us: facts.startup.map(Span::us),
            session_us: facts.length.us(),
            played_us: facts.played.us(),
            stalls: facts.stalls.len() as u64,
            stall_us: facts.stalled().us(),
            stall_ratio: facts.stall_ratio(),
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
            err: facts.err.clone(),
        }
    }

    /// The row of its `request`-th segment request, counted from 0.
    pub fn segment(&self, request: u64, facts: &SegmentFacts) -> Segment {
        let throughput = facts.transfer.and_then(|transfer| BitRate::of(facts.bytes, transfer));
        Segment {
            session: self.session,
            request,
            segment: facts.segment as u64,
            rung: facts.rung as u64,
            declared_bps: facts.declared.bps(),
            bytes: facts.bytes.get(),
            request_us: self.since_trial(facts.requested),
            ttfb_us: facts.ttfb.map(Span::us),
            download_us: facts.download.us(),
            throughput_bps: throughput.map(BitRate::bps),
            reads: facts.reads,
            buffer_before_us: facts.buffer_before.us(),
            buffer_after_us: facts.buffer_after.us(),
            estimate_bps: facts.estimate.map(BitRate::bps),
            wait_us: facts.wait.us(),
            source: None,
            origin: None,
            sequence: facts.sequence,
            status: facts.status.map(u64::from),
            sender_cwnd: None,
            sender_srtt_us: None,
            sender_min_rtt_us: None,
            sender_retransmits: None,
            sender_delivery_rate_bps: None,
            err: facts.err.clone(),
        }
    }

    /// The row of its `stall`-th stall, counted from 0.
    pub fn stall(&self, stall: u64, facts: &StallFacts) -> Stall {
        Stall {
            session: self.session,
            stall,
            start_us: self.since_trial(facts.start),
            duration_us: facts.duration.us(),
            played_us: facts.played.us(),
            cut_off: facts.cut_off,
        }
    }
    /// The row of what a session that follows a live stream has besides.
    pub fn live(&self, facts: &LiveFacts) -> Live {
        let availability = facts.available as f64 / facts.announced as f64;
        Live {
            session: self.session,
            latency_mean_us: facts.latency.map(|latency| latency.mean.us()),
            latency_p95_us: facts.latency.map(|latency| latency.p95.us()),
            capture_latency_mean_us: facts.capture_latency.map(|latency| latency.mean.us()),
            capture_latency_p95_us: facts.capture_latency.map(|latency| latency.p95.us()),
            rate_changed_us: facts.rate_changed.us(),
            rate_deviation: facts.rate_deviation.map(Ratio::as_f64),
            skips: facts.skips,
            skipped_us: facts.skipped.us(),
            announced: facts.announced,
            available: facts.available,
            availability: (facts.announced > 0).then_some(availability),
            failures: facts.failures,
            failovers: facts.failovers,
        }
    }

    /// The row of its `request`-th request for a live media playlist, counted from 0.
    pub fn playlist(&self, request: u64, facts: &PlaylistFacts) -> Playlist {
        Playlist {
            session: self.session,
            request,
            rung: facts.rung as u64,
            request_us: self.since_trial(facts.requested),
            download_us: facts.download.us(),
            source: None,
            origin: None,
            status: facts.status.map(u64::from),
            first_sequence: facts.first,
            last_sequence: facts.last,
            discontinuities: facts.discontinuities,
            age_us: facts.age.map(Span::us),
            new: facts.new,
            err: facts.err.clone(),
        }
    }

    /// The row of what its viewer saw at one moment.
    pub fn moment(&self, facts: &MomentFacts) -> Moment {
        let phase = match facts.phase {
            Some(Phase::Starting) => "starting",
            Some(Phase::Playing) => "playing",
            Some(Phase::Stalled) => "stalled",
            None => "over",
        };
        Moment {
            session: self.session,
            at_us: self.since_trial(facts.at),
            phase: phase.to_owned(),
            buffer_us: facts.buffer.us(),
            latency_us: facts.latency.map(Span::us),
            capture_latency_us: facts.capture_latency.map(Span::us),
            rate: facts.rate.as_f64(),
        }
    }
}
