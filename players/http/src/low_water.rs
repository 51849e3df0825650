//! The low-water mark of a socket: how many bytes must be there before a reader is woken.
//!
//! With the default of one byte, a player is woken for every packet. While the inside of a segment
//! body is in flight nothing happens at its bytes, so the mark is raised; only the first and the
//! last byte are moments that count. The mark is never above what remains of the body, so the last
//! byte wakes at once, and it is one again when the next response is awaited.
//!
//! Linux takes care of the rest (`tcp_set_rcvlowat`, `tcp_data_ready`): it wakes below the mark when
//! the receive window is about to close, at the end of the stream and on errors; it wakes at once
//! if a new mark is already reached; and it acknowledges as if the data had been read.

use libc::{SO_RCVLOWAT, SOL_SOCKET, c_int};
use nix::setsockopt_impl;
use nix::sys::socket::{SetSockOpt, sockopt};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// The mark inside of a body. Eleven full packets: most wake-ups are saved, and the kernel need not
/// enlarge the receive buffer, as it does for a mark above half of it.
pub(crate) const MARK: u64 = 16_384;

/// The low-water mark of one socket.
#[derive(Debug)]
pub(crate) struct LowWater {
    /// The same socket under a descriptor of its own, because hyper owns the other.
    socket: OwnedFd,
    mark: c_int,
}

#[derive(Clone, Copy)]
struct ReceiveLowWater;

setsockopt_impl!(ReceiveLowWater, SOL_SOCKET, SO_RCVLOWAT, c_int, sockopt::SetStruct<'_, c_int>);

impl LowWater {
    /// The mark of this socket, which is one byte.
    pub fn new(socket: &impl AsFd) -> io::Result<Self> {
        Ok(Self { socket: socket.as_fd().try_clone_to_owned()?, mark: 1 })
    }

    /// Wakes the reader when `remaining` bytes or [`MARK`] of them are there; for zero, at the
    /// first byte.
    pub fn expect(&mut self, remaining: u64) {
        let mark = remaining.clamp(1, MARK) as c_int;
        // Where this fails (it cannot, for a TCP socket), there are more wake-ups than needed.
        if mark != self.mark && ReceiveLowWater.set(&self.socket, &mark).is_ok() {
            self.mark = mark;
        }
    }
}
