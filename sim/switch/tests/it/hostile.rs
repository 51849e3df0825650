//! Origins and clients that mean harm.

use crate::origin::{Mode, Origin, segment};
use crate::toy::{Running, ask, block_on};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weir_switch::{SwitchEvent, allow_descriptors};

const M3U8: &str = "application/vnd.apple.mpegurl";

#[test]
fn a_playlist_may_say_anything() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        let head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
        let many = format!("{head}{}", "#EXTINF:2,\na.m4s\n".repeat(200_000));
        let playlists = [
            String::new(),
            "no playlist".to_owned(),
            head.to_owned(),
            format!("{head}#EXT-X-MEDIA-SEQUENCE:-1\n#EXTINF:2,\na.m4s\n"),
            format!("{head}#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXTINF:2,\na.m4s\n"),
            format!("{head}#EXTINF:1e300,\na.m4s\n"),
            format!("{head}#EXTINF:-2,\na.m4s\n"),
            format!("{head}#EXT-X-PROGRAM-DATE-TIME:9999-99-99T99:99:99Z\n#EXTINF:2,\na.m4s\n"),
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://127.0.0.1:1/elsewhere.m3u8\n"
                .to_owned(),
            format!("{head}#EXTINF:inf,\na.m4s\n"),
            format!("{head}#EXTINF:2,\n{}\n", "a".repeat(100_000)),
            format!("{head}#EXT-X-DISCONTINUITY-SEQUENCE:-3\n#EXTINF:2,\na.m4s\n"),
            "#EXTM3U\n#EXTINF:2,\na.m4s\n".to_owned(),
            // A master playlist that names itself.
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n".to_owned(),
            many,
        ];
        let switcher = Running::start(&[&a, &b], &[("probes", "1")]);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        for playlist in playlists {
            let before = switcher.happened().len();
            let begin: String = playlist.chars().take(80).collect();
            a.set(Mode::Playlist(playlist.into_bytes(), M3U8));
            let turned = |happened: &[_], wanted: fn(&SwitchEvent) -> bool| {
                happened[before..].iter().any(|(_, what)| wanted(what))
            };
            let mut rounds = 0;
            while !turned(&switcher.happened(), |what| matches!(what, SwitchEvent::Bad(0, _))) {
                rounds += 1;
                assert!(rounds < 2_000, "{begin:?} was taken for good");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            a.set(Mode::Good);
            while !turned(&switcher.happened(), |what| *what == SwitchEvent::Good(0)) {
                rounds += 1;
                assert!(rounds < 4_000, "after {begin:?} nothing was good again");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        a.set(Mode::Playlist(b"#EXTM3U\n\xff\n".to_vec(), M3U8));
        switcher
            .until(|what| matches!(what, SwitchEvent::Bad(0, why) if why.contains("UTF-8")))
            .await;
    });
}

#[test]
fn an_origin_that_never_ends_is_left_and_others_are_served_meanwhile() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        for (bytes, name) in [
            (b"HTTP/1.1 200 OK\r\nA: b\r\n".to_vec(), "an endless head"),
            (b"nonsense ".to_vec(), "no HTTP"),
            (
                b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n".to_vec(),
                "redirects",
            ),
        ] {
            a.set(Mode::Raw(bytes, true));
            let switcher = Running::start(&[&a, &b], &[("probes", "1")]);
            switcher.until(|what| matches!(what, SwitchEvent::Bad(0, _))).await;
            let got = switcher.get("/hls/100.m4s").await;
            assert!(got.status == 200 && got.body == segment(0), "{name}: {}", got.head);
        }
    });
}

#[test]
fn nothing_but_the_origins_folder_can_be_asked_for() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("interval", "3600 s")]);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        let before = a.requests();
        for path in ["/hls/../secret", "/hls/%2e%2e/secret", "/secret", "/hls/..%5csecret"] {
            assert_eq!(switcher.get(path).await.status, 404, "{path}");
        }
        for (request, status) in [
            ("GET http://elsewhere/hls/100.m4s HTTP/1.1\r\nHost: elsewhere", 400),
            ("POST /hls/100.m4s HTTP/1.1\r\nHost: x\r\nContent-Length: 0", 405),
            ("CONNECT elsewhere:80 HTTP/1.1\r\nHost: elsewhere:80", 405),
        ] {
            let got =
                ask(switcher.address, format!("{request}\r\nConnection: close\r\n\r\n")).await;
            assert_eq!(got.status, status, "{request}");
        }
        assert_eq!(a.requests(), before);
    });
}

/// Lines of a playlist that goes on and on.
fn lines() -> Vec<u8> {
    "#EXTINF:2,\na.m4s\n".repeat(1000).into_bytes()
}

/// The beginnings of answers whose bodies never end: of no, of chunked and of announced length.
const ENDLESS: [&str; 3] = [
    "HTTP/1.1 200 OK\r\n\r\n#EXTM3U\n#EXT-X-TARGETDURATION:2\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n#EXTM3U\n\
     #EXT-X-TARGETDURATION:2\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n#EXTM3U\n#EXT-X-TARGETDURATION:2\n",
];

/// More than what the kernel holds of two connections, and less than what would be read of an
/// endless body if something read it.
const BOUND: u64 = 64_000_000;

#[test]
fn of_a_playlist_without_an_end_a_probe_takes_a_bounded_part() {
    block_on(async {
        for head in ENDLESS {
            let a = Origin::start().await;
            a.set(Mode::Endless(head, lines()));
            let settings = [("interval", "3600 s"), ("timeout", "20 s"), ("probes", "1")];
            let switcher = Running::start(&[&a], &settings);
            switcher.until(|what| matches!(what, SwitchEvent::Bad(0, _))).await;
            assert!(a.sent() < BOUND, "{head:?}: {} bytes", a.sent());
        }
    });
}

#[test]
fn of_a_body_without_an_end_no_more_is_taken_than_the_client_takes() {
    block_on(async {
        for (head, path) in ENDLESS
            .into_iter()
            .flat_map(|head| ["/hls/live.m3u8", "/hls/100.m4s"].map(|path| (head, path)))
        {
            let a = Origin::start().await;
            let switcher = Running::start(&[&a], &[("interval", "3600 s"), ("timeout", "20 s")]);
            switcher.until(|what| *what == SwitchEvent::Good(0)).await;
            a.set(Mode::Endless(head, lines()));
            let mut client = TcpStream::connect(switcher.address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
            client.write_all(request.as_bytes()).await.unwrap();
            // The head comes at once, and then the client reads nothing.
            client.read_u8().await.unwrap();
            let mut before = 0;
            while a.sent() > before {
                before = a.sent();
                assert!(before < BOUND, "{head:?}: {before} bytes");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            assert!(switcher.get("/healthz").await.whole);
        }
    });
}

#[test]
fn an_origin_whose_head_comes_slowly_is_bad_and_others_are_asked() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Long: a long header\r\n\r\n";
        a.set(Mode::Dribble(head, Duration::from_millis(20)));
        let switcher = Running::start(&[&a, &b], &[("probes", "1")]);
        let slow =
            |what: &SwitchEvent| matches!(what, SwitchEvent::Bad(0, why) if why.contains("300 ms"));
        switcher.until(slow).await;
        let got = switcher.get("/hls/100.m4s").await;
        assert!(got.status == 200 && got.body == segment(0), "{}", got.head);
    });
}

#[test]
fn a_redirect_is_the_clients_and_is_never_followed() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("interval", "3600 s")]);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        let before = a.requests().len();
        let head =
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        a.set(Mode::Raw(head.to_vec(), false));
        assert_eq!(switcher.get("/hls/100.m4s").await.status, 302);
        assert_eq!(a.requests().len(), before + 1);
    });
}

#[test]
fn the_type_of_a_playlist_does_not_matter_but_its_text_does() {
    block_on(async {
        let a = Origin::start().await;
        let text = crate::origin::playlist(7);
        a.set(Mode::Playlist(text.clone().into_bytes(), "image/png"));
        let switcher = Running::start(&[&a], &[("probes", "1")]);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        assert_eq!(switcher.get("/hls/live.m3u8").await.body, text.into_bytes());
        a.set(Mode::Playlist(vec![0x89; 500], M3U8));
        switcher.until(|what| matches!(what, SwitchEvent::Bad(0, _))).await;
        assert_eq!(switcher.get("/hls/live.m3u8").await.status, 502);
    });
}

#[test]
fn two_thousand_clients_stay_connected_and_are_served() {
    allow_descriptors().unwrap();
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("interval", "3600 s"), ("timeout", "20 s")]);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        let mut clients = Vec::new();
        for _ in 0..2000 {
            clients.push(TcpStream::connect(switcher.address).await.unwrap());
        }
        for _ in 0..2 {
            for client in &mut clients {
                let request = b"GET /hls/live.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n";
                client.write_all(request).await.unwrap();
            }
            for client in &mut clients {
                let mut got = vec![0; 15];
                client.read_exact(&mut got).await.unwrap();
                assert_eq!(got, b"HTTP/1.1 200 OK");
                while !got.ends_with(b"100.m4s\n") {
                    got.push(client.read_u8().await.unwrap());
                }
            }
        }
    });
}

#[test]
fn clients_that_say_little_or_much_do_not_stop_others() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[]);
        switcher.until(|what| *what == SwitchEvent::Good(0)).await;
        let mut silent = Vec::new();
        for _ in 0..500 {
            let mut stream = TcpStream::connect(switcher.address).await.unwrap();
            stream.write_all(b"GET /hls/").await.unwrap();
            silent.push(stream);
        }
        assert_eq!(switcher.get("/hls/100.m4s").await.status, 200);
        // A head without an end is refused before it fills the memory.
        let mut endless = TcpStream::connect(switcher.address).await.unwrap();
        let line = [b"X: ".as_slice(), &[b'y'; 1000], b"\r\n"].concat();
        endless.write_all(b"GET /hls/a HTTP/1.1\r\n").await.unwrap();
        let mut sent = 0;
        while sent < 10_000_000 && endless.write_all(&line).await.is_ok() {
            sent += line.len();
            tokio::task::yield_now().await;
        }
        let mut rest = Vec::new();
        drop(endless.read_to_end(&mut rest).await);
        assert!(sent < 10_000_000, "{sent} bytes of a head were taken");
        assert_eq!(switcher.get("/hls/100.m4s").await.status, 200);
    });
}
