//! Results that were published with Sabre: 40 4G traces, and single sessions.

use super::network::Period;
use super::player::{Film, Outcome, Session};
use crate::reference::{json, reference};
use serde_json::Value;
use weir_abr::Choice;

fn film(name: &str) -> Option<Film> {
    let film = json(&format!("sabre/{name}"))?;
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(number).collect();
    Some(Film {
        segment: number(&film["segment_duration_ms"]),
        ladder: numbers(&film["bitrates_kbps"]),
        sizes: film["segment_sizes_bits"].as_array().unwrap().iter().map(numbers).collect(),
    })
}

fn trace(name: &str) -> Option<Vec<Period>> {
    let trace = json(&format!("sabre/{name}"))?;
    let period = |period: &Value| Period {
        duration: number(&period["duration_ms"]),
        bandwidth: number(&period["bandwidth_kbps"]),
        latency: number(&period["latency_ms"]),
    };
    Some(trace.as_array().unwrap().iter().map(period).collect())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn run(film: &Film, trace: &[Period], abr: &str, max_buffer_s: f64) -> Outcome {
    // As after "weir-abr" in an experiment: a name, and the cap of `-ao`.
    let params = if abr == "sabre-throughput" { vec![] } else { vec![("cap", "o")] };
    let params = params.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let abr = Choice { name: abr.to_owned(), params }.build().unwrap();
    Session::new(film, trace, abr, max_buffer_s).run()
}

/// Every 4G trace with this algorithm and buffer.
fn all_4g(abr: &str, max_buffer_s: f64) -> Option<Vec<Outcome>> {
    let film = film("bbb4k.json")?;
    let folder = reference("sabre/4Glogs")?;
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 40);
    let outcome =
        |name: String| run(&film, &trace(&format!("4Glogs/{name}")).unwrap(), abr, max_buffer_s);
    Some(names.into_iter().map(outcome).collect())
}

fn mean(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    outcomes.iter().map(of).sum::<f64>() / outcomes.len() as f64
}

/// Rebuffer ratio, bitrate change in kbit/s, played bitrate in kbit/s, score.
#[track_caller]
fn agrees(abr: &str, max_buffer_s: f64, [ratio, change, bitrate, score]: [f64; 4]) {
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
    agrees("sabre-bola", 25.0, [0.001251, 934.181, 20723.16, 2.845474]);
    agrees("sabre-throughput", 25.0, [0.001742, 1050.268, 17428.87, 2.699991]);
    agrees("sabre-dynamic", 25.0, [0.001934, 971.275, 20852.61, 2.863001]);
    agrees("sabre-bola", 10.0, [0.003239, 2520.889, 18978.61, 2.681469]);
    agrees("sabre-throughput", 10.0, [0.003416, 1146.852, 17063.48, 2.655056]);
}

#[test]
fn with_ten_seconds_of_buffer_dynamic_is_the_throughput_rule() {
    assert_eq!(all_4g("sabre-dynamic", 10.0), all_4g("sabre-throughput", 10.0));
}

#[test]
fn single_sessions_give_every_printed_digit() {
    let Some((movie, bbb)) = film("movie.json").zip(film("bbb4k.json")) else { return };
    let abr = Choice::named("bola-e").build().unwrap();
    let demo = Session::new(&movie, &trace("network.json").unwrap(), abr, 25.0).run();
    let bus = run(&bbb, &trace("4Glogs/report_bus_0001.json").unwrap(), "sabre-bola", 25.0);
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
        assert!((got - printed).abs() <= 0.5e-6 * 1.000_001, "{got} instead of {printed}");
    }
}
