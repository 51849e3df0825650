//! The state of TCP connections, from outside of them: what a sender knows of its path.
//!
//! The kernel tells it over netlink (sock_diag(7)) to whoever has a socket in the sender's
//! namespace; the socket keeps seeing that namespace wherever it is used.

use anyhow::{Context, Result, bail, ensure};
use netlink_packet_core::{NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::inet::nlas::Nla;
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_packet_sock_diag::{AF_INET, IPPROTO_TCP, SockDiagMessage, TCP_LISTEN};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};
use std::mem::offset_of;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use weir_units::{BitRate, Bytes, Span};

type Message = NetlinkMessage<SockDiagMessage>;

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
    /// The least round-trip time that it saw lately (`tcpi_min_rtt`, in microseconds). `None`
    /// before the first sample.
    pub least_round_trip: Option<Span>,
    /// Packets that it sent again so far (`tcpi_total_retrans`).
    pub retransmits: u64,
    /// Its newest estimate of the rate of delivery, over the payload (`tcpi_delivery_rate`). `None`
    /// before the first sample.
    pub delivery_rate: Option<BitRate>,
}

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
        send(fd, &bytes(request(local, remote), sequence), MsgFlags::empty()).context("send")?;
        let mut buffer = [0; DATAGRAM];
        for _ in 0..STALE {
            let length = recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT).context("receive")?;
            let message = buffer.get(..length).context("the answer is too long")?;
            let message = Message::deserialize(message).context("read the answer")?;
            if message.header.sequence_number == sequence {
                return answer(message, local, remote);
            }
        }
        bail!("there are only answers to other questions")
    }
}

/// The question for one socket.
fn request(local: SocketAddrV4, remote: SocketAddrV4) -> InetRequest {
    InetRequest {
        family: AF_INET,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::INFO,
        states: StateFlags::all(),
        socket_id: SocketId {
            source_port: local.port(),
            destination_port: remote.port(),
            source_address: (*local.ip()).into(),
            destination_address: (*remote.ip()).into(),
            // Any interface, and any cookie.
            interface_id: 0,
            cookie: [0xff; 8],
        },
    }
}

fn bytes(request: InetRequest, sequence: u32) -> Vec<u8> {
    let mut message = Message::from(SockDiagMessage::InetRequest(request));
    message.header.flags = NLM_F_REQUEST;
    message.header.sequence_number = sequence;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn answer(message: Message, local: SocketAddrV4, remote: SocketAddrV4) -> Result<Option<TcpInfo>> {
    let response = match message.payload {
        NetlinkPayload::Error(error) => {
            let errno = Errno::from_raw(error.raw_code().saturating_neg());
            return if errno == Errno::ENOENT { Ok(None) } else { Err(errno.into()) };
        }
        NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => response,
        _ => bail!("an answer of another kind"),
    };
    // Where there is no connection, the kernel answers with who would take it.
    if response.header.state == TCP_LISTEN {
        return Ok(None);
    }
    let (asked, found) = (request(local, remote).socket_id, response.header.socket_id);
    let found = SocketId { interface_id: asked.interface_id, cookie: asked.cookie, ..found };
    ensure!(found == asked, "an answer about another connection");
    let info = response.nlas.into_iter().find_map(|nla| match nla {
        Nla::TcpInfo(info) => Some(info),
        _ => None,
    });
    // A connection that is closed is remembered, but has no state any more.
    info.map(|info| parse(&info)).transpose()
}

/// Reads `struct tcp_info`, of which older kernels have less.
///
/// Decision, 2026-12-01: not by netlink-packet-sock-diag (0.5, feature `rich_nlas`), which refuses
/// one that is shorter than that of Linux 5.4.
fn parse(info: &[u8]) -> Result<TcpInfo> {
    let word = |at: usize| -> Result<u32> {
        let word = info.get(at..at + 4).context("the state of TCP is cut short")?;
        Ok(u32::from_ne_bytes(word.try_into()?))
    };
    let rate = || {
        let at = offset_of!(libc::tcp_info, tcpi_delivery_rate);
        let rate = u64::from_ne_bytes(info.get(at..at + 8)?.try_into().ok()?);
        Some(rate).filter(|rate| *rate != 0)
    };
    let least = word(offset_of!(libc::tcp_info, tcpi_min_rtt)).ok();
    let least = least.filter(|us| ![0, u32::MAX].contains(us));
    Ok(TcpInfo {
        congestion_window: word(offset_of!(libc::tcp_info, tcpi_snd_cwnd))?.into(),
        smoothed_round_trip: Span::from_us(word(offset_of!(libc::tcp_info, tcpi_rtt))?.into()),
        least_round_trip: least.map(|us| Span::from_us(us.into())),
        retransmits: word(offset_of!(libc::tcp_info, tcpi_total_retrans))?.into(),
        delivery_rate: rate().and_then(|bytes| BitRate::of(Bytes::new(bytes), Span::from_s(1))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// `struct nlmsghdr`, `struct inet_diag_req_v2` and `struct inet_diag_msg`.
    const HEAD: usize = 16;
    const REQUEST: usize = 56;
    const ANSWER: usize = 72;

    fn read(bytes: &[u8], local: SocketAddrV4, remote: SocketAddrV4) -> Result<Option<TcpInfo>> {
        answer(Message::deserialize(bytes)?, local, remote)
    }

    #[test]
    fn an_answer_is_about_what_was_asked_and_whole() {
        let (local, remote) = ("10.77.0.1:80".parse().unwrap(), "10.77.0.2:4000".parse().unwrap());
        let asked = bytes(request(local, remote), 7);
        assert_eq!(asked.len(), HEAD + REQUEST);
        // Ports and addresses in network byte order, with room for IPv6; any interface and cookie.
        assert_eq!(asked[HEAD..HEAD + 4], [libc::AF_INET as u8, libc::IPPROTO_TCP as u8, 2, 0]);
        assert_eq!(asked[HEAD + 8..HEAD + 16], [0, 80, 0x0f, 0xa0, 10, 77, 0, 1]);
        assert_eq!(asked[HEAD + 28..HEAD + 32], [10, 77, 0, 2]);
        assert_eq!(asked[HEAD + 44..], [[0; 4], [0xff; 4], [0xff; 4]].concat());
        let mut message = vec![0; HEAD + ANSWER];
        message[4..6].copy_from_slice(&asked[4..6]);
        message[HEAD] = libc::AF_INET as u8;
        message[HEAD + 4..HEAD + 40].copy_from_slice(&asked[HEAD + 8..HEAD + 44]);
        let info = info();
        message.extend_from_slice(&(info.len() as u16 + 4).to_ne_bytes());
        message.extend_from_slice(&netlink_packet_sock_diag::INET_DIAG_INFO.to_ne_bytes());
        message.extend_from_slice(&info);
        let length = message.len() as u32;
        message[..4].copy_from_slice(&length.to_ne_bytes());
        let found = read(&message, local, remote).unwrap().unwrap();
        assert_eq!(found.congestion_window, 11);
        assert!(read(&message, remote, local).is_err(), "another connection");
        for end in 0..message.len() {
            assert!(read(&message[..end], local, remote).is_err(), "cut at {end}");
        }
        message[HEAD + 1] = TCP_LISTEN;
        assert_eq!(read(&message, local, remote).unwrap(), None);
    }

    #[test]
    fn no_such_connection_is_no_error_and_a_refusal_is() {
        let (local, remote) = ("10.77.0.1:80".parse().unwrap(), "10.77.0.2:4000".parse().unwrap());
        let said = |code: i32| {
            let kind = netlink_packet_core::NLMSG_ERROR;
            let mut message = [&36u32.to_ne_bytes()[..], &kind.to_ne_bytes()].concat();
            message.resize(HEAD, 0);
            message.extend_from_slice(&code.to_ne_bytes());
            message.resize(36, 0);
            read(&message, local, remote)
        };
        assert_eq!(said(-libc::ENOENT).unwrap(), None);
        assert!(said(-libc::EPERM).is_err());
    }
}
