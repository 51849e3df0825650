//! Sessions that follow a live stream in real time.

use crate::server::{Answer, Server};
use crate::watching::{Rows, fixed, watch};
use weir_http::{LiveRules, Options, SessionJob, Transport, Viewing, play};
use weir_units::{Span, Time};

fn follower(server: &Server, others: &[&Server], watch_s: u64) -> SessionJob {
    let mut job = fixed(server, 0);
    job.url = server.url("/live/master.m3u8");
    job.streams = others.iter().map(|server| server.url("/live/master.m3u8")).collect();
    job.viewer.start = Time::ZERO.after(Span::from_ms(100));
    job.viewer.viewing = Viewing {
        live: Some(LiveRules::default()),
        watch: Span::from_s(watch_s),
        startup: Span::ZERO,
        resume: Span::ZERO,
        ..job.viewer.viewing
    };
    job
}

fn follow(job: SessionJob, transport: Transport) -> Rows {
    let rows = watch(&[job], transport);
    assert_eq!((rows.sessions.len(), rows.live.len()), (1, 1));
    assert_eq!(rows.sessions[0].err, None);
    rows
}

#[test]
fn a_live_session_is_what_its_rows_say() {
    let server = Server::start(&[]);
    let rows = follow(follower(&server, &[], 4), Transport::live());
    let live = &rows.live[0];
    // Three target durations of a second, and what it takes to start, give or take when it looks.
    let latency = live.latency_mean_us.unwrap();
    assert!((2_500_000..4_000_000).contains(&latency), "{live:?}");
    let capture = live.capture_latency_mean_us.unwrap();
    assert!((2_900_000..4_600_000).contains(&capture), "{live:?}");
    assert_eq!((live.skips, live.failures, live.failovers), (0, 0, 0));
    assert_eq!((live.announced, live.availability), (live.available, Some(1.0)));
    let sequences: Vec<_> = rows.segments.iter().filter_map(|row| row.sequence).collect();
    assert!(sequences.len() > 8 && sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    let known = |source: &Option<String>, origin: &Option<String>| {
        source.as_deref() == Some(&server.authority()) && origin.as_deref() == Some("origin-a")
    };
    assert!(rows.segments.iter().all(|row| known(&row.source, &row.origin)));
    assert!(rows.playlists.iter().all(|row| known(&row.source, &row.origin)));
    assert!((4..=9).contains(&rows.playlists.len()), "{:?}", rows.playlists);
    let seconds: Vec<_> = rows.moments.iter().map(|row| row.at_us).collect();
    assert_eq!(seconds, [1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    assert!(rows.moments.iter().all(|row| row.phase == "playing" && row.rate == 1.0));
}

#[test]
fn a_player_with_two_streams_leaves_the_one_that_fails() {
    let broken =
        Server::start(&[("/live/video.m3u8", Answer::Status("503 Busy", "X-Origin: sick"))]);
    let good = Server::start(&[]);
    let rows = follow(follower(&broken, &[&good], 3), Transport::live());
    assert_eq!((rows.live[0].failovers, rows.live[0].failures), (1, 1));
    let first = &rows.playlists[0];
    assert_eq!((first.status, first.origin.as_deref()), (Some(503), Some("sick")));
    assert_eq!(first.err.as_deref(), Some("HTTP status 503 Service Unavailable"));
    assert!(rows.segments.iter().all(|row| row.source.as_deref() == Some(&good.authority())));
    assert!(rows.moments[1..].iter().all(|row| row.phase == "playing"));
}

#[test]
fn a_server_that_hangs_is_left_after_the_limit() {
    let hangs = Server::start(&[("/live/video.m3u8", Answer::Silence)]);
    let good = Server::start(&[]);
    let impatient = Transport { header: Span::from_ms(300), ..Transport::live() };
    let rows = follow(follower(&hangs, &[&good], 3), impatient);
    let first = &rows.playlists[0];
    assert_eq!(first.err.as_deref(), Some("no response within 300 ms"));
    assert!((300_000..400_000).contains(&first.download_us), "{first:?}");
    assert_eq!(rows.live[0].failovers, 1);
}

#[test]
fn a_body_that_trickles_is_given_up_when_its_time_is_over() {
    let trickle = vec![(9, std::time::Duration::from_millis(100)); 300];
    let trickles = Server::start(&[("/live/video.m3u8", Answer::Pieces(trickle))]);
    let good = Server::start(&[]);
    let impatient = Transport { whole: Some(Span::from_ms(500)), ..Transport::live() };
    let rows = follow(follower(&trickles, &[&good], 3), impatient);
    let first = &rows.playlists[0];
    assert_eq!(first.err.as_deref(), Some("not all of the body within 500 ms"));
    assert!((500_000..700_000).contains(&first.download_us), "{first:?}");
    assert_eq!(rows.live[0].failovers, 1);
}

#[test]
fn a_live_stream_is_played_where_recorded_content_was_expected() {
    let server = Server::start(&[]);
    let mut options = Options::default();
    options.viewing.watch = Span::from_s(2);
    let metrics = play(&server.url("/live/master.m3u8"), &options, |_| {}).unwrap();
    assert_eq!(metrics.err, None);
    assert!(metrics.live.unwrap().latency.is_some());
}

#[test]
fn several_streams_of_recorded_content_are_refused() {
    let server = Server::start(&[]);
    let mut job = follower(&server, &[&server], 1);
    job.viewer.viewing.live = None;
    let rows = watch(&[job], Transport::default());
    assert_eq!(rows.sessions[0].err.as_deref(), Some("several streams of recorded content"));
}
