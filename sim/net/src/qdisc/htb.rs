//! `htb`: a token bucket.

use super::definition::{CLASS, Qdisc, QdiscInfo, bytes_per_second, same};
use super::raw::{self, attribute, word_at, words};
use anyhow::{Context, Result, bail};
use netlink_packet_core::{NlasIterator, parse_u64};
use netlink_packet_route::tc::{TcAttribute, TcOption};
use weir_units::BitRate;

/// One tick of the packet scheduler's clock (`/proc/net/psched`: 64 ns).
const TICK_NS: u64 = 64;

/// `htb` with a single class: a token bucket that holds one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Htb {
    /// Its rate.
    pub rate: BitRate,
}

impl Htb {
    pub const INFO: QdiscInfo =
        QdiscInfo { name: "htb", module: "sch_htb", purpose: "for rates", asked_as: "a rate" };
    /// One Ethernet frame and a little: what may leave at once.
    const BURST: u64 = 1_600;
    const INIT: u16 = 2;
    const PARAMETERS: u16 = 1;
    const RATE64: u16 = 6;
    const CEIL64: u16 = 7;

    pub fn sample() -> Self {
        Self { rate: BitRate::from_bps(1_000_000) }
    }

    /// The class's options. The burst at a rate below 48 kbit/s takes longer than the kernel can
    /// express.
    fn encode_class(&self) -> Result<Vec<u8>> {
        let rate = bytes_per_second(self.rate);
        let burst = Self::BURST * 1_000_000_000 / rate.max(1) / TICK_NS;
        let burst = u32::try_from(burst).context("the rate is too low for htb")?;
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
        let mut all = vec![attribute(Self::PARAMETERS, parameters)];
        if low == u32::MAX {
            all.extend([Self::RATE64, Self::CEIL64].map(|key| attribute(key, rate.to_ne_bytes())));
        }
        Ok(raw::list(&all))
    }
}

impl Qdisc for Htb {
    fn info(&self) -> &'static QdiscInfo {
        &Self::INFO
    }

    fn options(&self) -> Result<TcAttribute> {
        // struct tc_htb_glob: version, rate2quantum, default class, debug, direct packets. Without
        // the default class everything would pass unshaped.
        let init = words(&[3, 10, CLASS.into(), 0, 0]);
        Ok(raw::options(raw::list(&[attribute(Self::INIT, init)])))
    }

    fn verify(&self, options: &[TcOption]) -> Result<()> {
        for nla in NlasIterator::new(&raw::bytes(options)) {
            let nla = nla?;
            if nla.kind() == Self::INIT {
                return same("default class", word_at(nla.value(), 8)?, CLASS.into());
            }
        }
        bail!("htb reports no default class")
    }

    fn class(&self) -> Result<Option<TcAttribute>> {
        Ok(Some(raw::options(self.encode_class()?)))
    }

    fn verify_class(&self, options: &[TcOption]) -> Result<()> {
        let (mut rate, mut rate64) = (None, None);
        for nla in NlasIterator::new(&raw::bytes(options)) {
            let nla = nla?;
            let value = nla.value();
            match nla.kind() {
                Self::PARAMETERS => {
                    rate = Some(u64::from(word_at(value, 8)?));
                    same("ceil", word_at(value, 20)?, word_at(value, 8)?)?;
                }
                Self::RATE64 => rate64 = Some(parse_u64(value)?),
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
            let set = raw::reported("htb", &htb.encode_class().unwrap()).unwrap();
            htb.verify_class(&set).unwrap();
            let other = Htb { rate: BitRate::from_bps(2 * rate) };
            let error = other.verify_class(&set).unwrap_err();
            assert!(error.to_string().contains("rate"), "{error}");
        }
    }
}
