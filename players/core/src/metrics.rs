//! What a session was like. Moments count from the start of the session.
//!
//! These are not the rows of the result tables, although a driver turns them into such: rows are
//! integers in microseconds of a trial's clock with the trial's keys, and this crate knows of no
//! trial. What each metric means, and why, is in `results/METRICS.md`, with examples that are
//! tests.

use crate::live::LiveMetrics;
use crate::playlist::NOT_ENDED;
use weir_units::{BitRate, Bytes, Span, Time};

/// How much media at the beginning of a session does not count in
/// [`SessionMetrics::settled_bitrate_bps`]: algorithms need it to fill the buffer.
pub const SETTLING: Span = Span::from_s(40);

/// One segment request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentMetrics {
    /// The segment of the content.
    pub segment: usize,
    /// Its number in its live playlist; `None` of recorded content.
    pub sequence: Option<u64>,
    /// The rung.
    pub rung: usize,
    /// The mean bit rate that the manifest declares for the rung.
    pub declared: BitRate,
    /// How long the segment plays; of a live one without what a jump of the playhead left out.
    pub media: Span,
    /// When the request was due.
    pub requested: Time,
    /// The HTTP status.
    pub status: Option<u16>,
    /// From the request to the first byte of the body.
    pub ttfb: Option<Span>,
    /// From the first to the last byte of the body; `None` if there was no last byte.
    pub transfer: Option<Span>,
    /// From the request to its end, which is the last byte of the body or the failure.
    pub download: Span,
    /// Bytes of the body.
    pub bytes: Bytes,
    /// The number of pieces in which the body was delivered.
    pub reads: u64,
    /// The buffer when the decision was taken: the algorithm's input.
    pub buffer_before: Span,
    /// The buffer at the end of the request, with the segment in it if it arrived.
    pub buffer_after: Span,
    /// The throughput that the algorithm counted with.
    pub estimate: Option<BitRate>,
    /// The wait for room in the buffer and on the algorithm's wish.
    pub wait: Span,
    /// Whether it was for a segment that the buffer had at another rung.
    pub replacement: bool,
    /// Why the request came to nothing; `None` if the segment went into the buffer.
    pub err: Option<String>,
}

/// One stall: playback stopped for want of media, after it had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StallMetrics {
    /// When playback stopped.
    pub start: Time,
    /// How long it stood still.
    pub duration: Span,
    /// Media played before.
    pub played: Span,
    /// Whether the session ended before playback went on.
    pub cut_off: bool,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionMetrics {
    /// From pressing play to the first frame; `None` if it never played.
    pub startup: Option<Span>,
    /// From pressing play to the end of the session.
    pub length: Span,
    /// Media played.
    pub played: Span,
    /// Every segment request in order.
    pub segments: Vec<SegmentMetrics>,
    /// What went into the buffer and stayed there, in the order of presentation: for each segment
    /// the place of its request in `segments`.
    pub presented: Vec<u32>,
    /// Every stall in order.
    pub stalls: Vec<StallMetrics>,
    /// The mean bit rate that the manifest declares for the lowest rung; zero if none was learnt.
    pub lowest: BitRate,
    /// Whether the content was played to its end.
    pub complete: bool,
    /// What more there is to say of a session that follows a live stream.
    pub live: Option<Box<LiveMetrics>>,
    /// Why the session ended early.
    pub err: Option<String>,
}

impl SessionMetrics {
    /// The requests whose segments arrived whole.
    pub fn arrived(&self) -> impl Iterator<Item = &SegmentMetrics> + Clone {
        self.segments.iter().filter(|segment| segment.err.is_none())
    }

    /// Whether the session ended because it was for recorded content and what is there is a live
    /// stream ([`LivePlayer`](crate::LivePlayer) follows it).
    pub fn refuses_live(&self) -> bool {
        self.segments.is_empty() && self.err.as_ref().is_some_and(|err| err.ends_with(NOT_ENDED))
    }

    /// The time stalled after startup.
    pub fn stalled(&self) -> Span {
        self.stalls.iter().fold(Span::ZERO, |sum, stall| sum.saturating_add(stall.duration))
    }

    /// Stalled time over stalled and played time; `None` if it never played.
    pub fn stall_ratio(&self) -> Option<f64> {
        self.startup?;
        let whole = self.stalled().saturating_add(self.played);
        (whole > Span::ZERO).then(|| self.stalled().as_secs_f64() / whole.as_secs_f64())
    }

    /// The declared mean rate of the rung played, averaged over the media played; `None` if nothing
    /// was.
    pub fn mean_bitrate_bps(&self) -> Option<f64> {
        self.playout().mean_bitrate_bps()
    }

    /// The same over the media played after the first [`SETTLING`] of it.
    pub fn settled_bitrate_bps(&self) -> Option<f64> {
        self.playout().settled_bitrate_bps()
    }

    /// Changes of rung that the viewer saw: between consecutive segments that were played, if only
    /// in part. Failed requests and media that was never played do not count.
    pub fn switches(&self) -> usize {
        self.playout().switches
    }

    /// Sums over what was played.
    pub(crate) fn playout(&self) -> Playout {
        let mut sums = Playout { played: self.played, ..Playout::default() };
        let mut last = None;
        for (segment, from, to) in self.shown() {
            let bps = segment.declared.bps() as f64;
            let of = |settling| bps * to.saturating_sub(from.max(settling)).ns() as f64;
            sums.bit_ns += of(Span::ZERO);
            sums.settled_bit_ns += of(SETTLING);
            let before = last.replace(segment.rung);
            sums.switches += usize::from(before.is_some_and(|before| before != segment.rung));
        }
        sums
    }

    /// The requests of what stayed in the buffer, in the order of presentation.
    pub(crate) fn presented(&self) -> impl Iterator<Item = &SegmentMetrics> + Clone {
        self.presented.iter().filter_map(|place| self.segments.get(*place as usize))
    }

    /// The segments of which something was played, each with the part of the media played that it
    /// is: from, to.
    fn shown(&self) -> impl Iterator<Item = (&SegmentMetrics, Span, Span)> + Clone {
        let mut end = Span::ZERO;
        self.presented()
            .map(move |segment| {
                let from = end;
                end = from.saturating_add(segment.media).min(self.played);
                (segment, from, end)
            })
            .take_while(|(_, from, to)| from < to)
    }

    /// Bytes of segment bodies received, those of failed requests too.
    pub fn bytes(&self) -> Bytes {
        self.transfers().bytes
    }

    /// The bytes of the segments that arrived over the time from the first to the last byte of
    /// each; `None` if that is no time at all.
    pub fn mean_throughput_bps(&self) -> Option<f64> {
        self.transfers().mean_throughput_bps()
    }

    /// The mean over the segment requests of the buffer when each was decided on; `None` if there
    /// was none.
    pub fn mean_buffer(&self) -> Option<Span> {
        self.transfers().mean_buffer()
    }

    /// Sums over the requests.
    pub(crate) fn transfers(&self) -> Transfers {
        let mut sums = Transfers { requests: self.segments.len(), ..Transfers::default() };
        for segment in &self.segments {
            sums.bytes = sums.bytes.checked_add(segment.bytes).unwrap_or(Bytes::new(u64::MAX));
            sums.buffer_ns += u128::from(segment.buffer_before.ns());
            if segment.err.is_none() {
                sums.arrived += 1;
                sums.arrived_bytes += segment.bytes.get() as f64;
                sums.seconds += segment.transfer.unwrap_or(Span::ZERO).as_secs_f64();
            }
        }
        sums
    }
}

/// Sums over what was played of a session: one way through it for all that its row says of that.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Playout {
    played: Span,
    bit_ns: f64,
    settled_bit_ns: f64,
    /// See [`SessionMetrics::switches`].
    pub switches: usize,
}

impl Playout {
    /// See [`SessionMetrics::mean_bitrate_bps`].
    pub fn mean_bitrate_bps(&self) -> Option<f64> {
        (self.played > Span::ZERO).then(|| self.bit_ns / self.played.ns() as f64)
    }

    /// See [`SessionMetrics::settled_bitrate_bps`].
    pub fn settled_bitrate_bps(&self) -> Option<f64> {
        let counted = self.played.saturating_sub(SETTLING);
        (counted > Span::ZERO).then(|| self.settled_bit_ns / counted.ns() as f64)
    }
}

/// Sums over the requests of a session.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Transfers {
    requests: usize,
    buffer_ns: u128,
    arrived_bytes: f64,
    seconds: f64,
    /// Those whose segments arrived whole.
    pub arrived: u64,
    /// See [`SessionMetrics::bytes`].
    pub bytes: Bytes,
}

impl Transfers {
    /// See [`SessionMetrics::mean_throughput_bps`].
    pub fn mean_throughput_bps(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.arrived_bytes * 8.0 / self.seconds)
    }

    /// See [`SessionMetrics::mean_buffer`].
    pub fn mean_buffer(&self) -> Option<Span> {
        let mean = self.buffer_ns.checked_div(self.requests as u128)?;
        u64::try_from(mean).ok().map(Span::from_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(rung: usize, kbps: u64, err: Option<&str>) -> SegmentMetrics {
        SegmentMetrics {
            segment: 0,
            sequence: None,
            rung,
            declared: BitRate::from_bps(kbps * 1000),
            media: Span::from_s(20),
            requested: Time::ZERO,
            status: Some(200),
            ttfb: Some(Span::from_ms(50)),
            transfer: err.is_none().then_some(Span::from_s(10)),
            download: Span::from_ms(10_050),
            bytes: Bytes::new(kbps * 2500),
            reads: 7,
            buffer_before: Span::from_s(rung as u64),
            buffer_after: Span::ZERO,
            estimate: None,
            wait: Span::ZERO,
            replacement: false,
            err: err.map(str::to_owned),
        }
    }

    fn session(played_s: u64) -> SessionMetrics {
        SessionMetrics {
            startup: Some(Span::from_s(1)),
            played: Span::from_s(played_s),
            segments: vec![
                segment(1, 1000, None),
                segment(3, 9000, Some("lost")),
                segment(0, 500, None),
                segment(2, 3000, None),
            ],
            presented: vec![0, 2, 3],
            ..SessionMetrics::default()
        }
    }

    #[test]
    fn bit_rates_average_over_the_media_played_only() {
        assert_eq!(session(0).mean_bitrate_bps(), None);
        assert_eq!(session(10).mean_bitrate_bps(), Some(1_000_000.0));
        assert_eq!(session(30).mean_bitrate_bps(), Some(2_500_000.0 / 3.0));
        assert_eq!(session(60).mean_bitrate_bps(), Some(1_500_000.0));
        assert_eq!(session(40).settled_bitrate_bps(), None);
        assert_eq!(session(50).settled_bitrate_bps(), Some(3_000_000.0));
    }

    #[test]
    fn failed_requests_count_as_bytes_but_not_as_throughput() {
        let session = session(60);
        assert_eq!(session.bytes(), Bytes::new(13_500 * 2500));
        assert_eq!(session.mean_throughput_bps(), Some(4500.0 * 2500.0 * 8.0 / 30.0));
        assert_eq!(session.mean_buffer(), Some(Span::from_ms(1500)));
    }

    #[test]
    fn a_switch_is_one_that_the_viewer_saw() {
        // Rungs 1, 0, 2 for 20 s each; a request of rung 3 came to nothing.
        let switches = |played_s| session(played_s).switches();
        assert_eq!([0, 20, 21, 40, 41, 60].map(switches), [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn what_was_replaced_was_never_seen() {
        let mut session = session(60);
        // The fourth request was for the first segment again.
        (session.segments[3].replacement, session.presented) = (true, vec![3, 2]);
        assert_eq!(session.mean_bitrate_bps(), Some(3_500_000.0 / 3.0));
        assert_eq!((session.switches(), session.arrived().count()), (1, 3));
    }

    #[test]
    fn the_stall_ratio_leaves_the_startup_out() {
        let mut session = session(30);
        assert_eq!(session.stall_ratio(), Some(0.0));
        let stall = StallMetrics {
            start: Time::ZERO,
            duration: Span::from_s(5),
            played: Span::ZERO,
            cut_off: false,
        };
        session.stalls = vec![stall, stall];
        assert_eq!(session.stall_ratio(), Some(0.25));
        session.startup = None;
        assert_eq!(session.stall_ratio(), None);
    }
}
