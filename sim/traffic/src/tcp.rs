//! `tcp`: a connection that always has something to send.

use crate::door::{Door, greeting};
use crate::job::FlowJob;
use crate::rows::Facts;
use crate::socket;
use anyhow::{Context, Result, bail};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weir_clock::{Clock, Watch};

/// What is sent. Its content does not matter, and a static costs nothing.
pub(crate) static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// Sends until the end.
pub(crate) async fn send(
    job: &FlowJob,
    control: &str,
    watch: &mut Watch,
    facts: &mut Facts,
) -> Result<()> {
    watch.until(job.start).await.context("wait")?;
    let Some(mut stream) = socket::connect(job, Some(control), watch).await? else {
        bail!("no connection to {} before the end", job.address);
    };
    facts.congestion_control = Some(socket::congestion_control(&stream)?);
    let sent = watch.before(job.end, write(&mut stream, job.tag())).await.context("wait")?;
    facts.retransmits = Some(socket::retransmits(&stream)?);
    socket::abort(stream);
    match sent {
        // Both ends look at the same clock: a receiver that is gone at the end is no failure.
        Some(Err(error)) if watch.now() < job.end => Err(error).context("send"),
        _ => Ok(()),
    }
}

async fn write(stream: &mut TcpStream, tag: u64) -> io::Result<()> {
    stream.write_all(&greeting(tag, 0)).await?;
    loop {
        stream.write_all(&ZEROS).await?;
    }
}

/// Counts what arrives until the end.
pub(crate) async fn receive(
    job: &FlowJob,
    clock: Clock,
    watch: &mut Watch,
    facts: &mut Facts,
) -> Result<()> {
    let mut door = Door::new(socket::listen(job.address, None)?, job.tag(), clock);
    let Some(sender) = watch.before(job.end, door.next()).await.context("wait")? else {
        bail!("nobody connected before the end");
    };
    let (mut stream, _) = sender.context("accept")?;
    let ended = watch.before(job.end, count(&mut stream, facts)).await.context("wait")?;
    socket::abort(stream);
    match ended {
        Some(ended) if watch.now() < job.end => match ended {
            Ok(()) => bail!("the sender closed the connection"),
            Err(error) => Err(error).context("receive"),
        },
        _ => Ok(()),
    }
}

/// Counts what arrives until the stream ends.
async fn count(stream: &mut TcpStream, facts: &mut Facts) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            bytes => facts.bytes += bytes as u64,
        }
    }
}
