//! Origins, clients and gates for tests.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use weir_plan::Wrong;
use weir_sidecar::{FaultProxyJob, FaultRule, fault_proxy, set_rules};
use weir_units::{Ratio, Seed};

/// Nothing here takes as long, unless something is wrong.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An address at which nobody listens.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Tries again and again, with pauses, until it gets something.
pub fn until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let (_held, pause) = channel::<()>();
    for _ in 0..3_000 {
        if let Some(result) = attempt() {
            return result;
        }
        let _ = pause.recv_timeout(Duration::from_millis(5));
    }
    panic!("it never came");
}

/// An origin: `answer` is given the head of each request, and then the connection ends.
pub fn origin(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), Arc::clone(&answer));
            std::thread::spawn(move || answer(&head(&mut stream), &mut stream));
        }
    });
    address
}

fn head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A response with these headers, and its length.
pub fn say(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    // The client may be gone.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
}

/// A proxy that serves until the end of the test run.
pub struct Proxy {
    pub address: SocketAddr,
    control: PathBuf,
    _folder: TempDir,
}

impl Proxy {
    pub fn before(origin: SocketAddr) -> Self {
        Self::seeded(origin, 1)
    }

    pub fn seeded(origin: SocketAddr, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Longer than the name of a socket can be.
        let deep = folder.path().join("a-very-long-name-of-a-folder".repeat(5));
        std::fs::create_dir(&deep).unwrap();
        let (address, control) = (free(), deep.join("gate"));
        // What another one has left.
        drop(std::os::unix::net::UnixListener::bind(folder.path().join("gate")).unwrap());
        std::fs::rename(folder.path().join("gate"), &control).unwrap();
        let job = FaultProxyJob {
            listen: address,
            origin,
            control: control.clone(),
            seed: Seed::new(seed),
        };
        std::thread::spawn(move || fault_proxy(&job).unwrap());
        until(|| TcpStream::connect(address).ok());
        Self { address, control, _folder: folder }
    }

    pub fn control(&self) -> &Path {
        &self.control
    }

    /// All requests are answered like this.
    pub fn always(&self, how: &[Wrong]) {
        let rules: Vec<_> =
            how.iter().map(|how| FaultRule { how: *how, share: Ratio::ONE }).collect();
        set_rules(&self.control, &rules).unwrap();
    }

    pub fn get(&self, path: &str) -> Answer {
        request(self.address, "GET", path, "").expect("there is no response")
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The length that was announced.
    pub fn length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }
}

/// The response to a request over a connection of its own; `None` if that ends without one.
pub fn request(address: SocketAddr, method: &str, path: &str, headers: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    response(&mut stream)
}

/// All that comes until the connection ends.
pub fn response(stream: &mut TcpStream) -> Option<Answer> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Answer { status, head, body: bytes.split_off(end + 4) })
}

/// What origins were asked.
pub type Heads = Arc<Mutex<Vec<String>>>;
