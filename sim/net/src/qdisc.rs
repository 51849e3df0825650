//! Queueing disciplines as typed values, and their exact form on netlink.
//!
//! The layouts are those of `include/uapi/linux/pkt_sched.h`. Each value is read back from the
//! kernel after it was set and compared: a kernel that ignores an attribute must not go unnoticed.

use anyhow::{Context, Result, bail, ensure};
use weir_units::{BitRate, Bytes, Ratio, Span};

/// One tick of the packet scheduler's clock (`/proc/net/psched`: 64 ns).
const TICK_NS: u64 = 64;

/// A rate as the packet scheduler counts it: whole bytes per second, rounded up so that a stage
/// behind another one of the same rate never becomes the slower of the two.
fn bytes_per_second(rate: BitRate) -> u64 {
    rate.bps().div_ceil(8)
}

/// `netem`: loss, serialization at a rate, and delay, in this order and without reordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Netem {
    /// The propagation delay.
    pub delay: Span,
    /// The rate at which packets are serialized; `None` takes no time.
    pub rate: Option<BitRate>,
    /// The probability that a packet is lost, independently of the others.
    pub loss: Ratio,
    /// The most packets that may be under way. It must never be what drops packets.
    pub limit: u32,
    /// The seed of the losses. Kernels before 6.6 do not know it, and use their own entropy.
    pub seed: u64,
}

/// `htb` with a single class: a token bucket that holds one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Htb {
    /// Its rate.
    pub rate: BitRate,
}

/// `bfifo`: a first-in first-out queue with a limit in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bfifo {
    /// The most bytes that may wait, Ethernet headers included.
    pub limit: Bytes,
}

impl Netem {
    /// The name of the qdisc.
    pub const KIND: &'static str = "netem";
    const LOSS: usize = 8;
    const RATE: u16 = 6;
    const RATE64: u16 = 8;
    const LATENCY64: u16 = 10;
    const SEED: u16 = 14;
    /// `struct tc_netem_qopt`.
    const HEAD: usize = 24;

    /// The payload of `TCA_OPTIONS`.
    ///
    /// # Errors
    /// If the delay or the loss is past netem's range.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let loss = self.loss.to_u32_share().context("a loss above 100 %")?;
        let mut out = Attributes::default();
        // Latency and jitter in ticks stay 0: the 64-bit attribute is exact.
        for word in [0, self.limit, loss, 0, 0, 0] {
            out.word(word);
        }
        out.attribute(Self::LATENCY64, &i64::try_from(self.delay.ns())?.to_ne_bytes());
        if let Some(rate) = self.rate {
            let rate = bytes_per_second(rate);
            // The 32-bit field says "see the 64-bit one" when it does not suffice.
            let low = u32::try_from(rate).unwrap_or(u32::MAX);
            if low == u32::MAX {
                out.attribute(Self::RATE64, &rate.to_ne_bytes());
            }
            out.attribute(Self::RATE, &words(&[low, 0, 0, 0]));
        }
        out.attribute(Self::SEED, &self.seed.to_ne_bytes());
        Ok(out.0)
    }

    /// Compares with what the kernel says that it has set.
    ///
    /// # Errors
    /// Names the first value that differs.
    pub fn verify(&self, options: &[u8]) -> Result<()> {
        let head = options.get(..Self::HEAD).context("netem's options are cut short")?;
        let loss = self.loss.to_u32_share().context("a loss above 100 %")?;
        same("limit", word_at(head, 4)?, self.limit)?;
        same("loss", word_at(head, Self::LOSS)?, loss)?;
        let (mut delay, mut rate, mut rate64, mut seed) = (0, 0, None, None);
        for (kind, value) in attributes(options.get(Self::HEAD..).unwrap_or_default())? {
            match kind {
                Self::LATENCY64 => delay = number(value)?,
                Self::RATE => rate = u64::from(word_at(value, 0)?),
                Self::RATE64 => rate64 = Some(number(value)?),
                Self::SEED => seed = Some(number(value)?),
                _ => {}
            }
        }
        same("delay", delay, self.delay.ns())?;
        same("rate", rate64.unwrap_or(rate), self.rate.map_or(0, bytes_per_second))?;
        // A kernel without the attribute does not report one.
        seed.map_or(Ok(()), |seed| same("seed", seed, self.seed))
    }
}

impl Htb {
    /// The name of the qdisc.
    pub const KIND: &'static str = "htb";
    /// The minor number of its only class, to which everything goes.
    pub const CLASS: u16 = 1;
    /// One Ethernet frame and a little: what may leave at once.
    const BURST: u64 = 1_600;
    const INIT: u16 = 2;
    const PARAMETERS: u16 = 1;
    const RATE64: u16 = 6;
    const CEIL64: u16 = 7;

    /// The payload of the qdisc's `TCA_OPTIONS`.
    pub fn encode_root(&self) -> Vec<u8> {
        let mut out = Attributes::default();
        // struct tc_htb_glob: version, rate2quantum, default class, debug, direct packets. Without
        // the default class everything would pass unshaped.
        out.attribute(Self::INIT, &words(&[3, 10, Self::CLASS.into(), 0, 0]));
        out.0
    }

    /// The payload of the class's `TCA_OPTIONS`.
    ///
    /// # Errors
    /// If the burst at this rate takes longer than the kernel can express (below 48 kbit/s).
    pub fn encode_class(&self) -> Result<Vec<u8>> {
        let rate = bytes_per_second(self.rate);
        let burst = Self::BURST * 1_000_000_000 / rate.max(1) / TICK_NS;
        let burst = u32::try_from(burst).context("the rate is too low for htb")?;
        let mut out = Attributes::default();
        let low = u32::try_from(rate).unwrap_or(u32::MAX);
        let mut parameters = Vec::with_capacity(44);
        for _ in ["rate", "ceil"] {
            // struct tc_ratespec: cell_log, linklayer (1 = Ethernet: no table), overhead,
            // cell_align (-1), mpu, rate.
            parameters.extend_from_slice(&[0, 1, 0, 0, 0xff, 0xff, 0, 0]);
            parameters.extend_from_slice(&low.to_ne_bytes());
        }
        // buffer, cbuffer, quantum (one frame), level, prio.
        parameters.extend_from_slice(&words(&[burst, burst, 1_514, 0, 0]));
        out.attribute(Self::PARAMETERS, &parameters);
        if low == u32::MAX {
            out.attribute(Self::RATE64, &rate.to_ne_bytes());
            out.attribute(Self::CEIL64, &rate.to_ne_bytes());
        }
        Ok(out.0)
    }

    /// Compares with what the kernel says of the class.
    ///
    /// # Errors
    /// Names the first value that differs.
    pub fn verify_class(&self, options: &[u8]) -> Result<()> {
        let (mut rate, mut rate64) = (None, None);
        for (kind, value) in attributes(options)? {
            match kind {
                Self::PARAMETERS => {
                    rate = Some(u64::from(word_at(value, 8)?));
                    same("ceil", word_at(value, 20)?, word_at(value, 8)?)?;
                }
                Self::RATE64 => rate64 = Some(number(value)?),
                _ => {}
            }
        }
        same("rate", rate64.or(rate).unwrap_or_default(), bytes_per_second(self.rate))
    }
}

impl Bfifo {
    /// The name of the qdisc.
    pub const KIND: &'static str = "bfifo";

    /// The payload of `TCA_OPTIONS`: `struct tc_fifo_qopt`.
    ///
    /// # Errors
    /// Past 4 GiB.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let limit = u32::try_from(self.limit.get()).context("a queue of more than 4 GiB")?;
        Ok(limit.to_ne_bytes().to_vec())
    }

    /// Compares with what the kernel says that it has set.
    ///
    /// # Errors
    /// Names the value that differs.
    pub fn verify(&self, options: &[u8]) -> Result<()> {
        same("limit", u64::from(word_at(options, 0)?), self.limit.get())
    }
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, found: T, wanted: T) -> Result<()> {
    ensure!(found == wanted, "the kernel set the {what} to {found} instead of {wanted}");
    Ok(())
}

/// A list of netlink attributes: length (with the 4 bytes of the head), type, value, padding to 4.
#[derive(Default)]
struct Attributes(Vec<u8>);

impl Attributes {
    fn word(&mut self, word: u32) {
        self.0.extend_from_slice(&word.to_ne_bytes());
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        // All values here are shorter than 64 bytes.
        let length = (value.len() + 4) as u16;
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}

fn attributes(mut rest: &[u8]) -> Result<Vec<(u16, &[u8])>> {
    let mut found = Vec::new();
    while let [l0, l1, k0, k1, ..] = *rest {
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        // The two highest bits of the type are flags.
        let kind = u16::from_ne_bytes([k0, k1]) & 0x3fff;
        let Some(value) = rest.get(4..length) else { bail!("a netlink attribute is cut short") };
        found.push((kind, value));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    ensure!(rest.is_empty(), "a netlink attribute is cut short");
    Ok(found)
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn word_at(bytes: &[u8], at: usize) -> Result<u32> {
    let word = bytes.get(at..at + 4).context("the kernel's answer is cut short")?;
    Ok(u32::from_ne_bytes(word.try_into()?))
}

fn number(bytes: &[u8]) -> Result<u64> {
    Ok(u64::from_ne_bytes(bytes.get(..8).context("the kernel's answer is cut short")?.try_into()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn netem() -> Netem {
        Netem {
            delay: Span::from_ms(10),
            rate: Some(BitRate::from_bps(40_000_000_000)),
            loss: Ratio::from_ppb(10_000_000),
            limit: 5_000,
            seed: 7,
        }
    }

    #[test]
    fn netem_options_are_laid_out_as_the_kernel_reads_them() {
        let bytes = netem().encode().unwrap();
        assert_eq!(word_at(&bytes, 4).unwrap(), 5_000);
        // 1 % as tc sends it.
        assert_eq!(word_at(&bytes, 8).unwrap(), 0x028f_5c29);
        let found = attributes(&bytes[24..]).unwrap();
        assert_eq!(found[0], (10, &10_000_000u64.to_ne_bytes()[..]));
        assert_eq!(found[1], (8, &5_000_000_000u64.to_ne_bytes()[..]));
        assert_eq!(word_at(found[2].1, 0).unwrap(), u32::MAX);
    }

    #[test]
    fn what_was_set_verifies_and_anything_else_is_named() {
        let bytes = netem().encode().unwrap();
        netem().verify(&bytes).unwrap();
        let other = Netem { delay: Span::from_ms(11), ..netem() };
        assert!(other.verify(&bytes).unwrap_err().to_string().contains("delay"));
        let other = Netem { loss: Ratio::ZERO, ..netem() };
        assert!(other.verify(&bytes).unwrap_err().to_string().contains("loss"));

        let htb = Htb { rate: BitRate::from_bps(1_000_000) };
        htb.verify_class(&htb.encode_class().unwrap()).unwrap();
        let other = Htb { rate: BitRate::from_bps(2_000_000) };
        assert!(other.verify_class(&htb.encode_class().unwrap()).is_err());

        let bfifo = Bfifo { limit: Bytes::new(64_000) };
        bfifo.verify(&bfifo.encode().unwrap()).unwrap();
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        let netem = Netem { rate: Some(BitRate::from_bps(5_000_000)), ..netem() };
        let bytes = netem.encode().unwrap();
        // Without its last attribute, the seed, it is the whole answer of an older kernel.
        let without_seed = bytes.len() - 12;
        for end in (0..bytes.len()).filter(|end| *end != without_seed) {
            assert!(netem.verify(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
