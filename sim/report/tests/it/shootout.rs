//! Many algorithms over many traces: what is pooled, and what is said of it.

use crate::sample::{records, trial_row, write_run};
use crate::shapes;
use crate::tables::{change_session, column};
use std::collections::BTreeMap;
use std::path::Path;
use weir_records::TrialResult;
use weir_report::report;
use weir_tables::RunInfo;
use weir_units::Seed;

const ALGORITHMS: [&str; 3] = ["bola", "throughput", "{name = fixed}"];
const BUFFERS: [&str; 2] = ["10 s", "25 s"];

/// All algorithms and buffers over so many traces. A session's QoE and regret depend on its trace
/// far more than on its algorithm.
fn run(traces: u64) -> (RunInfo, Vec<TrialResult>) {
    let axes = ["players.abr", "links.access.rate", "players.max_buffer"];
    let info = RunInfo {
        run: "90d1c5be4f1c9a7b".into(),
        name: "shootout".into(),
        lab: "model".into(),
        media: "table of segment sizes".into(),
        command: "weir run experiments/shootout.toml".into(),
        axes: axes.map(str::to_owned).into(),
        repeats: 1,
        zips: BTreeMap::new(),
    };
    let mut trials = Vec::new();
    for (abr, place) in ALGORITHMS.into_iter().zip(0u64..) {
        for trace in 0..traces {
            for buffer in BUFFERS {
                let cell = trials.len() as u64;
                let seed = Seed::new(trace);
                let rate = 1_000_000 + 500_000 * trace;
                let mut trial = TrialResult {
                    id: format!("c{cell:04}-r0"),
                    params: [abr, &format!("lte-{trace}"), buffer].map(str::to_owned).into(),
                    row: trial_row(cell, 0, 1, 60),
                    records: records(rate, &[(rate, "bola")], seed, 60),
                };
                trial.row.lab = "model".into();
                change_session(&mut trial, |session| {
                    session.qoe = Some(trace as f64 - 0.01 * place as f64);
                    session.regret = Some(1.0 + 0.01 * place as f64);
                });
                trials.push(trial);
            }
        }
    }
    (info, trials)
}

fn reported(info: &RunInfo, trials: &[TrialResult]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    let printed = report(dir.path()).unwrap().to_string();
    (dir, printed)
}

fn text(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

#[test]
fn tables_for_people_pool_over_traces_and_the_files_do_not() {
    let (info, trials) = run(12);
    let (dir, printed) = reported(&info, &trials);
    let mut lines = printed.lines();
    let title = lines.next().unwrap();
    assert!(title.starts_with("players.abr") && !title.contains("links.access.rate"), "{printed}");
    assert!(title.contains("QoE") && title.contains("regret"), "{printed}");
    assert_eq!(lines.skip(1).count(), ALGORITHMS.len() * BUFFERS.len(), "{printed}");
    assert!(printed.contains("12  12"), "trials and sessions: {printed}");
    assert_eq!(column(dir.path(), "summary", "cell").len(), trials.len());
    assert!(column(dir.path(), "summary", "regret_n").iter().all(|n| n == "1"));
}

#[test]
fn intervals_resample_traces_and_differences_are_paired_on_them() {
    let (info, trials) = run(12);
    let (dir, _) = reported(&info, &trials);
    let page = text(dir.path(), "report.html");
    assert!(page.contains("95 % bootstrap intervals, traces resampled"));
    assert!(page.contains("over 12 traces"));
    // Between traces QoE varies by whole units; between algorithms of one trace not at all.
    assert!(page.contains("<strong>-0.010</strong><small>-0.010 to -0.010</small>"), "{page}");
    let (info, trials) = run(4);
    let (dir, _) = reported(&info, &trials);
    assert!(text(dir.path(), "plots/qoe.svg").contains("Dots: traces, too few for an interval."));
}

#[test]
fn a_shootout_has_its_figures_with_every_algorithm_in_them() {
    let (info, trials) = run(12);
    let (dir, _) = reported(&info, &trials);
    for stem in ["shootout", "shootout-regret", "shootout-switches"] {
        let svg = text(dir.path(), &format!("plots/{stem}.svg"));
        for name in ["bola", "throughput", "fixed", "players.max_buffer = 10 s"] {
            assert!(svg.contains(name), "{stem}: {name}");
        }
    }
    assert!(text(dir.path(), "plots/shootout.svg").contains("Stall ratio (%), less is better"));
    let png = std::fs::read(dir.path().join("plots/shootout.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn traces_are_not_compared_with_each_other() {
    let (info, trials) = run(3);
    let (dir, _) = reported(&info, &trials);
    let axes = column(dir.path(), "comparisons", "axis");
    assert!(!axes.is_empty() && axes.iter().all(|axis| axis == "players.abr"), "{axes:?}");
}

#[test]
fn fairness_of_the_model_is_marked_as_assumed_everywhere() {
    let (mut info, mut trials) = shapes::competition(1);
    let (dir, printed) = reported(&info, &trials);
    assert!(printed.contains("Jain") && !printed.contains("assumed"), "{printed}");
    assert!(!text(dir.path(), "report.html").contains("assumed"));

    info.lab = "model".into();
    for trial in &mut trials {
        trial.row.lab = "model".into();
    }
    let (dir, printed) = reported(&info, &trials);
    assert!(printed.contains("Jain, assumed"), "{printed}");
    assert!(text(dir.path(), "plots/fairness.svg").contains("(1 is fair), assumed"));
    let page = text(dir.path(), "report.html");
    assert!(page.contains("Fairness is assumed: the lab <code>model</code>"));
    assert!(page.contains("Jain, assumed"));
}

#[test]
fn rates_that_are_the_goodput_of_a_flow_are_called_so() {
    let (info, mut trials) = run(2);
    let (dir, _) = reported(&info, &trials);
    assert!(!text(dir.path(), "report.html").contains("goodput"));
    for record in trials.iter_mut().flat_map(|trial| &mut trial.records) {
        if let weir_records::Record::Link(link) = record {
            link.rate_kind = link.rate_bps.map(|_| "goodput".into());
        }
    }
    let (dir, _) = reported(&info, &trials);
    assert!(text(dir.path(), "report.html").contains("Rates of links are the <em>goodput</em>"));
}
