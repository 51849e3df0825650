//! The rows of a session: those of its facts, with what only the network's side knows.

#[cfg(test)]
pub(crate) mod examples;

use crate::job::SessionJob;
use crate::session::{Asked, Ended};
use weir_clock::{LATE, LATE_EVENT};
use weir_core::{SegmentFacts, SessionFacts};
use weir_records::{Event, Playlist, Record, Segment, Session};
use weir_units::{BitRate, Span, Time};

/// All rows of a session: its own, its requests, its stalls, and what a live stream adds.
pub(crate) fn records(job: &SessionJob, ended: &Ended) -> Vec<Record> {
    let facts = &ended.facts;
    let requests = (0..)
        .zip(&facts.segments)
        .zip(asked(&ended.asked, facts.segments.iter().map(|s| s.requested)));
    let stalls = (0..).zip(&facts.stalls);
    let mut records = vec![Record::Session(session(job, ended))];
    records
        .extend(requests.map(|((n, facts), asked)| Record::Segment(segment(job, n, facts, asked))));
    records.extend(stalls.map(|(n, facts)| Record::Stall(job.keys().stall(n, facts))));
    if let Some(live) = &facts.live {
        records.push(Record::Live(job.keys().live(live)));
        let playlists = (0..)
            .zip(&live.playlists)
            .zip(asked(&ended.playlists, live.playlists.iter().map(|p| p.requested)));
        records.extend(playlists.map(|((n, facts), asked)| {
            let source = asked.server.map(|server| server.to_string());
            let row = job.keys().playlist(n, facts);
            Record::Playlist(Playlist { source, origin: asked.origin, ..row })
        }));
        records.extend(live.moments.iter().map(|facts| Record::Moment(job.keys().moment(facts))));
    }
    records.extend((ended.latest > LATE).then(|| {
        Record::Event(Event {
            at_us: job.keys().since_trial(Time::ZERO.after(facts.length)),
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

/// What is known of each of the requests that were due at these moments; nothing of those that were never
/// sent.
fn asked(known: &[Asked], due: impl Iterator<Item = Time>) -> impl Iterator<Item = Asked> {
    let mut known = known.iter().peekable();
    due.map(move |due| known.next_if(|asked| asked.due == due).cloned().unwrap_or_default())
}

/// The rows of a session that could not even be started.
pub(crate) fn failure(job: &SessionJob, err: String) -> Vec<Record> {
    let facts = SessionFacts { err: Some(err), ..SessionFacts::default() };
    records(job, &Ended { facts, ..Ended::default() })
}

fn session(job: &SessionJob, ended: &Ended) -> Session {
    let protocol = ended.protocol.map(|version| format!("{version:?}"));
    Session { protocol, ..job.keys().session(&ended.facts) }
}

fn segment(job: &SessionJob, request: u64, facts: &SegmentFacts, asked: Asked) -> Segment {
    // A body that ended without having begun is a failure to which no state belongs.
    let sender = asked.sender.filter(|_| facts.err.is_none());
    Segment {
        source: asked.server.map(|server| server.to_string()),
        origin: asked.origin,
        sender_cwnd: sender.map(|sender| sender.cwnd),
        sender_srtt_us: sender.map(|sender| sender.srtt.us()),
        sender_min_rtt_us: sender.and_then(|sender| sender.min_rtt).map(Span::us),
        sender_retransmits: sender.map(|sender| sender.retransmits),
        sender_delivery_rate_bps: sender.and_then(|sender| sender.delivery_rate).map(BitRate::bps),
        ..job.keys().segment(request, facts)
    }
}
