//! A client's connection: one that does not read is given up, and a body can wait until all that it
//! said so far is on its way.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long a client may take nothing of what it is sent, as `send_timeout` of nginx.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    flushed: Flushed,
    patience: Option<Pin<Box<Sleep>>>,
}

/// Tells when all bytes of a connection have been handed to the kernel: what is in hyper's own
/// buffer is lost when a body fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flushed(Arc<Mutex<Flush>>);

#[derive(Debug, Default)]
enum Flush {
    #[default]
    Idle,
    Wanted(Waker),
    Done,
}

impl Flushed {
    /// Ready once the connection was flushed after this was first asked.
    pub fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut flush = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*flush, Flush::Done) {
            *flush = Flush::Idle;
            return Poll::Ready(());
        }
        *flush = Flush::Wanted(context.waker().clone());
        Poll::Pending
    }

    fn done(&self) {
        let mut flush = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Flush::Wanted(waker) = std::mem::take(&mut *flush) {
            *flush = Flush::Done;
            waker.wake();
        }
    }
}

impl Wire {
    pub fn new(stream: TcpStream, flushed: Flushed) -> Self {
        Self { stream, flushed, patience: None }
    }

    fn bounded<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.patience = None;
            return written;
        }
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        ready!(patience.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
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
        self.flushed.done();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
