//! The published logs of Pensieve's model: the same choices give the same delays.

use crate::reference::{names, reference, trace};
use std::path::Path;
use std::sync::Arc;
use weir_model::Pensieve;
use weir_trace::{Format, Trace};
use weir_units::{Bytes, Span};

/// The worst deviation of a log, in seconds: of the delay, the buffer and the stall of each chunk.
fn replay(log: &Path, trace: Arc<Trace>) -> f64 {
    const CHUNK: f64 = 4.0;
    const FULL: f64 = 60.0;
    const PAUSE: f64 = 0.5;
    let mut model = Pensieve::new(trace);
    let (mut buffer, mut worst) = (0.0f64, 0.0f64);
    let text = std::fs::read_to_string(log).unwrap();
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    for (number, row) in rows.enumerate() {
        let values: Vec<f64> = row.split_whitespace().map(|value| value.parse().unwrap()).collect();
        let [_, _, buffer_s, stall_s, bytes, delay_ms] = values[..6] else { panic!("{row}") };
        let delay = model.download(Bytes::new(bytes as u64)).unwrap().as_secs_f64();
        let stall = (delay - buffer).max(0.0);
        buffer = (buffer - delay).max(0.0) + CHUNK;
        if buffer > FULL {
            let pause = ((buffer - FULL) / PAUSE).ceil() * PAUSE;
            model.pause(Span::from_secs_f64(pause).unwrap());
            buffer -= pause;
        }
        for (found, logged) in [(delay, delay_ms / 1e3), (stall, stall_s), (buffer, buffer_s)] {
            let off = (found - logged).abs();
            assert!(off < 1e-6, "{}, chunk {number}: {found} instead of {logged}", log.display());
            worst = worst.max(off);
        }
    }
    worst
}

#[test]
fn every_log_of_pensieves_model_replays_to_a_microsecond() {
    let Some(logs) = names("pensieve/logs") else { return };
    let (mut worst, mut count) = (0.0f64, 0);
    for name in logs {
        let log = reference(&format!("pensieve/logs/{name}")).unwrap();
        let (_, of) = name.split_once('_').unwrap();
        let trace = trace(&format!("pensieve/traces/{of}"), Format::Pensieve).unwrap();
        worst = worst.max(replay(&log, trace));
        count += 1;
    }
    println!("{count} logs, worst deviation {worst:.2e} s");
    assert_eq!(count, 63);
}
