//! `fq_codel`: a queue for each flow, each kept short by CoDel.

use super::attributes::{Attributes, attributes, word_at};
use super::same;
use anyhow::{Context, Result, ensure};
use weir_units::{Bytes, Span};

/// `fq_codel` (RFC 8290; tc-fq_codel(8)) with the defaults of section 5.2 of the RFC, except for its
/// limit: a target of 5 ms, an interval of 100 ms, 1,024 flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FqCodel {
    /// The most packets that may wait, in all flows together.
    pub limit: u32,
    /// Whether packets that can carry a mark (ECN, RFC 3168) are marked instead of dropped.
    pub ecn: bool,
}

/// What `fq_codel` counts beside what every qdisc does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FqCodelCounters {
    /// Packets dropped because the limit was hit.
    pub over_limit: u64,
    /// Packets marked instead of dropped.
    pub marks: u64,
}

impl FqCodel {
    /// The name of the qdisc.
    pub const KIND: &'static str = "fq_codel";
    /// A full Ethernet frame, which is also the bytes that a flow may send in its turn.
    const FRAME: u32 = 1_514;
    const TARGET: Span = Span::from_ms(5);
    const INTERVAL: Span = Span::from_ms(100);
    const FLOWS: u32 = 1_024;
    /// The most that the kernel takes, in bytes with its own overhead: the limit in packets is what
    /// counts.
    const MEMORY: u32 = 1 << 31;
    const KEY_TARGET: u16 = 1;
    const KEY_LIMIT: u16 = 2;
    const KEY_INTERVAL: u16 = 3;
    const KEY_ECN: u16 = 4;
    const KEY_FLOWS: u16 = 5;
    const KEY_QUANTUM: u16 = 6;
    const KEY_MEMORY: u16 = 9;

    /// A queue of `depth`, in full frames, rounded up; at least one.
    pub fn new(depth: Bytes, ecn: bool) -> Self {
        let frames = depth.get().div_ceil(Self::FRAME.into()).max(1);
        Self { limit: u32::try_from(frames).unwrap_or(u32::MAX), ecn }
    }

    fn values(&self) -> [(u16, &'static str, u32); 7] {
        // A moment in the kernel's configuration is a number of microseconds.
        let us = |span: Span| u32::try_from(span.us()).unwrap_or(u32::MAX);
        [
            (Self::KEY_FLOWS, "number of flows", Self::FLOWS),
            (Self::KEY_TARGET, "target", us(Self::TARGET)),
            (Self::KEY_LIMIT, "limit", self.limit),
            (Self::KEY_INTERVAL, "interval", us(Self::INTERVAL)),
            (Self::KEY_ECN, "ECN", self.ecn.into()),
            (Self::KEY_QUANTUM, "quantum", Self::FRAME),
            (Self::KEY_MEMORY, "memory limit", Self::MEMORY),
        ]
    }

    /// The payload of `TCA_OPTIONS`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Attributes::default();
        for (key, _, value) in self.values() {
            out.attribute(key, &value.to_ne_bytes());
        }
        out.0
    }

    /// Compares with what the kernel says that it has set.
    ///
    /// # Errors
    /// Names the first value that differs.
    pub fn verify(&self, options: &[u8]) -> Result<()> {
        let found = attributes(options)?;
        for (key, name, wanted) in self.values() {
            let value = found.iter().find(|(kind, _)| *kind == key);
            let (_, value) = value.with_context(|| format!("fq_codel reports no {name}"))?;
            let value = word_at(value, 0)?;
            if [Self::KEY_TARGET, Self::KEY_INTERVAL].contains(&key) {
                // CoDel counts in units of 1,024 ns, and rounds down, there and back.
                ensure!(
                    value == wanted || value + 1 == wanted,
                    "the kernel set the {name} to {value} us instead of {wanted} us"
                );
            } else {
                same(name, value, wanted)?;
            }
        }
        Ok(())
    }

    /// Reads `struct tc_fq_codel_xstats`, of a whole qdisc.
    pub(crate) fn counters(bytes: &[u8]) -> Result<FqCodelCounters> {
        const QDISC: u32 = 0;
        same("kind of counters", word_at(bytes, 0)?, QDISC)?;
        // Behind the type: maxpacket, drop_overlimit, ecn_mark.
        Ok(FqCodelCounters {
            over_limit: word_at(bytes, 8)?.into(),
            marks: word_at(bytes, 12)?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_is_counted_in_full_frames_and_never_zero() {
        for (bytes, frames) in [(0, 1), (1, 1), (1_514, 1), (1_515, 2), (64_000, 43)] {
            assert_eq!(FqCodel::new(Bytes::new(bytes), false).limit, frames, "{bytes}");
        }
    }

    #[test]
    fn what_was_set_verifies_and_anything_else_is_named() {
        let wanted = FqCodel::new(Bytes::new(100_000), true);
        let bytes = wanted.encode();
        wanted.verify(&bytes).unwrap();
        let error = FqCodel { limit: 3, ..wanted }.verify(&bytes).unwrap_err().to_string();
        assert!(error.contains("limit"), "{error}");
        let error = FqCodel { ecn: false, ..wanted }.verify(&bytes).unwrap_err().to_string();
        assert!(error.contains("ECN"), "{error}");
        for end in 0..bytes.len() {
            assert!(wanted.verify(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn the_kernels_rounding_of_the_target_is_allowed_and_no_more() {
        let wanted = FqCodel::new(Bytes::new(100_000), true);
        let with_target = |us: u32| {
            let mut out = Attributes::default();
            for (key, _, value) in wanted.values() {
                let value = if key == FqCodel::KEY_TARGET { us } else { value };
                out.attribute(key, &value.to_ne_bytes());
            }
            wanted.verify(&out.0)
        };
        with_target(4_999).unwrap();
        assert!(with_target(4_998).is_err() && with_target(5_001).is_err());
    }

    #[test]
    fn counters_are_read_where_the_kernel_writes_them() {
        let words: Vec<u8> = [0u32, 1_514, 7, 9, 0].iter().flat_map(|w| w.to_ne_bytes()).collect();
        let counted = FqCodel::counters(&words).unwrap();
        assert_eq!(counted, FqCodelCounters { over_limit: 7, marks: 9 });
        assert!(FqCodel::counters(&words[..12]).is_err());
        let class: Vec<u8> = [1u32, 0, 0, 0].iter().flat_map(|w| w.to_ne_bytes()).collect();
        assert!(FqCodel::counters(&class).is_err());
    }
}
