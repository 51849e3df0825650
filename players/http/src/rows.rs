//! From the facts of a session to the rows of the tables: microseconds since the start of the
//! trial, and the keys.

#[cfg(test)]
pub(crate) mod examples;

use crate::job::SessionJob;
use crate::session::{Asked, Ended};
use weir_core::{SegmentFacts, SessionFacts, StallFacts};
use weir_records::{Event, Record, Segment, Session, Stall};
use weir_units::{BitRate, Span, Time};

/// From which lateness on a process says that it missed moments it waited for: a [`LATE_EVENT`]. It
/// is a tenth of what a viewer notices, and a hundred times what an idle machine needs.
pub const LATE: Span = Span::from_ms(10);

/// The event of a session that was late by more than [`LATE`].
pub const LATE_EVENT: &str = "late";

/// All rows of a session: its own, its requests, its stalls.
pub(crate) fn records(job: &SessionJob, ended: &Ended) -> Vec<Record> {
    let facts = &ended.facts;
    let asked = ended.asked.iter().copied().chain(std::iter::repeat(Asked::default()));
    let requests = (0..).zip(&facts.segments).zip(asked);
    let stalls = (0..).zip(&facts.stalls);
    let mut records = vec![Record::Session(session(job, ended))];
    records
        .extend(requests.map(|((n, facts), asked)| Record::Segment(segment(job, n, facts, asked))));
    records.extend(stalls.map(|(n, facts)| Record::Stall(stall(job, n, facts))));
    records.extend((ended.latest > LATE).then(|| {
        Record::Event(Event {
            at_us: since_trial(job, Time::ZERO.after(facts.length)),
            node: job.node.clone(),
            service: "player".to_owned(),
            event: LATE_EVENT.to_owned(),
            detail: Some(format!(
                "session {} was up to {} us late to do what was due",
                job.session,
                ended.latest.us()
            )),
        })
    }));
    records
}

/// The rows of a session that could not even be started.
pub(crate) fn failure(job: &SessionJob, err: String) -> Vec<Record> {
    let facts = SessionFacts { err: Some(err), ..SessionFacts::default() };
    records(job, &Ended { facts, ..Ended::default() })
}

fn since_trial(job: &SessionJob, at: Time) -> u64 {
    job.start.after(at.since(Time::ZERO)).us()
}

fn session(job: &SessionJob, ended: &Ended) -> Session {
    let facts = &ended.facts;
    Session {
        session: job.session,
        node: job.node.clone(),
        abr: job.abr.name.clone(),
        knows: job.knows.name().to_owned(),
        protocol: ended.protocol.map(|version| format!("{version:?}")),
        start_us: job.start.us(),
        first_segment: job.first_segment,
        startup_us: facts.startup.map(Span::us),
        session_us: facts.length.us(),
        played_us: facts.played.us(),
        stalls: facts.stalls.len() as u64,
        stall_us: facts.stalled().us(),
        stall_ratio: facts.stall_ratio(),
        mean_bitrate_bps: facts.mean_bitrate_bps(),
        settled_bitrate_bps: facts.settled_bitrate_bps(),
        switches: facts.switches() as u64,
        segments: facts.arrived().count() as u64,
        bytes: facts.bytes().get(),
        mean_throughput_bps: facts.mean_throughput_bps(),
        mean_buffer_us: facts.mean_buffer().map(Span::us),
        err: facts.err.clone(),
    }
}

fn segment(job: &SessionJob, request: u64, facts: &SegmentFacts, asked: Asked) -> Segment {
    // A body that ended without having begun is a failure to which no state belongs.
    let sender = asked.sender.filter(|_| facts.err.is_none());
    Segment {
        session: job.session,
        request,
        segment: facts.segment as u64,
        rung: facts.rung as u64,
        declared_bps: facts.declared.bps(),
        bytes: facts.bytes.get(),
        request_us: since_trial(job, facts.requested),
        ttfb_us: facts.ttfb.map(Span::us),
        download_us: facts.download.us(),
        throughput_bps: facts
            .transfer
            .and_then(|transfer| BitRate::of(facts.bytes, transfer))
            .map(BitRate::bps),
        reads: facts.reads,
        buffer_before_us: facts.buffer_before.us(),
        buffer_after_us: facts.buffer_after.us(),
        estimate_bps: facts.estimate.map(BitRate::bps),
        wait_us: facts.wait.us(),
        source: asked.server.map(|server| server.to_string()),
        status: facts.status.map(u64::from),
        sender_cwnd: sender.map(|sender| sender.cwnd),
        sender_srtt_us: sender.map(|sender| sender.srtt.us()),
        sender_min_rtt_us: sender.and_then(|sender| sender.min_rtt).map(Span::us),
        sender_retransmits: sender.map(|sender| sender.retransmits),
        sender_delivery_rate_bps: sender.and_then(|sender| sender.delivery_rate).map(BitRate::bps),
        err: facts.err.clone(),
    }
}

fn stall(job: &SessionJob, stall: u64, facts: &StallFacts) -> Stall {
    Stall {
        session: job.session,
        stall,
        start_us: since_trial(job, facts.start),
        duration_us: facts.duration.us(),
        played_us: facts.played.us(),
        cut_off: facts.cut_off,
    }
}
