//! Origins and clients that mean harm.

use crate::toy::{Mode, Origin, Running, ask, block_on, segment};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weir_switch::Happening;

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
            many,
        ];
        let switcher = Running::start(&[&a, &b], &[("probes", "1")]);
        switcher.until(|what| *what == Happening::Good(0)).await;
        for playlist in playlists {
            let before = switcher.happened().len();
            let begin: String = playlist.chars().take(80).collect();
            a.set(Mode::Playlist(playlist.into_bytes()));
            let turned = |happened: &[_], wanted: fn(&Happening) -> bool| {
                happened[before..].iter().any(|(_, what)| wanted(what))
            };
            let mut rounds = 0;
            while !turned(&switcher.happened(), |what| matches!(what, Happening::Bad(0, _))) {
                rounds += 1;
                assert!(rounds < 2_000, "{begin:?} was taken for good");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            a.set(Mode::Good);
            while !turned(&switcher.happened(), |what| *what == Happening::Good(0)) {
                rounds += 1;
                assert!(rounds < 4_000, "after {begin:?} nothing was good again");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        a.set(Mode::Playlist(b"#EXTM3U\n\xff\n".to_vec()));
        switcher
            .until(|what| matches!(what, Happening::Bad(0, why) if why.contains("UTF-8")))
            .await;
    });
}

#[test]
fn an_origin_that_never_ends_is_left_and_others_are_served_meanwhile() {
    block_on(async {
        let (a, b) = (Origin::start().await, Origin::start().await);
        for (bytes, name) in [
            (b"HTTP/1.1 200 OK\r\n\r\n#EXTM3U\n".to_vec(), "an endless playlist"),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n".to_vec(), "an endless head"),
            (b"nonsense ".to_vec(), "no HTTP"),
            (
                b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n".to_vec(),
                "redirects",
            ),
        ] {
            a.set(Mode::Raw(bytes, true));
            let switcher = Running::start(&[&a, &b], &[("probes", "1")]);
            switcher.until(|what| matches!(what, Happening::Bad(0, _))).await;
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
        switcher.until(|what| *what == Happening::Good(0)).await;
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

#[test]
fn clients_that_say_little_or_much_do_not_stop_others() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[]);
        switcher.until(|what| *what == Happening::Good(0)).await;
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
