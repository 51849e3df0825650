//! The low-water mark of a socket: how many bytes must be there before its reader is woken.
//!
//! With the default of one byte, a player is woken for every packet. Inside of a segment body no
//! byte matters but the first and the last, so the mark is raised there. It is never above what
//! remains of the body, so the last byte wakes at once; and it is one byte again when the next
//! response is awaited.
//!
//! What is unread narrows the window that the receiver offers, so a mark must not make the sender
//! wait where it would not have waited for an eager reader. Hence two rules. The first megabyte of
//! a connection is read packet by packet, while Linux finds out how large a window is needed
//! (`tcp_rcv_space_adjust`). After that, the mark takes a quarter of the window that the sender
//! leaves unused, as the kernel reports it; where the window itself is the bottleneck, nothing.
//!
//! Linux takes care of the rest (`tcp_set_rcvlowat`, `tcp_data_ready`): it wakes below the mark
//! when the window is about to close, at the end of the stream, and on errors; it wakes at once if
//! a new mark is already reached; and it acknowledges as if the data had been read.
//!
//! Measured in a guest in virtual time, 38 segments of 750 kB at 1 to 100 Mbit/s with round trips
//! of 20 to 200 ms and receive buffers of 128 kB to 6 MB: without random loss, every download took
//! as long as with a mark of one byte, to 0.2 ms; the guest, a quarter of the wall-clock time. A
//! mark of 64 kB from the first byte on doubles the first download.

use libc::{IPPROTO_TCP, SO_RCVLOWAT, SOL_SOCKET, TCP_INFO, c_int, socklen_t, tcp_info};
use nix::setsockopt_impl;
use nix::sys::socket::{SetSockOpt, sockopt};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// The highest mark: 22 full packets. Higher ones save little more.
pub(crate) const HIGHEST: u64 = 32_768;

/// How much is read packet by packet first.
const RAMP: u64 = 1_000_000;

/// The low-water mark of one socket.
#[derive(Debug)]
pub(crate) struct LowWater {
    /// The same socket under a descriptor of its own, because hyper owns the other.
    socket: OwnedFd,
    mark: c_int,
    /// The highest mark within the present body.
    highest: u64,
    /// Bytes of bodies so far.
    received: u64,
}

#[derive(Clone, Copy)]
struct ReceiveLowWater;

setsockopt_impl!(ReceiveLowWater, SOL_SOCKET, SO_RCVLOWAT, c_int, sockopt::SetStruct<'_, c_int>);

impl LowWater {
    /// The mark of this socket, which is one byte.
    pub fn new(socket: &impl AsFd) -> io::Result<Self> {
        let socket = socket.as_fd().try_clone_to_owned()?;
        Ok(Self { socket, mark: 1, highest: 1, received: 0 })
    }

    /// A response is awaited: its first byte wakes.
    pub fn expect_response(&mut self) {
        self.set(1);
        if self.received >= RAMP {
            self.highest = (unused_window(&self.socket) / 4).clamp(1, HIGHEST);
        }
    }

    /// A piece of a body arrived, and `remaining` bytes of it are still to come.
    pub fn received(&mut self, bytes: u64, remaining: u64) {
        self.received = self.received.saturating_add(bytes);
        self.set(remaining.clamp(1, self.highest));
    }

    fn set(&mut self, mark: u64) {
        let mark = c_int::try_from(mark).unwrap_or(1);
        // Where this fails (it does not, for a TCP socket), there are more wake-ups than needed.
        if mark != self.mark && ReceiveLowWater.set(&self.socket, &mark).is_ok() {
            self.mark = mark;
        }
    }
}

/// How much of the offered receive window the sender leaves unused: the window less what arrives
/// within a round trip. Zero where the kernel does not say (before Linux 6.2).
fn unused_window(socket: &OwnedFd) -> u64 {
    // SAFETY: a structure of integers, for which zero is a value.
    let mut info: tcp_info = unsafe { std::mem::zeroed() };
    let mut length = size_of::<tcp_info>() as socklen_t;
    let (descriptor, to) = (socket.as_raw_fd(), (&raw mut info).cast());
    // SAFETY: the kernel writes at most `length` bytes to `info`, which has as many.
    let result = unsafe { libc::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, to, &mut length) };
    let unused = info.tcpi_rcv_wnd.saturating_sub(info.tcpi_rcv_space);
    if result == 0 { u64::from(unused) } else { 0 }
}
