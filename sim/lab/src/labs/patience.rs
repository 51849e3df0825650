//! How long a trial's guest may take, in wall-clock time: what it has to move tells.

use crate::trial::assignment::{Assignment, GRACE, filling};
use std::time::Duration;
use weir_plan::{Setup, TrafficKind};
use weir_process::Patience;
use weir_units::{BitRate, Bytes, Span};

/// For its boot and its end; for each service, which may be a large program; for each second of a
/// viewer; and for each second of a live stream, with all that makes it: ten times what a busy
/// machine needs.
const GUEST: Duration = Duration::from_secs(60);
const SERVICE: Duration = Duration::from_secs(10);
const VIEWER_SECOND: Duration = Duration::from_millis(100);
const LIVE_SECOND: Duration = Duration::from_secs(3);
/// For each packet, from one end of the network to the other: ten times the 40 us that were
/// measured.
const PACKET: Duration = Duration::from_micros(400);

/// The packets of what has no size of its own.
const FULL: Bytes = Bytes::new(1514);
/// What a flow reaches that no link limits, more or less.
const UNLIMITED: BitRate = BitRate::from_bps(10_000_000_000);

/// The patience with a guest; `limit` is the experiment's own, if it has one.
pub(crate) fn patience(assignment: &Assignment, limit: Option<Span>) -> Patience {
    let limit = limit.map(|limit| Duration::from_nanos(limit.ns()));
    Patience::of(limit.unwrap_or_else(|| expected(assignment)))
}

fn expected(assignment: &Assignment) -> Duration {
    let setup = &assignment.trial.setup;
    let watched = setup.players.iter().map(|p| whole(p.viewing.watch).saturating_mul(p.count));
    let viewer_seconds = watched.fold(0, u64::saturating_add);
    let services = (setup.services.len() + setup.origins.len()) as u64;
    let live = match setup.live {
        Some(_) => whole(length(setup).saturating_add(filling(assignment))),
        None => 0,
    };
    [
        (VIEWER_SECOND, viewer_seconds),
        (SERVICE, services),
        (LIVE_SECOND, live),
        (PACKET, packets(assignment)),
    ]
    .into_iter()
    .fold(GUEST, |sum, (each, count)| sum.saturating_add(times(each, count)))
}

/// How many packets of content and of other traffic there may be.
fn packets(assignment: &Assignment) -> u64 {
    let setup = &assignment.trial.setup;
    let top = assignment.rungs.iter().map(|rung| rung.peak_bps).max().unwrap_or(0);
    let watched = setup.players.iter().map(|players| {
        of_rate(BitRate::from_bps(top), players.viewing.watch, FULL).saturating_mul(players.count)
    });
    let fastest = setup.topology.links.iter().map(|link| {
        let rates = [&link.forward, &link.backward].map(|shape| shape.constant_rate());
        rates.map(|rate| rate.unwrap_or(UNLIMITED)).into_iter().max().unwrap_or(UNLIMITED)
    });
    // The slowest on a flow's way would do; the routes are not known here.
    let fastest = fastest.max().unwrap_or(UNLIMITED);
    let other = setup.traffic.iter().map(|traffic| {
        let length = traffic.length.unwrap_or(length(setup));
        let (rate, packet, flows) = match &traffic.kind {
            TrafficKind::Udp { rate, packet } => (*rate, *packet, traffic.count),
            // However many they are, they share what there is.
            TrafficKind::Tcp { .. } | TrafficKind::Web { .. } => (fastest, FULL, 1),
        };
        of_rate(rate, length, packet).saturating_mul(flows)
    });
    watched.chain(other).fold(0, u64::saturating_add)
}

fn of_rate(rate: BitRate, length: Span, packet: Bytes) -> u64 {
    let bytes = rate.bytes_in(length).map_or(u64::MAX, Bytes::get);
    bytes / packet.get().max(1)
}

/// How long the trial is, at most.
fn length(setup: &Setup) -> Span {
    let longest = setup.players.iter().map(|players| players.viewing.watch).max();
    longest.unwrap_or(Span::ZERO).saturating_add(GRACE)
}

fn whole(time: Span) -> u64 {
    time.ms() / 1_000
}

fn times(each: Duration, count: u64) -> Duration {
    each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::logs::Logs;
    use std::collections::BTreeMap;

    /// How long the first trial of an experiment is let alone, with this on its link and beside its
    /// viewer.
    fn expected_of(rate: &str, watch: u64, traffic: &str) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let text = format!(
            "name = \"x\"\ntopology = \"one-origin\"\n[links.access]\nrate = \"{rate}\"\n[[players]]\n\
             watch = \"{watch} s\"\nabr = \"bola\"\n{traffic}"
        );
        std::fs::write(&path, text).unwrap();
        let plan = weir_experiment::load(&path).unwrap();
        let trial = plan.trials().next().unwrap();
        let assignment = Assignment {
            trial,
            segments: 30,
            segment: Span::from_s(2),
            rungs: Vec::new(),
            kinds: BTreeMap::new(),
            logs: Logs::Usual,
        };
        patience(&assignment, None).limit.as_secs()
    }

    const TCP: &str = "[[traffic]]\nkind = \"tcp\"\nfrom = \"origin\"\nto = \"viewer\"\n";

    #[test]
    fn a_guest_gets_the_more_time_the_more_it_has_to_move() {
        let quiet = expected_of("5 Mbit/s", 30, "");
        assert!((60..100).contains(&quiet), "{quiet}");
        // Packets of 1514 bytes at 40 us, and ten times that: some 16 s for a second of 1 Gbit/s.
        let gigabit = expected_of("1 Gbit/s", 30, TCP);
        assert!(gigabit > 30 * 30, "{gigabit}");
        assert!(expected_of("300 Mbit/s", 30, TCP) > 30 * 9);
        assert!(expected_of("5 Gbit/s", 3, TCP) > 3 * 150);
        let small = "[[traffic]]\nkind = \"udp\"\nfrom = \"origin\"\nto = \"viewer\"\npacket = \"100 B\"\n\
                     rate = \"2 Mbit/s\"\n";
        assert!(expected_of("5 Mbit/s", 60, small) > 60 + 60);
    }

    #[test]
    fn an_experiment_may_say_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let head = "name = \"x\"\nwatchdog = \"90 s\"\ntopology = \"one-origin\"\n";
        std::fs::write(&path, format!("{head}[[players]]\nabr = \"bola\"\n")).unwrap();
        let plan = weir_experiment::load(&path).unwrap();
        assert_eq!(plan.watchdog, Some(Span::from_s(90)));
        // No result depends on it.
        assert!(!plan.to_toml().contains("watchdog"));
    }
}
