//! Downloads that the algorithm gives up while they are in progress.

use crate::server::{Answer, Server};
use crate::watching::{session, watch};
use std::time::Duration;
use weir_http::{PlayerProfile, Preset, Transport};

/// The fourth segment at the highest rung trickles: 150 kB at 50 kB/s.
fn trickle() -> Server {
    let pieces = vec![(5_000, Duration::from_millis(100)); 30];
    Server::start(&[("/vod/2/3.m4s", Answer::Pieces(pieces))])
}

#[test]
fn an_abandoned_download_is_requested_again_at_a_lower_rung_on_a_new_connection() {
    let server = trickle();
    let mut job = session(&server, "sabre-throughput");
    job.viewer.viewing.profile.abandonment = Some(true);
    let rows = watch(&[job], Transport::default());
    assert_eq!(rows.sessions[0].err, None);
    let place = rows.segments.iter().position(|row| row.segment == 3).unwrap();
    let (abandoned, again) = (&rows.segments[place], &rows.segments[place + 1]);
    assert_eq!((abandoned.rung, abandoned.err.as_deref()), (2, Some("abandoned for rung 0")));
    // Not before half a second, and long before all of it would have been there.
    assert!((500_000..1_500_000).contains(&abandoned.download_us), "{abandoned:?}");
    assert!(abandoned.bytes > 0 && abandoned.bytes < 100_000);
    assert_eq!((again.segment, again.rung, again.err.as_deref()), (3, 0, None));
    assert!(again.request_us >= abandoned.request_us + abandoned.download_us);
    let hits = server.hits();
    let connection = |path: &str| hits.iter().rfind(|hit| hit.path == path).unwrap().connection;
    assert_eq!(connection("/vod/2/2.m4s") + 1, connection("/vod/0/3.m4s"));
}

#[test]
fn without_abandonment_the_same_download_comes_to_its_end() {
    let server = trickle();
    let mut job = session(&server, "sabre-throughput");
    job.viewer.viewing.watch = weir_units::Span::from_s(5);
    job.viewer.viewing.profile =
        PlayerProfile { preset: Preset::Sabre, abandonment: Some(false), replacement: None };
    let rows = watch(&[job], Transport::default());
    let slow = rows.segments.iter().find(|row| row.segment == 3).unwrap();
    assert_eq!((slow.rung, slow.bytes, slow.err.as_deref()), (2, 150_000, None));
}
