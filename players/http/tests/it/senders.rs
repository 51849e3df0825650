//! What the sender's TCP knows arrives in the rows of the segments that it sent.

use crate::server::{Answer, Server, monotonic_ns};
use crate::watching::{Rows, fixed, impatient, rows, watch};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use weir_http::{Job, SenderState, Senders};
use weir_units::{BitRate, Span};

/// Answers with numbers that count the questions, except every third time.
#[derive(Default)]
struct Fake {
    asked: Mutex<Vec<(SocketAddr, SocketAddr)>>,
}

fn state(question: u64) -> Option<SenderState> {
    (question % 3 != 2).then(|| SenderState {
        cwnd: 10 + question,
        srtt: Span::from_us(2_000 + question),
        min_rtt: Some(Span::from_us(1_000 + question)),
        retransmits: question,
        delivery_rate: Some(BitRate::from_bps(5_000_000 + question)),
    })
}

impl Senders for Fake {
    fn state(&self, server: SocketAddr, client: SocketAddr) -> Option<SenderState> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((server, client));
        state(asked.len() as u64 - 1)
    }
}

fn played(server: &Server, watch: Span) -> (Rows, Vec<(SocketAddr, SocketAddr)>) {
    let fake = Arc::new(Fake::default());
    let mut session = fixed(server, 1);
    session.viewer.viewing.watch = watch;
    let job = Job {
        epoch: monotonic_ns(),
        sessions: vec![session],
        transport: impatient(),
        folder: "".into(),
        log: None,
    };
    let rows = rows(&job, Some(fake.clone()));
    let asked = fake.asked.lock().unwrap().clone();
    (rows, asked)
}

#[test]
fn the_state_of_the_sender_stands_in_the_row_of_its_segment() {
    let broken = Answer::Lie { announced: 50_000, sent: 20_000 };
    let server = Server::start(&[
        ("/vod/1/2.m4s", Answer::Status("404 Not Found", "X-A: b")),
        ("/vod/1/4.m4s", broken),
        ("/vod/1/5.m4s", Answer::Body(Vec::new())),
    ]);
    // Each of the three failures costs a second.
    let (rows, asked) = played(&server, Span::from_s(5));
    assert!(rows.segments.len() > 10);
    let address: SocketAddr = server.authority().parse().unwrap();
    assert!(asked.iter().all(|(to, from)| *to == address && from.ip() == address.ip()));
    let mut question = 0;
    for row in &rows.segments {
        assert_eq!(row.source, Some(server.authority()), "segment {}", row.segment);
        let expected = row.err.is_none().then(|| state(question)).flatten();
        // A body that ended before it began was asked about as well: see the row's error.
        let complete = row.err.is_none() || row.err.as_deref() == Some("an empty body");
        question += u64::from(complete);
        let of = |pick: fn(SenderState) -> u64| expected.map(pick);
        assert_eq!(row.sender_cwnd, of(|s| s.cwnd));
        assert_eq!(row.sender_srtt_us, of(|s| s.srtt.us()));
        assert_eq!(row.sender_min_rtt_us, of(|s| s.min_rtt.unwrap().us()));
        assert_eq!(row.sender_retransmits, of(|s| s.retransmits));
        assert_eq!(row.sender_delivery_rate_bps, of(|s| s.delivery_rate.unwrap().bps()));
    }
    assert_eq!(rows.segments.iter().filter(|row| row.err.is_some()).count(), 3);
    // Segments only: neither playlists nor initialization sections.
    assert_eq!(question, asked.len() as u64);
}

#[test]
fn a_segment_is_asked_about_on_the_connection_that_brought_it() {
    let leave = |n| (format!("/vod/1/{n}.m4s"), Answer::Leave(vec![0; 9_000]));
    let answers: Vec<_> = (0..120).map(leave).collect();
    let mischief: Vec<_> = answers.iter().map(|(p, a)| (p.as_str(), a.clone())).collect();
    let (rows, asked) = played(&Server::start(&mischief), Span::from_s(2));
    assert!(rows.segments.len() > 10);
    // Every connection is new, and so is its port.
    let mut ports: Vec<_> = asked.iter().map(|(_, client)| client.port()).collect();
    let segments = ports.len();
    ports.sort_unstable();
    ports.dedup();
    assert!(ports.len() > segments / 2, "{ports:?}");
}

#[test]
fn without_anybody_who_sees_the_sender_its_state_is_missing() {
    let server = Server::start(&[]);
    let rows = watch(&[fixed(&server, 1)], impatient());
    let unknown = rows.segments.iter().all(|row| {
        row.source == Some(server.authority())
            && row.sender_cwnd.is_none()
            && row.sender_srtt_us.is_none()
            && row.sender_min_rtt_us.is_none()
            && row.sender_retransmits.is_none()
            && row.sender_delivery_rate_bps.is_none()
    });
    assert!(unknown);
}
