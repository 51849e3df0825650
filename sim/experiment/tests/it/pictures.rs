//! Topologies as pictures.

use crate::resolve;
use crate::routes::networks;
use proptest::prelude::*;
use weir_experiment::to_svg;
use weir_plan::Setup;

fn picture(topology: &str, more: &str) -> String {
    let text =
        format!("name = \"x\"\ntopology = \"{topology}\"\n[[players]]\nabr = \"bola\"\n{more}");
    to_svg(&resolve(&text).unwrap().cell(0).unwrap().setup)
}

/// A text of a picture: its extent at most, the height of its line, and what it says.
struct Text<'a> {
    left: f64,
    right: f64,
    line: f64,
    words: &'a str,
}

/// The texts within the drawing, not those around it.
fn texts(svg: &str) -> Vec<Text<'_>> {
    let drawing = svg.split_once("<g ").unwrap().1.split_once("</g>").unwrap().0;
    let texts = drawing.lines().filter(|line| line.starts_with("<text"));
    texts
        .map(|line| {
            let value = |key: &str| -> f64 {
                line.split_once(key).unwrap().1.split('"').nth(1).unwrap().parse().unwrap()
            };
            let words = line.split_once('>').unwrap().1.split('<').next().unwrap();
            // All of them are centred; 13 pixels high, and at most 8 wide for each character.
            let half = words.chars().count() as f64 * 8.0 / 2.0;
            let (middle, line) = (value(" x="), value(" y="));
            Text { left: middle - half, right: middle + half, line, words }
        })
        .collect()
}

fn words(svg: &str) -> Vec<&str> {
    texts(svg).into_iter().map(|text| text.words).collect()
}

#[test]
fn every_node_and_link_is_named_with_what_it_does() {
    let svg = picture(
        "one-origin",
        "[links.access]\nbackward.rate = \"1 Mbit/s\"\njitter = \"5 ms\"\nqueue = \"64 kB\"\n\
         loss = { p = \"1 %\", r = \"25 %\" }\nbackward.discipline = \"fq_codel\"\n",
    );
    let words = words(&svg);
    for expected in [
        "core",
        "5 ms",
        "access",
        "\u{2192} 5 Mbit/s \u{b7} 15 ms",
        "\u{2190} 1 Mbit/s \u{b7} 15 ms",
        "\u{2192} jitter 5 ms \u{b7} loss p 1 %, r 25 %",
        "queue 64 kB",
        "queue 64 kB \u{b7} fq_codel",
        "router",
        "viewer",
        "1 viewer",
    ] {
        assert!(words.contains(&expected), "{expected}: {words:?}");
    }
}

#[test]
fn a_live_stream_goes_from_left_to_right_and_names_what_runs_where() {
    let plan = resolve(crate::live::LIVE).unwrap();
    let svg = to_svg(&plan.cell(0).unwrap().setup);
    let texts = texts(&svg);
    let at = |words: &str| {
        let found = texts.iter().find(|text| text.words == words);
        found.unwrap_or_else(|| panic!("{words}")).left
    };
    let ways = ["publisher", "core", "origin, packager"].map(at);
    assert!(ways.is_sorted(), "{ways:?}");
    assert!(at("haproxy") > at("core") && at("1 viewer") > at("core"));
}

#[test]
fn equal_members_are_one_box_and_others_are_not() {
    let many = "count = 16\n[nodes.viewer]\ncount = 16\n";
    let svg = picture("dumbbell", many);
    let all = words(&svg);
    assert!(all.contains(&"viewer-1\u{2013}16") && all.contains(&"access-1\u{2013}16"), "{all:?}");
    assert!(all.contains(&"16 nodes \u{b7} 16 viewers"), "{all:?}");
    let svg = picture("dumbbell", &format!("{many}[links.access-3]\nloss = \"1 %\"\n"));
    let all = words(&svg);
    assert!(all.contains(&"viewer-1,2,4\u{2013}16") && all.contains(&"viewer-3"), "{all:?}");
}

#[test]
fn members_that_are_joined_to_each_other_are_drawn_one_by_one() {
    let svg = {
        let text = "name = \"x\"\n[[players]]\nabr = \"bola\"\nnode = \"n-2\"\norigin = \"n-1\"\n\
                    [[origins]]\nnode = \"n-1\"\n[topology.nodes]\nn-1 = {}\nn-2 = {}\nn-3 = {}\n\
                    n-4 = {}\n[topology.links]\na.between = [\"n-1\", \"n-2\"]\n\
                    b.between = [\"n-3\", \"n-4\"]\n";
        to_svg(&resolve(text).unwrap().cell(0).unwrap().setup)
    };
    let all = words(&svg);
    for name in ["n-1", "n-2", "n-3", "n-4"] {
        assert!(all.contains(&name), "{all:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn texts_never_overlap(topology in networks(), viewers in 0..4usize) {
        let mut setup: Setup = Setup::clone(&crate::small("").unwrap().cell(0).unwrap().setup);
        setup.origins[0].node = "n0".to_owned();
        setup.players[0].nodes = (1..=viewers + 1).map(|at| format!("n{at}")).collect();
        setup.players[0].count = 5;
        setup.topology = topology;
        let svg = to_svg(&setup);
        prop_assert_eq!(&svg, &to_svg(&setup));
        let texts = texts(&svg);
        prop_assert!(texts.len() >= setup.topology.nodes.len());
        for (at, a) in texts.iter().enumerate() {
            for b in &texts[..at] {
                let beside = a.right <= b.left || b.right <= a.left;
                let apart = (a.line - b.line).abs() >= 13.0;
                prop_assert!(beside || apart, "{:?} and {:?} in {}", a.words, b.words, svg);
            }
        }
    }
}
