//! Models: the same seed is the same trace, on every machine; and what each makes is what it says.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use weir_trace::{Kind, Rate, Stats, Trace, generate, models, read, write};
use weir_units::{Seed, Span, Time};

fn made(model: &str, params: &[(&str, &str)], length: Span, seed: u64) -> Result<Trace, String> {
    let params: BTreeMap<_, _> =
        params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    generate(model, &params, length, Seed::new(seed)).map_err(|refusal| refusal.to_string())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../topologies/traces")
}

proptest! {
    #[test]
    fn every_model_makes_a_trace_of_the_length_that_is_asked_for(
        seed: u64, ms in 1u64..3_000_000, model in 0..models().len(),
    ) {
        let (model, length) = (models()[model].name, Span::from_ms(ms));
        match made(model, &[], length, seed) {
            Ok(trace) => {
                prop_assert_eq!(trace.length(), length);
                prop_assert_eq!(trace.about().kind, Kind::Capacity);
                prop_assert_eq!(made(model, &[], length, seed), Ok(trace));
            }
            // A short one may be a single outage.
            Err(error) => prop_assert!(error.contains("every rate is zero"), "{}", error),
        }
    }
}

/// The bundled traces are what the command in their head makes, to the bit: also on a machine whose
/// logarithms differ.
#[test]
fn every_bundled_trace_is_made_again_from_its_head() {
    let mut seen = BTreeMap::<String, usize>::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "trace") {
            continue;
        }
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let trace = read(&file, &text).unwrap();
        let command = trace.about().conversion.clone().unwrap();
        let mut words = command.strip_prefix("weir trace generate ").unwrap().split(" --");
        let model = words.next().unwrap();
        let (mut seed, mut length, mut params) = (Seed::new(0), Span::ZERO, BTreeMap::new());
        for word in words {
            let (key, value) = word.split_once(' ').unwrap();
            match key {
                "seed" => seed = value.parse().unwrap(),
                "length" => length = value.trim_matches('"').parse().unwrap(),
                "param" => {
                    let (name, value) = value.split_once('=').unwrap();
                    params.insert(name.to_owned(), value.trim_matches('"').to_owned());
                }
                _ => panic!("{file}: --{key}"),
            }
        }
        let mut again = generate(model, &params, length, seed).unwrap();
        again.rename(&trace.about().name);
        assert!(write(&again) == text, "{file} is not what \"{command}\" makes");
        assert_eq!(trace.about().licence, "CC0-1.0", "{file}");
        *seen.entry(model.to_owned()).or_default() += 1;
    }
    assert_eq!(seen.len(), models().len(), "{seen:?}");
}

#[test]
fn labels_of_models_separate_their_streams() {
    let hour = Span::from_s(3600);
    let first = made("outage", &[], hour, 1).unwrap();
    assert_ne!(first, made("outage", &[], hour, 2).unwrap());
}

#[test]
fn a_sine_has_its_mean_and_a_square_its_share() {
    let sine = Stats::of(&made("sine", &[], Span::from_s(600), 0).unwrap());
    assert!((sine.mean.as_bps_f64() - 4e6).abs() < 10.0, "{}", sine.mean);
    assert!(sine.max.as_bps_f64() > 6.99e6 && sine.min.as_bps_f64() < 1.01e6);
    let square = made("square", &[("duty", "25 %")], Span::from_s(600), 0).unwrap();
    let stats = Stats::of(&square);
    assert_eq!(stats.mean, "2250 kbit/s".parse::<Rate>().unwrap());
    assert_eq!(square.at(Time::from_ns(15_000_000_000)).rate, stats.min);
}

/// Over two days, means of exponential and log-normal quantities are within a few percent.
#[test]
fn random_models_have_the_moments_that_they_state() {
    let days = Span::from_s(2 * 86_400);
    let outage = Stats::of(&made("outage", &[], days, 3).unwrap());
    let share = outage.silent.as_secs_f64() / days.as_secs_f64();
    assert!((share - 5.0 / 65.0).abs() < 0.006, "silent for {share}");

    let lte = made("lte", &[("every", "24 h"), ("ceiling", "10 Gbit/s")], days, 3).unwrap();
    let logs: Vec<f64> = (0..days.ns() / 500_000_000)
        .map(|index| lte.at(Time::from_ns(index * 500_000_000)).rate.as_bps_f64())
        .filter(|bps| *bps > 0.0)
        .map(|bps| (bps / 28e6).ln())
        .collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let moment = |lag: usize| {
        let pairs = logs.iter().zip(&logs[lag..]);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n
    };
    let deviation = moment(0).sqrt();
    assert!(mean.abs() < 0.03 && (deviation - 0.5).abs() < 0.02, "{mean} {deviation}");
    let correlation = moment(20) / moment(0);
    assert!((correlation - (-1.0f64).exp()).abs() < 0.05, "after 10 s: {correlation}");

    let markov = made("markov", &[], days, 3).unwrap();
    let stay = days.as_secs_f64() / markov.steps().len() as f64;
    assert!((stay - 10.0).abs() < 0.3, "stays for {stay} s");
}

#[test]
fn parameters_out_of_range_are_refused() {
    let minute = Span::from_s(60);
    for (model, params, words) in [
        ("lt", &[][..], "lt: there is no such model of traces; did you mean \"lte\"?"),
        (
            "sine",
            &[("men", "1 bit/s")],
            "sine: there is no parameter \"men\"; did you mean \"mean\"?",
        ),
        ("sine", &[("amplitude", "9 Mbit/s")], "sine: amplitude = \"9 Mbit/s\" (expected at most"),
        ("sine", &[("step", "0 s")], "sine: step = \"0 ns\" (expected 1 ms to 24 h)"),
        ("sine", &[("mean", "5")], "sine: mean: \"5\" is not a bit rate: the unit is missing"),
        ("square", &[("duty", "100 %")], "square: duty = \"100 %\" (expected above 0 % and"),
        ("markov", &[("states", "1 Mbit/s")], "markov: states: one rate (expected two or more"),
        ("markov", &[("dwell", "10 ms")], "markov: dwell = \"10 ms\" (expected the step, 1 s, or"),
        ("lte", &[("spread", "400 %")], "lte: spread: above 300 %"),
        ("constant", &[("rate", "0 bit/s")], "constant: every rate is zero"),
    ] {
        let said = made(model, params, minute, 0).unwrap_err();
        assert!(said.starts_with(words), "\n  said     {said}\n  expected {words}");
    }
    assert!(made("constant", &[], Span::from_ns(5), 0).unwrap_err().contains("a step of 5 ns"));
    let month = Span::from_s(40 * 86_400);
    assert!(made("constant", &[], month, 0).unwrap_err().contains("expected 1 us to 31 days"));
    let long = made("sine", &[("step", "1 ms")], Span::from_s(86_400), 0).unwrap_err();
    assert!(long.contains("more than 1000000 steps"), "{long}");
}
