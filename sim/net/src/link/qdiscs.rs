//! One direction of a link: its shape as the qdiscs that make it.

use crate::qdisc::{Buffer, Htb, Netem};
use anyhow::{Context, Result};
use weir_plan::{Loss, Shape};
use weir_units::{Bytes, Ratio, Seed, Span};

/// One direction as it is set in the kernel, in the order in which a packet passes.
///
/// ```text
///   buffer   token bucket        netem                      netem
///   bfifo    htb                 loss, rate, delay          delay with jitter
/// ```
///
/// Two elements for the bottleneck, because one netem would count packets under way against the
/// depth of the buffer; and netem's own rate behind the token bucket, because a token bucket lets a
/// packet on an idle link through in no time. The last netem exists only where a jitter is asked
/// for, and behind the others: within netem's own serialization, a late packet would take the
/// link's time from those behind it. There it has a rate at which nothing takes time, so that
/// packets keep their order and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DirectionQdiscs {
    pub bottleneck: Option<Bottleneck>,
    pub line: Option<Netem>,
    pub jitter: Option<Netem>,
}

/// The bottleneck of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bottleneck {
    pub htb: Htb,
    pub buffer: Buffer,
}

/// What the qdiscs of a direction are made from. It never changes.
#[derive(Debug, Clone)]
pub(crate) struct QdiscParams {
    /// What the topology says that it does.
    pub shape: Shape,
    /// The depth of its buffer, needed where there is a rate.
    pub queue: Option<Bytes>,
    /// Whether an active queue may mark packets.
    pub ecn: bool,
    /// What its random streams derive from.
    pub seed: Seed,
}

impl DirectionQdiscs {
    /// The qdiscs of a direction that has this shape now, and draws from this seed.
    pub fn new(shape: &Shape, queue: Option<Bytes>, ecn: bool, seed: Seed) -> Result<Self> {
        let bottleneck = match shape.constant_rate() {
            None => None,
            Some(rate) => {
                let depth = queue.context("a link with a rate needs the depth of its buffer")?;
                let buffer = Buffer::new(shape.discipline, depth, ecn);
                Some(Bottleneck { htb: Htb { rate }, buffer })
            }
        };
        // Random streams of their own: a jitter does not change which packets are lost.
        let jitter = spread(shape, seed.derive("jitter"));
        let line = Netem {
            delay: if jitter.is_some() { Span::ZERO } else { shape.delay },
            jitter: Span::ZERO,
            rate: shape.constant_rate(),
            loss: if shape.loss.is_none() { Loss::NONE } else { shape.loss },
            limit: Netem::UNLIMITED,
            seed: seed.get(),
        };
        let does_something =
            line.delay > Span::ZERO || line.rate.is_some() || line.loss != Loss::NONE;
        Ok(Self { bottleneck, line: does_something.then_some(line), jitter })
    }

    /// The same for a link that changes while packets pass: its line is there whatever it does now,
    /// and keeps the order of packets also when their delay becomes shorter.
    pub fn changing(self, seed: Seed) -> Self {
        let line = self.line.unwrap_or_else(|| Netem::instant(seed));
        Self { line: Some(Netem { rate: line.rate.or(Some(Netem::INSTANT)), ..line }), ..self }
    }

    /// The same when the wire is cut: its line loses everything. It is behind the bottleneck, so
    /// the buffer in front goes on to empty at the rate, as that of a sender does who hears nothing
    /// of it.
    pub fn cut(self) -> Self {
        let line = self.line.map(|line| Netem { loss: Loss::Independent(Ratio::ONE), ..line });
        Self { line, ..self }
    }

    /// Whether packets pass untouched.
    pub fn is_plain(&self) -> bool {
        self.bottleneck.is_none() && self.line.is_none() && self.jitter.is_none()
    }

    /// Its netems, in the order in which a packet passes.
    pub fn netems(&self) -> impl Iterator<Item = &Netem> {
        self.line.iter().chain(&self.jitter)
    }
}

/// The delay and the jitter of a shape that has a jitter.
fn spread(shape: &Shape, seed: Seed) -> Option<Netem> {
    if shape.reordering_jitter > Span::ZERO {
        let Shape { delay, reordering_jitter: jitter, .. } = shape.clone();
        return Some(Netem { delay, jitter, rate: None, ..Netem::instant(seed) });
    }
    (shape.jitter > Span::ZERO).then(|| Netem::up_to(shape.delay, shape.jitter, seed))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use weir_plan::Discipline;
    use weir_plan::Queue;
    use weir_plan::Rate;
    use weir_units::BitRate;

    pub const PLAIN: Shape = Shape {
        rate: None,
        delay: Span::ZERO,
        jitter: Span::ZERO,
        reordering_jitter: Span::ZERO,
        queue: Queue::Bdp(Ratio::ONE),
        discipline: Discipline::Fifo,
        loss: Loss::NONE,
    };

    fn qdiscs(shape: Shape) -> DirectionQdiscs {
        DirectionQdiscs::new(&shape, Some(Bytes::new(64_000)), false, Seed::new(1)).unwrap()
    }

    #[test]
    fn a_direction_without_jitter_has_one_netem_and_one_that_does_nothing_has_none() {
        assert!(qdiscs(PLAIN).is_plain());
        let rate = Some(Rate::Constant(BitRate::from_bps(1_000_000)));
        let shaped = qdiscs(Shape { rate, delay: Span::from_ms(5), ..PLAIN });
        assert_eq!(shaped.netems().count(), 1);
        assert_eq!(shaped.line.unwrap().delay, Span::from_ms(5));
    }

    #[test]
    fn a_jitter_lies_on_top_of_the_delay_and_changes_neither_loss_nor_rate() {
        let loss = Loss::Independent(Ratio::from_ppb(10_000_000));
        let shape = Shape {
            rate: Some(Rate::Constant(BitRate::from_bps(1_000_000))),
            delay: Span::from_ms(20),
            loss,
            ..PLAIN
        };
        let (steady, shaky) =
            (qdiscs(shape.clone()), qdiscs(Shape { jitter: Span::from_ms(10), ..shape }));
        assert_eq!(steady.bottleneck, shaky.bottleneck);
        let line = shaky.line.unwrap();
        assert_eq!(Netem { delay: Span::from_ms(20), ..line }, steady.line.unwrap());
        let jitter = shaky.jitter.unwrap();
        assert_eq!((jitter.delay, jitter.jitter), (Span::from_ms(25), Span::from_ms(5)));
        assert_eq!((jitter.rate, jitter.loss), (Some(Netem::INSTANT), Loss::NONE));
        assert_ne!(jitter.seed, line.seed);
    }

    #[test]
    fn a_jitter_that_reorders_has_no_rate_and_lies_around_the_delay() {
        let delay = Span::from_ms(20);
        let qdiscs = qdiscs(Shape { delay, reordering_jitter: Span::from_ms(10), ..PLAIN });
        let jitter = qdiscs.jitter.unwrap();
        assert_eq!((jitter.delay, jitter.jitter), (delay, Span::from_ms(10)));
        assert_eq!((jitter.rate, qdiscs.line), (None, None));
    }

    #[test]
    fn a_model_of_loss_that_loses_nothing_needs_no_netem() {
        let never = weir_plan::GilbertElliott {
            p: Ratio::ZERO,
            r: Ratio::ONE,
            loss_bad: Ratio::ONE,
            loss_good: Ratio::ZERO,
        };
        assert!(qdiscs(Shape { loss: Loss::GilbertElliott(never), ..PLAIN }).is_plain());
    }
}
