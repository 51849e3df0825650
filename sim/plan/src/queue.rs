//! The depth of a buffer, and as text.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use weir_units::{Bytes, Ratio};

/// The depth of a buffer; as text `"64 kB"` or `"1.5 bdp"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Queue {
    /// This many bytes.
    Bytes(Bytes),
    /// This share of the product of the link's rate and the round-trip time of the longest path
    /// between a player and its origin that uses the link, but at least [`Queue::LEAST`]. A link
    /// that nobody's path uses counts its own round-trip time.
    Bdp(Ratio),
}

impl Queue {
    /// Ten full Ethernet frames: a shallower buffer drops the initial window's own burst.
    pub const LEAST: Bytes = Bytes::new(10 * 1514);

    /// One full Ethernet frame: nothing passes a shallower buffer.
    const FRAME: Bytes = Bytes::new(1514);

    /// The largest share: 100 bandwidth-delay products.
    const MOST_BDP: Ratio = Ratio::from_ppb(100_000_000_000);
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => bytes.fmt(f),
            Self::Bdp(share) => {
                let (whole, part) = (share.ppb() / 1_000_000_000, share.ppb() % 1_000_000_000);
                let part = format!(".{part:09}");
                let part = part.trim_end_matches('0').trim_end_matches('.');
                write!(f, "{whole}{part} bdp")
            }
        }
    }
}

/// Why a text is not the depth of a buffer; to be read after the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} (expected bytes such as \"64 kB\" or bandwidth-delay products such as \"1.5 bdp\")")]
pub struct QueueError(&'static str);

impl FromStr for Queue {
    type Err = QueueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NO_DEPTH: QueueError = QueueError("is no depth of a buffer");
        let Some(number) = text.trim().strip_suffix("bdp") else {
            let bytes: Bytes = text.parse().map_err(|_| NO_DEPTH)?;
            return if bytes >= Self::FRAME {
                Ok(Self::Bytes(bytes))
            } else {
                Err(QueueError("is less than a full Ethernet frame, 1514 B"))
            };
        };
        // A hundredth of the share is a percentage, which can be read exactly.
        let percent: Ratio = format!("{}%", number.trim()).parse().map_err(|_| NO_DEPTH)?;
        let share = percent.ppb().checked_mul(100).map(Ratio::from_ppb);
        match share.filter(|share| *share > Ratio::ZERO && *share <= Self::MOST_BDP) {
            Some(share) => Ok(Self::Bdp(share)),
            None => Err(QueueError("is out of range, above 0 and up to 100 bdp")),
        }
    }
}

impl TryFrom<String> for Queue {
    type Error = QueueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Queue> for String {
    fn from(queue: Queue) -> Self {
        queue.to_string()
    }
}
