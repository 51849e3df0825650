//! How long a download over TCP takes on a steady path: computed beforehand, from nothing that the
//! download itself shows, and without a number fitted to any.
//!
//! # The path
//!
//! One bottleneck of rate C, counted over Ethernet frames; a round trip R of propagation; nobody
//! else. A full segment has 1,448 bytes of payload in a frame of 1,514: 14 of Ethernet, 20 of IPv4
//! (RFC 791), 20 of TCP (RFC 9293) and 12 of the timestamps option (RFC 7323). Let f, q and a be
//! the times of a full frame, of the request and of an acknowledgement at the bottleneck of their
//! direction.
//!
//! # The download
//!
//! The request and its answer need q + R until the first frame begins to arrive. The answer, header
//! and body, has n segments. The sender lets w of them go, a window, and more with each
//! acknowledgement.
//!
//! - They arrive one behind the other, f apart. The receiver acknowledges every second one (RFC
//!   9293, section 3.8.6.3; RFC 5681, section 4.2): d = 2. Linux acknowledges each of the first 16
//!   after a pause (`TCP_MAX_QUICKACKS`): d = 1.
//! - The first acknowledgement of a round leaves d frames after the round began to arrive, and what
//!   it releases begins to arrive a + R later: a round takes R + a + d f.
//! - If w f is not less than that, the pipe is full: the link never falls idle, and all that is
//!   left comes frame by frame. This is the payload's share of the rate, 1448/1514 of it.
//! - Else the next round has a larger window: twice as large in slow start, up to the threshold
//!   (RFC 5681, section 3.1; Linux counts what is acknowledged, as RFC 3465 does, without its
//!   limit), and after it by one segment (RFC 5681; CUBIC grows no slower, RFC 9438, section 4.3).
//!
//! # The window
//!
//! It is what the kernel said at the end of the request before (`sender_cwnd`), and on a connection
//! that had none, the initial window (RFC 6928). A pause shortens it (RFC 5681, section 4.1; RFC
//! 2861): by half for each retransmission timeout that it lasted, but not below the initial window,
//! and the threshold is then at least three quarters of what it was (Linux, `tcp_cwnd_restart`).
//! The timeout is the smoothed round trip and 200 ms (RFC 6298, with Linux's `TCP_RTO_MIN` for its
//! least variation). Where packets were sent again during the request before, the threshold fell:
//! to the window after it, or to beta of the window before it, whichever is more (beta: RFC 9438,
//! section 4.6, and RFC 5681).
//!
//! # What remains
//!
//! Losses during the download itself: CUBIC fills the buffer until it loses. HyStart (Ha and Rhee,
//! 2008), which may leave slow start early. Growth in congestion avoidance beyond a segment per
//! round.

use weir_units::{BitRate, Bytes, Span, Time};

/// Payload of a full segment, in bytes.
const SEGMENT: f64 = 1_448.0;
/// All that a frame has around the payload, in bytes; an acknowledgement has nothing else.
const AROUND: f64 = 66.0;
/// A request in its frame, in bytes: measured at 20 Mbit/s, 155 to 158, for names such as these.
const REQUEST: f64 = 156.0;
/// The header of nginx's answer to it, in bytes: measured on the link, 291 to 295.
const HEADER: f64 = 293.0;
/// As many segments are acknowledged one by one after a pause.
const QUICK: f64 = 16.0;
/// The least that a retransmission timeout exceeds the round trip, in microseconds.
const LEAST_VARIATION_US: f64 = 200_000.0;

/// A path without changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SteadyPath {
    /// The bottleneck of what is downloaded.
    pub rate: BitRate,
    /// The bottleneck of the other direction.
    pub back: BitRate,
    /// Propagation, there and back.
    pub round_trip: Span,
}

/// How a sender's kernel is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sender {
    /// The initial window, in segments.
    pub initial_window: u64,
    /// What a loss leaves of the window, as a share.
    pub beta: f64,
    /// Whether a pause shortens the window.
    pub restarts: bool,
}

impl Sender {
    /// What a loss leaves of the window with this congestion control; `None` where windows do not
    /// tell what it does.
    pub fn beta(congestion_control: &str) -> Option<f64> {
        match congestion_control {
            "cubic" => Some(0.7),
            "reno" => Some(0.5),
            _ => None,
        }
    }
}

/// What the sender's kernel said at the end of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SenderState {
    /// Its window, in segments.
    pub window: u64,
    /// Its smoothed round-trip time.
    pub round_trip: Span,
    /// Packets sent again so far.
    pub retransmits: u64,
}

/// A connection over a steady path, request by request.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    path: SteadyPath,
    sender: Sender,
    window: f64,
    threshold: f64,
    retransmits: u64,
    /// The end of the request before, and the round trip then.
    before: Option<(Time, Span)>,
}

impl Connection {
    /// A new connection over this path, by this sender.
    pub fn new(path: SteadyPath, sender: Sender) -> Self {
        Self {
            path,
            sender,
            window: sender.initial_window as f64,
            threshold: f64::INFINITY,
            retransmits: 0,
            before: None,
        }
    }

    /// How long the body of this many bytes will take that is asked for at this moment, from the
    /// request to its last byte.
    pub fn predict(&mut self, at: Time, body: Bytes) -> Span {
        let quick = self.rest(at);
        let us = self.path.download_us(body, self.window, self.threshold, quick);
        // Far below the type's range for any path and body of a table; the conversion saturates.
        Span::from_ns((us * 1e3).round() as u64)
    }

    /// Takes note of what the sender said at the end of a request.
    pub fn completed(&mut self, at: Time, state: SenderState) {
        let window = state.window as f64;
        if state.retransmits > self.retransmits {
            self.threshold = window.max(self.sender.beta * self.window);
        }
        self.window = window;
        self.retransmits = state.retransmits;
        self.before = Some((at, state.round_trip));
    }

    /// Shortens the window after a pause, if there was one; as many segments will be acknowledged
    /// one by one.
    fn rest(&mut self, at: Time) -> f64 {
        let Some((end, round_trip)) = self.before else { return 0.0 };
        let us = |span: Span| span.ns() as f64 / 1e3;
        // The last byte was sent half a round trip before its arrival, and the request takes as
        // long.
        let pause = us(at.since(end)) + us(self.path.round_trip);
        let timeout = us(round_trip) + LEAST_VARIATION_US;
        if pause <= timeout {
            return 0.0;
        }
        if self.sender.restarts {
            let initial = self.sender.initial_window as f64;
            self.threshold = self.threshold.max(0.75 * self.window);
            let mut left = pause - timeout;
            while left > 0.0 && self.window > initial {
                self.window = (self.window / 2.0).floor().max(initial);
                left -= timeout;
            }
        }
        QUICK
    }
}

impl SteadyPath {
    /// In microseconds, with a window and a threshold in segments.
    fn download_us(&self, body: Bytes, window: f64, threshold: f64, quick: f64) -> f64 {
        let per_byte = |rate: BitRate| 8e6 / rate.bps().max(1) as f64;
        let (down, up) = (per_byte(self.rate), per_byte(self.back));
        let (frame, acknowledgement) = ((SEGMENT + AROUND) * down, AROUND * up);
        let round_trip = self.round_trip.ns() as f64 / 1e3;

        let answer = body.get() as f64 + HEADER;
        let segments = (answer / SEGMENT).ceil();
        let last = (answer - (segments - 1.0) * SEGMENT + AROUND) * down;

        let mut begins = REQUEST * up + round_trip;
        let (mut window, mut left) = (window.max(1.0), segments);
        loop {
            let every = if segments - left < quick { 1.0 } else { 2.0 };
            let round = round_trip + acknowledgement + every * frame;
            if left <= window || window * frame >= round {
                return begins + (left - 1.0) * frame + last;
            }
            begins += round;
            left -= window;
            window = match window < threshold {
                true => (2.0 * window).min(threshold.max(window + 1.0)),
                false => window + 1.0,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CUBIC: Sender = Sender { initial_window: 10, beta: 0.7, restarts: true };

    fn path(mbit: u64, ms: u64) -> SteadyPath {
        let rate = BitRate::from_bps(mbit * 1_000_000);
        SteadyPath { rate, back: rate, round_trip: Span::from_ms(ms) }
    }

    fn at_ms(ms: u64) -> Time {
        Time::ZERO.after(Span::from_ms(ms))
    }

    fn seen(window: u64, retransmits: u64) -> SenderState {
        SenderState { window, round_trip: Span::from_ms(100), retransmits }
    }

    /// Deviates from this by at most 0.1 %.
    fn is_close(predicted: Span, us: u64) -> bool {
        predicted.us().abs_diff(us) * 1_000 <= us
    }

    #[test]
    fn the_first_downloads_of_a_connection_take_what_a_kernel_took() {
        // Measured in the lab `uml`: 5 Mbit/s, 100 ms.
        let mut connection = Connection::new(path(5, 100), CUBIC);
        let first = connection.predict(Time::ZERO, Bytes::new(25_408));
        assert!(is_close(first, 223_996), "{first:?}: two rounds, of 10 and of 8 segments");
        // The same, 20 Mbit/s: less than a window.
        let mut connection = Connection::new(path(20, 100), CUBIC);
        let first = connection.predict(Time::ZERO, Bytes::new(8_990));
        assert!(is_close(first, 103_961), "{first:?}");
    }

    #[test]
    fn a_pause_brings_the_initial_window_back_and_slow_start_up_to_the_threshold() {
        // Measured: 5 Mbit/s, 100 ms, after a loss at a window of 44 and a pause of 1.9 s.
        let mut connection = Connection::new(path(5, 100), CUBIC);
        connection.completed(Time::ZERO, seen(44, 44));
        connection.predict(Time::ZERO, Bytes::new(270_693));
        connection.completed(at_ms(643), seen(34, 45));
        let after = connection.predict(at_ms(643 + 1_892), Bytes::new(56_696));
        assert!(is_close(after, 328_039), "{after:?}");
    }

    #[test]
    fn a_full_pipe_gives_the_payload_its_share_of_the_rate() {
        // Measured: 20 Mbit/s, 100 ms, a window of 309.
        let mut connection = Connection::new(path(20, 100), CUBIC);
        connection.completed(Time::ZERO, seen(309, 0));
        let full = connection.predict(Time::ZERO, Bytes::new(5_774_706));
        assert!(is_close(full, 2_515_476), "{full:?}");
        let share = 5_774_706.0 * 8.0 / 20.0 / (full.us() as f64 - 100_000.0);
        assert!((share - 1_448.0 / 1_514.0).abs() < 1e-3, "{share}");
    }

    #[test]
    fn a_sender_that_keeps_its_window_is_not_slowed_by_a_pause() {
        let predicted = |restarts| {
            let mut connection = Connection::new(path(20, 100), Sender { restarts, ..CUBIC });
            connection.completed(Time::ZERO, seen(100, 0));
            connection.predict(at_ms(5_000), Bytes::new(100_000))
        };
        assert!(predicted(false).ms() + 150 < predicted(true).ms());
    }

    #[test]
    fn only_what_reacts_to_losses_by_its_window_can_be_predicted() {
        assert_eq!(["cubic", "reno", "bbr"].map(Sender::beta), [Some(0.7), Some(0.5), None]);
    }

    proptest! {
        #[test]
        fn nothing_is_faster_than_the_rate_and_the_round_trip_allow(
            mbit in 1u64..1_000, ms in 0u64..1_000, bytes in 1u64..100_000_000, window in 1u64..10_000,
        ) {
            let path = path(mbit, ms);
            let mut connection = Connection::new(path, CUBIC);
            connection.completed(Time::ZERO, seen(window, 0));
            let predicted = connection.predict(Time::ZERO, Bytes::new(bytes));
            let least = path.round_trip.saturating_add(path.rate.time_for(Bytes::new(bytes)).unwrap());
            prop_assert!(predicted >= least, "{:?} {:?}", predicted, least);
        }

        #[test]
        fn more_bytes_take_longer_and_a_larger_window_does_not(
            mbit in 1u64..1_000, ms in 1u64..1_000, bytes in 1u64..10_000_000, more in 1u64..1_000_000,
            window in 1u64..1_000,
        ) {
            let of = |bytes, window| {
                let mut connection = Connection::new(path(mbit, ms), CUBIC);
                connection.completed(Time::ZERO, seen(window, 0));
                connection.predict(Time::ZERO, Bytes::new(bytes))
            };
            prop_assert!(of(bytes + more, window) > of(bytes, window));
            prop_assert!(of(bytes, 2 * window) <= of(bytes, window));
        }
    }
}
