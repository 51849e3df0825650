//! How a server ends.

use crate::toy::{all, before, block_on, client, origin};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot::channel;

#[test]
fn an_answer_under_way_is_finished_and_nobody_else_is_let_in() {
    block_on(async {
        let (tell, told) = channel();
        let begin = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf";
        let origin = origin(begin, Some(("rest", told))).await;
        let (address, stop, task) = before(origin.address);
        let mut stream = client(address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let idle = client(address, "").await;
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.unwrap();
        stop.send(()).unwrap();
        // Who has asked for nothing is not waited for.
        assert_eq!(all(idle).await, "");
        assert!(TcpStream::connect(address).await.is_err());
        assert!(!task.is_finished());
        tell.send(()).unwrap();
        assert!(all(stream).await.ends_with("halfrest"));
        task.await.unwrap();
    });
}
