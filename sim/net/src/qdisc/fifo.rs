//! `bfifo`: first in, first out.

use super::attributes::word_at;
use super::same;
use anyhow::{Context, Result};
use weir_units::Bytes;

/// `bfifo`: a first-in first-out queue with a limit in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bfifo {
    /// The most bytes that may wait, Ethernet headers included.
    pub limit: Bytes,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_verifies_and_another_depth_does_not() {
        let bfifo = Bfifo { limit: Bytes::new(64_000) };
        bfifo.verify(&bfifo.encode().unwrap()).unwrap();
        let other = Bfifo { limit: Bytes::new(64_001) };
        assert!(other.verify(&bfifo.encode().unwrap()).is_err());
        assert!(Bfifo { limit: Bytes::new(1 << 32) }.encode().is_err());
    }
}
