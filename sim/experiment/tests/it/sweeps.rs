//! What varies, and in which order.

use crate::{refusal, small};
use std::collections::BTreeSet;
use weir_abr::SizeHints;
use weir_plan::Plan;
use weir_units::{BitRate, Span};

fn params(plan: &Plan) -> Vec<String> {
    plan.cells().map(|cell| plan.params(cell.index).join(" ")).collect()
}

#[test]
fn without_a_sweep_there_is_one_cell() {
    let plan = small("").unwrap();
    assert_eq!((plan.axes.len(), plan.cells().len(), plan.len()), (0, 1, 1));
    assert!(plan.params(0).is_empty());
}

#[test]
fn axes_multiply_and_the_first_is_the_slowest() {
    let plan = small(
        "[sweep]\n\"players.watch\" = [\"5 s\", \"6 s\"]\n\"players.abr\" = [\"bola\", \"bba0\"]\n",
    );
    let plan = plan.unwrap();
    assert_eq!(params(&plan), ["5 s bola", "5 s bba0", "6 s bola", "6 s bba0"]);
    for cell in plan.cells() {
        let players = &cell.setup.players[0];
        assert_eq!(
            [players.viewing.watch.to_string(), players.viewing.abr.name.clone()][..],
            plan.params(cell.index)
        );
    }
}

#[test]
fn a_range_contains_both_ends_and_exact_steps() {
    let plan = small(
        "[sweep]\n\"links.access.rate\" = \
         { from = \"1 Mbit/s\", to = \"2.5 Mbit/s\", step = \"500 kbit/s\" }\n",
    );
    let plan = plan.unwrap();
    assert_eq!(params(&plan), ["1 Mbit/s", "1500 kbit/s", "2 Mbit/s", "2500 kbit/s"]);
    let counts = small("[sweep]\n\"players.count\" = { from = 1, to = 9, step = 4 }\n").unwrap();
    assert_eq!(params(&counts), ["1", "5", "9"]);
    assert_eq!(counts.cell(2).unwrap().setup.players[0].count, 9);
    let once = small("[sweep]\n\"players.count\" = { from = 3, to = 3, step = 1 }\n").unwrap();
    assert_eq!(params(&once), ["3"]);
}

#[test]
fn a_rate_goes_to_both_directions_and_a_direction_to_one() {
    let rates = |more: &str| {
        let plan = small(more).unwrap();
        let link = &plan.cell(0).unwrap().setup.topology.links[1];
        [&link.forward, &link.backward]
            .map(|shape| shape.constant_rate().unwrap().bps() / 1_000_000)
    };
    assert_eq!(rates(""), [5, 5]);
    assert_eq!(rates("[sweep]\n\"links.access.rate\" = [\"2 Mbit/s\"]\n"), [2, 2]);
    assert_eq!(rates("[sweep]\n\"links.access.forward.rate\" = [\"2 Mbit/s\"]\n"), [2, 5]);
    // Also where the file says more about one direction than the axis does.
    let file = "[links.access]\nforward.rate = \"9 Mbit/s\"\n";
    assert_eq!(rates(file), [9, 5]);
    assert_eq!(rates(&format!("{file}[sweep]\n\"links.access.rate\" = [\"2 Mbit/s\"]\n")), [2, 2]);
}

#[test]
fn an_axis_wins_over_the_topology_also_where_that_says_more_about_a_direction() {
    let plan = crate::resolve(
        "name = \"x\"\n[[players]]\nabr = \"bola\"\n[topology]\n\
         nodes = { origin = {}, viewer = {} }\n\
         links.a.between = [\"origin\", \"viewer\"]\n\
         links.a.forward.rate = \"9 Mbit/s\"\nlinks.a.delay = \"7 ms\"\n\
         [links.a]\nbackward.delay = \"3 ms\"\n\
         [sweep]\n\"links.a.rate\" = [\"2 Mbit/s\"]\n",
    );
    let link = &plan.unwrap().cell(0).unwrap().setup.topology.links[0];
    let two = Some(BitRate::from_bps(2_000_000));
    assert_eq!((link.forward.constant_rate(), link.backward.constant_rate()), (two, two));
    assert_eq!((link.forward.delay, link.backward.delay), (Span::from_ms(7), Span::from_ms(3)));
}

#[test]
fn an_axis_sets_all_groups_of_players_or_one() {
    let knows = |axis: &str| {
        let more = format!("[[players]]\nabr = \"bba0\"\n[sweep]\n\"{axis}\" = [\"sizes\"]\n");
        let plan = small(&more).unwrap();
        plan.cell(0)
            .unwrap()
            .setup
            .players
            .iter()
            .map(|p| p.viewing.knows == SizeHints::Sizes)
            .collect::<Vec<_>>()
    };
    assert_eq!(knows("players.knows"), [true, true]);
    assert_eq!(knows("players.0.knows"), [true, false]);
    assert_eq!(knows("players.1.knows"), [false, true]);
}

#[test]
fn a_list_of_tables_varies_its_values_together() {
    let plan = small(
        "[sweep]\nnetwork = [\n\
         { \"links.access.rate\" = \"1 Mbit/s\", \"links.access.delay\" = \"9 ms\" },\n\
         { \"links.access.delay\" = \"8 ms\", \"links.access.rate\" = \"2 Mbit/s\" },\n\
         ]\n\"players.abr\" = [\"bola\", \"bba0\"]\n",
    );
    let plan = plan.unwrap();
    let cells =
        ["1 Mbit/s 9 ms bola", "1 Mbit/s 9 ms bba0", "2 Mbit/s 8 ms bola", "2 Mbit/s 8 ms bba0"];
    assert_eq!(params(&plan), cells);
    let axes: Vec<_> = plan.axes.iter().map(|axis| (&*axis.path, axis.zip.as_deref())).collect();
    let zip = Some("network");
    assert_eq!(
        axes,
        [("links.access.rate", zip), ("links.access.delay", zip), ("players.abr", None)]
    );
    let link = &plan.cell(3).unwrap().setup.topology.links[1];
    assert_eq!(link.backward.constant_rate(), Some(BitRate::from_bps(2_000_000)));
    assert_eq!(link.backward.delay, Span::from_ms(8));
}

#[test]
fn tables_can_be_values_too() {
    let plan = small(
        "[sweep]\n\"players.abr\" = [\"bola\", { name = \"fixed\", rung = 2 }]\n\
         \"media.ladder\" = [\"hd\", [{ width = 64, height = 36, bitrate = \"50 kbit/s\" }]]\n\
         \"links.access\" = [{ rate = \"1 Mbit/s\", delay = \"1 ms\" }]\n",
    );
    let plan = plan.unwrap();
    let last = plan.cells().last().unwrap();
    assert_eq!(
        plan.params(last.index),
        [
            "{name = fixed, rung = 2}",
            "[{width = 64, height = 36, bitrate = 50 kbit/s}]",
            "{rate = 1 Mbit/s, delay = 1 ms}",
        ]
    );
    assert_eq!(last.setup.players[0].viewing.abr.params["rung"], "2");
    assert_eq!(last.setup.media.ladder.rungs.len(), 1);
    assert_eq!(
        last.setup.topology.links[1].forward.constant_rate(),
        Some(BitRate::from_bps(1_000_000))
    );
}

#[test]
fn a_parameter_of_an_algorithm_is_an_axis_where_there_is_a_table() {
    let text = "name = \"x\"\ntopology = \"one-origin\"\n\
                [[players]]\nabr = { name = \"fixed\" }\n\
                [sweep]\n\"players.abr.rung\" = [0, 1, 2]\n";
    let plan = crate::resolve(text).unwrap();
    let rungs: Vec<_> =
        plan.cells().map(|c| c.setup.players[0].viewing.abr.params.get("rung").cloned()).collect();
    // The default is not spelled out, so that both ways of saying it are the same setup.
    assert_eq!(rungs, [None, Some("1".to_owned()), Some("2".to_owned())]);
    assert!(
        refusal("[sweep]\n\"players.abr.rung\" = [0]\n").contains("did you mean \"players.abr\"?")
    );
}

#[test]
fn topologies_can_vary() {
    let plan = small(
        "[sweep]\ntopology = [\"one-origin\", { nodes = { origin = {}, viewer = {} }, \
         links = { access = { between = [\"origin\", \"viewer\"] } } }]\n\
         \"links.access.rate\" = [\"1 Mbit/s\", \"2 Mbit/s\"]\n",
    );
    let plan = plan.unwrap();
    let links: Vec<_> = plan.cells().map(|cell| cell.setup.topology.links.len()).collect();
    assert_eq!(links, [2, 2, 1, 1]);
    assert_eq!(
        plan.cell(3).unwrap().setup.topology.links[0].forward.constant_rate(),
        Some(BitRate::from_bps(2_000_000))
    );
}

#[test]
fn cells_are_compared_in_pairs() {
    let plan = crate::resolve(
        "name = \"x\"\nrepeats = 3\ntopology = \"one-origin\"\n[[players]]\nabr = \"bola\"\n\
         [sweep]\n\"players.watch\" = [\"5 s\", \"6 s\"]\n",
    );
    let trials: Vec<_> = plan.unwrap().trials().collect();
    assert_eq!(trials.len(), 6);
    for (a, b) in trials[..3].iter().zip(&trials[3..]) {
        assert_eq!((a.repeat, a.seed), (b.repeat, b.seed));
        assert_ne!(a.id, b.id);
    }
    assert_eq!(trials.iter().map(|trial| trial.seed).collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn a_swept_value_is_checked_as_a_written_one() {
    let swept =
        refusal("[sweep]\n\"links.access.rate\" = [\n  \"1 Mbit/s\",\n  \"20 Gbit/s\",\n]\n");
    let written = refusal("[links.access]\n\n\nrate = \"20 Gbit/s\"\n");
    assert_eq!(swept, written);
    assert!(swept.starts_with("x.toml:8: rate in [links.access]: \"20 Gbit/s\" is out of range"));
}

#[test]
fn an_axis_that_would_undo_another_is_refused() {
    let message =
        refusal("[sweep]\n\"players.abr\" = [\"bola\"]\n\"players.0.abr\" = [\"bba0\"]\n");
    assert!(message.contains("\"players.0.abr\" would undo \"players.abr\""), "{message}");
}

#[test]
fn a_large_sweep_is_refused_before_it_is_expanded() {
    let wide = "{ from = \"1 ns\", to = \"18446744073709551615 ns\", step = \"1 ns\" }";
    let message =
        refusal(&format!("[sweep]\n\"players.watch\" = {wide}\n\"players.resume\" = {wide}\n"));
    assert!(message.contains("too many trials: 18446744073709551615 cells"), "{message}");
    let all = "{ from = \"0 ns\", to = \"18446744073709551615 ns\", step = \"1 ns\" }";
    assert!(refusal(&format!("[sweep]\n\"players.watch\" = {all}\n")).contains("too many trials"));
}
