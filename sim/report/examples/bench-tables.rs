//! Writes the tables of a large run, or reports it, and says how much memory that took at most.
//!
//! Sessions are drawn from a seed, one to a trial, with plausible figures; nothing is streamed. Run
//! by `scripts/bench-tables`.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use weir_records::{Record, Session, Trial, TrialResult, Verdict};
use weir_tables::RunInfo;
use weir_units::Seed;

const ALGORITHMS: [&str; 5] = ["bola", "bba0", "throughput", "mpc", "dynamic"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", dir, cells, repeats] => {
            let (cells, repeats) = (cells.parse()?, repeats.parse()?);
            write(Path::new(dir), cells, repeats)?;
        }
        ["report", dir] => drop(weir_report::report(Path::new(dir))?),
        _ => bail!("arguments: write FOLDER CELLS REPEATS, or report FOLDER"),
    }
    println!("{}", peak_kb()?);
    Ok(())
}

/// A sweep of traces and algorithms.
fn write(dir: &Path, cells: u64, repeats: u64) -> Result<()> {
    let algorithms = ALGORITHMS.len() as u64;
    let traces: Vec<String> = (0..cells / algorithms).map(|i| format!("trace {i}")).collect();
    let info = RunInfo {
        run: "4f1c9a7be2d05836".to_owned(),
        name: "large".to_owned(),
        lab: "model".to_owned(),
        media: "size table".to_owned(),
        command: "scripts/bench-tables".to_owned(),
        axes: ["links.access.rate", "players.abr"].map(str::to_owned).into(),
        repeats,
        zips: BTreeMap::new(),
    };
    let values = [traces, ALGORITHMS.map(str::to_owned).into()];
    let trials = (0..traces_of(&values) * algorithms)
        .flat_map(|cell| (0..repeats).map(move |repeat| (cell, repeat)));
    let trials = trials.map(|(cell, repeat)| {
        let [trace, algorithm] = [cell / algorithms, cell % algorithms].map(|at| at as usize);
        let params = vec![values[0][trace].clone(), values[1][algorithm].clone()];
        Ok(trial(cell, repeat, params))
    });
    weir_stats::write_run(dir, &info, &values, trials)
}

fn traces_of(values: &[Vec<String>]) -> u64 {
    values.first().map_or(0, |traces| traces.len() as u64)
}

fn trial(cell: u64, repeat: u64, params: Vec<String>) -> TrialResult {
    let shared = Seed::new(7).derive(&repeat.to_string());
    let own = shared.derive(&cell.to_string());
    let row = Trial {
        cell,
        repeat,
        seed: shared.get(),
        lab: "model".to_owned(),
        verdict: Verdict::Valid,
        err: None,
        virtual_us: 600_000_000 + own.below(9_000_000),
        wall_us: 40 + own.below(20),
        memory_bytes: None,
    };
    let record = Record::Session(session(&params, shared, own));
    TrialResult { id: format!("c{cell:04}-r{repeat}"), params, row, records: vec![record] }
}

fn session(params: &[String], shared: Seed, own: Seed) -> Session {
    let draw = |what: &str, bound: u64| own.derive(what).below(bound);
    let share = |what: &str| draw(what, 1_000_000) as f64 / 1e6;
    let stalls = draw("stalls", 5).saturating_sub(2);
    let stall_us = stalls * (200_000 + draw("stall", 3_000_000));
    let played_us = 590_000_000;
    let bitrate = 2e6 + shared.below(1_000_000) as f64 + 1e5 * share("rate");
    let qoe = bitrate / 1e6 - 4.3 * stall_us as f64 / 1e8;
    let regret = 0.4 * share("regret");
    Session {
        session: 0,
        node: "viewer".to_owned(),
        abr: params.last().cloned().unwrap_or_default(),
        knows: "sizes".to_owned(),
        protocol: None,
        start_us: draw("start", 1_000_000),
        first_segment: draw("first", 199),
        startup_us: Some(300_000 + draw("startup", 900_000)),
        session_us: played_us + stall_us + 1_000_000,
        played_us,
        stalls,
        stall_us,
        stall_ratio: Some(stall_us as f64 / (stall_us + played_us) as f64),
        mean_bitrate_bps: Some(bitrate),
        settled_bitrate_bps: Some(bitrate * (1.0 + 0.1 * share("settled"))),
        switches: draw("switches", 60),
        sabre_bitrate_bps: Some(bitrate),
        sabre_bitrate_change_bps: Some(2e5 * share("change")),
        sabre_utility: Some(1.5 + share("utility")),
        sabre_rebuffer_ratio: Some(stall_us as f64 / played_us as f64),
        sabre_score: Some(1.2 + share("score")),
        pensieve_lin: Some(qoe),
        pensieve_log: Some(qoe / 2.0),
        qoe: Some(qoe),
        qoe_bound: Some(qoe + regret),
        regret: Some(regret),
        replay_deviation_us: None,
        segments: 199,
        bytes: 140_000_000 + draw("bytes", 20_000_000),
        mean_throughput_bps: Some(bitrate * 1.3),
        mean_buffer_us: Some(12_000_000 + draw("buffer", 9_000_000)),
        err: None,
    }
}

/// The most memory that this process had at a time, in kB, pages of files that it reads included
/// (proc_pid_status(5), `VmHWM`).
fn peak_kb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("read the memory's peak")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no peak")?;
    kb.parse().context("the memory's peak")
}
