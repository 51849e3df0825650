//! What the unit tests share.

use crate::{Download, Observation, Rung};
use weir_units::{BitRate, Bytes, Span, Time};

/// An empty buffer of 25 s before the first of many segments of 3 s, on a ladder in kbit/s.
pub(crate) fn observation(ladder_kbps: &[u64]) -> Observation {
    let rung = |kbps: &u64| Rung {
        mean: BitRate::from_bps(kbps * 1000),
        peak: BitRate::from_bps(kbps * 1500),
    };
    Observation {
        max_buffer: Span::from_s(25),
        segments_left: 100,
        segment_duration: Span::from_s(3),
        ladder: ladder_kbps.iter().map(rung).collect(),
        ..Observation::default()
    }
}

/// A download of the lowest rung whose body came at exactly this rate.
pub(crate) fn download(kbps: u64, transfer: Span, finished: Time) -> Download {
    let bytes = Bytes::new(kbps * transfer.ms() / 8);
    let (ttfb, media) = (Span::from_ms(40), Span::from_s(3));
    Download { bytes, ttfb, transfer, media, finished, ..Download::default() }
}
