//! Sessions whose course is known beforehand, to the nanosecond.

use crate::toy::{Content, Network, choice, config, play, play_with};
use std::sync::mpsc::{Sender, channel};
use weir_abr::{Abr, Decision, Observation};
use weir_core::{Resource, StallMetrics};
use weir_units::{BitRate, Span, Time};

fn at(ms: u64) -> Time {
    Time::ZERO.after(Span::from_ms(ms))
}

/// A network on which documents take next to nothing, and segments their size over 1 Mbit/s.
fn megabit() -> Network {
    Network::constant(1000, Span::ZERO)
}

#[test]
fn documents_come_first_and_only_as_they_are_needed() {
    let content = Content { init: true, ..Content::constant(&[100, 500], 3, 2000) };
    let outcome = play(config(60), &choice("fixed", &[("rung", "1")]), &content, &megabit());
    let fetched: Vec<_> = outcome.requests.iter().map(|request| request.resource).collect();
    let segment = |segment| Resource::Segment { rung: 1, segment };
    let expected = [
        Resource::Master,
        Resource::Media { rung: 0 },
        Resource::Media { rung: 1 },
        Resource::Init { rung: 1, segment: 0 },
        segment(0),
        segment(1),
        segment(2),
    ];
    assert_eq!(fetched, expected);
    assert_eq!(outcome.requests[6].uri.as_ref().unwrap().as_str(), "http://origin/1/2.m4s");
    assert_eq!(outcome.metrics.played, Span::from_s(6));
    assert_eq!(outcome.metrics.err, None);
}

#[test]
fn the_next_request_waits_for_room_to_the_nanosecond() {
    let content = Content::constant(&[100], 30, 2000);
    let mut config = config(60);
    config.max_buffer = Span::from_s(5);
    let metrics = play(config, &choice("fixed", &[]), &content, &megabit()).metrics;
    // 2 s of media in 200 ms: two segments fill 5 s; from then on there is room every 2 s, when
    // the buffer has fallen to 3 s.
    let [_, second, third, fourth, ..] = &metrics.segments[..] else { panic!("{metrics:?}") };
    assert_eq!(second.wait, Span::ZERO);
    assert_eq!(third.buffer_before, Span::from_s(3));
    assert_eq!(third.requested.since(second.requested).ns(), 200_000_000 + third.wait.ns());
    assert_eq!(fourth.requested.since(third.requested), Span::from_s(2));
    assert_eq!(fourth.buffer_before, Span::from_s(3));
    assert_eq!(fourth.buffer_after, Span::from_ms(4800));
}

#[test]
fn a_rate_below_the_rung_stalls_by_what_is_missing() {
    // Each segment plays 2 s and takes 2.5 s: after the first, every one comes 500 ms late.
    let content = Content::constant(&[1250], 4, 2000);
    let metrics = play(config(60), &choice("fixed", &[]), &content, &megabit()).metrics;
    let startup = metrics.startup.unwrap();
    let stall = |n: u64| StallMetrics {
        start: Time::ZERO.after(startup).after(Span::from_ms(2500 * n - 500)),
        duration: Span::from_ms(500),
        played: Span::from_s(2 * n),
        cut_off: false,
    };
    assert_eq!(metrics.stalls, [stall(1), stall(2), stall(3)]);
    assert_eq!(metrics.length.ns(), startup.ns() + 9_500_000_000);
    assert_eq!(metrics.stall_ratio(), Some(1.5 / 9.5));
}

#[test]
fn the_end_of_the_watch_cuts_off_a_stall_and_a_request() {
    let content = Content::constant(&[1250], 9, 2000);
    let metrics = play(config(5), &choice("fixed", &[]), &content, &megabit()).metrics;
    assert_eq!(metrics.length, Span::from_s(5));
    let last = metrics.segments.last().unwrap();
    assert_eq!(last.err.as_deref(), Some("cut off by the end of the session"));
    assert!(last.bytes.get() > 0 && last.transfer.is_none());
    assert!(metrics.stalls.last().unwrap().cut_off);
    assert_eq!(metrics.err, None);
}

#[test]
fn a_failed_segment_is_retried_at_the_lowest_rung() {
    let content = Content::constant(&[100, 500], 4, 2000);
    let mut network = megabit();
    // Requests 0 to 2 are the playlists; 4 is the second segment.
    network.failures.insert(4, 30_000);
    let metrics = play(config(60), &choice("fixed", &[("rung", "1")]), &content, &network).metrics;
    let course: Vec<_> =
        metrics.segments.iter().map(|s| (s.segment, s.rung, s.err.is_none())).collect();
    assert_eq!(course, [(0, 1, true), (1, 1, false), (1, 0, true), (2, 1, true), (3, 1, true)]);
    let (failed, retry) = (&metrics.segments[1], &metrics.segments[2]);
    assert_eq!((failed.bytes.get(), failed.download), (30_000, Span::from_ms(240)));
    assert_eq!(retry.requested.since(failed.requested), Span::from_ms(1240));
    assert_eq!((metrics.err, metrics.played), (None, Span::from_s(8)));
}

#[test]
fn three_retries_are_the_end() {
    let content = Content::constant(&[100, 500], 9, 2000);
    let mut network = megabit();
    network.failures.extend((4..40).map(|request| (request, 0)));
    let metrics = play(config(60), &choice("fixed", &[("rung", "1")]), &content, &network).metrics;
    let err = "segment 1 at rung 0: the line went dead (after 3 retries)";
    assert_eq!(metrics.err.as_deref(), Some(err));
    assert_eq!(metrics.segments.len(), 5);
    assert_eq!(metrics.arrived().count(), 1);
}

#[test]
fn a_session_without_a_manifest_ends_with_the_reason() {
    let mut network = megabit();
    network.failures.extend((0..9).map(|request| (request, 0)));
    let outcome =
        play(config(60), &choice("bola", &[]), &Content::constant(&[100], 9, 2000), &network);
    let err = "the master playlist: the line went dead (after 3 retries)";
    assert_eq!(outcome.metrics.err.as_deref(), Some(err));
    assert_eq!((outcome.metrics.startup, outcome.metrics.length), (None, Span::from_s(3)));
    assert!(outcome.metrics.segments.is_empty());
}

#[test]
fn what_cannot_be_played_is_refused() {
    let content = Content::constant(&[100], 9, 2000);
    let mut late = config(60);
    late.first_segment = 9;
    let err =
        |config| play(config, &choice("bola", &[]), &content, &megabit()).metrics.err.unwrap();
    assert_eq!(err(late), "segment 9 was to come first, of 9 (from 0)");
    let mut small = config(60);
    small.max_buffer = Span::from_ms(1900);
    assert_eq!(err(small), "segment 0 plays 2 s: it does not fit into 1900 ms of buffer");
}

#[test]
fn a_session_may_begin_in_the_middle() {
    let content = Content::constant(&[100], 9, 2000);
    let mut config = config(60);
    config.first_segment = 6;
    let metrics = play(config, &choice("bba0", &[]), &content, &megabit()).metrics;
    assert!(metrics.arrived().map(|segment| segment.segment).eq(6..9));
    assert_eq!(metrics.played, Span::from_s(6));
}

#[test]
fn a_startup_threshold_above_the_buffer_does_not_wait_for_ever() {
    let content = Content::constant(&[100], 9, 2000);
    let mut config = config(60);
    (config.max_buffer, config.startup) = (Span::from_s(5), Span::from_s(30));
    let metrics = play(config, &choice("fixed", &[]), &content, &megabit()).metrics;
    // Two segments are in, a third has no room: it plays.
    let second = &metrics.segments[1];
    let full = second.requested.after(second.download);
    assert_eq!(metrics.startup, Some(full.since(at(0))));
    assert_eq!(metrics.played, Span::from_s(18));
}

/// Takes the highest rung every time, after a wait, and keeps what it saw.
struct Spy {
    seen: Sender<Observation>,
    wait: Span,
}

impl Abr for Spy {
    fn decide(&mut self, seen: &Observation) -> Decision {
        self.seen.send(seen.clone()).unwrap();
        Decision::after(usize::MAX, self.wait)
    }

    fn estimate(&self) -> Option<BitRate> {
        Some(BitRate::from_bps(7))
    }
}

#[test]
fn an_algorithm_sees_all_that_the_player_knows() {
    let content =
        Content { size_percent: vec![100, 50], ..Content::constant(&[100, 500], 9, 2000) };
    let mut config = config(60);
    (config.first_segment, config.sizes) = (2, true);
    let (seen, observations) = channel();
    let spy = Spy { seen, wait: Span::from_ms(300) };
    let metrics = play_with(config, Box::new(spy), &content, &megabit()).metrics;
    let observations: Vec<_> = observations.iter().collect();
    assert_eq!((observations.len(), metrics.segments.len()), (7, 7));
    for (n, (seen, request)) in observations.iter().zip(&metrics.segments).enumerate() {
        assert_eq!((seen.segment, seen.segments_left), (n as u64, 7 - n as u64));
        assert_eq!((seen.segment_duration, seen.max_buffer), (Span::from_s(2), config.max_buffer));
        let sizes = |segment| vec![content.size(0, segment), content.size(1, segment)];
        assert!(seen.sizes.iter().cloned().eq((n + 2..9).map(sizes)));
        assert_eq!(seen.downloads.len(), n);
        if let Some(last) = seen.downloads.last() {
            let before = &metrics.segments[n - 1];
            assert_eq!((last.rung, last.bytes, last.media), (1, before.bytes, before.media));
            assert_eq!(Some(last.transfer), before.transfer);
            assert_eq!(last.finished, before.requested.after(before.download));
        }
        // A rung beyond the ladder is its highest; the wait is the algorithm's.
        assert_eq!((request.rung, request.estimate), (1, Some(BitRate::from_bps(7))));
        // The first request of a rung comes after that for its media playlist.
        let due = seen.now.after(Span::from_ms(300));
        assert!(if n == 0 { request.requested > due } else { request.requested == due });
        assert_eq!((request.buffer_before, request.wait), (seen.buffer, Span::from_ms(300)));
    }
    assert_eq!(observations[0].ladder[1].mean, BitRate::from_bps(500_000));
}
