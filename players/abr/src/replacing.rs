//! Segment replacement, as a decoration of any algorithm: what is in the buffer at a lower rung
//! than the one that would be requested now is requested again (UMass-LIDS/sabre 09b03bb, class
//! `Replace`; dash.js calls it fast switching).

use crate::{Abr, Decision, Observation, Outlook, Progress, Verdict};
use alloc::boxed::Box;
use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Span, Time};

/// The end of the buffer from which the segment to be replaced is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The segment that plays first (Sabre's `-r left`).
    Left,
    /// The segment that plays last (Sabre's `-r right`).
    Right,
}

/// An algorithm whose decisions replace segments of the buffer where they can.
///
/// Its player must say what is in the buffer ([`Observation::buffered`]), and carry out
/// [`Decision::replace`].
pub struct Replacing {
    inner: Box<dyn Abr>,
    side: Side,
    /// The segment that is being replaced, counted from the end of the buffer: 1 is the last.
    from_the_end: Option<u64>,
}

impl Replacing {
    /// Decorates `inner`.
    pub fn new(inner: Box<dyn Abr>, side: Side) -> Self {
        Self { inner, side, from_the_end: None }
    }

    /// The segment of the buffer that is below `rung`; those that play within the next one and a
    /// half segments are left alone.
    fn candidate(&self, seen: &Observation, rung: usize) -> Option<usize> {
        let played = seen.played_of_first.as_secs_f64() / seen.segment_seconds();
        // `as` saturates, and takes a number that is none as zero.
        let skip = libm::ceil(1.5 + played) as usize;
        let mut below = seen.buffered.iter().enumerate().skip(skip.max(1));
        let lower = |(_, buffered): &(usize, &usize)| **buffered < rung;
        let found = match self.side {
            Side::Left => below.find(lower),
            Side::Right => below.rfind(lower),
        };
        found.map(|(index, _)| index)
    }
}

impl Abr for Replacing {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let decision = self.inner.decide(seen);
        let replace = self.candidate(seen, decision.rung.min(seen.top()));
        self.from_the_end = replace.map(|index| (seen.buffered.len() - index) as u64);
        match replace {
            Some(_) => Decision { wait: Span::ZERO, replace, ..decision },
            None => decision,
        }
    }

    /// A replacement is given up when its segment's turn to play has come; the algorithm itself is
    /// asked about other downloads only.
    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        let Some(from_the_end) = self.from_the_end else {
            return self.inner.progress(seen, progress);
        };
        let behind = seen.segment_duration.checked_mul(from_the_end).unwrap_or(Span::MAX);
        if seen.buffer <= behind { Verdict::Abandon { to: None } } else { Verdict::Continue }
    }

    fn next_check(&self, seen: &Observation, progress: &Progress, outlook: Outlook<'_>) -> Time {
        let Some(from_the_end) = self.from_the_end else {
            return self.inner.next_check(seen, progress, outlook);
        };
        let behind = seen.segment_duration.checked_mul(from_the_end).unwrap_or(Span::MAX);
        seen.now.after(seen.buffer.saturating_sub(behind))
    }

    fn estimate(&self) -> Option<BitRate> {
        self.inner.estimate()
    }

    fn fault(&self) -> Option<&str> {
        self.inner.fault()
    }
}
