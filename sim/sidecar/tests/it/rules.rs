//! A fault proxy with rules.

use crate::toy::{Answer, Heads, Proxy, origin, request, response, say};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use weir_core::playlist::{Media, Uri};
use weir_plan::Wrong;
use weir_sidecar::{FaultRule, set_rules};
use weir_units::{BitRate, Ratio, Span};

const PLAYLIST: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i.mp4\"\n\
    #EXT-X-PROGRAM-DATE-TIME:2026-11-20T22:03:34.123+0000\n#EXTINF:2,\na.m4s\n";
const OWN: &str = "X-Origin: a\r\nETag: \"7\"\r\nContent-Type: application/vnd.apple.mpegurl\r\n";

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// Playlists, and segments of four megabytes and less.
fn stream() -> SocketAddr {
    stream_that_notes(Heads::default())
}

fn stream_that_notes(heads: Heads) -> SocketAddr {
    origin(move |head, stream| {
        heads.lock().unwrap().push(head.to_lowercase());
        match head.split(' ').nth(1).unwrap() {
            "/v0.m3u8" => say(stream, "200 OK", OWN, PLAYLIST.as_bytes()),
            "/large.m4s" => say(stream, "200 OK", OWN, &pattern(4_000_001)),
            "/chunked.m4s" => {
                let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                let text = format!("{head}4\r\nfour\r\n4\r\nmore\r\n0\r\n\r\n");
                drop(stream.write_all(text.as_bytes()));
            }
            "/empty.m4s" => say(stream, "200 OK", OWN, b""),
            _ => say(stream, "200 OK", OWN, &pattern(40_000)),
        }
    })
}

#[test]
fn an_order_is_in_force_at_once_and_until_it_is_replaced() {
    let proxy = Proxy::before(stream());
    for status in [500, 503, 599] {
        proxy.always(&[Wrong::Status(status)]);
        for path in ["/v0.m3u8", "/a.m4s"] {
            assert_eq!(proxy.get(path).status, status);
        }
    }
    proxy.always(&[]);
    assert_eq!(proxy.get("/v0.m3u8").text(), PLAYLIST);
}

#[test]
fn a_truncated_body_has_the_whole_length_and_half_of_the_bytes() {
    let proxy = Proxy::before(stream());
    proxy.always(&[Wrong::Truncated]);
    for (path, length) in [("/a.m4s", 40_000), ("/large.m4s", 4_000_001)] {
        for _ in 0..5 {
            let found = proxy.get(path);
            assert_eq!((found.status, found.length()), (200, length));
            assert_eq!(found.body.len(), length / 2);
            assert_eq!(found.body, pattern(length)[..length / 2]);
            assert_eq!(found.header("x-origin"), Some("a"));
        }
    }
    let found = proxy.get("/chunked.m4s");
    assert!(found.text().contains("fo") && !found.text().contains("\r\n0\r\n"), "{found:?}");
    assert_eq!(proxy.get("/empty.m4s").length(), 0);
    let head = request(proxy.address, "HEAD", "/empty.m4s", "").unwrap();
    assert_eq!(head.status, 200);
}

#[test]
fn a_trickling_body_is_whole_and_never_faster_than_its_rate() {
    let proxy = Proxy::before(stream());
    proxy.always(&[Wrong::Trickle(BitRate::from_bps(800_000))]);
    #[expect(clippy::disallowed_methods, reason = "a bound that a busy machine cannot break")]
    let start = Instant::now();
    let found = proxy.get("/a.m4s");
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
    assert_eq!((found.length(), found.body), (40_000, pattern(40_000)));
}

#[test]
fn a_client_that_leaves_a_trickle_is_let_go() {
    let proxy = Proxy::before(stream());
    for rate in [0, 1] {
        proxy.always(&[Wrong::Trickle(BitRate::from_bps(rate))]);
        for _ in 0..20 {
            let mut stream = TcpStream::connect(proxy.address).unwrap();
            stream.write_all(b"GET /a.m4s HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        }
    }
    proxy.always(&[]);
    assert_eq!(proxy.get("/a.m4s").body.len(), 40_000);
}

#[test]
fn playlists_are_spoilt_and_segments_are_not() {
    let heads = Heads::default();
    let proxy = Proxy::before(stream_that_notes(heads.clone()));
    let conditions = "If-None-Match: \"7\"\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip\r\n";
    let playlist = || request(proxy.address, "GET", "/v0.m3u8", conditions).unwrap();
    let base = Uri::parse("http://a/v0.m3u8").unwrap();
    let spoilt = |how: Wrong| -> Answer {
        proxy.always(&[how]);
        let found = playlist();
        assert_eq!((found.status, found.length()), (200, found.body.len()));
        assert_eq!((found.header("x-origin"), found.header("etag")), (Some("a"), None));
        assert_eq!(proxy.get("/a.m4s").body, pattern(40_000));
        found
    };
    let corrupt = spoilt(Wrong::Corrupt);
    assert_eq!(corrupt.body.len(), 4096);
    assert!(Media::parse_live(&corrupt.body, &base).is_err());
    assert_eq!(spoilt(Wrong::Empty).body, b"");
    let ahead = spoilt(Wrong::Ahead(Span::from_ms(90_500)));
    assert_eq!(ahead.text(), PLAYLIST.replace("22:03:34.123", "22:05:04.623"));
    let behind = spoilt(Wrong::Behind(Span::from_s(35)));
    assert_eq!(behind.text(), PLAYLIST.replace("22:03:34.123", "22:02:59.123"));
    for head in heads.lock().unwrap().iter().filter(|head| head.contains("m3u8")) {
        for header in ["if-none-match", "range", "accept-encoding"] {
            assert!(!head.contains(header), "{head}");
        }
    }
    proxy.always(&[]);
    let found = playlist();
    assert_eq!((found.text(), found.header("etag")), (PLAYLIST, Some("\"7\"")));
}

#[test]
fn a_share_is_drawn_from_the_seed() {
    let stream = stream();
    let statuses = |seed: u64| -> Vec<u16> {
        let proxy = Proxy::seeded(stream, seed);
        let share = Ratio::from_ppb(500_000_000);
        set_rules(proxy.control(), &[FaultRule { how: Wrong::Status(502), share }]).unwrap();
        (0..200).map(|_| proxy.get("/empty.m4s").status).collect()
    };
    let first = statuses(1);
    let wrong = first.iter().filter(|status| **status == 502).count();
    // Five standard deviations.
    assert!((65..=135).contains(&wrong), "{wrong} of 200");
    assert_eq!(first, statuses(1));
    assert_ne!(first, statuses(2));
}

#[test]
fn a_request_in_progress_finishes_as_it_began() {
    let ((asked, ask), (go, wait)) = (channel::<()>(), channel::<()>());
    let (asked, wait) = (Mutex::new(asked), Mutex::new(wait));
    let proxy = Proxy::before(origin(move |_, stream| {
        asked.lock().unwrap().send(()).unwrap();
        wait.lock().unwrap().recv().unwrap();
        say(stream, "200 OK", "", b"all of it");
    }));
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    stream.write_all(b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    ask.recv().unwrap();
    proxy.always(&[Wrong::Status(500)]);
    go.send(()).unwrap();
    assert_eq!(response(&mut stream).unwrap().text(), "all of it");
    assert_eq!(proxy.get("/a").status, 500);
}

#[test]
fn whoever_orders_hears_whether_it_is_in_force() {
    let proxy = Proxy::before(stream());
    let nobody = proxy.control().with_file_name("nobody");
    let error = set_rules(&nobody, &[]).unwrap_err().to_string();
    assert!(error.contains("nobody"), "{error}");
    let many = [FaultRule { how: Wrong::Truncated, share: Ratio::ONE }; 5_000];
    let error = set_rules(proxy.control(), &many).unwrap_err().to_string();
    assert!(error.contains("5000 orders are too many"), "{error}");
    assert_eq!(proxy.get("/v0.m3u8").text(), PLAYLIST);
}
