//! Sessions that go well.

use crate::server::{Answer, LADDER, SEGMENT_MS, Server, size};
use crate::watching::{fixed, impatient, session, watch};
use weir_http::{Job, Options, SizeHints, Transport, play, run};
use weir_units::{Span, Time};

#[test]
fn a_session_is_what_its_rows_say() {
    let server = Server::start(&[]);
    let rows = watch(&[fixed(&server, 1)], Transport::default());
    let [session] = &rows.sessions[..] else { panic!("{rows:?}") };
    assert_eq!(session.err, None);
    assert_eq!(session.protocol.as_deref(), Some("HTTP/1.1"));
    assert_eq!((session.session_us, session.stalls), (2_000_000, 0));
    let startup = session.startup_us.unwrap();
    assert!(startup < 500_000, "{startup} us to the first frame on the loopback interface");
    // Rounded down to microseconds, each of them.
    assert!((1_999_998..=2_000_000).contains(&(startup + session.played_us)));
    assert_eq!(session.mean_bitrate_bps, Some(LADDER[1] as f64));
    // 8 s of buffer and at least 1.5 s played, in segments of half a second.
    assert!(session.segments >= 18, "{} segments", session.segments);
    for (n, row) in rows.segments.iter().enumerate().take(session.segments as usize) {
        assert_eq!((row.segment, row.rung, row.status), (n as u64, 1, Some(200)));
        assert_eq!(row.bytes, size(1, n) as u64);
        assert_eq!(row.err, None);
        assert!(row.buffer_after_us >= SEGMENT_MS as u64 * 1000);
        assert!(row.buffer_after_us <= 8_000_000);
        assert!(row.ttfb_us.unwrap() <= row.download_us);
    }
    assert!(rows.segments.windows(2).all(|pair| pair[0].request_us <= pair[1].request_us));
}

#[test]
fn one_connection_serves_a_whole_session() {
    let server = Server::start(&[]);
    watch(&[session(&server, "bola")], Transport::default());
    let hits = server.hits();
    assert!(hits.len() > 10);
    assert!(hits.iter().all(|hit| hit.connection == 0));
    let documents: Vec<_> = hits.iter().take(4).map(|hit| hit.path.as_str()).collect();
    let expected = ["/vod/master.m3u8", "/vod/0/video.m3u8", "/vod/0/init.mp4", "/vod/0/0.m4s"];
    assert_eq!(documents, expected);
}

#[test]
fn the_sessions_of_a_job_keep_their_names_and_their_starts() {
    let server = Server::start(&[]);
    let abrs = ["throughput", "bba0", "bola"];
    let job = |(n, abr): (u64, &&str)| {
        let mut job = session(&server, abr);
        (job.viewer.session, job.viewer.first_segment) = (7 + n, 3 * n);
        job.viewer.start = Time::ZERO.after(Span::from_ms(200 * n));
        job.viewer.viewing.watch = Span::from_s(1);
        job
    };
    let jobs: Vec<_> = (0..).zip(&abrs).map(job).collect();
    let rows = watch(&jobs, Transport::default());
    assert_eq!(rows.sessions.iter().map(|s| &s.abr).collect::<Vec<_>>(), abrs.each_ref());
    for (n, row) in (0..).zip(&rows.sessions) {
        assert_eq!((row.session, row.start_us, row.first_segment), (7 + n, 200_000 * n, 3 * n));
        assert_eq!((row.session_us, row.err.as_deref()), (1_000_000, None));
        let first = rows.segments.iter().find(|s| s.session == row.session).unwrap();
        assert_eq!((first.segment, first.request, first.rung), (3 * n, 0, 0));
        assert!(first.request_us >= row.start_us);
    }
    // On the loopback interface, a rate-based player goes to the highest rung with its first
    // sample.
    let mut throughput = rows.segments.iter().filter(|s| s.session == 7);
    let first = throughput.find(|s| s.estimate_bps.is_some()).unwrap();
    assert_eq!(first.rung, 2);
    assert!(first.estimate_bps.unwrap() > LADDER[2] as u64);
}

#[test]
fn a_server_that_offers_sizes_is_asked_for_them() {
    let server = Server::start(&[]);
    let mut job = session(&server, "throughput");
    (job.viewer.viewing.knows, job.viewer.viewing.watch) = (SizeHints::Sizes, Span::from_s(1));
    let rows = watch(&[job], Transport::default());
    assert_eq!(rows.sessions[0].err, None);
    assert_eq!(rows.sessions[0].knows, "sizes");
    assert!(server.hits().iter().any(|hit| hit.path == "/vod/sizes.json"));
}

#[test]
fn a_slow_server_stalls_the_session() {
    // Every segment takes 800 ms and plays 500 ms.
    let pause = std::time::Duration::from_millis(400);
    let slow = Answer::Pieces(vec![(6_000, pause), (6_500, pause)]);
    let paths: Vec<_> = (0..20).map(|n| format!("/vod/0/{n}.m4s")).collect();
    let mischief: Vec<_> = paths.iter().map(|path| (path.as_str(), slow.clone())).collect();
    let server = Server::start(&mischief);
    let mut job = fixed(&server, 0);
    (job.viewer.viewing.startup, job.viewer.viewing.resume) =
        (Span::from_ms(500), Span::from_ms(500));
    job.viewer.viewing.watch = Span::from_s(3);
    let rows = watch(&[job], Transport::default());
    let session = &rows.sessions[0];
    assert_eq!(session.err, None);
    assert_eq!(session.stalls as usize, rows.stalls.len());
    // Played from 0.8 s to 1.3 s, from 1.6 s to 2.1 s, and from 2.4 s to 2.9 s.
    assert_eq!(session.stalls, 3);
    assert!(rows.stalls[2].cut_off && !rows.stalls[1].cut_off);
    let whole = session.startup_us.unwrap() + session.played_us + session.stall_us;
    assert!((2_999_990..=3_000_000).contains(&whole), "{whole}");
    let throughput = rows.segments[0].throughput_bps.unwrap();
    // 12,500 bytes in the 400 ms between first and last.
    assert!((200_000..=250_000).contains(&throughput), "{throughput}");
}

#[test]
fn a_body_in_chunks_is_a_body() {
    let server = Server::start(&[
        ("/vod/1/1.m4s", Answer::Chunked(vec![b'c'; 50_000])),
        ("/vod/1/video.m3u8", {
            let text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\n1.m4s\n";
            let segments = "#EXTINF:0.5,\n1.m4s\n".repeat(119);
            Answer::Chunked(format!("{text}{segments}#EXT-X-ENDLIST\n").into_bytes())
        }),
    ]);
    let mut job = fixed(&server, 1);
    job.viewer.viewing.watch = Span::from_s(1);
    let rows = watch(&[job], impatient());
    assert_eq!(rows.sessions[0].err, None);
    assert_eq!(rows.segments[0].bytes, 50_000);
}

#[test]
fn a_server_that_leaves_after_every_response_is_asked_again() {
    let paths: Vec<_> = (0..120).map(|n| format!("/vod/0/{n}.m4s")).collect();
    let leave = |(n, path): (usize, &String)| (path.clone(), Answer::Leave(vec![0; size(0, n)]));
    let answers: Vec<_> = paths.iter().enumerate().map(leave).collect();
    let mischief: Vec<_> = answers.iter().map(|(p, a)| (p.as_str(), a.clone())).collect();
    let server = Server::start(&mischief);
    let rows = watch(&[fixed(&server, 0)], impatient());
    assert_eq!(rows.sessions[0].err, None);
    let whole = rows.sessions[0].segments as usize;
    assert!(whole >= 16 && rows.segments[..whole].iter().all(|row| row.err.is_none()));
    assert!(server.hits().last().unwrap().connection >= whole - 1);
}

#[test]
fn a_person_sees_the_session_move() {
    let server = Server::start(&[]);
    let mut options = Options::default();
    options.viewing.watch = Span::from_s(2);
    let mut seen = Vec::new();
    let metrics = play(&server.url("/vod/master.m3u8"), &options, |status| seen.push(status));
    let metrics = metrics.unwrap();
    assert_eq!((metrics.err.as_deref(), metrics.length), (None, Span::from_s(2)));
    assert!((7..=10).contains(&seen.len()), "{} looks in 2 s", seen.len());
    assert!(seen.windows(2).all(|pair| pair[0].played <= pair[1].played));
    let last = seen.last().unwrap();
    assert_eq!((last.played, last.stalls), (metrics.played, 0));
    assert!(last.rung.is_some() && last.throughput.is_some());
}

#[test]
fn what_cannot_be_played_is_refused_at_once() {
    let refused =
        |url: &str, options: &Options| format!("{:#}", play(url, options, |_| {}).unwrap_err());
    let options = Options::default();
    let tls = refused("https://example.org/master.m3u8", &options);
    assert!(tls.contains("TLS is not supported"), "{tls}");
    assert!(refused("master.m3u8", &options).contains("is not a URI"));
    let mut unknown = Options::default();
    unknown.viewing.abr = weir_abr::Choice::named("bolo");
    assert!(refused("http://127.0.0.1/", &unknown).contains("there are: fixed"));

    let server = Server::start(&[]);
    let sessions = vec![fixed(&server, 0); 301];
    let job = Job { epoch: 0, sessions, transport: impatient(), folder: "".into(), log: None };
    let error = run(&job, &mut Vec::new(), None).unwrap_err();
    assert_eq!(error.to_string(), "301 sessions (at most 300 in one process)");
}

#[test]
fn a_job_survives_its_journey() {
    let server = Server::start(&[]);
    let sessions = vec![fixed(&server, 2)];
    let job = Job {
        epoch: 5,
        sessions,
        transport: impatient(),
        folder: "e".into(),
        log: Some("a.jsonl".into()),
    };
    let text = serde_json::to_string(&job).unwrap();
    assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
    let short = text.replace(r#","transport":{"#, r#","gone":{"#);
    assert!(serde_json::from_str::<Job>(&short).is_err(), "unknown keys are refused");
}
