//! Letting the other end in: a connection belongs to a flow if it begins with the flow's tag.
//! Whoever else comes to the port (a probe, a stranger) is sent away and disturbs nobody.

use std::io;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use weir_clock::{Clock, Watch};
use weir_units::Span;

/// Connections that have not yet said who they are; the others wait in the kernel.
const STRANGERS: usize = 16;

/// How long one may take to say it.
const GREETING: Span = Span::from_s(10);

/// With what the end that calls begins: the tag, and the bytes that it asks for (zero if it does
/// not ask), both in network byte order.
pub(crate) fn greeting(tag: u64, ask: u64) -> [u8; 16] {
    ((u128::from(tag) << 64) | u128::from(ask)).to_be_bytes()
}

/// A listening socket behind which only those with the right tag get. Dropping it closes
/// everything that did not.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    tag: u64,
    clock: Clock,
    strangers: JoinSet<Option<(TcpStream, u64)>>,
}

impl Door {
    pub fn new(listener: TcpListener, tag: u64, clock: Clock) -> Self {
        Self { listener, tag, clock, strangers: JoinSet::new() }
    }

    /// The next connection with the right tag, and what it asks for. May be dropped and called
    /// again.
    pub async fn next(&mut self) -> io::Result<(TcpStream, u64)> {
        loop {
            let room = self.strangers.len() < STRANGERS;
            tokio::select! {
                biased;
                Some(greeted) = self.strangers.join_next() => {
                    if let Ok(Some(known)) = greeted {
                        return Ok(known);
                    }
                }
                accepted = self.listener.accept(), if room => match accepted {
                    Ok((stream, _)) => {
                        self.strangers.spawn(greet(stream, self.tag, self.clock));
                    }
                    // It was taken from the queue, and gone by then.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) => return Err(error),
                },
            }
        }
    }
}

async fn greet(mut stream: TcpStream, tag: u64, clock: Clock) -> Option<(TcpStream, u64)> {
    let mut watch = Watch::new(clock).ok()?;
    let deadline = watch.now().after(GREETING);
    let mut words = [0; 16];
    let read = watch.before(deadline, stream.read_exact(&mut words)).await;
    read.ok()??.ok()?;
    let words = u128::from_be_bytes(words);
    let ask = u64::try_from(words & u128::from(u64::MAX)).ok()?;
    (words >> 64 == u128::from(tag)).then_some((stream, ask))
}
