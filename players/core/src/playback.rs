//! The playhead and the buffer. Between two downloads they are linear in time, so their state at
//! any moment, and the moment of any state, are computed and never ticked: a late look sees exactly
//! what a punctual one would have seen.

use crate::metrics::StallMetrics;
use weir_units::{Ratio, Span, Time};

/// [`Ratio::ONE`] for sums that need more room.
const ONE: u128 = Ratio::ONE.ppb() as u128;

/// Whether the viewer sees the film move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has been shown yet.
    Starting,
    /// It plays.
    Playing,
    /// It stands still for want of media.
    Stalled,
}

/// How full the buffer is with a segment that is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// There is room for the next one.
    Partly,
    /// There is none until some of it has played.
    Full,
    /// There is no next one.
    Last,
}

/// The playhead and the media before it.
///
/// `downloaded = played + buffer` at all times, where what was left out never counts as downloaded;
/// and once playback has begun, at the rate 1 for all the time, `startup + played + stalled` is the
/// time since the start of the session.
#[derive(Debug, Clone)]
pub struct Playback {
    startup_threshold: Span,
    resume_threshold: Span,
    /// Playback stops when the buffer has fallen to this; zero once the last segment is there.
    stall_threshold: Span,
    /// Everything below holds at this moment.
    at: Time,
    downloaded: Span,
    played: Span,
    /// Media played per time.
    rate: Ratio,
    /// Media played beyond `played`, in parts of a nanosecond that are one over [`Ratio::ONE`]:
    /// nothing is lost to rounding, however often one looks.
    part: u64,
    phase: Phase,
    startup: Option<Span>,
    stalls: Vec<StallMetrics>,
}

impl Playback {
    /// An empty buffer at the start of a session. Playback starts when it holds
    /// `startup_threshold`, and goes on after a stall when it holds `resume_threshold`; in both
    /// cases it must hold more than `stall_threshold`, at which playback stops.
    pub fn new(startup_threshold: Span, resume_threshold: Span, stall_threshold: Span) -> Self {
        Self {
            startup_threshold,
            resume_threshold,
            stall_threshold,
            at: Time::ZERO,
            downloaded: Span::ZERO,
            played: Span::ZERO,
            rate: Ratio::ONE,
            part: 0,
            phase: Phase::Starting,
            startup: None,
            stalls: Vec::new(),
        }
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The moment up to which it has advanced.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Media that is downloaded and not yet played.
    pub fn buffer(&self) -> Span {
        self.downloaded.saturating_sub(self.played)
    }

    /// Media played.
    pub fn played(&self) -> Span {
        self.played
    }

    /// From the start of the session to the first frame.
    pub fn startup(&self) -> Option<Span> {
        self.startup
    }

    /// All stalls so far. The last one's duration is zero while it lasts.
    pub fn stalls(&self) -> &[StallMetrics] {
        &self.stalls
    }

    /// The rate at which it plays, when it plays.
    pub fn rate(&self) -> Ratio {
        self.rate
    }

    /// Changes the rate from now on. (At zero it would neither play nor stall: the least is one
    /// part in 10^9.)
    pub fn set_rate(&mut self, rate: Ratio) {
        self.rate = rate.max(Ratio::from_ppb(1));
    }

    /// Leaves out the next so much of the buffer, or all of it if it is less. The playhead jumps;
    /// if nothing remains, playback stops at the next moment.
    pub fn leave_out(&mut self, media: Span) {
        self.downloaded = self.downloaded.saturating_sub(media.min(self.buffer()));
        if self.buffer() == Span::ZERO {
            self.part = 0;
        }
    }

    /// How long it takes to play so much at the present rate, to the last of it.
    pub fn time_for(&self, media: Span) -> Span {
        if self.rate == Ratio::ONE && self.part == 0 {
            return media;
        }
        let parts =
            u128::from(media.ns()) * ONE - u128::from(self.part).min(u128::from(media.ns()) * ONE);
        let time = parts.div_ceil(u128::from(self.rate.ppb()));
        Span::from_ns(u64::try_from(time).unwrap_or(u64::MAX))
    }

    /// Goes on to `now`. Where the buffer runs dry before, the stall begins at that very moment.
    /// A moment in the past changes nothing.
    pub fn advance(&mut self, now: Time) {
        if self.phase == Phase::Playing {
            let (elapsed, media) =
                (now.since(self.at), self.buffer().saturating_sub(self.stall_threshold));
            let left = self.time_for(media);
            self.play(elapsed, media);
            if elapsed > left {
                self.phase = Phase::Stalled;
                self.part = 0;
                self.stalls.push(StallMetrics {
                    start: self.at.after(left),
                    duration: Span::ZERO,
                    played: self.played,
                    cut_off: false,
                });
            }
        }
        self.at = self.at.max(now);
    }

    /// Plays for `elapsed`, `media` at most.
    fn play(&mut self, elapsed: Span, media: Span) {
        if self.rate == Ratio::ONE && self.part == 0 {
            self.played = self.played.saturating_add(elapsed.min(media));
            return;
        }
        let parts = u128::from(elapsed.ns()) * u128::from(self.rate.ppb()) + u128::from(self.part);
        let whole = Span::from_ns(u64::try_from(parts / ONE).unwrap_or(u64::MAX));
        if whole < media {
            self.played = self.played.saturating_add(whole);
            self.part = (parts % ONE) as u64;
        } else {
            (self.played, self.part) = (self.played.saturating_add(media), 0);
        }
    }

    /// Adds a segment. If playback stands still, it goes on when the buffer has reached the
    /// threshold of the phase, or when no more can be buffered before it plays: see [`Filled`].
    pub fn add(&mut self, media: Span, filled: Filled) {
        self.downloaded = self.downloaded.saturating_add(media);
        if filled == Filled::Last {
            self.stall_threshold = Span::ZERO;
        }
        let threshold = match self.phase {
            Phase::Starting => self.startup_threshold,
            Phase::Stalled => self.resume_threshold,
            Phase::Playing => return,
        };
        let enough = self.buffer() >= threshold && self.buffer() > self.stall_threshold;
        if enough || filled != Filled::Partly {
            self.end_stall(false);
            self.startup.get_or_insert(self.at.since(Time::ZERO));
            self.phase = Phase::Playing;
        }
    }

    /// When the buffer will have fallen to `level`: now if it is not above it; `None` if it is, and
    /// playback stands still.
    pub fn falls_to(&self, level: Span) -> Option<Time> {
        match self.buffer().checked_sub(level) {
            None | Some(Span::ZERO) => Some(self.at),
            Some(above) if self.phase == Phase::Playing => {
                Some(self.at.after(self.time_for(above)))
            }
            Some(_) => None,
        }
    }

    /// Ends the session: cuts off a stall that lasts.
    pub fn end(&mut self) {
        self.end_stall(true);
    }

    /// All stalls, of a session that is over.
    pub fn into_stalls(self) -> Vec<StallMetrics> {
        self.stalls
    }

    fn end_stall(&mut self, cut_off: bool) {
        if self.phase == Phase::Stalled
            && let Some(stall) = self.stalls.last_mut()
        {
            stall.duration = self.at.since(stall.start);
            stall.cut_off = cut_off;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::ZERO.after(Span::from_ms(ms))
    }

    /// Segments of 2 s; the first frame needs two of them, and going on needs one.
    fn playback() -> Playback {
        Playback::new(Span::from_s(4), Span::from_s(2), Span::ZERO)
    }

    fn add(playback: &mut Playback, ms: u64, full: bool) {
        playback.advance(at(ms));
        playback.add(Span::from_s(2), if full { Filled::Full } else { Filled::Partly });
    }

    #[test]
    fn playback_starts_at_the_threshold() {
        let mut playback = playback();
        add(&mut playback, 500, false);
        assert_eq!((playback.phase(), playback.startup()), (Phase::Starting, None));
        add(&mut playback, 900, false);
        assert_eq!(playback.phase(), Phase::Playing);
        assert_eq!(playback.startup(), Some(Span::from_ms(900)));
        playback.advance(at(1900));
        assert_eq!((playback.played().ms(), playback.buffer().ms()), (1000, 3000));
    }

    #[test]
    fn a_full_buffer_starts_below_the_threshold() {
        let mut playback = playback();
        add(&mut playback, 500, true);
        assert_eq!(playback.startup(), Some(Span::from_ms(500)));
    }

    #[test]
    fn a_stall_begins_when_the_buffer_is_dry_however_late_one_looks() {
        let mut punctual = playback();
        add(&mut punctual, 0, true);
        punctual.advance(at(2000));
        assert_eq!(punctual.phase(), Phase::Playing, "dry, but no time has passed without media");
        let mut late = punctual.clone();
        punctual.advance(at(2001));
        assert_eq!(punctual.phase(), Phase::Stalled);
        for playback in [&mut punctual, &mut late] {
            add(playback, 3500, false);
            assert_eq!(playback.phase(), Phase::Playing);
            let expected = StallMetrics {
                start: at(2000),
                duration: Span::from_ms(1500),
                played: Span::from_s(2),
                cut_off: false,
            };
            assert_eq!(playback.stalls(), [expected]);
        }
    }

    #[test]
    fn a_segment_that_arrives_as_the_buffer_runs_dry_prevents_the_stall() {
        let mut playback = playback();
        add(&mut playback, 0, true);
        add(&mut playback, 2000, false);
        playback.advance(at(4000));
        assert!(playback.stalls().is_empty());
        assert_eq!(playback.played(), Span::from_s(4));
    }

    #[test]
    fn the_end_cuts_off_a_stall() {
        let mut playback = playback();
        add(&mut playback, 0, true);
        playback.advance(at(5000));
        playback.end();
        let stall = playback.stalls()[0];
        assert_eq!((stall.duration, stall.cut_off), (Span::from_s(3), true));
    }

    #[test]
    fn a_player_may_stop_before_the_buffer_is_empty_but_plays_the_last_segment_out() {
        let mut playback = Playback::new(Span::ZERO, Span::ZERO, Span::from_ms(300));
        playback.add(Span::from_ms(300), Filled::Partly);
        assert_eq!(playback.phase(), Phase::Starting, "not above the level at which it stops");
        add(&mut playback, 100, false);
        assert_eq!(playback.startup(), Some(Span::from_ms(100)));
        playback.advance(at(2500));
        assert_eq!((playback.phase(), playback.buffer().ms()), (Phase::Stalled, 300));
        assert_eq!(playback.stalls()[0].start, at(2100));
        playback.add(Span::from_s(1), Filled::Last);
        playback.advance(at(3800));
        assert_eq!((playback.phase(), playback.buffer()), (Phase::Playing, Span::ZERO));
    }

    #[test]
    fn what_is_left_out_was_never_played() {
        let mut playback = playback();
        add(&mut playback, 0, false);
        add(&mut playback, 0, false);
        playback.advance(at(500));
        playback.leave_out(Span::from_ms(1500));
        assert_eq!((playback.played().ms(), playback.buffer().ms()), (500, 2000));
        playback.leave_out(Span::from_s(9));
        assert_eq!((playback.phase(), playback.buffer()), (Phase::Playing, Span::ZERO));
        playback.advance(at(600));
        let stall = playback.stalls()[0];
        assert_eq!(
            (playback.phase(), stall.start, stall.played.ms()),
            (Phase::Stalled, at(500), 500)
        );
    }

    #[test]
    fn media_at_another_rate_takes_another_time() {
        let mut playback = playback();
        add(&mut playback, 0, false);
        add(&mut playback, 0, false);
        playback.set_rate(Ratio::from_ppb(1_250_000_000));
        playback.advance(at(1000));
        assert_eq!((playback.played().ms(), playback.buffer().ms()), (1250, 2750));
        assert_eq!(playback.falls_to(Span::ZERO), Some(at(3200)));
        playback.set_rate(Ratio::from_ppb(500_000_000));
        assert_eq!(playback.falls_to(Span::from_s(1)), Some(at(4500)));
        playback.advance(at(9000));
        assert_eq!(playback.stalls()[0].start, at(6500));
        assert_eq!(playback.played(), Span::from_s(4));
    }

    proptest::proptest! {
        #[test]
        fn how_often_one_looks_makes_no_difference(
            ppb in 1..3_000_000_000u64,
            looks in proptest::collection::vec(1..400_000_000u64, 0..40),
        ) {
            let mut looked = playback();
            (0..3).for_each(|_| add(&mut looked, 0, false));
            looked.set_rate(Ratio::from_ppb(ppb));
            let mut once = looked.clone();
            let mut now = Time::ZERO;
            for look in looks {
                now = now.after(Span::from_ns(look));
                let predicted = looked.falls_to(Span::ZERO);
                looked.advance(now);
                proptest::prop_assert!(
                    looked.phase() == Phase::Stalled || looked.falls_to(Span::ZERO) == predicted
                );
            }
            once.advance(now);
            proptest::prop_assert_eq!(once.played(), looked.played());
            proptest::prop_assert_eq!(once.phase(), looked.phase());
            proptest::prop_assert_eq!(once.stalls(), looked.stalls());
        }
    }

    #[test]
    fn the_moment_of_a_level_is_known_ahead() {
        let mut playback = playback();
        add(&mut playback, 0, false);
        assert_eq!(playback.falls_to(Span::from_s(1)), None, "it stands still");
        add(&mut playback, 100, false);
        assert_eq!(playback.falls_to(Span::from_s(1)), Some(at(3100)));
        assert_eq!(playback.falls_to(Span::from_s(4)), Some(at(100)));
        assert_eq!(playback.falls_to(Span::from_s(9)), Some(at(100)));
    }
}
