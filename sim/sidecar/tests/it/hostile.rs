//! Clients and origins that do not behave: everybody else is served as before.

use crate::toy::{PATIENCE, Proxy, free, origin, request, response, say};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use weir_plan::Wrong;
use weir_units::Span;

/// Serves well, except for what these paths say.
fn origin_of_evil() -> SocketAddr {
    origin(|head, stream| {
        let mut all = |text: &[u8]| drop(stream.write_all(text));
        match head.split(' ').nth(1).unwrap() {
            "/endless.m3u8" | "/endless.m4s" => {
                all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                let chunk = [&b"10000\r\n"[..], &[b'x'; 65_536], b"\r\n"].concat();
                while stream.write_all(&chunk).is_ok() {}
            }
            "/short" => all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
            "/long" => all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlong and more"),
            "/huge.m3u8" => all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n#EXTM3U\n"),
            "/noise" => all(b"\x00\xff\x00 hello\r\n\r\n"),
            "/no-length" => all(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
            "/head" => {
                all(b"HTTP/1.1 200 OK\r\n");
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
            }
            "/304" => all(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"),
            "/silent" => {}
            _ => say(stream, "200 OK", "", b"well"),
        }
    })
}

fn serves(proxy: &Proxy) {
    assert_eq!(proxy.get("/well").text(), "well");
}

#[test]
fn an_origin_that_lies_about_lengths_breaks_its_own_response_alone() {
    let proxy = Proxy::before(origin_of_evil());
    for how in [&[][..], &[Wrong::Ahead(Span::from_s(1))], &[Wrong::Truncated]] {
        proxy.always(how);
        let short = proxy.get("/short");
        assert!(short.length() == 100 && short.body.len() <= 5, "{short:?}");
        let long = proxy.get("/long");
        assert!(b"long".starts_with(&long.body), "{long:?}");
        for path in ["/noise", "/no-length", "/head", "/silent"] {
            let found = request(proxy.address, "GET", path, "");
            assert!(found.as_ref().is_none_or(|found| found.status != 200), "{path}: {found:?}");
        }
        let same = proxy.get("/304");
        assert_eq!((same.status, same.body.len()), (304, 0));
        proxy.always(&[]);
        serves(&proxy);
    }
}

#[test]
fn a_body_without_end_passes_as_long_as_somebody_reads_it() {
    let proxy = Proxy::before(origin_of_evil());
    let before = memory();
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    stream.write_all(b"GET /endless.m4s HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let read = std::io::copy(&mut (&mut stream).take(200 << 20), &mut std::io::sink()).unwrap();
    assert_eq!(read, 200 << 20);
    // One that does not read makes nobody keep it.
    let mut idle = TcpStream::connect(proxy.address).unwrap();
    idle.write_all(b"GET /endless.m4s HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    serves(&proxy);
    let grown = memory().saturating_sub(before);
    assert!(grown < 150 << 20, "{grown} bytes of memory more");
}

/// The memory that this process occupies, in bytes: all tests run in it.
fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn a_playlist_without_end_is_given_up() {
    let proxy = Proxy::before(origin_of_evil());
    for how in [Wrong::Empty, Wrong::Corrupt, Wrong::Behind(Span::from_s(1))] {
        proxy.always(&[how]);
        for path in ["/endless.m3u8", "/huge.m3u8"] {
            assert_eq!(request(proxy.address, "GET", path, ""), None, "{how:?} {path}");
        }
    }
}

#[test]
fn clients_that_do_not_end_their_requests_keep_nobody_waiting() {
    let proxy = Proxy::before(origin_of_evil());
    let mut held = Vec::new();
    for start in ["", "G", "GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1\r\nHost: x\r\nA: "] {
        for _ in 0..50 {
            let mut stream = TcpStream::connect(proxy.address).unwrap();
            stream.write_all(start.as_bytes()).unwrap();
            held.push(stream);
        }
    }
    serves(&proxy);
    drop(held);
    serves(&proxy);
}

#[test]
fn a_head_without_end_is_refused() {
    let proxy = Proxy::before(origin_of_evil());
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let line = format!("A: {}\r\n", "x".repeat(1_000));
    let sent = (0..10_000).take_while(|_| stream.write_all(line.as_bytes()).is_ok()).count();
    assert!(sent < 10_000, "it took ten megabytes");
    serves(&proxy);
}

#[test]
fn requests_that_are_none_are_refused() {
    let proxy = Proxy::before(origin_of_evil());
    for text in ["hello\r\n\r\n", "GET\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(proxy.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let found = response(&mut stream);
        assert!(found.as_ref().is_none_or(|found| found.status == 400), "{text:?}: {found:?}");
    }
    serves(&proxy);
}

/// Bytes are passed on to the origin as it takes them, which ends that.
#[test]
fn a_request_with_a_body_without_end_ends_with_the_origins_answer() {
    let proxy = Proxy::before(origin_of_evil());
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /well HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let block = [b'x'; 65_536];
    let sent = (0..10_000).take_while(|_| stream.write_all(&block).is_ok()).count();
    assert!(sent < 10_000, "it took 655 megabytes");
    serves(&proxy);
}

#[test]
fn whoever_says_nothing_sensible_to_the_control_socket_is_told_so() {
    let proxy = Proxy::before(origin_of_evil());
    let folder = std::fs::File::open(proxy.control().parent().unwrap()).unwrap();
    let path = format!("/proc/self/fd/{}/gate", folder.as_raw_fd());
    for text in ["", "hello", "[{\"how\":\"no-such\",\"share\":1}]", &"[".repeat(60_000)] {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(!answer.is_empty() && answer != "in force", "{text:.20}: {answer}");
    }
    proxy.always(&[]);
    serves(&proxy);
}

#[test]
fn what_is_no_socket_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let control = folder.path().join("gate");
    std::fs::write(&control, "precious").unwrap();
    let (listen, seed) = (free(), weir_units::Seed::new(1));
    let job =
        weir_sidecar::FaultProxyJob { listen, origin: free(), control: control.clone(), seed };
    let error = format!("{:#}", weir_sidecar::fault_proxy(&job).unwrap_err());
    assert!(error.contains("no socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&control).unwrap(), "precious");
}
