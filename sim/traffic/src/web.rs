//! `web`: a user who downloads an object, thinks, and downloads the next (a "user equivalent" of
//! Barford and Crovella, "Generating Representative Web Workloads for Network and Server
//! Performance Evaluation", SIGMETRICS 1998).
//!
//! Each object has a connection of its own, so that each begins in slow start, as the short flows
//! do that this traffic stands for. The server closes it first. The time that an object takes
//! begins when the user wants it, before there is a connection.

use crate::door::{Door, greeting};
use crate::draw::User;
use crate::job::FlowJob;
use crate::rows::Facts;
use crate::socket;
use crate::tcp::ZEROS;
use anyhow::{Context, Result};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinError, JoinSet};
use weir_clock::{Clock, Watch};
use weir_units::{Bytes, Time};

/// Connections that are served at once: the user has one at a time, but its last may not be quite
/// closed when the next one comes.
const SERVED: usize = 16;

/// How much of an object is read at once, in bytes.
const BUFFER: usize = 1 << 16;

/// The user: asks for objects until the end.
pub(crate) async fn receive(
    job: &FlowJob,
    mut user: User,
    watch: &mut Watch,
    facts: &mut Facts,
) -> Result<()> {
    facts.objects = Some(0);
    let mut next = job.start;
    if job.random_phase {
        next = next.after(user.pause());
    }
    loop {
        let asked = watch.until(next.min(job.end)).await.context("wait")?;
        if asked >= job.end {
            return Ok(());
        }
        let size = user.size();
        let Some(mut stream) = socket::connect(job, None, watch).await? else { return Ok(()) };
        let fetch = fetch(&mut stream, job.tag(), size, facts);
        match watch.before(job.end, fetch).await.context("wait")? {
            Some(Ok(())) => {}
            Some(Err(error)) if watch.now() < job.end => return Err(error).context("receive"),
            _ => {
                socket::abort(stream);
                return Ok(());
            }
        }
        let done = watch.now();
        facts.objects = facts.objects.map(|objects| objects + 1);
        facts.objects_took = facts.objects_took.saturating_add(done.since(asked));
        next = done.after(user.pause());
    }
}

/// Asks for an object and receives all of it.
async fn fetch(stream: &mut TcpStream, tag: u64, size: Bytes, facts: &mut Facts) -> io::Result<()> {
    stream.write_all(&greeting(tag, size.get())).await?;
    let mut buffer = vec![0; BUFFER];
    let mut missing = size.get();
    while missing > 0 {
        // More than was asked for is nobody's.
        let bytes = (stream.read(&mut buffer).await? as u64).min(missing);
        if bytes == 0 {
            let problem = format!("an object of {size} that lacks {missing} bytes at its end");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        missing -= bytes;
        facts.bytes += bytes;
    }
    Ok(())
}

/// What a server waits for.
enum Turn {
    Came(io::Result<(TcpStream, u64)>),
    Ended(Result<Result<u64>, JoinError>),
}

/// The server: sends what it is asked for until the end.
pub(crate) async fn send(
    job: &FlowJob,
    control: &str,
    clock: Clock,
    watch: &mut Watch,
    facts: &mut Facts,
) -> Result<()> {
    let listener = socket::listen(job.address, Some(control))?;
    facts.congestion_control = Some(socket::congestion_control(&listener)?);
    let mut door = Door::new(listener, job.tag(), clock);
    let mut served = JoinSet::new();
    let mut retransmits = 0;
    facts.retransmits = Some(0);
    loop {
        let next = async {
            tokio::select! {
                biased;
                Some(ended) = served.join_next() => Turn::Ended(ended),
                next = door.next(), if served.len() < SERVED => Turn::Came(next),
            }
        };
        match watch.before(job.end, next).await.context("wait")? {
            Some(Turn::Came(next)) => {
                let (stream, size) = next.context("accept")?;
                served.spawn(serve(stream, size, clock, job.end));
            }
            Some(Turn::Ended(ended)) => retransmits += ended.context("serve")??,
            None => break,
        }
        facts.retransmits = Some(retransmits);
    }
    // All of them end by themselves, now.
    while let Some(ended) = served.join_next().await {
        retransmits += ended.context("serve")??;
    }
    facts.retransmits = Some(retransmits);
    Ok(())
}

/// Sends an object. Returns how many packets were sent again.
async fn serve(mut stream: TcpStream, size: u64, clock: Clock, end: Time) -> Result<u64> {
    let mut watch = Watch::new(clock).context("set a timer")?;
    let sent = watch.before(end, hand_over(&mut stream, size)).await.context("wait")?;
    let retransmits = socket::retransmits(&stream)?;
    match sent {
        Some(Ok(())) => {}
        Some(Err(error)) if watch.now() < end => return Err(error).context("send"),
        _ => socket::abort(stream),
    }
    Ok(retransmits)
}

/// Sends an object and waits until the user, who has it then, closes the connection.
async fn hand_over(stream: &mut TcpStream, size: u64) -> io::Result<()> {
    let mut missing = size;
    while missing > 0 {
        let piece = missing.min(ZEROS.len() as u64) as usize;
        missing -= stream.write(ZEROS.get(..piece).unwrap_or_default()).await? as u64;
    }
    stream.shutdown().await?;
    match stream.read(&mut [0]).await? {
        0 => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "more than a request")),
    }
}
