//! Nodes that are many, the links to them, and the players on them.

use crate::{refusal, resolve, small};
use proptest::prelude::*;
use weir_plan::{Plan, Setup};
use weir_units::{BitRate, Span};

fn dumbbell(more: &str) -> Setup {
    Setup::clone(&dumbbells(more).cell(0).unwrap().setup)
}

fn dumbbells(more: &str) -> Plan {
    resolve(&format!("name = \"x\"\ntopology = \"dumbbell\"\n{more}")).unwrap()
}

const PLAYERS: &str = "[[players]]\nabr = \"bola\"\n";

fn names(setup: &Setup) -> (Vec<&str>, Vec<&str>) {
    let Setup { topology, .. } = setup;
    let nodes = topology.nodes.iter().map(|node| node.name.as_str()).collect();
    (nodes, topology.links.iter().map(|link| link.name.as_str()).collect())
}

#[test]
fn a_node_with_a_count_becomes_many_and_so_do_its_links() {
    let setup = dumbbell(&format!("{PLAYERS}[nodes.viewer]\ncount = 2\n"));
    let (nodes, links) = names(&setup);
    assert_eq!(nodes, ["origin", "source", "left", "right", "viewer-1", "viewer-2", "sink"]);
    assert_eq!(links, ["core", "cross", "bottleneck", "access-1", "access-2", "drain"]);
    assert_eq!(setup.topology.links[4].between, ("right".to_owned(), "viewer-2".to_owned()));
}

#[test]
fn a_count_of_one_is_a_count() {
    let setup = dumbbell(&format!("{PLAYERS}[nodes.viewer]\ncount = 1\n"));
    assert_eq!(setup.players[0].nodes, ["viewer-1"]);
    // A node that had none gets one from the experiment.
    let plan = small("[nodes.viewer]\ncount = 2\n").unwrap();
    let cell = plan.cell(0).unwrap();
    let (nodes, links) = names(&cell.setup);
    assert_eq!(nodes, ["origin", "router", "viewer-1", "viewer-2"]);
    assert_eq!(links, ["core", "access-1", "access-2"]);
}

#[test]
fn a_link_between_two_counted_nodes_joins_pairs() {
    let plan = resolve(
        "name = \"x\"\n[[players]]\nabr = \"bola\"\n\
         [topology]\nnodes = { origin = {}, edge = { count = 2 }, viewer = { count = 2 } }\n\
         links.trunk.between = [\"origin\", \"edge\"]\n\
         links.last.between = [\"edge\", \"viewer\"]\n",
    );
    let topology = &plan.unwrap().cell(0).unwrap().setup.topology;
    let ends = |name: &str| {
        let link = topology.links.iter().find(|link| link.name == name).unwrap();
        format!("{} {}", link.between.0, link.between.1)
    };
    assert_eq!(["trunk-1", "trunk-2"].map(ends), ["origin edge-1", "origin edge-2"]);
    assert_eq!(["last-1", "last-2"].map(ends), ["edge-1 viewer-1", "edge-2 viewer-2"]);
}

#[test]
fn what_is_said_about_one_link_wins_over_what_is_said_about_all() {
    let mbit = |more: &str| -> Vec<Option<u64>> {
        let setup = dumbbell(&format!("{PLAYERS}{more}"));
        let access = setup.topology.links.iter().filter(|link| link.name.starts_with("access"));
        access.map(|link| link.forward.constant_rate().map(|rate| rate.bps() / 1_000_000)).collect()
    };
    let all = "[links.access]\nrate = \"2 Mbit/s\"\n";
    let one = "[links.access-3]\nrate = \"3 Mbit/s\"\n";
    assert_eq!(mbit(""), [None; 4]);
    assert_eq!(mbit(all), [Some(2); 4]);
    assert_eq!(mbit(one), [None, None, Some(3), None]);
    for more in [format!("{all}{one}"), format!("{one}{all}")] {
        assert_eq!(mbit(&more), [Some(2), Some(2), Some(3), Some(2)]);
    }
    let axis = "[sweep]\n\"links.access.rate\" = [\"4 Mbit/s\"]\n";
    assert_eq!(mbit(&format!("{one}{axis}")), [Some(4), Some(4), Some(3), Some(4)]);
    let axis = "[sweep]\n\"links.access-2.rate\" = [\"4 Mbit/s\"]\n";
    assert_eq!(mbit(&format!("{all}{axis}")), [Some(2), Some(4), Some(2), Some(2)]);
}

#[test]
fn a_count_is_an_axis() {
    let plan = dumbbells(&format!("{PLAYERS}[sweep]\n\"nodes.viewer.count\" = [2, 8, 64]\n"));
    let nodes: Vec<_> = plan.cells().map(|cell| cell.setup.topology.nodes.len()).collect();
    assert_eq!(nodes, [7, 13, 69]);
    let message = refusal("[sweep]\n\"nodes.viewr.count\" = [2]\n");
    assert!(message.contains("did you mean \"nodes.viewer.count\"?"), "{message}");
}

#[test]
fn players_take_turns_on_the_members_of_their_node() {
    let nodes = |groups: &[u64]| -> Vec<Vec<String>> {
        let group = |count| format!("{PLAYERS}count = {count}\n");
        let text: String = groups.iter().map(group).collect();
        dumbbell(&text).players.into_iter().map(|players| players.nodes).collect()
    };
    let on = |numbers: &[u64]| -> Vec<String> {
        numbers.iter().map(|number| format!("viewer-{number}")).collect()
    };
    assert_eq!(nodes(&[1]), [on(&[1])]);
    assert_eq!(nodes(&[2, 2, 1]), [on(&[1, 2]), on(&[3, 4]), on(&[1])]);
    assert_eq!(nodes(&[3, 3]), [on(&[1, 2, 3]), on(&[4, 1, 2])]);
    assert_eq!(nodes(&[6, 9]), [on(&[1, 2, 3, 4]), on(&[3, 4, 1, 2])]);
}

#[test]
fn a_member_can_be_named_and_takes_no_turn() {
    let text = format!("{PLAYERS}node = \"viewer-2\"\ncount = 3\n{PLAYERS}{PLAYERS}");
    let setup = dumbbell(&text);
    let nodes: Vec<_> = setup.players.iter().map(|players| players.nodes.join(" ")).collect();
    assert_eq!(nodes, ["viewer-2", "viewer-1", "viewer-2"]);
    assert_eq!(setup.viewers(), 5);
}

proptest! {
    #[test]
    fn no_member_has_two_players_more_than_another(
        members in 1..20u64,
        groups in proptest::collection::vec(1..50u64, 1..6),
    ) {
        let group = |count: &u64| format!("{PLAYERS}count = {count}\n");
        let text: String = groups.iter().map(group).collect();
        let setup = dumbbell(&format!("{text}[nodes.viewer]\ncount = {members}\n"));
        let mut on = std::collections::BTreeMap::new();
        for players in &setup.players {
            for number in 0..players.count {
                *on.entry(players.node(number)).or_insert(0u64) += 1;
            }
        }
        let (least, most) = (on.values().min().unwrap(), on.values().max().unwrap());
        prop_assert!(most - least <= 1);
        prop_assert_eq!(on.len() as u64, members.min(setup.viewers()));
    }
}

#[test]
fn the_topologies_that_come_with_the_program_are_as_their_pages_say() {
    let setup = |topology: &str, origin: &str, viewer: &str| {
        let text = format!(
            "name = \"x\"\ntopology = \"{topology}\"\n[[origins]]\nnode = \"{origin}\"\n\
             {PLAYERS}node = \"{viewer}\"\n"
        );
        Setup::clone(&resolve(&text).unwrap().cell(0).unwrap().setup)
    };
    let round_trip = |topology: &str, origin: &str, viewer: &str| {
        let setup = setup(topology, origin, viewer);
        let routes = setup.topology.routes();
        let node = setup.players[0].nodes[0].as_str();
        let path = [routes.path(origin, node).unwrap(), routes.path(node, origin).unwrap()];
        let hops = path.iter().flatten();
        hops.map(|(link, way)| setup.topology.links[*link].shape(*way).delay.ms()).sum::<u64>()
    };
    assert_eq!(round_trip("one-origin", "origin", "viewer"), 40);
    assert_eq!(round_trip("chain", "origin", "viewer"), 40);
    assert_eq!(round_trip("two-origins", "origin-a", "viewer"), 20);
    assert_eq!(round_trip("two-origins", "origin-b", "viewer"), 80);
    assert_eq!(round_trip("dumbbell", "origin", "viewer"), 40);
    assert_eq!(round_trip("dumbbell", "source", "sink"), 40);
    assert_eq!(round_trip("tree", "origin", "viewer-a"), 30);
    assert_eq!(round_trip("tree", "origin", "viewer-b"), 70);
    assert_eq!(setup("dumbbell", "origin", "viewer").topology.nodes.len(), 9);
    assert_eq!(setup("chain", "origin", "viewer").topology.links.len(), 4);
}

#[test]
fn ends_take_at_most_a_frame_of_the_narrowest_link_between_them() {
    let text = "name = \"x\"\ntopology = \"two-origins\"\n\
                [[origins]]\nnode = \"origin-a\"\n[[origins]]\nnode = \"origin-b\"\n\
                [[players]]\nabr = \"bola\"\n";
    let both = format!("{text}[[players]]\nabr = \"bola\"\norigin = \"origin-b\"\n");
    let frame = |mbit: u64| {
        BitRate::from_bps(mbit * 1_000_000).time_for(weir_units::Bytes::new(1514)).unwrap()
    };
    let time = |text: &str, node: &str| {
        resolve(text).unwrap().cell(0).unwrap().setup.processing_time(node)
    };
    assert_eq!(time(&both, "origin-a"), frame(4));
    assert_eq!(time(&both, "origin-b"), frame(8));
    assert_eq!(time(&both, "viewer"), frame(4));
    // Nobody talks with b, and a router only forwards.
    assert_eq!(time(text, "origin-b"), Span::ZERO);
    assert_eq!(time(&both, "router"), Span::ZERO);
    let more = "[[traffic]]\nkind = \"tcp\"\nfrom = \"origin-b\"\nto = \"origin-a\"\n";
    assert_eq!(time(&format!("{text}{more}"), "origin-b"), frame(4));
    let fixed = text.replacen("topology", "phase = \"fixed\"\ntopology", 1);
    assert_eq!(time(&fixed, "viewer"), Span::ZERO);
    let free = "[links.near]\nrate = \"10 Gbit/s\"\n[links.access]\nbackward.rate = \"1 kbit/s\"\n";
    // The way of the data counts: acknowledgements are small.
    assert_eq!(time(&format!("{text}{free}"), "viewer"), frame(20));
    assert_eq!(small("").unwrap().cell(0).unwrap().setup.processing_time("viewer"), frame(5));
}

#[test]
fn endpoints_are_where_streams_and_traffic_begin_or_end() {
    let traffic = "[[traffic]]\nkind = \"tcp\"\nfrom = \"source\"\nto = \"sink\"\n";
    let setup = dumbbell(&format!("{PLAYERS}count = 2\n{traffic}"));
    let endpoints: Vec<_> = setup.endpoints().into_iter().collect();
    assert_eq!(endpoints, ["origin", "sink", "source", "viewer-1", "viewer-2"]);
}
