//! The state of TCP connections, from outside of them: what a sender knows of its path.
//!
//! The kernel tells it over netlink (sock_diag(7)) to whoever has a socket in the sender's
//! namespace; the socket keeps seeing that namespace wherever it is used.

use crate::qdisc::attributes::{attributes, number_at, word_at};
use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use weir_units::{BitRate, Bytes, Span};

/// A view of the TCP sockets of one node; see [`crate::Node::open_diag`].
#[derive(Debug)]
pub struct Diag {
    socket: OwnedFd,
    asked: AtomicU32,
}

/// The state of a connection as its own end of it knows it (`struct tcp_info` in
/// `include/uapi/linux/tcp.h`; tcp(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpInfo {
    /// The congestion window in packets (`tcpi_snd_cwnd`).
    pub congestion_window: u64,
    /// The smoothed round-trip time (`tcpi_rtt`, in microseconds).
    pub smoothed_round_trip: Span,
    /// The least round-trip time that it saw lately (`tcpi_min_rtt`, in microseconds). `None` before
    /// the first sample.
    pub least_round_trip: Option<Span>,
    /// Packets that it sent again so far (`tcpi_total_retrans`).
    pub retransmits: u64,
    /// Its newest estimate of the rate of delivery, over the payload (`tcpi_delivery_rate`). `None`
    /// before the first sample.
    pub delivery_rate: Option<BitRate>,
}

const HEAD: usize = 16;
/// `struct inet_diag_req_v2`.
const REQUEST: usize = 56;
/// `struct inet_diag_msg`.
const ANSWER: usize = 72;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const INET_DIAG_INFO: u16 = 2;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
/// Any cookie.
const NO_COOKIE: u32 = u32::MAX;
/// `TCP_LISTEN`: where there is no connection, the kernel answers with who would take it.
const LISTEN: u8 = 10;
/// More than an answer takes.
const DATAGRAM: usize = 8 << 10;
/// Answers to questions of others over the same socket that are skipped at most.
const STALE: usize = 64;

/// Opens a socket for it in the calling thread's namespace.
pub(crate) fn open() -> Result<OwnedFd> {
    let kind = SockProtocol::NetlinkSockDiag;
    let flags = SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, kind);
    socket.context("open a view of a node's sockets")
}

impl Diag {
    /// Uses what [`crate::Node::open_diag`] opened, here or in a process that started this one.
    pub fn from_fd(socket: OwnedFd) -> Self {
        Self { socket, asked: AtomicU32::new(0) }
    }

    /// The state of the connection from `local`, an address of the node, to `remote`. `None` if
    /// there is no such connection, or it is closed already.
    ///
    /// It never waits: the kernel answers while it is asked.
    ///
    /// # Errors
    /// If the kernel refuses, or answers what was not asked.
    pub fn tcp_state(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Result<Option<TcpInfo>> {
        let what = || format!("ask for the connection from {local} to {remote}");
        self.ask(local, remote).with_context(what)
    }

    fn ask(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Result<Option<TcpInfo>> {
        let sequence = self.asked.fetch_add(1, Ordering::Relaxed);
        let fd = self.socket.as_raw_fd();
        send(fd, &request(local, remote, sequence), MsgFlags::empty()).context("send")?;
        let mut buffer = [0; DATAGRAM];
        for _ in 0..STALE {
            let length = recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT).context("receive")?;
            let message = buffer.get(..length).context("the answer is too long")?;
            if word_at(message, 8)? == sequence {
                return answer(message, local, remote);
            }
        }
        bail!("there are only answers to other questions")
    }
}

/// `struct nlmsghdr`, and `struct inet_diag_req_v2` with the whole identity of one socket.
fn request(local: SocketAddrV4, remote: SocketAddrV4, sequence: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + REQUEST);
    out.extend_from_slice(&((HEAD + REQUEST) as u32).to_ne_bytes());
    out.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    out.extend_from_slice(&NLM_F_REQUEST.to_ne_bytes());
    out.extend_from_slice(&sequence.to_ne_bytes());
    out.extend_from_slice(&[0; 4]);
    // Family, protocol, which extensions (a bit each, from 1), padding.
    out.extend_from_slice(&[libc::AF_INET as u8, libc::IPPROTO_TCP as u8]);
    out.extend_from_slice(&[1 << (INET_DIAG_INFO - 1), 0]);
    // Any state.
    out.extend_from_slice(&u32::MAX.to_ne_bytes());
    // Ports and addresses in network byte order, with room for IPv6.
    out.extend_from_slice(&local.port().to_be_bytes());
    out.extend_from_slice(&remote.port().to_be_bytes());
    for address in [local.ip(), remote.ip()] {
        out.extend_from_slice(&address.octets());
        out.extend_from_slice(&[0; 12]);
    }
    // Any interface.
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&[NO_COOKIE.to_ne_bytes(); 2].concat());
    out
}

fn answer(message: &[u8], local: SocketAddrV4, remote: SocketAddrV4) -> Result<Option<TcpInfo>> {
    let length = usize::try_from(word_at(message, 0)?)?;
    let payload = message.get(HEAD..length).context("the answer is cut short")?;
    let kind = message.get(4..6).map(|kind| [kind[0], kind[1]]).map(u16::from_ne_bytes);
    if kind == Some(NLMSG_ERROR) {
        let error = Errno::from_raw(word_at(payload, 0)?.cast_signed().saturating_neg());
        return if error == Errno::ENOENT { Ok(None) } else { Err(error.into()) };
    }
    ensure!(kind == Some(SOCK_DIAG_BY_FAMILY), "an answer of another kind");
    // struct inet_diag_msg: family, state, timer, retransmits, then the identity as asked.
    let asked = request(local, remote, 0);
    let (asked, found) = (asked.get(HEAD + 8..HEAD + 44), payload.get(4..40));
    if payload.get(1) == Some(&LISTEN) {
        return Ok(None);
    }
    ensure!(found.is_some() && found == asked, "an answer about another connection");
    let extensions = attributes(payload.get(ANSWER..).context("the answer is cut short")?)?;
    let info = extensions.into_iter().find(|(kind, _)| *kind == INET_DIAG_INFO);
    // A connection that is closed is remembered, but has no state any more.
    info.map(|(_, info)| parse(info)).transpose()
}

/// Reads `struct tcp_info`, of which older kernels have less.
fn parse(info: &[u8]) -> Result<TcpInfo> {
    const RTT: usize = 68;
    const SND_CWND: usize = 80;
    const TOTAL_RETRANS: usize = 100;
    const MIN_RTT: usize = 148;
    const DELIVERY_RATE: usize = 160;
    let least = word_at(info, MIN_RTT).ok().filter(|us| ![0, u32::MAX].contains(us));
    let rate = number_at(info, DELIVERY_RATE).ok().filter(|rate| *rate != 0);
    Ok(TcpInfo {
        congestion_window: word_at(info, SND_CWND)?.into(),
        smoothed_round_trip: Span::from_us(word_at(info, RTT)?.into()),
        least_round_trip: least.map(|us| Span::from_us(us.into())),
        retransmits: word_at(info, TOTAL_RETRANS)?.into(),
        delivery_rate: rate.and_then(|bytes| BitRate::of(Bytes::new(bytes), Span::from_s(1))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    fn info() -> Vec<u8> {
        let mut bytes = vec![0; size_of::<libc::tcp_info>()];
        let mut set = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        set(offset_of!(libc::tcp_info, tcpi_snd_cwnd), &11u32.to_ne_bytes());
        set(offset_of!(libc::tcp_info, tcpi_rtt), &40_123u32.to_ne_bytes());
        set(offset_of!(libc::tcp_info, tcpi_min_rtt), &40_000u32.to_ne_bytes());
        set(offset_of!(libc::tcp_info, tcpi_total_retrans), &3u32.to_ne_bytes());
        set(offset_of!(libc::tcp_info, tcpi_delivery_rate), &625_000u64.to_ne_bytes());
        bytes
    }

    #[test]
    fn the_state_is_read_where_the_kernel_writes_it() {
        let wanted = TcpInfo {
            congestion_window: 11,
            smoothed_round_trip: Span::from_us(40_123),
            least_round_trip: Some(Span::from_ms(40)),
            retransmits: 3,
            delivery_rate: Some(BitRate::from_bps(5_000_000)),
        };
        assert_eq!(parse(&info()).unwrap(), wanted);
    }

    #[test]
    fn an_older_kernels_shorter_state_lacks_what_came_later() {
        let at = offset_of!(libc::tcp_info, tcpi_min_rtt);
        let found = parse(&info()[..at]).unwrap();
        assert_eq!((found.least_round_trip, found.delivery_rate), (None, None));
        assert_eq!(found.retransmits, 3);
        assert!(parse(&info()[..100]).is_err());
    }

    #[test]
    fn an_answer_is_about_what_was_asked_and_whole() {
        let (local, remote) = ("10.77.0.1:80".parse().unwrap(), "10.77.0.2:4000".parse().unwrap());
        let asked = request(local, remote, 7);
        assert_eq!(asked.len(), HEAD + REQUEST);
        let mut message = vec![0; HEAD + ANSWER];
        message[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        message[HEAD + 4..HEAD + 40].copy_from_slice(&asked[HEAD + 8..HEAD + 44]);
        let info = info();
        message.extend_from_slice(&(info.len() as u16 + 4).to_ne_bytes());
        message.extend_from_slice(&INET_DIAG_INFO.to_ne_bytes());
        message.extend_from_slice(&info);
        let length = message.len() as u32;
        message[..4].copy_from_slice(&length.to_ne_bytes());
        let found = answer(&message, local, remote).unwrap().unwrap();
        assert_eq!(found.congestion_window, 11);
        assert!(answer(&message, remote, local).is_err(), "another connection");
        for end in 0..message.len() {
            assert!(answer(&message[..end], local, remote).is_err(), "cut at {end}");
        }
        message[HEAD + 1] = LISTEN;
        assert_eq!(answer(&message, local, remote).unwrap(), None);
    }

    #[test]
    fn no_such_connection_is_no_error_and_a_refusal_is() {
        let ends = || ("10.77.0.1:80".parse().unwrap(), "10.77.0.2:4000".parse().unwrap());
        let said = |code: i32| {
            let mut message = [&36u32.to_ne_bytes()[..], &NLMSG_ERROR.to_ne_bytes()].concat();
            message.resize(HEAD, 0);
            message.extend_from_slice(&code.to_ne_bytes());
            message.resize(36, 0);
            answer(&message, ends().0, ends().1)
        };
        assert_eq!(said(-libc::ENOENT).unwrap(), None);
        assert!(said(-libc::EPERM).is_err());
    }
}
