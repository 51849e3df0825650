//! What presets and rules do to a session whose course is known beforehand.

use crate::toy::{Content, Network, Outcome, choice, config, play, play_with};
use std::collections::BTreeMap;
use weir_abr::{Abr, Decision, End, Observation, Progress, Verdict};
use weir_core::{AbandonCheck, Abandoned, PlayerConfig, PlayerProfile, Preset, SessionConfig};
use weir_units::{Bytes, Span};

fn preset(preset: Preset, watch_s: u64) -> SessionConfig {
    let max_buffer = preset.max_buffer();
    SessionConfig {
        max_buffer,
        startup: preset.startup(),
        resume: preset.resume(),
        player: PlayerProfile { preset, ..PlayerProfile::default() }.config(max_buffer),
        ..config(watch_s)
    }
}

/// Segments of 4 s at 100 kbit/s over 1 Mbit/s: 400 ms each.
fn plain(preset_: Preset) -> Outcome {
    let content = Content::constant(&[100, 200], 200, 4000);
    let network = Network::constant(1000, Span::ZERO);
    play(preset(preset_, 900), &choice("fixed", &[]), &content, &network)
}

#[test]
fn pensieve_starts_at_its_second_rung_and_pauses_for_half_seconds() {
    let metrics = plain(Preset::Pensieve).metrics;
    assert_eq!((metrics.segments[0].rung, metrics.segments[1].rung), (1, 0));
    let paused: Vec<_> = metrics.segments.iter().filter(|s| s.wait > Span::ZERO).collect();
    assert!(!paused.is_empty());
    for request in paused {
        assert_eq!(request.wait.ms() % 500, 0);
        let limit = Span::from_s(60);
        assert!(request.buffer_before <= limit);
        assert!(request.buffer_before.saturating_add(Span::from_ms(500)) > limit);
        assert!(request.buffer_after > limit, "the limit is looked at without the segment");
    }
}

#[test]
fn dashjs_looks_for_room_twice_a_second_and_keeps_more_at_the_top() {
    let content = Content::constant(&[100, 200], 200, 4000);
    let network = Network::constant(1000, Span::ZERO);
    let fullest = |rung| {
        let abr = choice("fixed", &[("rung", rung)]);
        let outcome = play(preset(Preset::DashJs, 900), &abr, &content, &network);
        assert!(outcome.metrics.segments.iter().all(|s| s.wait.ms() % 500 == 0));
        outcome.fullest
    };
    // The segment must fit below the limit, which counts down by up to a poll and a download.
    let near = |limit| Span::from_ms(limit * 1000 - 1500)..Span::from_s(limit);
    assert!(near(18).contains(&fullest("0")), "{}", fullest("0"));
    assert!(near(60).contains(&fullest("1")), "{}", fullest("1"));
}

#[test]
fn dashjs_stops_at_three_tenths_of_a_second() {
    let content = Content::constant(&[1250], 5, 4000);
    let network = Network::constant(1000, Span::ZERO);
    let metrics =
        play(preset(Preset::DashJs, 60), &choice("fixed", &[]), &content, &network).metrics;
    // Each segment takes 5 s. The last plays to its end.
    let played: Vec<_> = metrics.stalls.iter().map(|stall| stall.played.ms()).collect();
    assert_eq!(played, [3_700, 7_700, 11_700, 15_700]);
    assert_eq!(metrics.played, Span::from_s(20));
}

#[test]
fn hlsjs_keeps_sixty_megabytes() {
    let content = Content::constant(&[4_000], 60, 4000);
    let network = Network::constant(100_000, Span::ZERO);
    let metrics =
        play(preset(Preset::HlsJs, 900), &choice("fixed", &[]), &content, &network).metrics;
    let most = metrics.segments.iter().map(|segment| segment.buffer_after).max().unwrap();
    // 120 s at 4 Mbit/s, and the segment that came when they were not full yet.
    assert!((Span::from_s(120)..Span::from_s(124)).contains(&most), "{most}");
}

/// Requests the highest rung, abandons it once for the lowest, and notes what it sees then.
struct Hasty {
    abandoned: bool,
    fault: bool,
}

impl Abr for Hasty {
    fn decide(&mut self, seen: &Observation) -> Decision {
        if let Some(last) = seen.downloads.last().filter(|_| self.abandoned) {
            assert!(last.added() || last.end == End::Abandoned { to: Some(0) });
        }
        Decision::now(1)
    }

    fn progress(&mut self, seen: &Observation, progress: &Progress) -> Verdict {
        assert_eq!(progress.size, Bytes::new([50_000, 500_000][progress.rung]));
        assert!(seen.now.since(progress.requested) >= Span::from_ms(50));
        assert!(progress.downloaded < progress.size);
        if std::mem::replace(&mut self.abandoned, true) {
            return Verdict::Continue;
        }
        Verdict::Abandon { to: Some(0) }
    }

    fn fault(&self) -> Option<&str> {
        (self.fault && self.abandoned).then_some("the program ended")
    }
}

fn hasty(abandoned: Abandoned, fault: bool) -> Outcome {
    let content = Content::constant(&[100, 1000], 4, 4000);
    let look = Some(AbandonCheck { every: Span::from_ms(50), bytes: Bytes::new(1) });
    let config = SessionConfig {
        player: PlayerConfig { abandon_check: look, abandoned, ..PlayerConfig::WEIR },
        ..config(60)
    };
    let abr = Box::new(Hasty { abandoned: false, fault });
    play_with(config, abr, &content, &Network::constant(2000, Span::ZERO))
}

#[test]
fn an_abandoned_segment_is_requested_at_the_target_or_asked_for_again() {
    let course = |abandoned| {
        let metrics = hasty(abandoned, false).metrics;
        assert_eq!((metrics.err, metrics.played), (None, Span::from_s(16)));
        metrics.segments.iter().map(|s| (s.segment, s.rung, s.err.is_none())).collect::<Vec<_>>()
    };
    // The first download is not looked at.
    let target = [(0, 1, true), (1, 1, false), (1, 0, true), (2, 1, true), (3, 1, true)];
    assert_eq!(course(Abandoned::TakeTarget), target);
    let again = [(0, 1, true), (1, 1, false), (1, 1, true), (2, 1, true), (3, 1, true)];
    assert_eq!(course(Abandoned::AskAgain), again);
    let request = &hasty(Abandoned::TakeTarget, false).metrics.segments[1];
    assert_eq!(request.err.as_deref(), Some("abandoned for rung 0"));
    assert!(request.bytes > Bytes::ZERO && request.transfer.is_none());
}

#[test]
fn a_fault_of_the_algorithm_ends_the_session() {
    let metrics = hasty(Abandoned::TakeTarget, true).metrics;
    assert_eq!(metrics.err.as_deref(), Some("the program ended"));
    assert_eq!(metrics.segments.len(), 2, "nothing is requested after it");
}

/// Fills the buffer at the lowest rung, then replaces what it can.
struct Improver;

impl Abr for Improver {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let low = seen.buffered.iter().rposition(|rung| *rung == 0);
        match low.filter(|index| *index > 0 && seen.buffered.len() > 3) {
            Some(index) => Decision { replace: Some(index), ..Decision::now(1) },
            None => Decision::now(0),
        }
    }
}

#[test]
fn segments_of_the_buffer_are_replaced_and_what_comes_too_late_is_thrown_away() {
    let content = Content::constant(&[100, 1000], 8, 2000);
    let rates =
        vec![2_000_000, 2_000_000, 2_000_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000];
    let failures = BTreeMap::new();
    let lateness = vec![Span::ZERO];
    let network = Network { latency: Span::from_ms(1), rates, failures, lateness };
    let metrics = play_with(config(90), Box::new(Improver), &content, &network).metrics;
    let replaced: Vec<_> = metrics.segments.iter().filter(|s| s.replacement).collect();
    assert!(replaced.iter().any(|s| s.err.is_none()));
    let late = "it came when its turn to play was over";
    assert!(replaced.iter().any(|s| s.err.as_deref() == Some(late)));
    // What is presented is one request for each segment, in order: the last that was in time.
    let presented: Vec<_> =
        metrics.presented.iter().map(|n| &metrics.segments[*n as usize]).collect();
    assert!(presented.iter().map(|request| request.segment).eq(0..8));
    for request in replaced.iter().filter(|s| s.err.is_none()) {
        assert_eq!(presented[request.segment].rung, 1);
    }
    assert_eq!(metrics.played, Span::from_s(16));
}
