//! What passes, and what does not.

use crate::toy::{all, before, block_on, client, origin};
use tokio::sync::oneshot::channel;

#[test]
fn what_concerns_one_connection_passes_neither_way() {
    block_on(async {
        let begin = "HTTP/1.0 200 OK\r\nConnection: x-theirs\r\nX-Theirs: 1\r\nX-All: 1\r\n\
                     Keep-Alive: timeout=5\r\nContent-Length: 4\r\n\r\nwell";
        let origin = origin(begin, None).await;
        let (address, _stop, _) = before(origin.address);
        let request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\n\
                       TE: trailers\r\nX-All: 1\r\n\r\n";
        let answer = all(client(address, request).await).await;
        assert!(answer.starts_with("http/1.1 200") && answer.ends_with("\r\n\r\nwell"), "{answer}");
        let asked = origin.task.await.unwrap();
        for head in [asked.as_str(), answer.as_str()] {
            assert!(head.contains("x-all: 1"), "{head}");
            for gone in ["x-theirs", "x-mine", "keep-alive", "\nte: "] {
                assert!(!head.contains(gone), "{gone}: {head}");
            }
        }
    });
}

#[test]
fn a_body_that_no_longer_comes_ends_its_connection() {
    block_on(async {
        let (_tell, told) = channel();
        let begin = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";
        let origin = origin(begin, Some(("", told))).await;
        let (address, _stop, _) = before(origin.address);
        let answer = all(client(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await).await;
        assert!(answer.contains("content-length: 8"), "{answer}");
        assert!(answer.len() < answer.find("\r\n\r\n").unwrap() + 4 + 8, "{answer}");
    });
}

#[test]
fn without_an_answer_the_connection_ends_without_one() {
    block_on(async {
        let origin = origin("", None).await;
        let (address, _stop, _) = before(origin.address);
        assert_eq!(all(client(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await).await, "");
    });
}
