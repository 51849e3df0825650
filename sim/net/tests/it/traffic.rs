//! Traffic between two nodes of a network, and the time it takes, on the guest's virtual clock.

use anyhow::{Context, Result, anyhow, ensure};
use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
use nix::time::{ClockId, clock_gettime};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;
use weir_net::{Network, Node};
use weir_units::{Bytes, Span};

const PORT: u16 = 5000;
/// For everything that may arrive at one moment.
const RECEIVE_BUFFER: usize = 64 << 20;
/// What has not arrived by then is lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// Ethernet (14 bytes), IP (20) and UDP (8) headers.
pub const UDP_HEADERS: u64 = 42;
/// The payload that makes a frame full.
pub const FULL: usize = 1_472;

/// How exact a time is: the guest's clock goes on by 256 ns whenever somebody reads it.
pub const CLOCK: Span = Span::from_us(1);

pub fn clock() -> Result<Span> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    Ok(Span::from_ns(u64::try_from(now.tv_sec())? * 1_000_000_000 + u64::try_from(now.tv_nsec())?))
}

#[expect(clippy::disallowed_methods, reason = "spacing of probes, on the virtual clock")]
pub fn pause(span: Span) {
    std::thread::sleep(Duration::from_nanos(span.ns()));
}

fn joined<T>(thread: std::thread::JoinHandle<Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a thread panicked"))?
}

/// Sockets belong to the namespace of the thread that opens them.
fn listen(node: &Node) -> Result<(TcpListener, SocketAddr)> {
    let address = SocketAddr::from((node.address(), PORT));
    let listener = node.namespace().run(|| TcpListener::bind(address).context("bind"))?;
    Ok((listener, address))
}

fn connect(node: &Node, to: SocketAddr) -> Result<TcpStream> {
    node.namespace().run(|| TcpStream::connect(to).context("connect"))
}

/// A connection: the end at `from`, and the end at `to`, which opened it.
pub fn connection(network: &Network, from: &str, to: &str) -> Result<(TcpStream, TcpStream)> {
    let (listener, address) = listen(network.node(from)?)?;
    let sink = connect(network.node(to)?, address)?;
    let (source, _) = listener.accept()?;
    Ok((source, sink))
}

/// Sends `bytes` over a connection: from the first byte received to the last, and how many lay
/// between. The connection stays open.
pub fn transfer(source: &TcpStream, sink: &TcpStream, bytes: Bytes) -> Result<(Span, Bytes)> {
    let mut source = source.try_clone()?;
    let sender = std::thread::spawn(move || -> Result<()> {
        let block = [7; 65_536];
        let mut left = bytes.get();
        while left > 0 {
            let n = left.min(block.len() as u64) as usize;
            source.write_all(&block[..n])?;
            left -= n as u64;
        }
        Ok(())
    });
    let mut sink = sink;
    let mut buffer = vec![0; 1 << 20];
    let first = sink.read(&mut buffer)? as u64;
    let (start, mut received) = (clock()?, first);
    while received < bytes.get() {
        match sink.read(&mut buffer)? {
            0 => break,
            n => received += n as u64,
        }
    }
    let end = clock()?;
    joined(sender)?;
    ensure!(received == bytes.get(), "received {received} of {bytes}");
    Ok((end.saturating_sub(start), Bytes::new(received - first)))
}

/// A download of `bytes` over a connection of its own.
pub fn download(network: &Network, from: &str, to: &str, bytes: Bytes) -> Result<(Span, Bytes)> {
    let (source, sink) = connection(network, from, to)?;
    transfer(&source, &sink, bytes)
}

/// The payload that a second of a download carried.
pub fn goodput(network: &Network, from: &str, to: &str, bytes: Bytes) -> Result<f64> {
    let (took, received) = download(network, from, to, bytes)?;
    Ok(received.get() as f64 * 8.0 / took.as_secs_f64())
}

/// A socket on `from` that sends to one on `to`.
fn datagrams(network: &Network, from: &str, to: &str) -> Result<(UdpSocket, UdpSocket)> {
    let bind = |node: &Node, port| {
        let address = SocketAddr::from((node.address(), port));
        let socket = node.namespace().run(|| UdpSocket::bind(address).context("bind"))?;
        setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER).context("a large receive buffer")?;
        Ok::<_, anyhow::Error>(socket)
    };
    let server = bind(network.node(to)?, PORT)?;
    let client = bind(network.node(from)?, 0)?;
    client.connect(server.local_addr()?)?;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(PATIENCE))?;
    }
    Ok((client, server))
}

/// Round trips of datagrams of `payload` bytes, one at a time, with pauses in between.
pub fn round_trips(
    network: &Network,
    from: &str,
    to: &str,
    payload: usize,
    n: usize,
) -> Result<Vec<Span>> {
    let (client, server) = datagrams(network, from, to)?;
    let echo = std::thread::spawn(move || -> Result<()> {
        let mut buffer = [0; 2048];
        for _ in 0..n {
            let (length, peer) = server.recv_from(&mut buffer)?;
            server.send_to(&buffer[..length], peer)?;
        }
        Ok(())
    });
    let mut found = Vec::new();
    let mut buffer = [0; 2048];
    for _ in 0..n {
        let start = clock()?;
        client.send(&vec![1; payload])?;
        client.recv(&mut buffer).context("there is no answer")?;
        found.push(clock()?.saturating_sub(start));
        pause(Span::from_ms(50));
    }
    joined(echo)?;
    Ok(found)
}

/// A datagram that arrived: its number, when it did, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub number: u32,
    pub at: Span,
    pub took: Span,
}

/// Sends `n` datagrams of `payload` bytes in one direction, `gap` apart, and returns those that
/// arrived in the order in which they did.
pub fn stream(
    network: &Network,
    (from, to): (&str, &str),
    n: u32,
    gap: Span,
    payload: usize,
) -> Result<Vec<Arrival>> {
    let (client, server) = datagrams(network, from, to)?;
    let sender = std::thread::spawn(move || -> Result<()> {
        let mut datagram = vec![0; payload];
        for number in 0..n {
            datagram[..4].copy_from_slice(&number.to_ne_bytes());
            datagram[4..12].copy_from_slice(&clock()?.ns().to_ne_bytes());
            client.send(&datagram)?;
            if gap > Span::ZERO {
                pause(gap);
            }
        }
        Ok(())
    });
    let mut arrived = Vec::new();
    let mut buffer = [0; 2048];
    while let Ok(length) = server.recv(&mut buffer) {
        ensure!(length == payload, "a datagram of {length} bytes");
        let number = u32::from_ne_bytes(buffer[..4].try_into()?);
        let sent = Span::from_ns(u64::from_ne_bytes(buffer[4..12].try_into()?));
        let at = clock()?;
        arrived.push(Arrival { number, at, took: at.saturating_sub(sent) });
    }
    joined(sender)?;
    Ok(arrived)
}

/// The numbers of full datagrams that arrived.
pub fn one_way(network: &Network, from: &str, to: &str, n: u32, gap: Span) -> Result<Vec<u32>> {
    let arrived = stream(network, (from, to), n, gap, FULL)?;
    Ok(arrived.iter().map(|arrival| arrival.number).collect())
}

/// How many arrived after one that was sent later.
pub fn overtaken(arrived: &[u32]) -> usize {
    let mut latest = 0;
    let mut overtaken = 0;
    for number in arrived {
        overtaken += usize::from(*number < latest);
        latest = latest.max(*number);
    }
    overtaken
}
