//! Sessions against what a clairvoyant player reaches, and against logs.

use crate::runs::{Folder, HEAD, rows, sessions};
use anyhow::{Context, Result, ensure};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use weir_records::Record;

type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 3] = [
    ("no_session_exceeds_its_bound_and_those_outside_of_it_have_none", bounded),
    ("the_bound_does_not_depend_on_the_algorithm", same_bound),
    ("published_logs_replay_to_a_microsecond", logs),
];

const TRACE: &str = "{ trace = \"steps.txt\", format = \"pensieve\", kind = \"goodput\" }";

fn bounded() -> Result<()> {
    let folder = Folder::new()?;
    for (qoe, preset) in [
        ("sabre-score", "weir"),
        ("pensieve-lin", "weir"),
        ("pensieve-log", "sabre"),
        ("sabre-score", "pensieve"),
        ("sabre-score", "dashjs"),
    ] {
        let chunks = preset == "pensieve";
        let delay = if chunks { "0 ms" } else { "20 ms" };
        let rates = if chunks { TRACE.to_owned() } else { format!("\"700 kbit/s\", {TRACE}") };
        let results = folder.run(&format!(
            "{HEAD}repeats = 2\noracle = \"{qoe}\"\nlinks.access.delay = \"{delay}\"\n\
             links.core.delay = \"0 ms\"\n[[players]]\nabr = \"bola\"\npreset = \"{preset}\"\n\
             watch = \"10 min\"\nmax_buffer = \"12 s\"\n[sweep]\n\"links.access.rate\" = [{rates}]\n\
             \"players.abr\" = [\"bola\", \"throughput\", \"robust-mpc\"]\n"
        ))?;
        for trial in &results {
            let covered = preset != "dashjs";
            for session in sessions(trial) {
                ensure!(session.played_us == 60_000_000, "{session:?}");
                ensure!(session.qoe.is_some() == covered, "{qoe} {preset}: {session:?}");
                let Some((reached, bound)) = session.qoe.zip(session.qoe_bound) else {
                    ensure!(!covered, "{qoe} {preset}: no bound: {session:?}");
                    continue;
                };
                ensure!(reached <= bound + 1e-9, "{qoe} {preset}: {reached} > {bound}");
                ensure!(session.regret == Some(bound - reached), "{session:?}");
                let own = if qoe == "sabre-score" { session.sabre_score } else { Some(reached) };
                let off = own.map(|own| (own - reached).abs());
                ensure!(off.is_some_and(|off| off < 1e-9), "{session:?}");
            }
            ensure!(
                rows(trial, |r| if let Record::Event(e) = r { Some(e) } else { None })
                    .all(|event| event.event == weir_records::EventKind::OracleGap)
            );
        }
    }
    // Who leaves before the end has no bound.
    let early = folder.run(&format!(
        "{HEAD}oracle = \"sabre-score\"\n[[players]]\nabr = \"bola\"\nwatch = \"20 s\"\n"
    ))?;
    ensure!(early.iter().flat_map(sessions).all(|session| session.qoe.is_none()));
    Ok(())
}

fn same_bound() -> Result<()> {
    let results = Folder::new()?.run(&format!(
        "{HEAD}oracle = \"sabre-score\"\nlinks.access.rate = {TRACE}\n[[players]]\nabr = \"bola\"\n\
         watch = \"10 min\"\n[sweep]\n\"players.abr\" = [\"bola\", \"throughput\", \"fixed\"]\n"
    ))?;
    let bounds: Vec<_> = results.iter().flat_map(sessions).map(|s| s.qoe_bound).collect();
    ensure!(bounds.len() == 3 && bounds[0].is_some(), "{bounds:?}");
    ensure!(bounds.iter().all(|bound| *bound == bounds[0]), "{bounds:?}");
    Ok(())
}

/// The reference data beside the project, or where `WEIR_REFERENCE_DATA` points; `None`, said on
/// the standard error output, where there are none.
fn reference() -> Result<Option<PathBuf>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WEIR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    if folder.exists() {
        return Ok(Some(folder.canonicalize()?));
    }
    writeln!(std::io::stderr(), "DID NOT RUN: there is no {}", folder.display())?;
    Ok(None)
}

fn logs() -> Result<()> {
    let Some(data) = reference()? else { return Ok(()) };
    let folder = Folder::new()?;
    std::os::unix::fs::symlink(data.join("pensieve"), folder.path().join("pensieve"))?;
    let results = folder.run(
        "name = \"logs\"\nlab = \"model\"\ntopology = \"one-origin\"\nphase = \"fixed\"\n\
         media = { source = \"pensieve/size/\", loops = false, segment = \"4 s\", length = \"1 h\" }\n\
         links.access.delay = \"0 ms\"\nlinks.core.delay = \"0 ms\"\n\
         [[players]]\nabr = \"bola\"\npreset = \"pensieve\"\nwatch = \"1 h\"\n[sweep]\n\
         \"links.access.rate\" = [{ traces = \"pensieve/traces/*\", format = \"pensieve\", kind = \"goodput\" }]\n\
         \"players.abr\" = [{ replay = \"pensieve/logs/bola_{trace}\" }]\n",
    )?;
    ensure!(results.len() == 21, "{} logs", results.len());
    let deviations = results.iter().flat_map(sessions).map(|s| s.replay_deviation_us);
    let deviations = deviations.collect::<Option<Vec<f64>>>().context("one was not compared")?;
    let worst = deviations.iter().copied().fold(0.0, f64::max);
    ensure!(worst > 0.0 && worst < 1.0, "{worst} us");
    Ok(())
}
