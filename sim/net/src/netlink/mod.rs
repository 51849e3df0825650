//! Netlink in one namespace: many requests at once, and lists of what is there.
//!
//! The socket is a blocking one. The kernel answers while it takes a request, so nothing ever waits
//! for long; and a request that needs no answer of its own costs no system call of its own, which
//! is most of the time that a network takes to come up.

mod link;
mod traffic;

pub(crate) use link::{
    End, LOOPBACK, Mac, add_address, add_neighbour, add_route, get_link, set_up, veth,
};
pub(crate) use traffic::{
    Reported, activate, add_class, add_qdisc, change_class, change_qdisc, class_of, get_class,
    list_qdiscs, redirect, reported,
};

use crate::qdisc::attributes::{attributes, word_at};
use anyhow::{Context, Result, anyhow, bail, ensure};
use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage};
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

const HEAD: usize = 16;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const OVERRUN: u16 = 4;
const DUMP_INTERRUPTED: u16 = 0x10;
const SOL_NETLINK: libc::c_int = 270;

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

/// An answer: the type of the message and its payload.
struct Answer<'a> {
    kind: u16,
    flags: u16,
    sequence: u32,
    payload: &'a [u8],
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
                    SOL_NETLINK,
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
        self.batches(requests, usize::MAX, &mut |_, _| Ok(()))
    }

    /// Executes requests that have an answer, and hands each on: its type and its payload.
    ///
    /// # Errors
    /// The first that the kernel refused, or that `each` did.
    pub fn get(
        &mut self,
        requests: Vec<Request>,
        mut each: impl FnMut(u16, &[u8]) -> Result<()>,
    ) -> Result<()> {
        self.batches(requests, ANSWERS, &mut each)
    }

    /// Asks for a list, and hands on what is in it.
    ///
    /// # Errors
    /// If the kernel refuses, if the list does not stop changing, and what `each` refuses.
    pub fn list<T>(
        &mut self,
        request: Request,
        each: impl Fn(u16, &[u8]) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut bytes = Vec::new();
        let sequence = self.encode(&request, NLM_F_DUMP, &mut bytes)?;
        for _ in 0..ATTEMPTS {
            if let Some(found) =
                self.try_list(&bytes, sequence, &each).with_context(|| request.what.clone())?
            {
                return Ok(found);
            }
        }
        bail!("{}: the list changed again and again", request.what)
    }

    fn try_list<T>(
        &mut self,
        request: &[u8],
        sequence: u32,
        each: &impl Fn(u16, &[u8]) -> Result<T>,
    ) -> Result<Option<Vec<T>>> {
        self.send(request)?;
        let (mut found, mut whole) = (Vec::new(), true);
        loop {
            for answer in self.receive()? {
                let answer = answer?;
                if answer.sequence != sequence {
                    continue;
                }
                whole &= answer.flags & DUMP_INTERRUPTED == 0;
                match answer.kind {
                    ERROR => refusal(answer.payload)?,
                    DONE => return Ok(whole.then_some(found)),
                    kind => found.push(each(kind, answer.payload)?),
                }
            }
        }
    }

    fn batches(
        &mut self,
        requests: Vec<Request>,
        most: usize,
        each: &mut dyn FnMut(u16, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let (mut bytes, mut sent) = (Vec::new(), Vec::new());
        let mut requests = requests.into_iter().peekable();
        while let Some(request) = requests.next() {
            let last = requests.peek().is_none() || bytes.len() > BATCH || sent.len() + 1 >= most;
            // The kernel answers in order, and refusals always: the last acknowledgement is enough.
            let flags = if last { NLM_F_ACK } else { 0 };
            let sequence = self.encode(&request, flags, &mut bytes)?;
            sent.push((sequence, request.what));
            if last {
                self.send(&bytes)?;
                self.settle(&sent, each)?;
                bytes.clear();
                sent.clear();
            }
        }
        Ok(())
    }

    /// Reads the answers to a batch, up to the acknowledgement of its last request.
    fn settle(
        &mut self,
        sent: &[(u32, String)],
        each: &mut dyn FnMut(u16, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut first = Ok(());
        let last = sent.last().map(|(sequence, _)| *sequence);
        loop {
            for answer in self.receive()? {
                let answer = answer?;
                let Some((_, what)) = sent.iter().find(|(number, _)| *number == answer.sequence)
                else {
                    continue;
                };
                let result = match answer.kind {
                    ERROR => refusal(answer.payload),
                    kind => each(kind, answer.payload),
                };
                first = first.and(result.with_context(|| what.clone()));
                if answer.kind == ERROR && Some(answer.sequence) == last {
                    return first;
                }
            }
        }
    }

    fn encode(&mut self, request: &Request, flags: u16, bytes: &mut Vec<u8>) -> Result<u32> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = NetlinkMessage::from(request.message.clone());
        message.header.flags = NLM_F_REQUEST | request.flags | flags;
        message.header.sequence_number = self.sequence;
        message.finalize();
        let start = bytes.len();
        bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(bytes.get_mut(start..).context("a message of no length")?);
        Ok(self.sequence)
    }

    fn send(&self, bytes: &[u8]) -> Result<()> {
        let sent = send(self.socket.as_raw_fd(), bytes, MsgFlags::empty());
        let sent = sent.context("send a netlink request")?;
        ensure!(sent == bytes.len(), "the kernel took {sent} of {} bytes", bytes.len());
        Ok(())
    }

    /// The messages of one datagram.
    fn receive(&mut self) -> Result<impl Iterator<Item = Result<Answer<'_>>>> {
        let length = loop {
            match recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_TRUNC) {
                Err(nix::errno::Errno::EINTR) => {}
                length => break length.context("wait for netlink's answer")?,
            }
        };
        let datagram = self.buffer.get(..length).context("an answer of netlink was too long")?;
        Ok(messages(datagram))
    }
}

/// The messages in a datagram.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = Result<Answer<'_>>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = message(rest);
        rest = match &message {
            Ok((_, length)) => rest.get(length.next_multiple_of(4)..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(message.map(|(answer, _)| answer))
    })
}

fn message(bytes: &[u8]) -> Result<(Answer<'_>, usize)> {
    // struct nlmsghdr: length, type and flags, sequence number, port.
    let length = usize::try_from(word_at(bytes, 0)?)?;
    let (kind, flags) = (word_at(bytes, 4)? & 0xffff, word_at(bytes, 4)? >> 16);
    let payload = bytes.get(HEAD..length).context("an answer of netlink is cut short")?;
    let (kind, flags) = match cfg!(target_endian = "little") {
        true => (kind, flags),
        false => (flags, kind),
    };
    let (kind, flags) = (u16::try_from(kind)?, u16::try_from(flags)?);
    ensure!(kind != OVERRUN, "netlink lost an answer");
    Ok((Answer { kind, flags, sequence: word_at(bytes, 8)?, payload }, length))
}

/// The error in a message of the type for errors, which also carries acknowledgements.
fn refusal(payload: &[u8]) -> Result<()> {
    const TEXT: u16 = 1;
    let code = word_at(payload, 0)?.cast_signed();
    if code == 0 {
        return Ok(());
    }
    let error = std::io::Error::from_raw_os_error(code.saturating_neg());
    // Behind the code the head of the request, and what the kernel has to say.
    let said = payload.get(4 + HEAD..).and_then(|rest| attributes(rest).ok()).unwrap_or_default();
    let said = said.into_iter().find(|(kind, _)| *kind == TEXT).map(|(_, text)| {
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    });
    let error = anyhow!(error);
    Err(match said {
        Some(said) if !said.is_empty() => error.context(said),
        _ => error,
    })
}
