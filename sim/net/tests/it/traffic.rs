//! Traffic between two nodes of a network, and the time it takes, on the guest's virtual clock.

use anyhow::{Context, Result, ensure};
use nix::time::{ClockId, clock_gettime};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use weir_net::{Network, Node};
use weir_units::{Bytes, Span};

const PORT: u16 = 5000;

pub fn clock() -> Result<Span> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    Ok(Span::from_ns(u64::try_from(now.tv_sec())? * 1_000_000_000 + u64::try_from(now.tv_nsec())?))
}

/// Sockets belong to the namespace of the thread that opens them.
fn listen(node: &Node) -> Result<(TcpListener, SocketAddr)> {
    let address = SocketAddr::from((node.address(), PORT));
    let listener =
        node.namespace().run(async move |_| TcpListener::bind(address).context("bind"))?;
    Ok((listener, address))
}

fn connect(node: &Node, to: SocketAddr) -> Result<TcpStream> {
    node.namespace().run(async move |_| TcpStream::connect(to).context("connect"))
}

/// A download of `bytes`: from the first byte received to the last, and how many lay between.
pub fn download(network: &Network, from: &str, to: &str, bytes: Bytes) -> Result<(Span, Bytes)> {
    let (listener, address) = listen(network.node(from)?)?;
    let mut sink = connect(network.node(to)?, address)?;
    let (mut source, _) = listener.accept()?;
    let sender = std::thread::spawn(move || -> std::io::Result<()> {
        let block = [7; 65_536];
        let mut left = bytes.get();
        while left > 0 {
            let n = left.min(block.len() as u64) as usize;
            source.write_all(&block[..n])?;
            left -= n as u64;
        }
        Ok(())
    });
    let mut buffer = vec![0; 1 << 20];
    let first = sink.read(&mut buffer)? as u64;
    let (start, mut received) = (clock()?, first);
    loop {
        match sink.read(&mut buffer)? {
            0 => break,
            n => received += n as u64,
        }
    }
    let end = clock()?;
    sender.join().map_err(|_| anyhow::anyhow!("the sender panicked"))??;
    ensure!(received == bytes.get(), "received {received} of {bytes}");
    Ok((end.saturating_sub(start), Bytes::new(received - first)))
}

/// A socket on `from` that sends to one on `to`.
fn datagrams(network: &Network, from: &str, to: &str) -> Result<(UdpSocket, UdpSocket)> {
    let address = SocketAddr::from((network.node(to)?.address(), PORT));
    let server = network
        .node(to)?
        .namespace()
        .run(async move |_| UdpSocket::bind(address).context("bind"))?;
    let local = SocketAddr::from((network.node(from)?.address(), 0));
    let client = network
        .node(from)?
        .namespace()
        .run(async move |_| UdpSocket::bind(local).context("bind"))?;
    client.connect(address)?;
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
    let echo = std::thread::spawn(move || -> std::io::Result<()> {
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
        client.recv(&mut buffer)?;
        found.push(clock()?.saturating_sub(start));
        #[expect(clippy::disallowed_methods, reason = "spacing of probes, on the virtual clock")]
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    echo.join().map_err(|_| anyhow::anyhow!("the echo panicked"))??;
    Ok(found)
}

/// Sends `n` datagrams in one direction, `gap` apart, and returns which of them arrived.
pub fn one_way(network: &Network, from: &str, to: &str, n: u32, gap: Span) -> Result<Vec<u32>> {
    let (client, server) = datagrams(network, from, to)?;
    server.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
    let sender = std::thread::spawn(move || -> std::io::Result<()> {
        for number in 0..n {
            client.send(&[&number.to_ne_bytes()[..], &[0; 1468]].concat())?;
            if gap > Span::ZERO {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "spacing of probes, on the virtual clock"
                )]
                std::thread::sleep(std::time::Duration::from_nanos(gap.ns()));
            }
        }
        Ok(())
    });
    let mut arrived = Vec::new();
    let mut buffer = [0; 2048];
    while let Ok(length) = server.recv(&mut buffer) {
        ensure!(length == 1472, "a datagram of {length} bytes");
        arrived.push(u32::from_ne_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]));
    }
    sender.join().map_err(|_| anyhow::anyhow!("the sender panicked"))??;
    Ok(arrived)
}
