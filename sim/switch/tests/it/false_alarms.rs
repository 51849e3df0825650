//! How often a healthy stream is left because of the way to it, in virtual time.
//!
//! The way is one with delay, jitter and loss, on which TCP repeats what is lost after a time-out,
//! as RFC 6298 has it: the first after 300 ms, each further one after twice as long; the
//! handshake's first after 1 s. What makes TCP better than that is left out: fast retransmission,
//! selective acknowledgement and the tail loss probe (RFC 8985). A probe that timed out costs its
//! connection, so the next one begins with a handshake.

use crate::health_tracker::config;
use crate::world::{Dates, Fault, Outcome, Way, World, taking};
use weir_switch::SwitchEvent;
use weir_units::{Seed, Span, Time};

/// One packet in so many is lost.
const LOSS: u64 = 20;
/// One way; the jitter is added to or taken from it, uniform.
const DELAY: Span = Span::from_ms(60);
const JITTER: Span = Span::from_ms(50);
/// From a packet to the first repetition.
const REPEAT: Span = Span::from_ms(300);
const HANDSHAKE_REPEAT: Span = Span::from_s(1);
/// Packets of a playlist.
const PACKETS: u64 = 2;

struct Path(Seed);

impl Path {
    fn draw(&mut self, bound: u64) -> u64 {
        self.0 = self.0.derive("next");
        self.0.below(bound)
    }

    /// Until a packet has arrived that is repeated after `first`, twice that, and so on.
    fn packet(&mut self, first: Span) -> Span {
        let (mut waited, mut pause) = (Span::ZERO, first);
        // Nobody waits for longer than a time-out.
        while self.draw(LOSS) == 0 && waited < Span::from_s(60) {
            waited = waited.saturating_add(pause);
            pause = pause.saturating_add(pause);
        }
        let jitter = Span::from_ns(self.draw(2 * JITTER.ns()));
        waited.saturating_add(DELAY).saturating_sub(JITTER).saturating_add(jitter)
    }

    fn handshake(&mut self) -> Span {
        // It is repeated when the packet or its answer is lost.
        let (mut waited, mut pause) = (Span::ZERO, HANDSHAKE_REPEAT);
        while (self.draw(LOSS) == 0 || self.draw(LOSS) == 0) && waited < Span::from_s(60) {
            waited = waited.saturating_add(pause);
            pause = pause.saturating_add(pause);
        }
        waited.saturating_add(DELAY).saturating_add(DELAY)
    }

    fn exchange(&mut self) -> Span {
        let request = self.packet(REPEAT);
        let answer = (0..PACKETS).map(|_| self.packet(REPEAT)).max().unwrap_or_default();
        request.saturating_add(answer)
    }
}

/// How long probes over such a way take.
fn way(seed: Seed) -> Way {
    let mut path = Path(seed);
    Box::new(move |last| match last {
        Outcome::Answered => path.exchange(),
        // The master playlist has to be asked for as well.
        Outcome::First | Outcome::TimedOut => {
            let all = [path.handshake(), path.exchange(), path.exchange()];
            all.into_iter().fold(Span::ZERO, Span::saturating_add)
        }
    })
}

fn alarms(hours: u64, seed: u64, probes: u32) -> (usize, u64) {
    let seed = Seed::new(seed);
    let mut world = World::new(config(2, probes))
        .origin(Fault::None, Dates::True, way(seed.derive("a")))
        .origin(Fault::None, Dates::True, way(seed.derive("b")));
    world.run(Time::ZERO.after(Span::from_s(hours * 3600)));
    let left =
        world.happened.iter().filter(|(_, what)| matches!(what, SwitchEvent::Failover { .. }));
    (left.count(), world.bad_probes)
}

#[test]
fn a_healthy_stream_is_not_left_in_a_thousand_hours_of_loss_and_jitter() {
    let (left, bad) = alarms(1000, 1, 3);
    // Probes do fail on this way: it is their number in a row that tells noise from a fault.
    assert!(bad > 100, "only {bad} bad probes");
    assert_eq!(left, 0, "{bad} bad probes");
}

#[test]
fn one_bad_probe_would_be_too_little_to_leave_a_stream() {
    assert!(alarms(100, 1, 1).0 > 10);
}

#[test]
fn a_way_without_faults_has_no_bad_probe() {
    let steady = || taking(vec![Span::from_ms(120)]);
    let mut world = World::new(config(2, 3)).origin(Fault::None, Dates::True, steady()).origin(
        Fault::None,
        Dates::Missing,
        steady(),
    );
    world.run(Time::ZERO.after(Span::from_s(3600)));
    assert_eq!(world.bad_probes, 0);
}
