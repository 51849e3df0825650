//! A body that is spoilt on its way: slow, or cut off.

use super::body::{BrokenOff, Outgoing, PATIENCE};
use crate::wire::Flushed;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Frame;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use weir_clock::{Alarm, Clock};
use weir_units::{BitRate, Bytes as Size, Span, Time};

/// A slow body comes in pieces of what its rate allows in this time.
const PIECE: Span = Span::from_ms(20);
/// And in none that are larger.
const MAX_PIECE: u64 = 16 << 10;

/// How a body is spoilt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// It ends half-way.
    pub truncated: bool,
    /// The rate at which it comes.
    pub rate: Option<BitRate>,
}

/// A body that a task of its own hands on piece by piece.
pub(super) struct Pumped {
    pieces: Receiver<Result<Bytes, BrokenOff>>,
    flushed: Flushed,
    broken: bool,
}

impl Pumped {
    /// Begins to hand on `body`, whose announced length this is.
    pub fn new(body: Outgoing, length: Option<u64>, manner: Manner, flushed: Flushed) -> Self {
        let (sender, pieces) = channel(1);
        tokio::task::spawn_local(async move {
            let mut pump = Pump { sender, length, manner, sent: 0 };
            if let Err(BrokenOff) = pump.all(body).await {
                // Nobody may be there to hear it.
                drop(pump.sender.send(Err(BrokenOff)).await);
            }
        });
        Self { pieces, flushed, broken: false }
    }

    /// What came before the end is on its way to the client before the connection is closed.
    pub fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if !self.broken {
            match ready!(self.pieces.poll_recv(context)) {
                Some(Ok(piece)) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Some(Err(BrokenOff)) => self.broken = true,
                None => return Poll::Ready(None),
            }
        }
        ready!(self.flushed.poll(context));
        Poll::Ready(Some(Err(BrokenOff)))
    }
}

struct Pump {
    sender: Sender<Result<Bytes, BrokenOff>>,
    length: Option<u64>,
    manner: Manner,
    sent: u64,
}

impl Pump {
    async fn all(&mut self, mut body: Outgoing) -> Result<(), BrokenOff> {
        let clock = Clock::starting_now();
        let mut alarm = Alarm::new(clock).map_err(|_| BrokenOff)?;
        let mut half = self.length.map(|length| length / 2).filter(|_| self.manner.truncated);
        let start = clock.now();
        loop {
            if half.is_some_and(|half| self.sent >= half) {
                return Err(BrokenOff);
            }
            let frame = timeout(PATIENCE, body.frame()).await.map_err(|_| BrokenOff)?;
            let Some(frame) = frame else { return Ok(()) };
            let Ok(mut bytes) = frame?.into_data() else { continue };
            if self.manner.truncated {
                // Of a body whose length nobody knows, half of what comes first.
                let half = *half.get_or_insert(bytes.len() as u64 / 2);
                let room = half.saturating_sub(self.sent);
                bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
            }
            self.slowly(bytes, start, &mut alarm).await?;
        }
    }

    /// Hands bytes on when their time has come, in which they pass at the rate.
    async fn slowly(
        &mut self,
        mut bytes: Bytes,
        start: Time,
        alarm: &mut Alarm,
    ) -> Result<(), BrokenOff> {
        while !bytes.is_empty() {
            let piece = bytes.split_to(self.piece(bytes.len()));
            self.sent = self.sent.saturating_add(piece.len() as u64);
            if let Some(rate) = self.manner.rate {
                let Ok(took) = rate.time_for(Size::new(self.sent)) else {
                    // At no rate nothing comes.
                    self.sender.closed().await;
                    return Err(BrokenOff);
                };
                tokio::select! {
                    rang = alarm.until(start.after(took)) => rang.map_err(|_| BrokenOff)?,
                    () = self.sender.closed() => return Err(BrokenOff),
                }
            }
            self.sender.send(Ok(piece)).await.map_err(|_| BrokenOff)?;
        }
        Ok(())
    }

    fn piece(&self, length: usize) -> usize {
        let Some(rate) = self.manner.rate else { return length };
        let allowed = rate.bytes_in(PIECE).map_or(MAX_PIECE, Size::get).clamp(1, MAX_PIECE);
        length.min(usize::try_from(allowed).unwrap_or(usize::MAX))
    }
}
