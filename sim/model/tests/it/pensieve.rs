//! Agreement with the chunk model of Pensieve (hongzimao/pensieve 1120bb1), through the player.

use crate::reference::{names, pensieve_film, reference, trace};
use std::sync::Arc;
use weir_abr::{Abr, Choice, Decision, Observation};
use weir_core::{Preset, SessionMetrics};
use weir_model::{Film, Spec, Way, run_session, run_session_with, viewer_of};
use weir_trace::{Format, Trace};
use weir_units::Span;

fn spec(film: &Arc<Film>, trace: &Arc<Trace>, abr: Choice) -> Spec {
    Spec {
        film: Arc::clone(film),
        way: Way::Pensieve { trace: Arc::clone(trace), offset: Span::ZERO },
        viewer: viewer_of(abr, Preset::Pensieve),
    }
}

fn pensieve_trace(name: &str) -> Arc<Trace> {
    trace(&format!("pensieve/traces/{name}"), Format::Pensieve).unwrap()
}

/// Takes the rungs of a log.
struct Replay(std::vec::IntoIter<usize>);

impl Abr for Replay {
    fn decide(&mut self, _: &Observation) -> Decision {
        Decision::now(self.0.next().unwrap())
    }
}

/// The buffer when each next request was made, in seconds, from the metrics of the requests; and
/// the delays and the stalls.
fn rows(metrics: &SessionMetrics) -> Vec<[f64; 3]> {
    let seconds = |span: Span| span.as_secs_f64();
    let mut rows = Vec::new();
    for (n, request) in metrics.segments.iter().enumerate() {
        // Pauses come before the next request; there is none after the last.
        let next = metrics.segments.get(n + 1);
        let buffer = next.map_or(request.buffer_after, |next| next.buffer_before);
        let before = if n == 0 { 0.0 } else { seconds(request.buffer_before) };
        let stall = (seconds(request.download) - before).max(0.0);
        rows.push([seconds(request.download), stall, seconds(buffer)]);
    }
    rows
}

#[test]
fn every_log_replays_to_a_microsecond() {
    let Some((film, logs)) = pensieve_film().zip(names("pensieve/logs")) else { return };
    assert_eq!(logs.len(), 63);
    let rates = film.content().ladder();
    let mut worst = 0.0f64;
    for log in logs {
        let trace = pensieve_trace(log.split_once('_').unwrap().1);
        let text = std::fs::read_to_string(reference(&format!("pensieve/logs/{log}")).unwrap());
        let lines: Vec<Vec<f64>> = text
            .unwrap()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.split_whitespace().map(|value| value.parse().unwrap()).collect())
            .collect();
        let rung = |line: &Vec<f64>| {
            rates.iter().position(|rung| rung.mean.bps() as f64 == line[1] * 1e3).unwrap()
        };
        let rungs: Vec<usize> = lines.iter().map(rung).collect();
        // The preset itself requests the first segment, at Pensieve's default.
        assert_eq!(rungs[0], 1, "{log}");
        let mut replay = rungs[1..].to_vec();
        // Logs end before the last segments of the film.
        replay.resize(film.content().segments(), 0);
        let spec = spec(&film, &trace, Choice::named("fixed"));
        let metrics = run_session_with(&spec, Box::new(Replay(replay.into_iter()))).unwrap();
        for (number, (line, row)) in lines.iter().zip(rows(&metrics)).enumerate() {
            let [_, _, buffer_s, stall_s, bytes, delay_ms] = line[..6] else { panic!("{line:?}") };
            let segment = &metrics.segments[number];
            assert_eq!(segment.bytes.get() as f64, bytes, "{log}, chunk {number}");
            let last = number + 1 == metrics.segments.len();
            for (found, logged) in row.into_iter().zip([delay_ms / 1e3, stall_s, buffer_s]) {
                let off = (found - logged).abs();
                assert!(off < 1e-6, "{log}, chunk {number} ({last}): {found} instead of {logged}");
                worst = worst.max(off);
            }
        }
    }
    println!("worst deviation {worst:.2e} s");
}

/// The published simulator, in floating-point seconds, with Pensieve's buffer-based policy.
fn buffer_based(film: &Film, trace: &Trace) -> Vec<usize> {
    let rates: Vec<(f64, f64)> = trace
        .steps()
        .iter()
        .map(|step| (step.span.as_secs_f64(), step.rate.as_bps_f64()))
        .collect();
    let (mut step, mut into) = (0, 0.0);
    let mut go_on = |mut time: f64, mut bits: f64| {
        // Ends after a time, or when so many bits are carried.
        let mut took = 0.0;
        loop {
            let (length, bps) = rates[step];
            let span = (length - into).min(time).min(bits / (bps * 0.95));
            (into, took, time, bits) =
                (into + span, took + span, time - span, bits - bps * 0.95 * span);
            if time <= 0.0 || bits <= 1e-9 {
                return took;
            }
            (step, into) = ((step + 1) % rates.len(), 0.0);
        }
    };
    let (mut buffer, mut rung, mut rungs) = (0.0f64, 1, Vec::new());
    for segment in 0..film.content().segments() {
        rungs.push(rung);
        let bits = film.content().size(segment, rung).unwrap().get() as f64 * 8.0;
        let delay = go_on(f64::INFINITY, bits) + 0.08;
        buffer = (buffer - delay).max(0.0) + 4.0;
        if buffer > 60.0 {
            let pause = ((buffer - 60.0) / 0.5).ceil() * 0.5;
            go_on(pause, f64::INFINITY);
            buffer -= pause;
        }
        let top = film.content().ladder().len() - 1;
        rung = match buffer {
            low if low < 5.0 => 0,
            high if high >= 15.0 => top,
            _ => (top as f64 * (buffer - 5.0) / 10.0) as usize,
        };
    }
    rungs
}

#[test]
fn the_buffer_based_policy_decides_the_same_on_every_trace() {
    let Some((film, traces)) = pensieve_film().zip(names("pensieve/traces")) else { return };
    assert_eq!(traces.len(), 21);
    for name in traces {
        let trace = pensieve_trace(&name);
        let metrics = run_session(&spec(&film, &trace, Choice::named("pensieve-bb"))).unwrap();
        let rungs: Vec<usize> = metrics.segments.iter().map(|segment| segment.rung).collect();
        assert_eq!(rungs, buffer_based(&film, &trace), "{name}");
    }
}
