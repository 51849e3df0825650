//! From what an end of a flow knows to its row, which lacks what only the other end knows.

use crate::job::{FlowJob, Role};
use weir_clock::LATE;
use weir_records::{Event, EventKind, Flow, Record};
use weir_units::{Span, Time};

/// What an end of a flow knows.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub congestion_control: Option<String>,
    /// Payload received.
    pub bytes: u64,
    pub sent_packets: Option<u64>,
    pub packets: Option<u64>,
    pub retransmits: Option<u64>,
    pub objects: Option<u64>,
    /// All times from request to last byte together.
    pub objects_took: Span,
    /// Datagrams that arrived, but found the process too slow.
    pub overflows: u64,
}

/// How an end of a flow ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub facts: Facts,
    /// When, if that was before its time.
    pub at: Time,
    /// The most by which it missed a moment.
    pub latest: Span,
    pub err: Option<String>,
}

/// The rows of an end of a flow: its half of a row of `flows`, for [`crate::join`], and events.
pub(crate) fn records(job: &FlowJob, ended: Ended) -> Vec<Record> {
    let Ended { facts, at, latest, err } = ended;
    // Between its start and its end, whenever it failed.
    let end = if err.is_some() { at.min(job.end) } else { job.end }.max(job.start);
    let node = match job.role {
        Role::Send => &job.from,
        Role::Receive => &job.to,
    };
    let name = format!("{} {} flow {}", job.kind.name(), job.traffic, job.flow);
    let late = |detail| {
        Record::Event(Event {
            at_us: end.us(),
            node: node.clone(),
            service: "traffic".to_owned(),
            event: EventKind::Late,
            detail: Some(detail),
        })
    };
    let mut records = Vec::new();
    records.extend(
        (latest > LATE)
            .then(|| late(format!("{name} was up to {} us late to do what was due", latest.us()))),
    );
    records.extend((facts.overflows > 0).then(|| {
        late(format!("{name} was too late for {} datagrams that had arrived", facts.overflows))
    }));
    let objects = facts.objects.filter(|objects| *objects > 0);
    let half = Flow {
        traffic: job.traffic,
        flow: job.flow,
        kind: job.kind.name().to_owned(),
        from: job.from.clone(),
        to: job.to.clone(),
        congestion_control: facts.congestion_control,
        start_us: job.start.us(),
        end_us: end.us(),
        bytes: facts.bytes,
        goodput_bps: None,
        sent_packets: facts.sent_packets,
        packets: facts.packets,
        retransmits: facts.retransmits,
        objects: facts.objects,
        object_mean_us: objects.map(|objects| facts.objects_took.us() / objects),
        err,
    };
    records.push(Record::Flow(half));
    records
}
