//! How long a trial's guest may take, in wall-clock time: what it has to move tells.

use crate::trial::{Assignment, GRACE, filling};
use std::time::Duration;
use weir_experiment::{Setup, TrafficKind};
use weir_process::Patience;
use weir_units::{BitRate, Bytes, Span};

/// For its boot and its end; for each service, which may be a large program; for each second of a viewer;
/// and for each second of a live stream, with all that makes it: ten times what a busy machine needs.
const GUEST: Duration = Duration::from_secs(60);
const SERVICE: Duration = Duration::from_secs(10);
const VIEWER_SECOND: Duration = Duration::from_millis(100);
const LIVE_SECOND: Duration = Duration::from_secs(3);
/// For each packet, from one end of the network to the other: ten times the 40 us that were measured.
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
    let watched = setup.players.iter().map(|p| whole(p.watch).saturating_mul(p.count));
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
        of_rate(BitRate::from_bps(top), players.watch, FULL).saturating_mul(players.count)
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
    let longest = setup.players.iter().map(|players| players.watch).max();
    longest.unwrap_or(Span::ZERO).saturating_add(GRACE)
}

fn whole(time: Span) -> u64 {
    time.ms() / 1_000
}

fn times(each: Duration, count: u64) -> Duration {
    each.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}
