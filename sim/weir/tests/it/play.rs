//! Playing from a server that gives nothing: it is said, and the exit code says it too.

use crate::program::{said, weir, workspace};
use std::io::{Read, Write};
use std::net::TcpListener;

/// Plays for a second from a server that answers every request with `answer`, or never.
fn play(answer: Option<&'static str>) -> (Option<i32>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/m.m3u8", listener.local_addr().unwrap());
    // It ends with the test's process.
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if let Some(answer) = answer {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
            open.push(stream);
        }
    });
    let output = weir(workspace(), &["play", &url, "--watch", "1 s"]);
    (output.status.code(), said(&output))
}

#[test]
fn a_server_that_says_nothing_is_a_failure_that_says_so() {
    let (code, words) = play(None);
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("there was no picture in") && words.contains("no response"), "{words}");
}

#[test]
fn a_server_that_refuses_is_quoted() {
    let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    let (code, words) = play(Some(answer));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("404"), "{words}");
}

#[test]
fn an_answer_that_never_ends_is_a_failure_that_says_so() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n#EXTM3U\n";
    let (code, words) = play(Some(answer));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("not all of the body"), "{words}");
}
