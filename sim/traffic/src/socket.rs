//! Sockets of flows: how they are opened, and what the kernel knows of them.

use crate::job::FlowJob;
use anyhow::{Context, Error, Result, bail};
use libc::{IPPROTO_TCP, SK_MEMINFO_DROPS, SO_MEMINFO, SOL_SOCKET, TCP_INFO, socklen_t, tcp_info};
use nix::errno::Errno;
use nix::sys::socket::{getsockopt, setsockopt, sockopt};
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use weir_clock::Watch;
use weir_units::Span;

/// How long the other end may take to accept: time for four attempts of Linux (after 0, 1, 3 and
/// 7 s).
const CONNECT: Span = Span::from_s(10);

/// Between two attempts at a port where nobody listens yet.
const RETRY: Span = Span::from_ms(20);

/// What is asked for as the buffer of a datagram socket. It holds what a link with a deep queue at
/// this node has not yet taken, which would otherwise be this buffer's decision instead of the
/// link's, and what arrives while the process does not run.
const DATAGRAM_BUFFER: usize = 8 << 20;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 64;

/// A listening socket; connections that it accepts get the congestion control.
pub(crate) fn listen(at: SocketAddr, control: Option<&str>) -> Result<TcpListener> {
    let socket = stream_socket(at, control)?;
    // A flow of a trial before this one may have left connections behind that are all but closed.
    socket.set_reuseaddr(true).context("open a socket")?;
    let listen = socket.bind(at).and_then(|()| socket.listen(BACKLOG));
    listen.with_context(|| format!("listen at {at}"))
}

/// A connection to the other end of a flow; `None` if the flow ends before there is any answer.
///
/// # Errors
/// If the congestion control cannot be set, and if nobody listens there for [`CONNECT`] or until
/// the end.
pub(crate) async fn connect(
    job: &FlowJob,
    control: Option<&str>,
    watch: &mut Watch,
) -> Result<Option<TcpStream>> {
    let limit = watch.now().after(CONNECT);
    let deadline = limit.min(job.end);
    let mut refusal = None;
    loop {
        let attempt = stream_socket(job.address, control)?.connect(job.address);
        match watch.before(deadline, attempt).await.context("wait")? {
            Some(Ok(stream)) => return Ok(Some(stream)),
            Some(Err(error)) => refusal = Some(error),
            None if refusal.is_none() && deadline < limit => return Ok(None),
            None => {}
        }
        let next = watch.now().after(RETRY);
        if next >= deadline {
            let error = refusal.unwrap_or_else(|| io::ErrorKind::TimedOut.into());
            let within = if deadline < limit {
                "before the end".to_owned()
            } else {
                format!("within {CONNECT}")
            };
            let problem = format!("no connection to {} {within}", job.address);
            return Err(Error::new(error).context(problem));
        }
        watch.until(next).await.context("wait")?;
    }
}

fn stream_socket(peer: SocketAddr, control: Option<&str>) -> Result<TcpSocket> {
    let socket = if peer.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.context("open a socket")?;
    if let Some(control) = control {
        match setsockopt(&socket, sockopt::TcpCongestion, &OsString::from(control)) {
            Err(Errno::ENOENT) => {
                bail!("this kernel has no congestion control \"{control}\"")
            }
            result => result.with_context(|| format!("set the congestion control {control}"))?,
        }
    }
    Ok(socket)
}

/// The congestion control of a socket, as the kernel holds it.
pub(crate) fn congestion_control(socket: &impl AsFd) -> Result<String> {
    let name = getsockopt(socket, sockopt::TcpCongestion).context("read the congestion control")?;
    Ok(name.to_string_lossy().trim_end_matches('\0').to_owned())
}

/// Closes a connection at once: what was not sent is dropped instead of being sent after the end
/// of the flow.
pub(crate) fn abort(stream: TcpStream) {
    // Should this fail (it does not, for a TCP socket), the kernel closes it in its own time.
    drop(stream.set_zero_linger());
}

/// How often the sender of this connection sent a packet again (`tcpi_total_retrans`).
pub(crate) fn retransmits(stream: &TcpStream) -> Result<u64> {
    // SAFETY: a structure of integers, for which zero is a value.
    let mut info: tcp_info = unsafe { std::mem::zeroed() };
    let mut length = size_of::<tcp_info>() as socklen_t;
    let (descriptor, to) = (stream.as_raw_fd(), (&raw mut info).cast());
    // SAFETY: the kernel writes at most `length` bytes to `info`, which has as many.
    let result = unsafe { libc::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, to, &mut length) };
    Errno::result(result).context("read the connection's state")?;
    Ok(info.tcpi_total_retrans.into())
}

/// A socket for datagrams, bound to `at`.
pub(crate) fn datagrams(at: SocketAddr) -> Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(at);
    let socket = socket.with_context(|| format!("open a datagram socket at {at}"))?;
    socket.set_nonblocking(true).context("open a socket")?;
    // With privileges, this much; without, as much of it as the system lets everyone have.
    if setsockopt(&socket, sockopt::SndBufForce, &DATAGRAM_BUFFER).is_err() {
        setsockopt(&socket, sockopt::SndBuf, &DATAGRAM_BUFFER).context("size a buffer")?;
    }
    if setsockopt(&socket, sockopt::RcvBufForce, &DATAGRAM_BUFFER).is_err() {
        setsockopt(&socket, sockopt::RcvBuf, &DATAGRAM_BUFFER).context("size a buffer")?;
    }
    UdpSocket::from_std(socket).context("open a socket")
}

/// How many datagrams found the receive buffer of this socket full (`SK_MEMINFO_DROPS`).
pub(crate) fn overflows(socket: &UdpSocket) -> Result<u64> {
    const DROPS: usize = SK_MEMINFO_DROPS as usize;
    let mut info = [0u32; DROPS + 1];
    let mut length = size_of_val(&info) as socklen_t;
    let (descriptor, to) = (socket.as_raw_fd(), info.as_mut_ptr().cast());
    // SAFETY: the kernel writes at most `length` bytes to `info`, which has as many.
    let result = unsafe { libc::getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, to, &mut length) };
    Errno::result(result).context("read the socket's state")?;
    Ok(info[DROPS].into())
}
