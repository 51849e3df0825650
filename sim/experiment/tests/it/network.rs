//! Paths and buffers.

use crate::small;
use weir_plan::Direction::{Backward, Forward};
use weir_plan::{Direction, Queue, Setup};
use weir_units::{Bytes, Ratio, Span};

fn setup(more: &str) -> Setup {
    Setup::clone(&small(more).unwrap().cell(0).unwrap().setup)
}

/// The depth of a buffer of a link that exists.
fn depth(setup: &Setup, link: usize, direction: Direction) -> Option<Bytes> {
    let [forward, backward] = setup.queues()[link];
    if direction == Forward { forward } else { backward }
}

#[test]
fn a_path_names_its_links_in_the_order_and_direction_of_its_packets() {
    let topology = setup("").topology;
    let routes = topology.routes();
    assert_eq!(routes.path("origin", "viewer"), Some(vec![(0, Forward), (1, Forward)]));
    assert_eq!(routes.path("viewer", "origin"), Some(vec![(1, Backward), (0, Backward)]));
    assert_eq!(routes.path("router", "router"), Some(vec![]));
    assert_eq!(routes.path("viewer", "nobody"), None);
    assert_eq!(routes.path("nobody", "nobody"), None);
}

#[test]
fn a_path_exists_only_where_links_join() {
    let mut topology = setup("").topology;
    topology.links.remove(0);
    let routes = topology.routes();
    assert_eq!(routes.path("viewer", "origin"), None);
    assert_eq!(routes.path("viewer", "router"), Some(vec![(0, Backward)]));
}

#[test]
fn a_buffer_in_bdp_counts_the_whole_path() {
    // 5 Mbit/s times 2 * (5 ms + 15 ms) is 25,000 bytes.
    let plain = setup("");
    assert_eq!(depth(&plain, 1, Forward), Some(Bytes::new(25_000)));
    assert_eq!(depth(&plain, 1, Backward), Some(Bytes::new(25_000)));
    // Only the delays of the two directions together count, and each rate for its own direction.
    let uneven = setup("[links.access]\nforward.delay = \"55 ms\"\nbackward.rate = \"4 Mbit/s\"\n");
    assert_eq!(depth(&uneven, 1, Forward), Some(Bytes::new(50_000)));
    assert_eq!(depth(&uneven, 1, Backward), Some(Bytes::new(40_000)));
    let half = setup("[links.access]\nqueue = \"2.5 bdp\"\n");
    assert_eq!(depth(&half, 1, Forward), Some(Bytes::new(62_500)));
}

#[test]
fn a_buffer_is_never_shallower_than_the_least_unless_somebody_says_so() {
    let slow = setup("[links.access]\nrate = \"1 kbit/s\"\n");
    assert_eq!(depth(&slow, 1, Forward), Some(Queue::LEAST));
    let asked = setup("[links.access]\nqueue = \"1514 B\"\n");
    assert_eq!(depth(&asked, 1, Forward), Some(Bytes::new(1514)));
}

#[test]
fn a_link_without_a_rate_has_no_buffer() {
    assert_eq!(depth(&setup(""), 0, Forward), None);
}

#[test]
fn a_link_that_nobody_uses_counts_its_own_delay() {
    let mut unused = setup("");
    unused.players.clear();
    // 5 Mbit/s times 30 ms.
    assert_eq!(depth(&unused, 1, Forward), Some(Bytes::new(18_750)));
}

#[test]
fn depths_survive_printing_and_parsing() {
    for (text, queue) in [
        ("64 kB", Queue::Bytes(Bytes::new(64_000))),
        ("1 bdp", Queue::Bdp(Ratio::ONE)),
        ("1.5 bdp", Queue::Bdp(Ratio::from_ppb(1_500_000_000))),
        ("0.0000001 bdp", Queue::Bdp(Ratio::from_ppb(100))),
        ("100 bdp", Queue::Bdp(Ratio::from_ppb(100_000_000_000))),
    ] {
        assert_eq!(text.parse(), Ok(queue));
        assert_eq!(queue.to_string(), text);
    }
    for text in ["1513 B", "0 bdp", "100.1 bdp", "-1 bdp", "bdp", "1 Mbit", "", "1", "1 2 bdp"] {
        assert!(text.parse::<Queue>().is_err(), "{text}");
    }
}

#[test]
fn a_live_stream_has_ways_between_its_services_and_from_all_that_a_viewer_can_watch_at() {
    let live = |more: &str| {
        let plan = crate::resolve(&format!("{}{more}", crate::live::LIVE)).unwrap();
        Setup::clone(&plan.cell(0).unwrap().setup)
    };
    let one = live("origin = \"origin-a\"\n");
    let ends: Vec<&str> = one.endpoints().into_iter().collect();
    assert_eq!(ends, ["front", "ingest", "origin-a", "origin-b", "studio", "viewer"]);
    // A frame on the uplink, on the operator's own links, and on the access link.
    let frame = |mbps: u64| Span::from_ns(1514 * 8 * 1_000 / mbps);
    assert_eq!(one.processing_time("studio"), frame(20));
    assert_eq!(one.processing_time("ingest"), frame(20));
    assert_eq!(one.processing_time("origin-b"), frame(1000));
    assert_eq!(one.processing_time("origin-a"), frame(20));
    assert_eq!(one.processing_time("core"), Span::ZERO);
    // 20 Mbit/s times the round trip: of the longest of a viewer's ways.
    let access = |setup: &Setup| depth(setup, 5, Forward).map(Bytes::get);
    assert_eq!(access(&one), Some(60_000));
    let both = live("origin = [\"origin-a\", \"origin-b\"]\n");
    assert_eq!(access(&both), Some(75_000));
    assert_eq!(both.processing_time("origin-b"), frame(20));
}
