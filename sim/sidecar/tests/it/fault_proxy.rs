//! A proxy with nothing in force.

use crate::toy::{Proxy, free, origin, request, response, say};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::channel;

#[test]
fn what_the_origin_says_passes_as_it_is() {
    let origin = origin(|head, stream| {
        let path = head.split(' ').nth(1).unwrap();
        let own =
            "X-Origin: a\r\nETag: \"7\"\r\nCache-Control: max-age=1\r\nAccept-Ranges: bytes\r\n";
        match path {
            "/a.m4s?x=1" if head.contains("bytes=2-4") => {
                say(stream, "206 Partial Content", "Content-Range: bytes 2-4/9\r\n", b"234");
            }
            "/a.m4s?x=1" => say(stream, "200 OK", own, b"012345678"),
            "/same" if head.to_lowercase().contains("if-none-match: \"7\"") => {
                drop(stream.write_all(b"HTTP/1.1 304 Not Modified\r\nETag: \"7\"\r\n\r\n"));
            }
            "/bad" => say(stream, "503 Busy", "", b"later"),
            _ => say(stream, "404 Not Found", "", b"no"),
        }
    });
    let proxy = Proxy::before(origin);
    let whole = proxy.get("/a.m4s?x=1");
    assert_eq!((whole.status, whole.text(), whole.length()), (200, "012345678", 9));
    assert_eq!(whole.header("x-origin"), Some("a"));
    assert_eq!(whole.header("etag"), Some("\"7\""));
    assert_eq!(whole.header("cache-control"), Some("max-age=1"));
    let ask = |method, path, headers| request(proxy.address, method, path, headers).unwrap();
    let part = ask("GET", "/a.m4s?x=1", "Range: bytes=2-4\r\n");
    assert_eq!((part.status, part.text()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/9"));
    let same = ask("GET", "/same", "If-None-Match: \"7\"\r\n");
    assert_eq!((same.status, same.header("etag"), same.text()), (304, Some("\"7\""), ""));
    assert_eq!((proxy.get("/bad").status, proxy.get("/bad").text()), (503, "later"));
    assert_eq!((proxy.get("/none").status, proxy.get("/none").text()), (404, "no"));
}

#[test]
fn a_head_request_gets_the_head_alone() {
    let origin = origin(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
    });
    let found = request(Proxy::before(origin).address, "HEAD", "/a", "").unwrap();
    assert_eq!((found.status, found.length(), found.text()), (200, 1000, ""));
}

#[test]
fn a_body_passes_as_it_comes() {
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let origin = origin(move |_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst").unwrap();
        wait.lock().unwrap().recv().unwrap();
        stream.write_all(b"other").unwrap();
    });
    let proxy = Proxy::before(origin);
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"first") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    go.send(()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "other");
}

#[test]
fn one_connection_takes_many_requests() {
    let proxy = Proxy::before(origin(|_, stream| say(stream, "200 OK", "", b"well")));
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    for _ in 0..20 {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while !bytes.ends_with(b"well") {
            stream.read_exact(&mut byte).unwrap();
            bytes.push(byte[0]);
        }
    }
}

#[test]
fn an_origin_that_closes_connections_unannounced_is_asked_again() {
    // After each response the origin closes a connection that the proxy may use again.
    let proxy = Proxy::before(origin(|_, stream| say(stream, "200 OK", "", b"well")));
    for _ in 0..500 {
        assert_eq!(proxy.get("/a").text(), "well");
    }
}

#[test]
fn an_origin_that_is_not_there_is_no_response_until_it_is_back() {
    let address = free();
    let proxy = Proxy::before(address);
    assert_eq!(request(proxy.address, "GET", "/a", ""), None);
    let listener = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 1024];
        assert!(stream.read(&mut bytes).unwrap() > 0);
        say(&mut stream, "200 OK", "", b"back");
    });
    assert_eq!(proxy.get("/a").text(), "back");
}

#[test]
fn nothing_but_the_origin_is_ever_asked() {
    let proxy = Proxy::before(origin(|_, stream| say(stream, "200 OK", "", b"the origin")));
    let other = origin(|_, stream| say(stream, "200 OK", "", b"another"));
    assert_eq!(proxy.get(&format!("http://{other}/a")).text(), "the origin");
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    write!(stream, "CONNECT {other} HTTP/1.1\r\nHost: {other}\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert_eq!(response(&mut stream).map(|answer| answer.status), Some(400));
}
