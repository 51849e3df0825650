//! `fq_codel`: a queue for each flow, each kept short by CoDel.

use super::definition::{Qdisc, QdiscCounts, QdiscInfo, same};
use anyhow::{Context, Result, bail, ensure};
use netlink_packet_core::{Nla, parse_u32};
use netlink_packet_route::tc::TcQdiscFqCodelOption as Key;
use netlink_packet_route::tc::{TcAttribute, TcFqCodelXstats, TcOption, TcStatsQueue, TcXstats};
use weir_units::{Bytes, Span};

/// `fq_codel` (RFC 8290; tc-fq_codel(8)) with the defaults of section 5.2 of the RFC, except for
/// its limit: a target of 5 ms, an interval of 100 ms, 1,024 flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FqCodel {
    /// The most packets that may wait, in all flows together.
    pub limit: u32,
    /// Whether packets that can carry a mark (ECN, RFC 3168) are marked instead of dropped.
    pub ecn: bool,
}

impl FqCodel {
    pub const INFO: QdiscInfo = QdiscInfo {
        name: "fq_codel",
        module: "sch_fq_codel",
        purpose: "for the queue fq_codel",
        asked_as: "fq_codel",
    };
    /// A full Ethernet frame, which is also the bytes that a flow may send in its turn.
    const FRAME: u32 = 1_514;
    const TARGET: Span = Span::from_ms(5);
    const INTERVAL: Span = Span::from_ms(100);
    const FLOWS: u32 = 1_024;
    /// The most that the kernel takes, in bytes with its own overhead: the limit in packets is what
    /// counts.
    const MEMORY: u32 = 1 << 31;

    /// A queue of `depth`, in full frames, rounded up; at least one.
    pub fn new(depth: Bytes, ecn: bool) -> Self {
        let frames = depth.get().div_ceil(Self::FRAME.into()).max(1);
        Self { limit: u32::try_from(frames).unwrap_or(u32::MAX), ecn }
    }

    pub fn sample() -> Self {
        Self::new(Bytes::new(10_000), false)
    }

    /// All that is set, with its name.
    fn values(&self) -> [(&'static str, Key); 7] {
        // A moment in the kernel's configuration is a number of microseconds.
        let us = |span: Span| u32::try_from(span.us()).unwrap_or(u32::MAX);
        [
            ("number of flows", Key::Flows(Self::FLOWS)),
            ("target", Key::Target(us(Self::TARGET))),
            ("limit", Key::Limit(self.limit)),
            ("interval", Key::Interval(us(Self::INTERVAL))),
            ("ECN", Key::Ecn(self.ecn.into())),
            ("quantum", Key::Quantum(Self::FRAME)),
            ("memory limit", Key::MemoryLimit(Self::MEMORY)),
        ]
    }
}

impl Qdisc for FqCodel {
    fn info(&self) -> &'static QdiscInfo {
        &Self::INFO
    }

    fn options(&self) -> Result<TcAttribute> {
        let values = self.values().into_iter();
        Ok(TcAttribute::Options(values.map(|(_, key)| TcOption::FqCodel(key)).collect()))
    }

    fn verify(&self, options: &[TcOption]) -> Result<()> {
        for (name, key) in self.values() {
            let found = options.iter().find(|option| option.kind() == key.kind());
            let found = number(found.with_context(|| format!("fq_codel reports no {name}"))?)?;
            let wanted = number(&key)?;
            if matches!(key, Key::Target(_) | Key::Interval(_)) {
                // CoDel counts in units of 1,024 ns, and rounds down, there and back.
                ensure!(
                    found == wanted || found + 1 == wanted,
                    "the kernel set the {name} to {found} us instead of {wanted} us"
                );
            } else {
                same(name, found, wanted)?;
            }
        }
        Ok(())
    }

    /// What it drops to keep a queue short is not counted by itself.
    fn counts(&self, queue: &TcStatsQueue, own: Option<&TcXstats>) -> Result<QdiscCounts> {
        let Some(TcXstats::FqCodel(TcFqCodelXstats::Qdisc(own))) = own else {
            bail!("fq_codel reports no counters of a whole qdisc: {own:?}")
        };
        Ok(QdiscCounts {
            over_limit: own.drop_overlimit.into(),
            early_drops: queue.drops.saturating_sub(own.drop_overlimit).into(),
            marks: own.ecn_mark.into(),
        })
    }
}

/// The value of an option.
fn number(option: &impl Nla) -> Result<u32> {
    let mut bytes = vec![0; option.value_len()];
    option.emit_value(&mut bytes);
    Ok(parse_u32(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::super::raw;
    use super::*;
    use netlink_packet_core::Emitable;
    use netlink_packet_core::Parseable;

    /// The options as the kernel would report them that has set these values.
    fn bytes(values: &[(&str, Key)]) -> Vec<u8> {
        let keys: Vec<_> = values.iter().map(|(_, key)| key.clone()).collect();
        let mut bytes = vec![0; keys.as_slice().buffer_len()];
        keys.as_slice().emit(&mut bytes);
        bytes
    }

    fn verify(wanted: FqCodel, set: &[u8]) -> Result<()> {
        wanted.verify(&raw::reported("fq_codel", set)?)
    }

    #[test]
    fn the_depth_is_counted_in_full_frames_and_never_zero() {
        for (bytes, frames) in [(0, 1), (1, 1), (1_514, 1), (1_515, 2), (64_000, 43)] {
            assert_eq!(FqCodel::new(Bytes::new(bytes), false).limit, frames, "{bytes}");
        }
    }

    #[test]
    fn what_was_set_verifies_and_anything_else_is_named() {
        let wanted = FqCodel::new(Bytes::new(100_000), true);
        let bytes = bytes(&wanted.values());
        verify(wanted, &bytes).unwrap();
        let error = verify(FqCodel { limit: 3, ..wanted }, &bytes).unwrap_err().to_string();
        assert!(error.contains("limit"), "{error}");
        let error = verify(FqCodel { ecn: false, ..wanted }, &bytes).unwrap_err().to_string();
        assert!(error.contains("ECN"), "{error}");
        for end in 0..bytes.len() {
            assert!(verify(wanted, &bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn the_kernels_rounding_of_the_target_is_allowed_and_no_more() {
        let wanted = FqCodel::new(Bytes::new(100_000), true);
        let with_target = |us: u32| {
            let values = wanted.values().map(|(name, key)| match key {
                Key::Target(_) => (name, Key::Target(us)),
                other => (name, other),
            });
            verify(wanted, &bytes(&values))
        };
        with_target(4_999).unwrap();
        assert!(with_target(4_998).is_err() && with_target(5_001).is_err());
    }

    #[test]
    fn counters_are_read_where_the_kernel_writes_them() {
        let fq_codel = FqCodel::sample();
        let counts = |words: &[u32]| {
            let own = TcXstats::FqCodel(TcFqCodelXstats::parse(&raw::words(words))?);
            let mut queue = TcStatsQueue::default();
            queue.drops = 12;
            fq_codel.counts(&queue, Some(&own))
        };
        let counted = counts(&[0, 1_514, 7, 9, 0, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(counted, QdiscCounts { over_limit: 7, early_drops: 5, marks: 9 });
        assert!(counts(&[0, 1_514, 7]).is_err());
        assert!(counts(&[1, 0, 0, 0, 0, 0, 0]).is_err(), "of a class");
        assert!(fq_codel.counts(&TcStatsQueue::default(), None).is_err());
    }
}
