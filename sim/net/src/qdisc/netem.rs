//! `netem`: random loss, serialization at a rate, and delay.

use super::definition::{Qdisc, QdiscInfo, bytes_per_second, same};
use super::raw::{self, attribute, word_at, words};
use anyhow::{Context, Result, bail, ensure};
use netlink_packet_core::{NLA_F_NESTED, NlasIterator, parse_u64};
use netlink_packet_route::tc::{TcAttribute, TcOption};
use weir_plan::{GilbertElliott, Loss};
use weir_units::{BitRate, Ratio, Seed, Span};

/// `netem`: loss, serialization at a rate, and delay, in this order (tc-netem(8),
/// `net/sched/sch_netem.c`).
///
/// With a rate, packets keep their order: each leaves at the later of its own moment and that of
/// the packet before it, plus the time that its bytes take. Without one, packets whose delays are
/// drawn at random overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Netem {
    /// The propagation delay.
    pub delay: Span,
    /// How far a packet's own delay may lie below and above [`Netem::delay`], uniformly. It is
    /// drawn as a 32-bit number modulo twice this many nanoseconds, so that the lower delays are
    /// more probable by at most (2 · jitter) / 4.29 s: one percent at 21 ms.
    pub jitter: Span,
    /// The rate at which packets are serialized; `None` takes no time and keeps no order.
    pub rate: Option<BitRate>,
    /// Which packets are lost.
    pub loss: Loss,
    /// The most packets that may be under way. It must never be what drops packets.
    pub limit: u32,
    /// The seed of losses and delays. Kernels before 6.6 do not know it, and use their own entropy.
    pub seed: u64,
}

impl Netem {
    pub const INFO: QdiscInfo = QdiscInfo {
        name: "netem",
        module: "sch_netem",
        purpose: "for delays, jitter and loss",
        asked_as: "a delay, a jitter or a loss",
    };
    /// A rate at which any packet takes less than a nanosecond, which the kernel rounds down to
    /// none: for keeping the order and nothing else.
    pub const INSTANT: BitRate = BitRate::from_bps(u64::MAX);
    /// Frames on a link of 10 Gbit/s and 10 s of delay: a limit that never drops any.
    pub const UNLIMITED: u32 = 10_000_000;
    /// The kernel cuts a larger jitter off, to the range of a signed 32-bit number of nanoseconds.
    const MAX_JITTER: Span = Span::from_ns(i32::MAX as u64);
    /// `struct tc_netem_qopt`: latency, limit, loss, gap, duplicate, jitter.
    const HEAD: usize = 24;
    const LIMIT_AT: usize = 4;
    const LOSS_AT: usize = 8;
    const LOSS: u16 = 5;
    const LOSS_GE: u16 = 2;
    const RATE: u16 = 6;
    const RATE64: u16 = 8;
    const LATENCY64: u16 = 10;
    const JITTER64: u16 = 11;
    const SEED: u16 = 14;

    /// Keeps the order, and takes no time.
    pub fn instant(seed: Seed) -> Self {
        Self {
            delay: Span::ZERO,
            jitter: Span::ZERO,
            rate: Some(Self::INSTANT),
            loss: Loss::NONE,
            limit: Self::UNLIMITED,
            seed: seed.get(),
        }
    }

    /// Keeps the order, and takes for each packet `least` and up to `more` on top of it, drawn for
    /// each by itself.
    pub fn up_to(least: Span, more: Span, seed: Seed) -> Self {
        let half = Span::from_ns(more.ns() / 2);
        Self { delay: least.saturating_add(half), jitter: half, ..Self::instant(seed) }
    }

    pub fn sample() -> Self {
        Self::up_to(Span::ZERO, Span::from_ms(1), Seed::new(0))
    }

    fn encode(&self) -> Result<Vec<u8>> {
        ensure!(self.jitter <= Self::MAX_JITTER, "a jitter of {} on either side", self.jitter);
        let mut all = Vec::new();
        if let Some(model) = self.bursts()? {
            let model = raw::list(&[attribute(Self::LOSS_GE, words(&model))]);
            all.push(attribute(Self::LOSS | NLA_F_NESTED, model));
        }
        all.push(attribute(Self::LATENCY64, i64::try_from(self.delay.ns())?.to_ne_bytes()));
        if self.jitter > Span::ZERO {
            all.push(attribute(Self::JITTER64, i64::try_from(self.jitter.ns())?.to_ne_bytes()));
        }
        if let Some(rate) = self.rate {
            let rate = bytes_per_second(rate);
            // The 32-bit field says "see the 64-bit one" when it does not suffice.
            let low = u32::try_from(rate).unwrap_or(u32::MAX);
            if low == u32::MAX {
                all.push(attribute(Self::RATE64, rate.to_ne_bytes()));
            }
            all.push(attribute(Self::RATE, words(&[low, 0, 0, 0])));
        }
        all.push(attribute(Self::SEED, self.seed.to_ne_bytes()));
        // Latency and jitter in ticks stay 0: the 64-bit attributes are exact.
        let head = words(&[0, self.limit, self.independent_loss()?, 0, 0, 0]);
        Ok([head, raw::list(&all)].concat())
    }

    fn independent_loss(&self) -> Result<u32> {
        match self.loss {
            Loss::Independent(loss) => share(loss),
            Loss::GilbertElliott(_) => Ok(0),
        }
    }

    /// `struct tc_netem_gemodel`: p, r, h and 1 - k.
    fn bursts(&self) -> Result<Option<[u32; 4]>> {
        let Loss::GilbertElliott(GilbertElliott { p, r, loss_bad, loss_good }) = self.loss else {
            return Ok(None);
        };
        let kept = Ratio::ONE.ppb().checked_sub(loss_bad.ppb()).map(Ratio::from_ppb);
        let kept = kept.context("a loss above 100 %")?;
        Ok(Some([share(p)?, share(r)?, share(kept)?, share(loss_good)?]))
    }
}

impl Qdisc for Netem {
    fn info(&self) -> &'static QdiscInfo {
        &Self::INFO
    }

    fn options(&self) -> Result<TcAttribute> {
        self.encode().map(raw::options)
    }

    fn verify(&self, options: &[TcOption]) -> Result<()> {
        let options = raw::bytes(options);
        let (head, rest) =
            options.split_at_checked(Self::HEAD).context("netem's options are cut short")?;
        same("limit", word_at(head, Self::LIMIT_AT)?, self.limit)?;
        same("loss", word_at(head, Self::LOSS_AT)?, self.independent_loss()?)?;
        let (mut delay, mut jitter, mut rate, mut rate64) = (0, 0, 0, None);
        let (mut seed, mut bursts) = (None, None);
        for nla in NlasIterator::new(rest) {
            let nla = nla?;
            let value = nla.value();
            match nla.kind() {
                Self::LOSS => bursts = Some(read_bursts(value)?),
                Self::LATENCY64 => delay = parse_u64(value)?,
                Self::JITTER64 => jitter = parse_u64(value)?,
                Self::RATE => rate = u64::from(word_at(value, 0)?),
                Self::RATE64 => rate64 = Some(parse_u64(value)?),
                Self::SEED => seed = Some(parse_u64(value)?),
                _ => {}
            }
        }
        let wanted = self.bursts()?;
        ensure!(
            bursts == wanted,
            "the kernel set the loss in bursts to {bursts:?} instead of {wanted:?}"
        );
        same("delay", delay, self.delay.ns())?;
        same("jitter", jitter, self.jitter.ns())?;
        same("rate", rate64.unwrap_or(rate), self.rate.map_or(0, bytes_per_second))?;
        // A kernel without the attribute does not report one.
        seed.map_or(Ok(()), |seed| same("seed", seed, self.seed))
    }
}

fn share(probability: Ratio) -> Result<u32> {
    probability.to_u32_share().context("a probability above 100 %")
}

fn read_bursts(nested: &[u8]) -> Result<[u32; 4]> {
    for nla in NlasIterator::new(nested) {
        let nla = nla?;
        if nla.kind() == Netem::LOSS_GE {
            let word = |at: usize| word_at(nla.value(), 4 * at);
            return Ok([word(0)?, word(1)?, word(2)?, word(3)?]);
        }
    }
    bail!("the kernel set another model of loss")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with what the kernel would report that has set these options.
    fn verify(wanted: Netem, set: &[u8]) -> Result<()> {
        wanted.verify(&raw::reported("netem", set)?)
    }

    fn netem() -> Netem {
        Netem {
            delay: Span::from_ms(10),
            jitter: Span::ZERO,
            rate: Some(BitRate::from_bps(40_000_000_000)),
            loss: Loss::Independent(Ratio::from_ppb(10_000_000)),
            limit: 5_000,
            seed: 7,
        }
    }

    fn bursts() -> GilbertElliott {
        GilbertElliott {
            p: Ratio::from_ppb(10_000_000),
            r: Ratio::from_ppb(100_000_000),
            loss_bad: Ratio::from_ppb(700_000_000),
            loss_good: Ratio::from_ppb(1_000_000),
        }
    }

    #[test]
    fn netem_options_are_laid_out_as_the_kernel_reads_them() {
        let bytes = netem().encode().unwrap();
        assert_eq!(word_at(&bytes, 4).unwrap(), 5_000);
        // 1 % as tc sends it.
        assert_eq!(word_at(&bytes, 8).unwrap(), 0x028f_5c29);
        let found: Vec<_> = NlasIterator::new(&bytes[24..]).map(Result::unwrap).collect();
        assert_eq!((found[0].kind(), parse_u64(found[0].value()).unwrap()), (10, 10_000_000));
        assert_eq!((found[1].kind(), parse_u64(found[1].value()).unwrap()), (8, 5_000_000_000));
        assert_eq!(word_at(found[2].value(), 0).unwrap(), u32::MAX);
    }

    #[test]
    fn loss_in_bursts_is_laid_out_as_tc_sends_it() {
        // tc ... netem loss gemodel 1% 10% 70% 0.1%
        let netem = Netem { loss: Loss::GilbertElliott(bursts()), ..netem() };
        let bytes = netem.encode().unwrap();
        assert_eq!(word_at(&bytes, 8).unwrap(), 0, "no independent loss beside it");
        let head = [24, 0, 5, 0x80, 20, 0, 2, 0];
        let model = [
            0x29, 0x5c, 0x8f, 0x02, 0x9a, 0x99, 0x99, 0x19, 0xcd, 0xcc, 0xcc, 0x4c, 0x37, 0x89,
            0x41, 0x00,
        ];
        assert_eq!(bytes[24..48], [&head[..], &model[..]].concat());
        verify(netem, &bytes).unwrap();
    }

    #[test]
    fn what_was_set_verifies_and_anything_else_is_named() {
        let jittery = Netem { jitter: Span::from_ms(5), ..netem() };
        let bytes = jittery.encode().unwrap();
        verify(jittery, &bytes).unwrap();
        let more = GilbertElliott { r: Ratio::from_ppb(200_000_000), ..bursts() };
        for (other, named) in [
            (Netem { delay: Span::from_ms(11), ..jittery }, "delay"),
            (Netem { jitter: Span::ZERO, ..jittery }, "jitter"),
            (Netem { rate: None, ..jittery }, "rate"),
            (Netem { loss: Loss::NONE, ..jittery }, "loss"),
            (Netem { loss: Loss::GilbertElliott(more), ..jittery }, "loss"),
            (Netem { limit: 1, ..jittery }, "limit"),
            (Netem { seed: 8, ..jittery }, "seed"),
        ] {
            let error = verify(other, &bytes).unwrap_err().to_string();
            assert!(error.contains(named), "{named}: {error}");
        }
        let bursty = Netem { loss: Loss::GilbertElliott(bursts()), ..netem() };
        let other = Netem { loss: Loss::GilbertElliott(more), ..netem() };
        let error = verify(other, &bursty.encode().unwrap()).unwrap_err().to_string();
        assert!(error.contains("bursts"), "{error}");
    }

    #[test]
    fn the_instant_rate_takes_no_time_for_the_largest_packet() {
        // The kernel divides bytes times 10^9 by bytes per second, rounding down.
        assert_eq!(65_550 * 1_000_000_000 / bytes_per_second(Netem::INSTANT), 0);
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        let netem = Netem { rate: Some(BitRate::from_bps(5_000_000)), ..netem() };
        let bytes = netem.encode().unwrap();
        // Without its last attribute, the seed, it is the whole answer of an older kernel.
        let without_seed = bytes.len() - 12;
        for end in (0..bytes.len()).filter(|end| *end != without_seed) {
            assert!(verify(netem, &bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_jitter_that_the_kernel_would_cut_off_is_refused() {
        let netem = Netem { jitter: Span::from_s(3), ..netem() };
        assert!(netem.encode().unwrap_err().to_string().contains("jitter"));
    }
}
