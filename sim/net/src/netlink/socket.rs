//! The socket: many requests at once, and lists of what is there.
//!
//! It is a blocking one. The kernel answers while it takes a request, so nothing ever waits
//! for long; and a request that needs no answer of its own costs no system call of its own, which
//! is most of the time that a network takes to come up.

use anyhow::{Context, Result, anyhow, bail, ensure};
use netlink_packet_core::{
    DecodeError, ErrorMessage, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST,
    NLMSG_ALIGNTO, NetlinkDeserializable, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    NlasIterator, parse_string,
};
use netlink_packet_route::RouteNetlinkMessage;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, setsockopt, socket,
    sockopt::ReceiveTimeout,
};
use nix::sys::time::TimeVal;
use std::os::fd::{AsRawFd, OwnedFd};

/// The most bytes of requests that are sent at once.
const BATCH: usize = 32 << 10;
/// The most answers that are asked for at once: their socket buffer must hold them all.
const ANSWERS: usize = 16;
/// Larger than any datagram that the kernel sends (`NLMSG_GOODSIZE` and, for lists, 32 kB).
const DATAGRAM: usize = 64 << 10;
/// The kernel answers at once. This ends a wait for an answer that was lost.
const PATIENCE_S: i64 = 10;
/// How often a list is asked for again because it changed meanwhile.
const ATTEMPTS: usize = 8;

/// Netlink in the namespace of the thread that opened it, for ever: later moves of the thread do
/// not move it.
pub(crate) struct Netlink {
    socket: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

/// A request to the kernel, and what it is about, for the error.
pub(crate) struct Request {
    what: String,
    message: RouteNetlinkMessage,
    flags: u16,
}

impl Request {
    pub fn new(what: String, message: RouteNetlinkMessage, flags: u16) -> Self {
        Self { what, message, flags }
    }
}

/// In place of an answer where none is asked for.
struct Nothing;

impl NetlinkDeserializable for Nothing {
    type Error = DecodeError;

    fn deserialize(_: &NetlinkHeader, _: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

impl Netlink {
    /// Opens it in the calling thread's namespace.
    ///
    /// # Errors
    /// If the kernel has no room for another socket.
    pub fn open() -> Result<Self> {
        let socket = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkRoute,
        )
        .context("open netlink")?;
        setsockopt(&socket, ReceiveTimeout, &TimeVal::new(PATIENCE_S, 0))
            .context("bound the time that netlink takes")?;
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            let on: libc::c_int = 1;
            // SAFETY: the value is an integer that lives as long as the call, which is given its
            // size. Without these options errors are only less clear.
            unsafe {
                libc::setsockopt(
                    socket.as_raw_fd(),
                    libc::SOL_NETLINK,
                    option,
                    (&raw const on).cast(),
                    size_of::<libc::c_int>() as libc::socklen_t,
                );
            }
        }
        Ok(Self { socket, sequence: 0, buffer: vec![0; DATAGRAM] })
    }

    /// Executes requests in their order. After one that fails the others are executed nevertheless.
    ///
    /// # Errors
    /// The first that the kernel refused.
    pub fn execute(&mut self, requests: Vec<Request>) -> Result<()> {
        self.batches::<Nothing>(requests, usize::MAX).map(drop)
    }

    /// Executes requests that have an answer each, and returns these.
    ///
    /// # Errors
    /// The first that the kernel refused.
    pub fn get<T: NetlinkDeserializable>(&mut self, requests: Vec<Request>) -> Result<Vec<T>> {
        self.batches(requests, ANSWERS)
    }

    /// Asks for a list, and returns what is in it.
    ///
    /// # Errors
    /// If the kernel refuses, and if the list does not stop changing.
    pub fn list<T: NetlinkDeserializable>(&mut self, request: Request) -> Result<Vec<T>> {
        let mut bytes = Vec::new();
        let (sequence, what) = self.encode(request, NLM_F_DUMP, &mut bytes)?;
        for _ in 0..ATTEMPTS {
            let found = self.try_list(&bytes, sequence).with_context(|| what.clone())?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        bail!("{what}: the list changed again and again")
    }

    fn try_list<T: NetlinkDeserializable>(
        &mut self,
        request: &[u8],
        sequence: u32,
    ) -> Result<Option<Vec<T>>> {
        self.send(request)?;
        let (mut found, mut whole) = (Vec::new(), true);
        loop {
            for answer in self.receive()? {
                let (header, payload) = answer?.into_parts();
                if header.sequence_number != sequence {
                    continue;
                }
                whole &= header.flags & NLM_F_DUMP_INTR == 0;
                match payload {
                    NetlinkPayload::Error(error) => refusal(&error)?,
                    NetlinkPayload::Done(_) => return Ok(whole.then_some(found)),
                    NetlinkPayload::InnerMessage(message) => found.push(message),
                    _ => bail!("netlink lost an answer"),
                }
            }
        }
    }

    fn batches<T: NetlinkDeserializable>(
        &mut self,
        requests: Vec<Request>,
        most: usize,
    ) -> Result<Vec<T>> {
        let (mut bytes, mut sent, mut found) = (Vec::new(), Vec::new(), Vec::new());
        let mut requests = requests.into_iter().peekable();
        while let Some(request) = requests.next() {
            let last = requests.peek().is_none() || bytes.len() > BATCH || sent.len() + 1 >= most;
            // The kernel answers in order, and refusals always: the last acknowledgement is enough.
            let flags = if last { NLM_F_ACK } else { 0 };
            sent.push(self.encode(request, flags, &mut bytes)?);
            if last {
                self.send(&bytes)?;
                found.extend(self.settle(&sent)?);
                bytes.clear();
                sent.clear();
            }
        }
        Ok(found)
    }

    /// Reads the answers to a batch, up to the acknowledgement of its last request.
    fn settle<T: NetlinkDeserializable>(&mut self, sent: &[(u32, String)]) -> Result<Vec<T>> {
        let (mut first, mut found) = (Ok(()), Vec::new());
        let last = sent.last().map(|(sequence, _)| *sequence);
        loop {
            for answer in self.receive()? {
                let (header, payload) = answer?.into_parts();
                let sequence = header.sequence_number;
                let Some((_, what)) = sent.iter().find(|(number, _)| *number == sequence) else {
                    continue;
                };
                match payload {
                    NetlinkPayload::Error(error) => {
                        first = first.and(refusal(&error).with_context(|| what.clone()));
                        if Some(sequence) == last {
                            return first.map(|()| found);
                        }
                    }
                    NetlinkPayload::InnerMessage(message) => found.push(message),
                    _ => bail!("netlink lost an answer"),
                }
            }
        }
    }

    /// Writes a request behind others; returns its number and what it is about.
    fn encode(
        &mut self,
        request: Request,
        flags: u16,
        bytes: &mut Vec<u8>,
    ) -> Result<(u32, String)> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = NetlinkMessage::from(request.message);
        message.header.flags = NLM_F_REQUEST | request.flags | flags;
        message.header.sequence_number = self.sequence;
        message.finalize();
        let start = bytes.len();
        bytes.resize(start + aligned(message.buffer_len()), 0);
        message.serialize(bytes.get_mut(start..).context("a message of no length")?);
        Ok((self.sequence, request.what))
    }

    fn send(&self, bytes: &[u8]) -> Result<()> {
        let sent = send(self.socket.as_raw_fd(), bytes, MsgFlags::empty());
        let sent = sent.context("send a netlink request")?;
        ensure!(sent == bytes.len(), "the kernel took {sent} of {} bytes", bytes.len());
        Ok(())
    }

    /// The messages of one datagram.
    fn receive<T: NetlinkDeserializable>(
        &mut self,
    ) -> Result<impl Iterator<Item = Result<NetlinkMessage<T>>>> {
        let length = loop {
            match recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_TRUNC) {
                Err(nix::errno::Errno::EINTR) => {}
                length => break length.context("wait for netlink's answer")?,
            }
        };
        let mut rest = self.buffer.get(..length).context("an answer of netlink was too long")?;
        Ok(std::iter::from_fn(move || {
            let message = (!rest.is_empty()).then(|| NetlinkMessage::<T>::deserialize(rest))?;
            let length = message.as_ref().map_or(rest.len(), |message| {
                usize::try_from(message.header.length).unwrap_or(rest.len())
            });
            rest = rest.get(aligned(length)..).unwrap_or_default();
            Some(message.context("read an answer of netlink"))
        }))
    }
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(NLMSG_ALIGNTO.into())
}

/// The error in a message of the type for errors, which also carries acknowledgements.
fn refusal(answer: &ErrorMessage) -> Result<()> {
    /// `NLMSGERR_ATTR_MSG`, and the head of the request in front of the attributes
    /// (`struct nlmsghdr`), which netlink-packet-core does not read.
    const TEXT: u16 = 1;
    const HEAD: usize = 16;
    if answer.code.is_none() {
        return Ok(());
    }
    let attributes = NlasIterator::new(answer.header.get(HEAD..).unwrap_or_default());
    let text = attributes.flatten().find(|nla| nla.kind() == TEXT);
    let said = text.and_then(|nla| parse_string(nla.value()).ok()).unwrap_or_default();
    let error = anyhow!(answer.to_io());
    Err(if said.is_empty() { error } else { error.context(said) })
}
