//! Servers that fail or lie. Each session has a row that says what happened.

use crate::server::{Answer, Server};
use crate::watching::{Rows, fixed, impatient, session, watch};
use weir_records::Segment;
use weir_units::Span;

/// The first request of the second segment, which is answered like this.
fn second_segment(answer: Answer) -> (Rows, Segment) {
    let server = Server::start(&[("/vod/1/1.m4s", answer)]);
    let rows = watch(&[fixed(&server, 1)], impatient());
    let row = rows.segments.iter().find(|row| row.segment == 1).unwrap().clone();
    assert_eq!(row.rung, 1);
    // The session goes on, at the lowest rung, after a second.
    assert_eq!(rows.sessions[0].err, None);
    let retry = rows.segments.iter().find(|row| row.segment == 1 && row.request == 2).unwrap();
    assert_eq!((retry.rung, retry.err.as_deref()), (0, None));
    assert!(retry.request_us >= row.request_us + row.download_us + 1_000_000);
    (rows, row)
}

#[test]
fn a_missing_segment_is_taken_from_the_lowest_rung() {
    let (_, row) = second_segment(Answer::Status("404 Not Found", "X-A: b"));
    assert_eq!((row.status, row.bytes, row.ttfb_us), (Some(404), 0, None));
    assert_eq!(row.err.as_deref(), Some("HTTP status 404 Not Found"));
}

#[test]
fn a_body_that_breaks_off_is_a_failure() {
    let (_, row) = second_segment(Answer::Lie { announced: 50_000, sent: 20_000 });
    assert_eq!((row.status, row.bytes), (Some(200), 20_000));
    assert_eq!(row.throughput_bps, None);
    let err = row.err.unwrap();
    assert!(err.starts_with("receiving the body: "), "{err}");
}

#[test]
fn a_body_that_comes_to_rest_is_a_failure() {
    let (_, row) = second_segment(Answer::Stuck { announced: 50_000, sent: 20_000 });
    assert_eq!(row.err.as_deref(), Some("no more of the body within 300 ms"));
    assert!((300_000..900_000).contains(&row.download_us));
}

#[test]
fn a_body_that_does_not_begin_is_a_failure() {
    let (_, row) = second_segment(Answer::Stuck { announced: 50_000, sent: 0 });
    assert_eq!((row.status, row.bytes, row.ttfb_us), (Some(200), 0, None));
    assert_eq!(row.err.as_deref(), Some("no more of the body within 300 ms"));
}

#[test]
fn a_server_that_does_not_answer_is_a_failure() {
    let (_, row) = second_segment(Answer::Silence);
    assert_eq!((row.status, row.bytes), (None, 0));
    assert_eq!(row.err.as_deref(), Some("no response within 300 ms"));
}

#[test]
fn a_redirect_is_refused_with_its_target() {
    let (_, row) = second_segment(Answer::Status("302 Found", "Location: http://elsewhere/1.m4s"));
    assert_eq!(row.status, Some(302));
    let err = row.err.unwrap();
    assert!(err.contains("http://elsewhere/1.m4s") && err.contains("not followed"), "{err}");
}

#[test]
fn an_empty_body_is_a_failure() {
    let (_, row) = second_segment(Answer::Body(Vec::new()));
    assert_eq!(row.err.as_deref(), Some("an empty body"));
}

#[test]
fn more_bytes_than_announced_are_not_taken_for_the_next_response() {
    // The surplus breaks the connection, which costs no request: the next one opens another.
    let server = Server::start(&[("/vod/1/1.m4s", Answer::Lie { announced: 9_000, sent: 20_000 })]);
    let rows = watch(&[fixed(&server, 1)], impatient());
    assert_eq!(rows.sessions[0].err, None);
    assert_eq!((rows.segments[1].bytes, rows.segments[1].err.as_deref()), (9_000, None));
    assert_eq!((rows.segments[2].segment, rows.segments[2].err.as_deref()), (2, None));
}

#[test]
fn a_server_that_fails_for_ever_ends_the_session() {
    let missing = || Answer::Status("503 Service Unavailable", "X-A: b");
    let server = Server::start(&[("/vod/1/1.m4s", missing()), ("/vod/0/1.m4s", missing())]);
    let mut job = fixed(&server, 1);
    job.viewer.viewing.watch = Span::from_s(30);
    let rows = watch(&[job], impatient());
    let row = &rows.sessions[0];
    let err = "segment 1 at rung 0: HTTP status 503 Service Unavailable (after 3 retries)";
    assert_eq!(row.err.as_deref(), Some(err));
    assert!((3_000_000..4_500_000).contains(&row.session_us));
    assert_eq!((row.segments, rows.segments.len()), (1, 5));
}

/// Why a session ended whose master playlist is answered like this.
fn master(answer: Answer) -> String {
    let server = Server::start(&[("/vod/master.m3u8", answer)]);
    let mut job = session(&server, "bola");
    job.viewer.viewing.watch = Span::from_s(8);
    let rows = watch(&[job], impatient());
    assert!(rows.segments.is_empty() && rows.stalls.is_empty());
    assert_eq!((rows.sessions[0].startup_us, rows.sessions[0].played_us), (None, 0));
    rows.sessions[0].err.clone().unwrap()
}

#[test]
fn garbage_is_not_a_playlist() {
    let err = master(Answer::Body(b"<html>it works</html>".to_vec()));
    assert_eq!(err, "the master playlist: line 1: not a playlist: it does not begin with #EXTM3U");
}

#[test]
fn an_announced_flood_is_not_received() {
    let err = master(Answer::Lie { announced: 16_000_001, sent: 10 });
    let limit = "a body of 16000001 bytes (at most 16000000 are allowed)";
    assert_eq!(err, format!("the master playlist: {limit} (after 3 retries)"));
}

#[test]
fn an_endless_playlist_is_cut_off() {
    let err = master(Answer::Endless);
    assert!(err.contains("(at most 16000000 are allowed) (after 3 retries)"), "{err}");
}

#[test]
fn a_session_without_a_server_has_a_row() {
    let server = Server::start(&[]);
    let url = server.url("/vod/master.m3u8");
    let mut job = session(&server, "bola");
    drop(server);
    job.viewer.viewing.watch = Span::from_s(8);
    let rows = watch(&[job.clone()], impatient());
    let err = rows.sessions[0].err.as_deref().unwrap();
    assert!(err.starts_with("the master playlist: connecting to 127.0.0.1:"), "{err}");
    assert!(err.ends_with("(after 3 retries)"), "{err}");

    job.url = url.replace("http:", "https:");
    job.viewer.viewing.watch = Span::from_s(1);
    let mut unknown = job.clone();
    unknown.viewer.viewing.abr.name = "bolo".to_owned();
    let rows = watch(&[job, unknown], impatient());
    // The first is still trying when its watch ends; the second cannot even begin.
    assert_eq!(rows.sessions[0].session_us, 1_000_000);
    let err = rows.sessions[1].err.as_deref().unwrap();
    assert!(err.starts_with("choosing the algorithm: no algorithm is called \"bolo\""), "{err}");
}
