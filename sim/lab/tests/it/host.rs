//! What holds for the lab `host`, on a kernel with netem.

use crate::guest::run_in_guest;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use weir_records::{Link, Record, Segment, Session, TrialResult, Verdict};

type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 4] = [
    ("cells_run_in_the_lab_that_they_ask_for", two_labs),
    ("the_lab_host_shapes_its_links_and_leaves_nothing", shaped),
    ("a_trial_that_fails_on_the_host_is_a_row_with_its_reason", failing),
    ("a_program_decides_on_the_host_in_the_folder_of_the_experiment", decided),
];

const EXPERIMENT: &str = r#"
name = "host-lab"
lab = "host"
repeats = 2
topology = "one-origin"

[media]
source = "table.json"

[links.access]
rate = "2 Mbit/s"

[[players]]
abr = "throughput"
watch = "20 s"
"#;

/// In Sabre's format: thirty segments of 2 s, each of 250, 500 and 1000 kbit/s.
fn table() -> String {
    let mut segments = String::new();
    for segment in 0..30 {
        let comma = if segment > 0 { "," } else { "" };
        write!(segments, "{comma}[500000,1000000,2000000]").unwrap_or_default();
    }
    format!(
        r#"{{"segment_duration_ms":2000,"bitrates_kbps":[250,500,1000],"segment_sizes_bits":[{segments}]}}"#
    )
}

fn shaped() -> Result<()> {
    let said = run_in_guest(EXPERIMENT, &table())?;
    ensure!(said.left.is_empty(), "left behind: {:#?}", said.left);
    ensure!(said.trials.len() == 2, "{} trials", said.trials.len());
    for trial in &said.trials {
        ensure!(trial.row.verdict == Verdict::Valid, "{:?}", trial.row);
        ensure!(trial.row.lab == "host", "{:?}", trial.row);
        check_rows(trial)?;
    }
    Ok(())
}

fn check_rows(trial: &TrialResult) -> Result<()> {
    let sessions = rows(trial, |record| match record {
        Record::Session(row) => Some(row),
        _ => None,
    });
    let [Session { err: None, .. }] = sessions[..] else { anyhow::bail!("{sessions:?}") };
    let segments: Vec<&Segment> = rows(trial, |record| match record {
        Record::Segment(row) => Some(row),
        _ => None,
    });
    ensure!(segments.len() > 5, "{} requests", segments.len());
    for segment in segments {
        // 5 ms and 15 ms, there and back.
        ensure!(segment.ttfb_us.is_none_or(|ttfb| ttfb >= 40_000), "{segment:?}");
        // A little above the rate, because the buffer was filled before the first byte was seen.
        ensure!(segment.throughput_bps.is_none_or(|rate| rate < 2_600_000), "{segment:?}");
    }
    let links: Vec<&Link> = rows(trial, |record| match record {
        Record::Link(row) => Some(row),
        _ => None,
    });
    let down = links.iter().filter(|link| link.link == "access" && link.to == "viewer");
    let bytes: u64 = down.clone().map(|link| link.bytes).sum();
    ensure!(bytes > 500_000, "{bytes} bytes came through");
    ensure!(down.clone().all(|link| link.rate_bps == Some(2_000_000)), "{links:#?}");
    ensure!(down.clone().all(|link| link.utilisation.is_none_or(|part| part < 1.05)), "{links:#?}");
    Ok(())
}

fn rows<'a, R>(trial: &'a TrialResult, pick: impl FnMut(&'a Record) -> Option<R>) -> Vec<R> {
    trial.records.iter().filter_map(pick).collect()
}

fn two_labs() -> Result<()> {
    let both = format!("{EXPERIMENT}[sweep]\nlab = [\"host\", \"model\"]\n");
    let said = run_in_guest(&both.replace("lab = \"host\"\n", ""), &table())?;
    ensure!(said.left.is_empty(), "left behind: {:#?}", said.left);
    let labs: Vec<_> = said.trials.iter().map(|trial| trial.row.lab.as_str()).collect();
    ensure!(labs == ["host", "host", "model", "model"], "{labs:?}");
    let [real, _, fluid, _] = &said.trials[..] else { anyhow::bail!("{} trials", labs.len()) };
    ensure!(said.trials.iter().all(|trial| trial.row.verdict == Verdict::Valid));
    // Runs that are compared share what was drawn.
    let drawn = |trial| {
        rows(trial, |record| match record {
            Record::Session(row) => Some((row.start_us, row.first_segment)),
            _ => None,
        })
    };
    ensure!(drawn(real) == drawn(fluid), "{:?} and {:?}", drawn(real), drawn(fluid));
    // And what players are told of the content.
    let declared = |trial| {
        let mut rates = rows(trial, |record| match record {
            Record::Segment(row) => Some((row.rung, row.declared_bps)),
            _ => None,
        });
        rates.sort_unstable();
        rates.dedup();
        rates
    };
    ensure!(
        declared(fluid).iter().all(|rate| declared(real).contains(rate)),
        "{:?}",
        declared(real)
    );
    Ok(())
}

fn failing() -> Result<()> {
    let nobody_there = EXPERIMENT
        .replace(r#"rate = "2 Mbit/s""#, r#"loss = "100 %""#)
        // Long enough for a player to give up.
        .replace(r#"watch = "20 s""#, r#"watch = "90 s""#);
    let said = run_in_guest(&nobody_there, &table())?;
    ensure!(said.left.is_empty(), "left behind: {:#?}", said.left);
    for trial in &said.trials {
        ensure!(trial.row.verdict == Verdict::Failed, "{:?}", trial.row);
        let err = trial.row.err.as_deref().unwrap_or_default();
        ensure!(err.contains("connect"), "{err}");
    }
    Ok(())
}

/// It needs a file of the experiment's folder, and cannot write there.
const PROGRAM: &str = r#"abr = { exec = '''python3 -c '
import os, sys
assert os.path.exists("table.json") and not os.access(".", os.W_OK)
for line in sys.stdin: print("{\"rung\": 1}")
' ''' }"#;

fn decided() -> Result<()> {
    let program = EXPERIMENT.replace(r#"abr = "throughput""#, PROGRAM);
    let said = run_in_guest(&program, &table())?;
    ensure!(said.left.is_empty(), "left behind: {:#?}", said.left);
    for trial in &said.trials {
        ensure!(trial.row.verdict == Verdict::Valid, "{:?}", trial.row);
        let rungs = rows(trial, |record| match record {
            Record::Segment(row) => Some(row.rung),
            _ => None,
        });
        ensure!(rungs.len() > 5 && rungs.iter().all(|rung| *rung == 1), "{rungs:?}");
    }
    Ok(())
}
