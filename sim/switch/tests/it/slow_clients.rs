//! Clients that do not take what they ask for, or that are too many.

use crate::origin::{Mode, Origin};
use crate::toy::{Running, block_on};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

/// A client at an address of this machine that has little room for what it is sent.
async fn client(switcher: &Running, address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    socket.connect(switcher.address).await.unwrap()
}

/// Asks for much more than any buffer holds, and reads nothing.
async fn ask_for_much(stream: &mut TcpStream) {
    let requests = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3000);
    drop(timeout(Duration::from_millis(200), stream.write_all(&requests)).await);
}

/// All that comes until the end of the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    timeout(LONG, stream.read_to_end(&mut text)).await.expect("an end").unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// How many connections were closed for this reason, asked from an address of its own.
async fn closed(switcher: &Running, reason: &str) -> u64 {
    let mut stream = client(switcher, "127.0.0.9").await;
    let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let name = format!("switcher_clients_closed_total{{reason=\"{reason}\"}} ");
    let text = rest(&mut stream).await;
    let value = text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Waits until so many connections were closed for any of these reasons.
async fn until_closed(switcher: &Running, reasons: &[&str], count: u64) {
    let waiting = async {
        loop {
            let mut all = 0;
            for reason in reasons {
                all += closed(switcher, reason).await;
            }
            if all >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("not {count} closed: {reasons:?}"));
}

#[test]
fn clients_that_ask_and_never_read_are_closed() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("patience", "500 ms")]);
        let mut held = Vec::new();
        for _ in 0..20 {
            let mut stream = client(&switcher, "127.0.0.1").await;
            ask_for_much(&mut stream).await;
            held.push(stream);
        }
        until_closed(&switcher, &["took nothing"], 20).await;
        for mut stream in held {
            // What the kernel held is dropped, so that this is no end but a reset.
            let ended = timeout(LONG, stream.read_to_end(&mut Vec::new())).await.unwrap();
            assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
        }
    });
}

#[test]
fn a_client_that_stops_reading_an_answer_without_an_end_is_closed() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("patience", "500 ms"), ("interval", "3600 s")]);
        switcher.until(|what| *what == weir_switch::SwitchEvent::Good(0)).await;
        a.set(Mode::Endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 10_000]));
        let mut stream = client(&switcher, "127.0.0.1").await;
        stream.write_all(b"GET /hls/100.m4s HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        timeout(LONG, stream.read_exact(&mut vec![0; 3_000_000])).await.unwrap().unwrap();
        until_closed(&switcher, &["took nothing"], 1).await;
    });
}

#[test]
fn clients_that_trickle_are_closed() {
    block_on(async {
        let a = Origin::start().await;
        // That is 10 kB in a second.
        let settings = [("patience", "1 s"), ("least_rate", "80 kbit/s")];
        let switcher = Running::start(&[&a], &settings);
        // One byte does not open a window that is closed: after the first ones nothing is taken.
        for (bytes, closed) in [(1, 1), (1000, 2)] {
            let mut stream = client(&switcher, "127.0.0.1").await;
            ask_for_much(&mut stream).await;
            let trickling = async {
                // What has come can be read after the end too.
                while stream.read_exact(&mut vec![0; bytes]).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            };
            tokio::join!(until_closed(&switcher, &["took nothing", "too slow"], closed), async {
                drop(timeout(Duration::from_secs(6), trickling).await);
            });
        }
        assert!(closed(&switcher, "too slow").await > 0);
    });
}

#[test]
fn a_client_that_is_slow_but_takes_more_than_the_least_is_served_to_the_end() {
    block_on(async {
        let a = Origin::start().await;
        let settings = [("patience", "300 ms"), ("least_rate", "80 kbit/s")];
        let switcher = Running::start(&[&a], &settings);
        let mut stream = client(&switcher, "127.0.0.1").await;
        let request = "GET /hls/100.m4s HTTP/1.1\r\nHost: x\r\n";
        let requests = format!("{request}\r\n").repeat(4) + request + "Connection: close\r\n\r\n";
        stream.write_all(requests.as_bytes()).await.unwrap();
        // A tenth of a megabyte in a second: the kernel has room again after more than the
        // patience.
        let (mut all, mut got) = (0, [0; 2000]);
        loop {
            let bytes = timeout(LONG, stream.read(&mut got)).await.unwrap().unwrap();
            if bytes == 0 {
                break;
            }
            all += bytes;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!((500_000..510_000).contains(&all), "{all} bytes came");
        for reason in ["took nothing", "too slow"] {
            assert_eq!(closed(&switcher, reason).await, 0, "{reason}");
        }
    });
}

#[test]
fn a_slow_origin_is_not_the_clients_fault() {
    block_on(async {
        let a = Origin::start().await;
        let settings = [("patience", "100 ms"), ("least_rate", "1 Mbit/s"), ("interval", "3600 s")];
        let switcher = Running::start(&[&a], &settings);
        a.set(Mode::Trickle(2000, Duration::from_millis(40)));
        let got = switcher.get("/hls/100.m4s").await;
        assert!(got.whole && got.body == crate::origin::segment(0), "{}", got.head);
        a.set(Mode::Trickle(30_000, Duration::from_millis(250)));
        assert!(switcher.get("/hls/100.m4s").await.whole);
    });
}

#[test]
fn a_connection_may_idle_for_ten_seconds_between_answers_and_not_longer() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("patience", "100 ms")]);
        let mut idle = client(&switcher, "127.0.0.1").await;
        let mut slow = client(&switcher, "127.0.0.1").await;
        for pause in [2, 0] {
            for stream in [&mut idle, &mut slow] {
                stream.write_all(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
                let mut got = Vec::new();
                while !got.ends_with(b"nothing is here\n") {
                    got.push(timeout(LONG, stream.read_u8()).await.unwrap().unwrap());
                }
            }
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        // A part of a head makes no difference.
        let dribbling = async {
            while slow.write_all(b"G").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let ends = async {
            let early = Duration::from_secs(8);
            assert!(timeout(early, idle.read_u8()).await.is_err(), "it was closed early");
            assert_eq!(rest(&mut idle).await, "");
        };
        timeout(LONG, async { tokio::join!(dribbling, ends) }).await.unwrap();
        assert_eq!(closed(&switcher, "no request").await, 2);
        assert_eq!(closed(&switcher, "took nothing").await, 0);
    });
}

#[test]
fn one_address_cannot_hold_all_places() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[("per_address", "10")]);
        let mut held = Vec::new();
        for _ in 0..10 {
            let mut stream = client(&switcher, "127.0.0.1").await;
            stream.write_all(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            timeout(LONG, stream.read_u8()).await.unwrap().unwrap();
            held.push(stream);
        }
        let mut late = client(&switcher, "127.0.0.1").await;
        let told = rest(&mut late).await;
        assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("too many"), "{told}");
        assert_eq!(closed(&switcher, "too many").await, 1);
        held.truncate(9);
        let served = async {
            loop {
                let mut stream = client(&switcher, "127.0.0.1").await;
                let request = b"GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                drop(stream.write_all(request).await);
                let mut got = Vec::new();
                drop(stream.read_to_end(&mut got).await);
                if got.starts_with(b"HTTP/1.1 404 ") {
                    break;
                }
            }
        };
        timeout(LONG, served).await.expect("a place that is free again");
    });
}

/// The bytes that the kernel holds for the other side of a connection.
fn held(local: SocketAddr, remote: SocketAddr) -> u64 {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ends = format!(":{:04X}", local.port());
    let of_remote = format!(":{:04X}", remote.port());
    let line = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let found = fields[1].ends_with(&ends) && fields[2].ends_with(&of_remote);
        found.then(|| u64::from_str_radix(fields[4].split(':').next().unwrap(), 16).unwrap())
    };
    table.lines().skip(1).find_map(line).expect("the connection in the kernel's table")
}

#[test]
fn the_kernel_holds_little_for_a_client_that_does_not_read() {
    block_on(async {
        let a = Origin::start().await;
        let switcher = Running::start(&[&a], &[]);
        let mut stream = client(&switcher, "127.0.0.1").await;
        ask_for_much(&mut stream).await;
        let (mut before, mut now) = (0, 1);
        while now > before {
            tokio::time::sleep(Duration::from_millis(500)).await;
            (before, now) = (now, held(switcher.address, stream.local_addr().unwrap()));
        }
        assert!((50_000..400_000).contains(&now), "{now} bytes");
    });
}
