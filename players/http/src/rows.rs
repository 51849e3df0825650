//! The rows of a session: those of its metrics, with what only the network's side knows.

#[cfg(test)]
pub(crate) mod examples;

use crate::session::{RequestContext, SessionOutcome};
use weir_clock::LATE;
use weir_core::{SegmentMetrics, SessionMetrics, Viewer};
use weir_records::{Event, EventKind, Playlist, Record, Segment, Session};
use weir_units::{BitRate, Span, Time};

/// All rows of a session: its own, its requests, its stalls, and what a live stream adds.
pub(crate) fn records(viewer: &Viewer, ended: &SessionOutcome) -> Vec<Record> {
    let metrics = &ended.metrics;
    let requests = (0..)
        .zip(&metrics.segments)
        .zip(asked(&ended.asked, metrics.segments.iter().map(|s| s.requested)));
    let stalls = (0..).zip(&metrics.stalls);
    let mut records = vec![Record::Session(session(viewer, ended))];
    records.extend(
        requests.map(|((n, metrics), asked)| Record::Segment(segment(viewer, n, metrics, asked))),
    );
    records.extend(stalls.map(|(n, metrics)| Record::Stall(viewer.stall(n, metrics))));
    if let Some(live) = &metrics.live {
        records.push(Record::Live(viewer.live(live)));
        let playlists = (0..)
            .zip(&live.playlists)
            .zip(asked(&ended.playlists, live.playlists.iter().map(|p| p.requested)));
        records.extend(playlists.map(|((n, metrics), asked)| {
            let source = asked.server.map(|server| server.to_string());
            let row = viewer.playlist(n, metrics);
            Record::Playlist(Playlist { source, origin: asked.origin, ..row })
        }));
        records.extend(live.moments.iter().map(|metrics| Record::Moment(viewer.moment(metrics))));
    }
    records.extend((ended.latest > LATE).then(|| {
        Record::Event(Event {
            at_us: viewer.since_trial(Time::ZERO.after(metrics.length)),
            node: viewer.node.clone(),
            service: "player".to_owned(),
            event: EventKind::Late,
            detail: Some(format!(
                "session {} was up to {} us late to do what was due",
                viewer.session,
                ended.latest.us()
            )),
        })
    }));
    records
}

/// What is known of each of the requests that were due at these moments; nothing of those that were
/// never sent.
fn asked(
    known: &[RequestContext],
    due: impl Iterator<Item = Time>,
) -> impl Iterator<Item = RequestContext> {
    let mut known = known.iter().peekable();
    due.map(move |due| known.next_if(|asked| asked.due == due).cloned().unwrap_or_default())
}

/// The rows of a session that could not even be started.
pub(crate) fn failure(viewer: &Viewer, err: String) -> Vec<Record> {
    let metrics = SessionMetrics { err: Some(err), ..SessionMetrics::default() };
    records(viewer, &SessionOutcome { metrics, ..SessionOutcome::default() })
}

fn session(viewer: &Viewer, ended: &SessionOutcome) -> Session {
    let protocol = ended.protocol.map(|version| format!("{version:?}"));
    Session { protocol, ..viewer.session(&ended.metrics) }
}

fn segment(
    viewer: &Viewer,
    request: u64,
    metrics: &SegmentMetrics,
    asked: RequestContext,
) -> Segment {
    // A body that ended without having begun is a failure to which no state belongs.
    let sender = asked.sender.filter(|_| metrics.err.is_none());
    Segment {
        source: asked.server.map(|server| server.to_string()),
        origin: asked.origin,
        sender_cwnd: sender.map(|sender| sender.cwnd),
        sender_srtt_us: sender.map(|sender| sender.srtt.us()),
        sender_min_rtt_us: sender.and_then(|sender| sender.min_rtt).map(Span::us),
        sender_retransmits: sender.map(|sender| sender.retransmits),
        sender_delivery_rate_bps: sender.and_then(|sender| sender.delivery_rate).map(BitRate::bps),
        ..viewer.segment(request, metrics)
    }
}
