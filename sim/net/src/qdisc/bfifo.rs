//! `bfifo`: first in, first out.

use super::definition::{Qdisc, QdiscInfo, same};
use super::raw;
use anyhow::{Context, Result};
use netlink_packet_route::tc::{TcAttribute, TcOption};
use weir_units::Bytes;

/// `bfifo`: a first-in first-out queue with a limit in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bfifo {
    /// The most bytes that may wait, Ethernet headers included.
    pub limit: Bytes,
}

impl Bfifo {
    pub const INFO: QdiscInfo =
        QdiscInfo { name: "bfifo", module: "bfifo", purpose: "for rates", asked_as: "a rate" };

    /// A queue of this depth. It marks nothing.
    pub fn new(depth: Bytes, _ecn: bool) -> Self {
        Self { limit: depth }
    }

    pub fn sample() -> Self {
        Self { limit: Bytes::new(10_000) }
    }

    /// `struct tc_fifo_qopt`.
    fn encode(&self) -> Result<Vec<u8>> {
        let limit = u32::try_from(self.limit.get()).context("a queue of more than 4 GiB")?;
        Ok(limit.to_ne_bytes().to_vec())
    }
}

impl Qdisc for Bfifo {
    fn info(&self) -> &'static QdiscInfo {
        &Self::INFO
    }

    fn options(&self) -> Result<TcAttribute> {
        self.encode().map(raw::options)
    }

    fn verify(&self, options: &[TcOption]) -> Result<()> {
        same("limit", u64::from(raw::word_at(&raw::bytes(options), 0)?), self.limit.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_verifies_and_another_depth_does_not() {
        let bfifo = Bfifo { limit: Bytes::new(64_000) };
        let set = raw::reported("bfifo", &bfifo.encode().unwrap()).unwrap();
        bfifo.verify(&set).unwrap();
        let other = Bfifo { limit: Bytes::new(64_001) };
        assert!(other.verify(&set).is_err());
        assert!(Bfifo { limit: Bytes::new(1 << 32) }.encode().is_err());
    }
}
