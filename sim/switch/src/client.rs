//! A client's connection, which is given up where the client does not take what it asked for.
//!
//! What a client does not read stands in the kernel of this machine, and its connection holds a
//! place. So whoever keeps an answer waiting has to take a least of it in every stretch of time:
//! [`Config::patience`] and [`Config::least_rate`]. Waiting is all that counts. As long as there is
//! nothing to send, because an origin is slow or because nothing was asked, no time passes here and
//! no timer runs.
//!
//! [`Config::patience`]: crate::Config::patience
//! [`Config::least_rate`]: crate::Config::least_rate

use crate::metrics::Closed;
use crate::state::State;
use crate::upstream::duration;
use nix::libc;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{SetStruct, TcpUserTimeout};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use weir_units::{Span, Time};

/// How much of an answer the kernel holds for a client beyond what is on its way.
///
/// Left alone, the kernel makes room for megabytes. A smaller SO_SNDBUF would bound also what is on
/// its way, and with it the rate over a long path, and would end the kernel's own choice of that
/// room. This bounds only what could not be sent yet: a client that reads does not notice, and one
/// that does not holds 0.2 MB instead of up to 4. It is the value that is usual in front of HTTP/2.
const UNSENT: u32 = 128 << 10;

#[derive(Clone)]
struct NotSentLowat;
nix::setsockopt_impl!(
    NotSentLowat,
    libc::IPPROTO_TCP,
    libc::TCP_NOTSENT_LOWAT,
    u32,
    SetStruct<'_, u32>
);

nix::ioctl_read_bad!(
    /// How many bytes of what was written the other side has not acknowledged: SIOCOUTQ.
    unacknowledged,
    libc::TIOCOUTQ,
    libc::c_int
);

/// Bounds what the kernel holds for each client of a listening socket: connections inherit it.
///
/// # Errors
/// If the kernel refuses.
pub(crate) fn bound_unsent(listening: &impl AsFd) -> nix::Result<()> {
    setsockopt(listening, NotSentLowat, &UNSENT)
}

/// A client's connection.
pub(crate) struct Client {
    stream: TcpStream,
    state: Arc<State>,
    /// Bytes that the kernel took.
    written: u64,
    /// What of them the client had taken when the present stretch of waiting began.
    taken: u64,
    /// How long this stretch is, but for a wait that lasts.
    waited: Span,
    waits: Option<Wait>,
}

/// A wait for the client.
struct Wait {
    since: Time,
    alarm: Pin<Box<Sleep>>,
}

impl Client {
    pub fn new(stream: TcpStream, state: Arc<State>) -> Self {
        Self { stream, state, written: 0, taken: 0, waited: Span::ZERO, waits: None }
    }

    /// What became of an attempt to write, or the error that ends a wait.
    ///
    /// A wait that ends forgives nothing, for the kernel may have had room for a few bytes only.
    fn bounded(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            if let Some(wait) = self.waits.take() {
                let waited = self.state.clock.now().since(wait.since);
                self.waited = self.waited.saturating_add(waited);
            }
            self.written += *written.as_ref().unwrap_or(&0) as u64;
            return Poll::Ready(written);
        }
        loop {
            let wait = match &mut self.waits {
                Some(wait) => wait,
                None => {
                    if self.taken_since() >= self.least() {
                        self.begin_stretch();
                    }
                    self.wait()
                }
            };
            ready!(wait.alarm.as_mut().poll(context));
            let taken = self.taken_since();
            if taken < self.least() {
                return Poll::Ready(Err(self.give_up(taken)));
            }
            self.begin_stretch();
        }
    }

    /// Begins to wait for what is left of this stretch.
    fn wait(&mut self) -> &mut Wait {
        let left = self.state.config.patience.saturating_sub(self.waited);
        let alarm = Box::pin(sleep(duration(left)));
        self.waits.insert(Wait { since: self.state.clock.now(), alarm })
    }

    fn begin_stretch(&mut self) {
        self.taken += self.taken_since();
        (self.waited, self.waits) = (Span::ZERO, None);
    }

    /// How many bytes the client took since this stretch began.
    ///
    /// What the kernel took does not tell: it has room again only when a part of all that it holds
    /// is gone, which is minutes over a slow line. So it is asked what the other side has.
    fn taken_since(&self) -> u64 {
        let mut waiting = 0;
        // SAFETY: the descriptor is open, and the kernel writes one integer, for which there is room.
        let asked = unsafe { unacknowledged(self.stream.as_raw_fd(), &raw mut waiting) };
        let waiting = asked.ok().and_then(|_| u64::try_from(waiting).ok()).unwrap_or(0);
        self.written.saturating_sub(waiting).saturating_sub(self.taken)
    }

    /// How many bytes are to be taken in a stretch: not even one is nothing at any rate.
    fn least(&self) -> u64 {
        let config = &self.state.config;
        config.least_rate.bytes_in(config.patience).map_or(u64::MAX, |least| least.get().max(1))
    }

    fn give_up(&mut self, taken: u64) -> io::Error {
        self.state.metrics.closed(if taken == 0 { Closed::TookNothing } else { Closed::TooSlow });
        // The kernel would keep what was not taken for minutes more, for nobody.
        drop(self.stream.set_zero_linger());
        io::ErrorKind::TimedOut.into()
    }
}

impl Drop for Client {
    /// What was written is still delivered, with the same patience: the kernel's own lasts minutes
    /// with a client that does not read. While the connection is open this would be of no use: the
    /// kernel would close it without a count, and a client that reads a byte now and then is not
    /// noticed.
    fn drop(&mut self) {
        let ms = self.state.config.patience.ms().try_into().unwrap_or(u32::MAX);
        let _: nix::Result<()> = setsockopt(&self.stream, TcpUserTimeout, &ms);
    }
}

impl AsyncRead for Client {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Client {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.bounded(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
