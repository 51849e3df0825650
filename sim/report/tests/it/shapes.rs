//! Runs of other shapes than a bandwidth sweep: two quantities and an algorithm, and viewers who
//! compete.

use crate::sample::{records, trial_row};
use std::collections::BTreeMap;
use weir_records::{Flow, Record, TrialResult};
use weir_tables::RunInfo;
use weir_units::{Ratio, Seed, Span};

fn info(name: &str, axes: &[&str], repeats: u64) -> RunInfo {
    RunInfo {
        run: "90d1c5be4f1c9a7b".into(),
        name: name.into(),
        lab: "uml".into(),
        media: "synthetic film".into(),
        command: format!("weir run experiments/{name}.toml"),
        axes: axes.iter().map(|path| (*path).to_owned()).collect(),
        repeats,
        zips: BTreeMap::new(),
    }
}

fn trial(cell: u64, repeat: u64, params: Vec<String>, records: Vec<Record>) -> TrialResult {
    TrialResult {
        id: format!("c{cell:04}-r{repeat}"),
        params,
        row: trial_row(cell, repeat, repeat + 1, 60),
        records,
    }
}

/// Jitter and loss on an access link of 5 Mbit/s, with two algorithms.
pub fn jitter_loss(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let axes = ["links.access.jitter", "links.access.loss", "players.abr"];
    let mut trials = Vec::new();
    let mut cell = 0;
    for jitter in ["0 ms", "5 ms", "20 ms", "50 ms"] {
        for loss in ["0 %", "0.01 %", "0.1 %", "1 %", "2 %"] {
            for abr in ["bola", "throughput"] {
                for repeat in 0..repeats {
                    let share = loss.parse::<Ratio>().unwrap().as_f64();
                    let delay = 0.040 + jitter.parse::<Span>().unwrap().us() as f64 / 1e6;
                    // The rate of TCP with random loss, by Mathis and others (1997).
                    let limit = 1.22 * 1_460.0 * 8.0 / (delay * share.max(1e-9).sqrt());
                    let rate = limit.min(5e6) as u64;
                    let seed = Seed::new(repeat).derive(jitter).derive(loss);
                    let records = records(5_000_000, &[(rate, abr)], seed, 60);
                    let params = [jitter, loss, abr].map(str::to_owned).into();
                    trials.push(trial(cell, repeat, params, records));
                }
                cell += 1;
            }
        }
    }
    (info("jitter-loss", &axes, repeats), trials)
}

/// Two to eight viewers behind one link, in two groups with equal and different algorithms; and
/// somebody else's traffic.
pub fn competition(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let axes = ["players.0.count", "players.1.count", "players.0.abr", "players.1.abr"];
    let pairs = [["bola", "bola"], ["bola", "throughput"], ["throughput", "throughput"]];
    let mut trials = Vec::new();
    let mut cell = 0;
    for count in 1..=4u64 {
        for pair in pairs {
            for repeat in 0..repeats {
                let seed = Seed::new(repeat).derive(&count.to_string());
                let viewers: Vec<(u64, &str)> = (0..2 * count)
                    .map(|viewer| {
                        let abr = pair[usize::from(viewer >= count)];
                        let weight = if abr == "bola" { 118 } else { 82 };
                        let luck = 80 + seed.derive(&viewer.to_string()).below(41);
                        (8_000_000 * weight * luck / 10_000 / (2 * count), abr)
                    })
                    .collect();
                let mut records = records(8_000_000, &viewers, seed, 60);
                records.extend((0..2).map(|i| flow(i, seed)));
                let params = [&count.to_string(), &count.to_string(), pair[0], pair[1]];
                let params = params.map(str::to_owned).into();
                trials.push(trial(cell, repeat, params, records));
            }
            cell += 1;
        }
    }
    let mut info = info("competition", &axes, repeats);
    let paths = |range: std::ops::Range<usize>| axes[range].iter().map(|p| (*p).into()).collect();
    info.zips.insert("viewers".into(), paths(0..2));
    info.zips.insert("algorithms".into(), paths(2..4));
    (info, trials)
}

fn flow(traffic: u64, seed: Seed) -> Record {
    let udp = traffic == 1;
    Record::Flow(Flow {
        traffic,
        flow: 0,
        kind: if udp { "udp" } else { "tcp" }.into(),
        from: "server".into(),
        to: "viewer-0".into(),
        congestion_control: (!udp).then(|| "cubic".into()),
        start_us: 0,
        end_us: 60_000_000,
        bytes: 7_500_000,
        goodput_bps: Some(1e6 + seed.below(1_000) as f64),
        sent_packets: udp.then_some(5_000),
        packets: udp.then_some(4_950),
        retransmits: (!udp).then_some(12),
        objects: None,
        object_mean_us: None,
        err: None,
    })
}

/// Networks of two numbers each, which vary together.
pub fn networks(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let axes = ["links.access.rate", "links.access.delay", "players.abr"];
    let networks = [
        ("1 Mbit/s", "150 ms"),
        ("20 Mbit/s", "10 ms"),
        ("4 Mbit/s", "40 ms"),
        ("4 Mbit/s", "200 ms"),
    ];
    let mut trials = Vec::new();
    let mut cell = 0;
    for (rate, delay) in networks {
        for abr in ["bola", "bba0", "throughput"] {
            for repeat in 0..repeats {
                let bps = rate.parse::<weir_units::BitRate>().unwrap().bps();
                let records = records(bps, &[(bps, abr)], Seed::new(repeat).derive(delay), 60);
                let params = [rate, delay, abr].map(str::to_owned).into();
                trials.push(trial(cell, repeat, params, records));
            }
            cell += 1;
        }
    }
    let mut info = info("networks", &axes, repeats);
    info.zips.insert("network".into(), axes[..2].iter().map(|p| (*p).into()).collect());
    (info, trials)
}
