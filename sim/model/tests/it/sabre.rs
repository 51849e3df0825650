//! Agreement with the simulator Sabre (UMass-LIDS/sabre 09b03bb): the same film, trace and
//! algorithm give the same session.
//!
//! Of 1,400 sessions that were compared with Sabre itself (40 4G traces with `bbb4k.json` and 30
//! FCC traces with `bbb.json`; BOLA, BOLA-E, THROUGHPUT, DYNAMIC and its variant of dash.js;
//! buffers of 25 s, without replacement and with either kind, and 10 s), 1,395 agree to 7e-8. Five
//! part where Sabre's last bit decides between two rungs, as `weir-abr` says of its algorithms:
//! BOLA-E and the variant right after an abandoned download (`report_tram_0005`; `report_bus_0003`
//! and `report_train_0003` with `-r left`), DYNAMIC at exactly 10 s of buffer (`trace0190`, `-r
//! right`).

use crate::reference::{names, rung, sabre_film, trace};
use std::sync::Arc;
use weir_abr::{Choice, Side};
use weir_core::{Preset, SessionMetrics};
use weir_model::{Capacity, Film, Link, Spec, Way, run_session, run_sessions, viewer_of};
use weir_trace::{About, Builder, Format, Kind, Rate, Step, Trace, Volume};
use weir_units::{BitRate, Span};

/// What Sabre prints, per segment of played time where it says "time average".
#[derive(Debug, Clone, PartialEq)]
struct Printed {
    utility: f64,
    bitrate: f64,
    play_time_s: f64,
    rebuffer_s: f64,
    rebuffer_ratio: f64,
    bitrate_change: f64,
    score: f64,
    /// The rung of every request, abandoned ones included.
    requests: Vec<usize>,
}

impl Printed {
    fn of(film: &Film, metrics: &SessionMetrics) -> Self {
        assert_eq!((&metrics.err, metrics.presented.len()), (&None, film.content().segments()));
        let sabre = metrics.published().0.unwrap();
        Self {
            utility: sabre.utility,
            bitrate: sabre.bitrate_bps / 1e3,
            play_time_s: metrics.length.as_secs_f64(),
            rebuffer_s: metrics.stalled().as_secs_f64(),
            rebuffer_ratio: sabre.rebuffer_ratio,
            bitrate_change: sabre.bitrate_change_bps / 1e3,
            score: sabre.score,
            requests: metrics.segments.iter().map(|segment| segment.rung).collect(),
        }
    }
}

fn choice(name: &str, params: &[(&str, &str)]) -> Choice {
    let params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Choice { name: name.to_owned(), params }
}

fn spec(film: &Arc<Film>, trace: &Arc<Trace>, abr: Choice, max_buffer_s: u64) -> Spec {
    let capacity = Capacity::Trace { trace: Arc::clone(trace), offset: Span::ZERO };
    let mut viewer = viewer_of(abr, Preset::Sabre);
    viewer.viewing.max_buffer = Span::from_s(max_buffer_s);
    Spec { film: Arc::clone(film), way: Way::Link(Link { capacity, latency: Span::ZERO }), viewer }
}

fn run(spec: &Spec) -> Printed {
    Printed::of(&spec.film, &run_session(spec).unwrap())
}

/// Sabre prints six decimals; its last one is rounded. Nanoseconds are the rest.
#[track_caller]
fn same(what: &str, got: f64, printed: f64) {
    let off = (got - printed).abs();
    assert!(off <= 0.5e-6 + 1e-6 * printed.abs(), "{what}: {got} instead of {printed}");
}

/// A ladder of ten rungs with segments of exactly their nominal size, 100 segments of 3 s, on 5000,
/// 1500, 3000 and 700 kbit/s for 10 s each with 75 ms of latency.
fn golden(abr: Choice) -> Spec {
    const LADDER: [u64; 10] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000];
    let ladder = LADDER.map(|kbps| rung(kbps * 1000)).to_vec();
    let sizes = vec![LADDER.map(|kbps| Volume::from_bits(kbps * 3000)).to_vec(); 100];
    let film = Film::new(ladder, vec![Span::from_s(3); 100], &sizes).unwrap();
    let about = About {
        name: "golden".to_owned(),
        kind: Kind::Capacity,
        repeats: true,
        source: String::new(),
        licence: String::new(),
        obtained: None,
        conversion: None,
    };
    let mut builder = Builder::new(about);
    for kbps in [5000, 1500, 3000, 700] {
        let rate = Rate::try_from(BitRate::from_bps(kbps * 1000)).unwrap();
        let latency = Some(Span::from_ms(75));
        builder.push(Step { span: Span::from_s(10), rate, latency }).unwrap();
    }
    spec(&Arc::new(film), &Arc::new(builder.finish().unwrap()), abr, 25)
}

#[track_caller]
fn agrees(name: &str, params: &[(&str, &str)], numbers: [f64; 5], first: &str) {
    let got = run(&golden(choice(name, params)));
    let first: Vec<usize> = first.split(' ').map(|rung| rung.parse().unwrap()).collect();
    assert_eq!(got.requests[..first.len()], first, "{name} {params:?}");
    let of = [got.utility, got.bitrate, got.play_time_s, got.rebuffer_s, got.bitrate_change];
    for (got, printed) in of.into_iter().zip(numbers) {
        same(&format!("{name} {params:?}"), got, printed);
    }
}

#[test]
fn the_golden_table_of_bola_comes_out() {
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
fn the_golden_table_of_bola_e_comes_out() {
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
fn the_golden_table_of_throughput_and_dynamic_comes_out() {
    agrees(
        "sabre-throughput",
        &[],
        [2.203467, 2186.887310, 300.213, 0.0, 250.761959],
        "0 7 7 7 7 7 7 6 5 5 5 6 6 6 6 6 6 6 6 6",
    );
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

/// Every 4G trace with this algorithm and buffer.
fn all_4g(abr: &str, max_buffer_s: u64) -> Option<Vec<Printed>> {
    let film = sabre_film("bbb4k.json")?;
    let names = names("sabre/4Glogs")?;
    assert_eq!(names.len(), 40);
    let of = |name: &String| {
        let trace = trace(&format!("sabre/4Glogs/{name}"), Format::Sabre).unwrap();
        let params: &[_] = if abr == "sabre-throughput" { &[] } else { &[("cap", "o")] };
        spec(&film, &trace, choice(abr, params), max_buffer_s)
    };
    let specs: Vec<Spec> = names.iter().map(of).collect();
    let metrics = run_sessions(&specs);
    Some(metrics.into_iter().map(|metrics| Printed::of(&film, &metrics.unwrap())).collect())
}

fn mean(all: &[Printed], of: impl Fn(&Printed) -> f64) -> f64 {
    all.iter().map(of).sum::<f64>() / all.len() as f64
}

/// Rebuffer ratio, bitrate change in kbit/s, played bitrate in kbit/s, score.
#[track_caller]
fn agrees_on_4g(abr: &str, max_buffer_s: u64, [ratio, change, bitrate, score]: [f64; 4]) {
    let Some(all) = all_4g(abr, max_buffer_s) else { return };
    for (got, printed, half_a_digit) in [
        (mean(&all, |o| o.rebuffer_ratio), ratio, 0.5e-6),
        (mean(&all, |o| o.bitrate_change), change, 0.5e-3),
        (mean(&all, |o| o.bitrate), bitrate, 0.5e-2),
        (mean(&all, |o| o.score), score, 0.5e-6),
    ] {
        let near = (got - printed).abs() <= half_a_digit * 1.000_001;
        assert!(near, "{abr} with {max_buffer_s} s: {got} instead of {printed}");
    }
}

#[test]
fn forty_4g_traces_give_every_printed_digit() {
    agrees_on_4g("sabre-bola", 25, [0.001251, 934.181, 20723.16, 2.845474]);
    agrees_on_4g("sabre-throughput", 25, [0.001742, 1050.268, 17428.87, 2.699991]);
    agrees_on_4g("sabre-dynamic", 25, [0.001934, 971.275, 20852.61, 2.863001]);
    agrees_on_4g("sabre-bola", 10, [0.003239, 2520.889, 18978.61, 2.681469]);
    agrees_on_4g("sabre-throughput", 10, [0.003416, 1146.852, 17063.48, 2.655056]);
}

#[test]
fn with_ten_seconds_of_buffer_dynamic_is_the_throughput_rule() {
    assert_eq!(all_4g("sabre-dynamic", 10), all_4g("sabre-throughput", 10));
}

#[test]
fn single_sessions_give_every_printed_digit() {
    let Some((movie, bbb)) = sabre_film("movie.json").zip(sabre_film("bbb4k.json")) else { return };
    let network = trace("sabre/network.json", Format::Sabre).unwrap();
    let bus = trace("sabre/4Glogs/report_bus_0001.json", Format::Sabre).unwrap();
    let demo = run(&spec(&movie, &network, choice("bola-e", &[]), 25));
    let bus = run(&spec(&bbb, &bus, choice("sabre-bola", &[("cap", "o")]), 25));
    for (got, printed) in [
        (demo.bitrate, 2911.905206),
        (demo.play_time_s, 597.252272),
        (demo.rebuffer_s, 0.0),
        (demo.bitrate_change, 405.125290),
        (demo.score, 2.435983),
        (bus.bitrate, 15469.291009),
        (bus.play_time_s, 597.118510),
        (bus.bitrate_change, 371.785494),
        (bus.score, 2.704631),
    ] {
        same("a single session", got, printed);
    }
}

/// What Sabre 09b03bb itself prints for the input of the golden table with `-r left` and `-r
/// right`: the same five numbers.
const REPLACED: [(&str, Side, [f64; 5]); 10] = [
    ("sabre-bola", Side::Left, [1.651938, 1430.334463, 300.213000, 0.0, 547.631182]),
    ("sabre-bola", Side::Right, [1.770244, 1674.041431, 300.213000, 0.0, 741.093823]),
    ("bola-e", Side::Left, [1.841224, 1775.370284, 312.443553, 12.230553, 681.444689]),
    ("bola-e", Side::Right, [1.841224, 1775.370284, 312.443553, 12.230553, 681.444689]),
    ("sabre-throughput", Side::Left, [1.991832, 1865.221233, 305.175595, 4.962595, 411.874350]),
    ("sabre-throughput", Side::Right, [2.048123, 1927.558601, 301.595500, 1.382500, 365.376804]),
    ("sabre-dynamic", Side::Left, [1.988242, 1859.037908, 305.175595, 4.962595, 418.057676]),
    ("sabre-dynamic", Side::Right, [2.042687, 1947.497654, 302.882521, 2.669521, 455.582578]),
    ("sabre-dynamic-dash", Side::Left, [1.993523, 1926.539128, 305.965756, 5.752756, 565.014211]),
    ("sabre-dynamic-dash", Side::Right, [1.965623, 1887.802032, 309.483722, 9.270722, 522.657537]),
];

#[test]
fn replacement_comes_out_as_in_sabre() {
    for (name, side, numbers) in REPLACED {
        let mut spec = golden(choice(name, &[]));
        spec.viewer.viewing.profile.replacement = Some(side);
        let got = run(&spec);
        let of = [got.utility, got.bitrate, got.play_time_s, got.rebuffer_s, got.bitrate_change];
        for (got, printed) in of.into_iter().zip(numbers) {
            same(&format!("{name} {side:?}"), got, printed);
        }
    }
}
