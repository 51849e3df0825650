//! Reading in large pieces changes neither the first nor the last byte's time.

use crate::server::{Answer, Hit, Server};
use crate::watching::{Rows, fixed, watch};
use std::time::Duration;
use weir_http::Transport;
use weir_units::Span;

/// What a loaded machine may need from the server's write to the player's read. A mark that is too
/// high would wait for the next piece, or for ever.
const PROMPT_US: i64 = 30_000;

/// How much is read packet by packet before the mark is raised.
const RAMP: usize = 1_200_000;

/// Bodies whose pieces end in every awkward place: below, at and above the mark.
fn bodies() -> Vec<Vec<usize>> {
    vec![
        vec![RAMP],
        vec![1, 1],
        vec![1, 32_767, 1],
        vec![32_768, 32_768, 32_768],
        vec![32_769, 1, 65_535],
        vec![5, 80_000, 5],
        vec![100, 100, 100, 100],
        vec![140_000, 3, 32_800, 20],
        vec![1448; 25],
    ]
}

fn played(transport: Transport) -> (Rows, Vec<Hit>, u64) {
    let pause = Duration::from_millis(40);
    let paced = |pieces: Vec<usize>| {
        Answer::Pieces(pieces.into_iter().map(|bytes| (bytes, pause)).collect())
    };
    let answers: Vec<_> = bodies()
        .into_iter()
        .enumerate()
        .map(|(n, pieces)| (format!("/vod/0/{n}.m4s"), paced(pieces)))
        .collect();
    let mischief: Vec<_> = answers.iter().map(|(p, a)| (p.as_str(), a.clone())).collect();
    let server = Server::start(&mischief);
    let mut job = fixed(&server, 0);
    job.viewer.viewing.watch = Span::from_s(4);
    let epoch = crate::server::monotonic_ns();
    let rows = watch(&[job], transport);
    (rows, server.hits(), epoch)
}

#[test]
fn the_first_and_the_last_byte_are_seen_when_they_arrive() {
    let (rows, hits, epoch) = played(Transport::default());
    assert_eq!(rows.sessions[0].err, None);
    for (n, pieces) in bodies().iter().enumerate() {
        let row = &rows.segments[n];
        assert_eq!((row.segment, row.err.as_deref()), (n as u64, None));
        assert_eq!(row.bytes as usize, pieces.iter().sum::<usize>());
        let hit = hits.iter().find(|hit| hit.path == format!("/vod/0/{n}.m4s")).unwrap();
        // The rows count from an epoch that was read a moment after this one.
        let written = |at: &u64| (at - epoch) as i64 / 1000;
        let first = (row.request_us + row.ttfb_us.unwrap()) as i64;
        let last = (row.request_us + row.download_us) as i64;
        let late = [first - written(&hit.written[0]), last - written(hit.written.last().unwrap())];
        assert!(late.iter().all(|us| us.abs() < PROMPT_US), "segment {n}: {late:?} us late");
    }
}

#[test]
fn large_pieces_save_reads() {
    let (packets, _, _) = played(Transport { low_water: false, ..Transport::default() });
    let (large, _, _) = played(Transport::default());
    let reads = |rows: &Rows| {
        let row = rows.segments.iter().find(|row| row.bytes == 25 * 1448).unwrap();
        row.reads
    };
    // 25 packets, one by one; or the first, and then as many at a time as reach the mark.
    assert_eq!(reads(&packets), 25);
    assert!(reads(&large) <= 5, "{} reads", reads(&large));
}
