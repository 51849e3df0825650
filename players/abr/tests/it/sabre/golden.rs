//! A ladder of ten rungs with segments of exactly their nominal size, 100 segments of 3 s, on 5000,
//! 1500, 3000 and 700 kbit/s for 10 s each with 75 ms of latency, and a buffer of 25 s.

use super::network::Period;
use super::player::{Film, Outcome, Session};
use weir_abr::Choice;

const LADDER: [f64; 10] =
    [230.0, 331.0, 477.0, 688.0, 991.0, 1427.0, 2056.0, 2962.0, 5027.0, 6000.0];

fn run(name: &str, params: &[(&str, &str)]) -> Outcome {
    let sizes = LADDER.iter().map(|kbps| kbps * 3000.0).collect();
    let film = Film { segment: 3000.0, ladder: LADDER.to_vec(), sizes: vec![sizes; 100] };
    let period = |bandwidth| Period { duration: 10_000.0, bandwidth, latency: 75.0 };
    let trace = [5000.0, 1500.0, 3000.0, 700.0].map(period);
    let params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let abr = Choice { name: name.to_owned(), params }.build().unwrap();
    Session::new(&film, &trace, abr, 25.0).run()
}

/// To the last printed digit.
fn same(got: f64, printed: f64) -> bool {
    (got - printed).abs() <= 0.5e-6 * 1.000_001
}

#[track_caller]
fn agrees(name: &str, params: &[(&str, &str)], numbers: [f64; 5], first: &str) {
    let got = run(name, params);
    let of = [got.utility, got.bitrate, got.play_time_s, got.rebuffer_s, got.bitrate_change];
    let first: Vec<usize> = first.split(' ').map(|rung| rung.parse().unwrap()).collect();
    assert_eq!(got.requests[..first.len()], first, "{name} {params:?}");
    let fine = of.iter().zip(numbers).all(|(got, printed)| same(*got, printed));
    assert!(fine, "{name} {params:?}: {of:?} instead of {numbers:?}");
}

#[test]
fn bola_agrees_with_sabre() {
    agrees(
        "sabre-bola",
        &[("basic", "on")],
        [2.007916, 2285.627205, 300.213, 0.0, 954.222502],
        "0 0 0 0 1 4 6 8 7 8 6 5 5 7 7 7 3 3 4 6",
    );
    agrees(
        "sabre-bola",
        &[],
        [2.056223, 2362.672503, 300.213, 0.0, 947.197490],
        "0 0 8 8 8 8 7 6 4 8 7 6 5 3 2 6 5 3 4 6",
    );
    agrees(
        "sabre-bola",
        &[("cap", "o")],
        [1.849621, 1643.682985, 300.213, 0.0, 315.785792],
        "0 0 7 7 7 7 4 3 7 5 3 5 3 2 5 6 5 6 6 5",
    );
}

#[test]
fn bola_e_agrees_with_sabre() {
    agrees(
        "bola-e",
        &[],
        [2.195841, 2358.445363, 301.506667, 1.293667, 792.440189],
        "0 7 7 7 8 8 4 4 4 5 6 6 7 7 5 4 4 5 6 7",
    );
    agrees(
        "bola-e",
        &[("insufficient_buffer", "off")],
        [2.042445, 2279.040482, 301.758571, 1.545571, 976.754359],
        "0 7 7 8 8 7 4 5 5 6 7 7 5 1 2 4 6 7 8 8",
    );
}

#[test]
fn the_throughput_rule_agrees_with_sabre() {
    agrees(
        "sabre-throughput",
        &[],
        [2.203467, 2186.887310, 300.213, 0.0, 250.761959],
        "0 7 7 7 7 7 7 6 5 5 5 6 6 6 6 6 6 6 6 6",
    );
}

#[test]
fn dynamic_agrees_with_sabre() {
    agrees(
        "sabre-dynamic",
        &[],
        [2.099565, 2208.296922, 302.347928, 2.134928, 713.366885],
        "0 7 7 7 7 7 7 6 5 5 5 6 6 6 6 6 6 6 6 6",
    );
    agrees(
        "sabre-dynamic-dash",
        &[],
        [2.205288, 2354.518292, 300.213, 0.0, 731.280791],
        "0 7 7 7 7 7 7 6 5 5 5 6 6 6 6 3 4 5 6 7",
    );
}
