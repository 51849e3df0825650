//! What clients see of faults.

use crate::origin::{Mode, Origin, playlist, segment};
use crate::toy::{Running, ask, block_on};
use weir_switch::SwitchEvent;
use weir_units::Span;

/// Two origins and a switcher whose probes say nothing: all that follows is the request's own
/// doing.
async fn blind() -> (Origin, Origin, Running) {
    let (a, b) = (Origin::start().await, Origin::start().await);
    let switcher = Running::start(&[&a, &b], &[("interval", "3600 s")]);
    for origin in 0..2 {
        switcher.until(|what| *what == SwitchEvent::Good(origin)).await;
    }
    (a, b, switcher)
}

#[test]
fn an_answer_is_passed_on_and_says_whose_it_is() {
    block_on(async {
        let (a, _b, switcher) = blind().await;
        let got = switcher.get("/hls/100.m4s?token=%2F1").await;
        assert_eq!((got.status, got.whole), (200, true));
        assert!(got.body == segment(0));
        assert!(got.head.contains("x-weir-origin: a\r\n"), "{}", got.head);
        assert_eq!(a.requests().last().unwrap(), "/live/100.m4s?token=%2F1");
        let head = "HEAD /hls/100.m4s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned();
        let got = ask(switcher.address, head).await;
        assert_eq!((got.status, got.body.len()), (200, 0));
        assert!(got.head.contains("content-length: 100000\r\n"), "{}", got.head);
    });
}

#[test]
fn no_client_sees_an_origin_that_fails_before_its_answer() {
    block_on(async {
        let (a, _b, switcher) = blind().await;
        for mode in [Mode::Status(500), Mode::Status(503), Mode::Silent, Mode::Raw(vec![], false)] {
            a.set(mode.clone());
            let got = switcher.get("/hls/100.m4s").await;
            assert!(got.status == 200 && got.body == segment(0), "{mode:?}: {}", got.head);
            assert!(got.head.contains("x-weir-origin: b\r\n"), "{mode:?}: {}", got.head);
        }
        drop(a);
        let got = switcher.get("/hls/100.m4s").await;
        assert_eq!((got.status, got.whole), (200, true), "refused");
    });
}

#[test]
fn a_body_that_breaks_off_is_completed_from_an_origin_with_the_same_bytes() {
    block_on(async {
        for bytes in [0, 1, 1023, 1024, 1025, 50_000, 99_999] {
            for mode in [Mode::Truncated(bytes), Mode::Stuck(bytes)] {
                let (a, _b, switcher) = blind().await;
                a.set(mode.clone());
                let got = switcher.get("/hls/100.m4s").await;
                assert!(got.whole && got.body == segment(0), "{mode:?}: {} bytes", got.body.len());
                // Where little has come, the whole is asked for anew.
                let resumed =
                    metric(&switcher, "switcher_resumed_bodies_total{origin=\"b\"}").await;
                assert_eq!(resumed, u64::from(bytes > 4096), "{mode:?}");
            }
        }
        let (a, _b, switcher) = blind().await;
        a.set(Mode::Truncated(5000));
        let range = "GET /hls/100.m4s HTTP/1.1\r\nHost: x\r\nRange: bytes=500-70499\r\n\
                     Connection: close\r\n\r\n";
        let got = ask(switcher.address, range.to_owned()).await;
        assert_eq!((got.status, got.whole), (206, true));
        assert!(got.body == segment(0)[500..70_500]);
    });
}

/// The value of a metric.
async fn metric(switcher: &Running, name: &str) -> u64 {
    let metrics = String::from_utf8(switcher.get("/metrics").await.body).unwrap();
    let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
    metrics.lines().find_map(value).unwrap_or_else(|| panic!("no {name} in {metrics}"))
}

#[test]
fn a_playlist_that_is_none_never_reaches_a_client() {
    block_on(async {
        let (a, b, switcher) = blind().await;
        // The playlists of two origins differ: none completes another.
        b.go_on();
        let [text, m3u8] = ["text/html", "application/vnd.apple.mpegurl"];
        for mode in [
            Mode::Truncated(0),
            Mode::Truncated(50),
            Mode::TruncatedChunk(50),
            Mode::Playlist(Vec::new(), m3u8),
            Mode::Playlist(b"<html>".to_vec(), text),
            Mode::Playlist(vec![0xff; 1000], m3u8),
        ] {
            a.set(mode.clone());
            let got = switcher.get("/hls/live.m3u8").await;
            assert_eq!((got.status, got.whole), (200, true), "{mode:?}");
            assert_eq!(String::from_utf8(got.body).unwrap(), playlist(101), "{mode:?}");
        }
        a.set(Mode::Good);
        let got = switcher.get("/hls/live.m3u8").await;
        assert_eq!(String::from_utf8(got.body).unwrap(), playlist(100));
    });
}

#[test]
fn a_segment_that_only_another_origin_has_comes_from_there() {
    block_on(async {
        let (a, _b, switcher) = blind().await;
        a.set(Mode::Missing);
        let got = switcher.get("/hls/100.m4s").await;
        assert!(got.status == 200 && got.body == segment(0), "{}", got.head);
        assert!(got.head.contains("x-weir-origin: b\r\n"), "{}", got.head);
    });
}

#[test]
fn only_the_first_request_waits_for_an_origin_that_says_nothing() {
    block_on(async {
        for (mode, interval) in [(Mode::Silent, "500 ms"), (Mode::Stuck(500), "3600 s")] {
            let (a, b) = (Origin::start().await, Origin::start().await);
            let settings = [("interval", interval), ("probes", "1000")];
            let switcher = Running::start(&[&a, &b], &settings);
            switcher.until(|what| *what == SwitchEvent::Good(0)).await;
            switcher.until(|what| *what == SwitchEvent::Good(1)).await;
            a.set(mode.clone());
            for number in 100..110 {
                let got = switcher.get(&format!("/hls/{number}.m4s")).await;
                assert!(got.status == 200 && got.body == segment(0), "{mode:?}: {}", got.head);
            }
            let asked = a.requests().iter().filter(|path| path.ends_with(".m4s")).count();
            assert_eq!(asked, 1, "{mode:?}");
            if mode == Mode::Silent {
                a.set(Mode::Good);
                // After the next good probe its turn comes again.
                let is_back = async || {
                    let got = switcher.get("/hls/100.m4s").await;
                    got.head.contains("x-weir-origin: a\r\n")
                };
                for round in 0.. {
                    if is_back().await {
                        break;
                    }
                    assert!(round < 1000, "{:?}", switcher.happened());
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            }
            assert_eq!(switcher.happened().len(), 2, "{:?}", switcher.happened());
        }
    });
}

#[test]
fn a_body_that_trickles_is_completed_from_another_origin() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        let settings = [("interval", "3600 s"), ("timeout", "1500 ms")];
        let switcher = Running::start(&[&a, &b], &settings);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        switcher.until(|what| *what == SwitchEvent::Good(1)).await;
        // 53 kbit/s.
        a.set(Mode::Trickle(200, std::time::Duration::from_millis(30)));
        let got = switcher.get("/hls/100.m4s").await;
        assert!(got.whole && got.body == segment(0), "{} bytes", got.body.len());
        let resumed = metric(&switcher, "switcher_resumed_bodies_total{origin=\"b\"}").await;
        assert_eq!(resumed, 1);
    });
}

#[test]
fn packagers_that_number_fragments_each_in_its_own_way_complete_each_other() {
    block_on(async {
        for bytes in [0, 10, 24, 1000, 4000, 4096, 4097, 5000, 50_000, 99_999] {
            let (a, b, switcher) = blind().await;
            b.set_number(1);
            a.set(Mode::Truncated(bytes));
            let got = switcher.get("/hls/100.m4s").await;
            assert!(got.whole && got.body[24..] == segment(0)[24..], "after {bytes}");
        }
    });
}

#[test]
fn files_that_differ_are_never_mixed() {
    block_on(async {
        let (a, b, switcher) = blind().await;
        b.set_salt(1);
        a.set(Mode::Truncated(50_000));
        let got = switcher.get("/hls/100.m4s").await;
        assert!(!got.whole && got.body == segment(0)[..50_000], "{} bytes", got.body.len());
    });
}

#[test]
fn what_one_origin_does_not_have_is_asked_of_the_next() {
    block_on(async {
        let (_a, b, switcher) = blind().await;
        assert_eq!(switcher.get("/hls/nothing").await.status, 404);
        b.set(Mode::Status(500));
        assert_eq!(switcher.get("/hls/nothing").await.status, 404, "rather than 500");
    });
}

#[test]
fn where_no_origin_answers_that_is_said() {
    block_on(async {
        let (a, b, switcher) = blind().await;
        a.set(Mode::Status(503));
        b.set(Mode::Status(502));
        assert!(switcher.get("/hls/100.m4s").await.status >= 502);
        a.set(Mode::Silent);
        b.set(Mode::Silent);
        assert_eq!(switcher.get("/hls/100.m4s").await.status, 504);
        drop((a, b));
        assert_eq!(switcher.get("/hls/100.m4s").await.status, 502);
    });
}

#[test]
fn a_dead_origin_is_detected_within_its_bound_and_left() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        let switcher = Running::start(&[&a, &b], &[("probes", "3")]);
        switcher.until(|what| *what == SwitchEvent::Good(1)).await;
        let before = switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        a.set(Mode::Silent);
        let at =
            switcher.until(|what| matches!(what, SwitchEvent::Failover { from: 0, to: 1 })).await;
        // Three intervals and a time-out; and the time that a busy machine is late.
        let bound = Span::from_ms(3 * 50 + 300);
        assert!(at.since(before) < bound.saturating_add(Span::from_s(5)), "{}", at.since(before));
        let metrics = String::from_utf8(switcher.get("/metrics").await.body).unwrap();
        for line in [
            "switcher_active_origin{origin=\"a\"} 0",
            "switcher_active_origin{origin=\"b\"} 1",
            "failovers_total 1",
        ] {
            assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
        }
        a.set(Mode::Good);
        switcher.until(|what| matches!(what, SwitchEvent::Switchback { from: 1, to: 0 })).await;
    });
}

#[test]
fn a_stream_that_stands_still_is_left() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        let settings = [("threshold", "400 ms"), ("probes", "2")];
        let switcher = Running::start(&[&a, &b], &settings);
        // The first origin's packager freezes: its web server answers as before.
        let packager = async {
            loop {
                b.go_on();
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        let left = switcher.until(|what| matches!(what, SwitchEvent::Failover { from: 0, to: 1 }));
        tokio::select! { _ = left => {}, () = packager => {} }
        let stale = switcher
            .until(|what| matches!(what, SwitchEvent::Bad(0, why) if why.starts_with("stale")));
        stale.await;
    });
}

#[test]
fn health_is_told_in_json() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        a.set(Mode::Status(500));
        b.set(Mode::Status(404));
        let switcher = Running::start(&[&a, &b], &[("probes", "1")]);
        switcher.until(|what| matches!(what, SwitchEvent::NoneGood(_))).await;
        let got = switcher.get("/healthz").await;
        assert_eq!(got.status, 503);
        let health: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
        assert_eq!(health["status"], "degraded");
        assert_eq!(health["origins"][0]["reason"], "HTTP status 500");
    });
}
