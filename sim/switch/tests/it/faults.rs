//! What clients see of faults.

use crate::toy::{Mode, Origin, Running, ask, block_on, segment};
use weir_switch::Happening;
use weir_units::Span;

/// Two origins and a switcher whose probes say nothing: all that follows is the request's own doing.
async fn blind() -> (Origin, Origin, Running) {
    let (a, b) = (Origin::start().await, Origin::start().await);
    let switcher = Running::start(&[&a, &b], &[("interval", "3600 s")]);
    for origin in 0..2 {
        switcher.until(|what| *what == Happening::Good(origin)).await;
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
        let (a, _b, switcher) = blind().await;
        for bytes in [0, 1, 1023, 1024, 1025, 50_000, 99_999] {
            for mode in [Mode::Truncated(bytes), Mode::Stuck(bytes)] {
                a.set(mode.clone());
                let got = switcher.get("/hls/100.m4s").await;
                assert!(got.whole && got.body == segment(0), "{mode:?}: {} bytes", got.body.len());
            }
        }
        let range = "GET /hls/100.m4s HTTP/1.1\r\nHost: x\r\nRange: bytes=500-70499\r\n\
                     Connection: close\r\n\r\n";
        let got = ask(switcher.address, range.to_owned()).await;
        assert_eq!((got.status, got.whole), (206, true));
        assert!(got.body == segment(0)[500..70_500]);
        let metrics = String::from_utf8(switcher.get("/metrics").await.body).unwrap();
        let line = "switcher_resumed_bodies_total{origin=\"b\"} ";
        let resumed = metrics.lines().find_map(|found| found.strip_prefix(line)?.parse().ok());
        // Where the head and the end of the connection arrive together, the whole is asked for anew.
        assert!((13..=15).contains(&resumed.unwrap_or(0)), "{metrics}");
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
        switcher.until(|what| *what == Happening::Good(1)).await;
        let before = switcher.until(|what| *what == Happening::Good(0)).await;
        a.set(Mode::Silent);
        let at =
            switcher.until(|what| matches!(what, Happening::Failover { from: 0, to: 1 })).await;
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
        switcher.until(|what| matches!(what, Happening::Switchback { from: 1, to: 0 })).await;
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
        let left = switcher.until(|what| matches!(what, Happening::Failover { from: 0, to: 1 }));
        tokio::select! { _ = left => {}, () = packager => {} }
        let stale = switcher
            .until(|what| matches!(what, Happening::Bad(0, why) if why.starts_with("stale")));
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
        switcher.until(|what| matches!(what, Happening::NoneGood(_))).await;
        let got = switcher.get("/healthz").await;
        assert_eq!(got.status, 503);
        let health: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
        assert_eq!(health["status"], "degraded");
        assert_eq!(health["origins"][0]["reason"], "HTTP status 500");
    });
}
