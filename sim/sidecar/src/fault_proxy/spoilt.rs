//! A body that is spoilt on its way: slow, or cut off.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use weir_clock::{Alarm, Clock};
use weir_server::{AnswerBody, Body, BrokenOff, Bytes, Connection, Frame, boxed, data, duration};
use weir_units::{BitRate, Bytes as Size, Span, Time};

/// How long an origin may send nothing, as `proxy_read_timeout` of nginx.
pub(super) const PATIENCE: Span = Span::from_s(60);
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

/// Begins to hand on `body`, whose announced length this is. What comes says no length by itself:
/// it may differ from the announced one on purpose.
pub(super) fn spoilt(
    body: AnswerBody,
    length: Option<u64>,
    manner: Manner,
    connection: Connection,
) -> AnswerBody {
    let (sender, pieces) = channel(1);
    tokio::task::spawn_local(async move {
        let mut pump = Pump { sender, length, manner, sent: 0 };
        if let Err(error) = pump.all(body).await {
            // Nobody may be there to hear it.
            drop(pump.sender.send(Err(error)).await);
        }
    });
    boxed(Spoilt { pieces, connection, broken: None })
}

/// A body that a task of its own hands on piece by piece.
struct Spoilt {
    pieces: Receiver<Result<Bytes, BrokenOff>>,
    connection: Connection,
    broken: Option<BrokenOff>,
}

impl Body for Spoilt {
    type Data = Bytes;
    type Error = BrokenOff;

    /// What came before the end is on its way to the client before the connection is closed.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let error = match self.broken {
            Some(error) => error,
            None => match ready!(self.pieces.poll_recv(context)) {
                Some(Err(error)) => *self.broken.insert(error),
                piece => return Poll::Ready(piece.map(|piece| piece.map(Frame::data))),
            },
        };
        ready!(self.connection.poll_flushed(context));
        Poll::Ready(Some(Err(error)))
    }
}

struct Pump {
    sender: Sender<Result<Bytes, BrokenOff>>,
    length: Option<u64>,
    manner: Manner,
    sent: u64,
}

impl Pump {
    async fn all(&mut self, mut body: AnswerBody) -> Result<(), BrokenOff> {
        let clock = Clock::starting_now();
        let mut alarm = Alarm::new(clock).map_err(|_| BrokenOff::Closed)?;
        let mut half = self.length.map(|length| length / 2).filter(|_| self.manner.truncated);
        let start = clock.now();
        loop {
            if half.is_some_and(|half| self.sent >= half) {
                return Err(BrokenOff::Closed);
            }
            let next = timeout(duration(PATIENCE), data(&mut body)).await;
            let Some(mut bytes) = next.map_err(|_| BrokenOff::Silent)?? else { return Ok(()) };
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
                    return Err(BrokenOff::Closed);
                };
                tokio::select! {
                    rang = alarm.until(start.after(took)) => rang.map_err(|_| BrokenOff::Closed)?,
                    () = self.sender.closed() => return Err(BrokenOff::Closed),
                }
            }
            self.sender.send(Ok(piece)).await.map_err(|_| BrokenOff::Closed)?;
        }
        Ok(())
    }

    fn piece(&self, length: usize) -> usize {
        let Some(rate) = self.manner.rate else { return length };
        let allowed = rate.bytes_in(PIECE).map_or(MAX_PIECE, Size::get).clamp(1, MAX_PIECE);
        length.min(usize::try_from(allowed).unwrap_or(usize::MAX))
    }
}
