//! A client's connection, which is given up where the client does not take what it asked for.
//!
//! What a client does not read stands in the kernel of this machine, and its connection holds a
//! place. So whoever keeps an answer waiting has to take a least of it in every stretch of time:
//! [`Bounds::patience`] and [`Bounds::least_rate`]. Waiting is all that counts. As long as there is
//! nothing to send, because an origin is slow or because nothing was asked, no time passes here and
//! no timer runs.

use crate::bounds::{Bounds, CloseReason, duration};
use nix::libc;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{SetStruct, TcpUserTimeout};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use weir_clock::Clock;
use weir_units::{BitRate, Span, Time};

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
pub(crate) fn bound_unsent(listening: &impl AsFd, most: u32) -> nix::Result<()> {
    setsockopt(listening, NotSentLowat, &most)
}

/// The connection that a request came on. It tells when all that was said on it so far has been
/// handed to the kernel: what is in a buffer of this process is lost when a body breaks off.
#[derive(Debug, Clone, Default)]
pub struct Connection(Arc<Mutex<Flush>>);

#[derive(Debug, Default)]
enum Flush {
    #[default]
    Idle,
    Wanted(Waker),
    Done,
}

impl Connection {
    /// Ready once the connection was flushed after this was first asked.
    pub fn poll_flushed(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut flush = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*flush, Flush::Done) {
            *flush = Flush::Idle;
            return Poll::Ready(());
        }
        *flush = Flush::Wanted(context.waker().clone());
        Poll::Pending
    }

    fn flushed(&self) {
        let mut flush = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Flush::Wanted(waker) = std::mem::take(&mut *flush) {
            *flush = Flush::Done;
            waker.wake();
        }
    }
}

/// A client's connection.
pub(crate) struct Client<F: Fn(CloseReason)> {
    stream: TcpStream,
    connection: Connection,
    bounds: Bounds,
    closed: F,
    clock: Clock,
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
    /// Since when, where that counts.
    since: Option<Time>,
    alarm: Pin<Box<Sleep>>,
}

impl<F: Fn(CloseReason)> Client<F> {
    pub fn new(stream: TcpStream, connection: Connection, bounds: Bounds, closed: F) -> Self {
        let (clock, waited) = (Clock::with_zero(0), Span::ZERO);
        let (written, taken, waits) = (0, 0, None);
        Self { stream, connection, bounds, closed, clock, written, taken, waited, waits }
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
            if let Some(since) = self.waits.take().and_then(|wait| wait.since) {
                let waited = self.clock.now().since(since);
                self.waited = self.waited.saturating_add(waited);
            }
            self.written += *written.as_ref().unwrap_or(&0) as u64;
            return Poll::Ready(written);
        }
        loop {
            let wait = match &mut self.waits {
                Some(wait) => wait,
                None => {
                    if self.is_rated() && self.taken_since() >= self.least() {
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
        let left = self.bounds.patience.saturating_sub(self.waited);
        let alarm = Box::pin(sleep(duration(left)));
        self.waits.insert(Wait { since: self.is_rated().then(|| self.clock.now()), alarm })
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
        // SAFETY: the descriptor is open, and the kernel writes one integer, for which there is
        // room.
        let asked = unsafe { unacknowledged(self.stream.as_raw_fd(), &raw mut waiting) };
        let waiting = asked.ok().and_then(|_| u64::try_from(waiting).ok()).unwrap_or(0);
        self.written.saturating_sub(waiting).saturating_sub(self.taken)
    }

    /// Whether more than a byte is to be taken. Otherwise the kernel's taking some is enough, and
    /// each wait is a stretch of its own.
    fn is_rated(&self) -> bool {
        self.bounds.least_rate > BitRate::from_bps(0)
    }

    /// How many bytes are to be taken in a stretch: not even one is nothing at any rate.
    fn least(&self) -> u64 {
        let Bounds { patience, least_rate, .. } = self.bounds;
        least_rate.bytes_in(patience).map_or(u64::MAX, |least| least.get().max(1))
    }

    fn give_up(&mut self, taken: u64) -> io::Error {
        let why = if taken == 0 { CloseReason::TookNothing } else { CloseReason::TooSlow };
        (self.closed)(why);
        // The kernel would keep what was not taken for minutes more, for nobody.
        drop(self.stream.set_zero_linger());
        io::ErrorKind::TimedOut.into()
    }
}

impl<F: Fn(CloseReason)> Drop for Client<F> {
    /// What was written is still delivered, with the same patience: the kernel's own lasts minutes
    /// with a client that does not read. While the connection is open this would be of no use: the
    /// kernel would close it without a count, and a client that reads a byte now and then is not
    /// noticed.
    fn drop(&mut self) {
        let ms = self.bounds.patience.ms().try_into().unwrap_or(u32::MAX);
        let _: nix::Result<()> = setsockopt(&self.stream, TcpUserTimeout, &ms);
    }
}

impl<F: Fn(CloseReason) + Unpin> AsyncRead for Client<F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<F: Fn(CloseReason) + Unpin> AsyncWrite for Client<F> {
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

    /// Whoever calls this has written all that it had.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.connection.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
