//! `htb`: a token bucket.

use super::attributes::{Attributes, attributes, number_at, word_at, words};
use super::{bytes_per_second, same};
use anyhow::{Context, Result};
use weir_units::BitRate;

/// One tick of the packet scheduler's clock (`/proc/net/psched`: 64 ns).
const TICK_NS: u64 = 64;

/// `htb` with a single class: a token bucket that holds one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Htb {
    /// Its rate.
    pub rate: BitRate,
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
                Self::RATE64 => rate64 = Some(number_at(value, 0)?),
                _ => {}
            }
        }
        same("rate", rate64.or(rate).unwrap_or_default(), bytes_per_second(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_verifies_and_another_rate_does_not() {
        for rate in [1_000_000, 100_000_000_000] {
            let htb = Htb { rate: BitRate::from_bps(rate) };
            htb.verify_class(&htb.encode_class().unwrap()).unwrap();
            let other = Htb { rate: BitRate::from_bps(2 * rate) };
            let error = other.verify_class(&htb.encode_class().unwrap()).unwrap_err();
            assert!(error.to_string().contains("rate"), "{error}");
        }
    }
}
