//! What holds for the lab `model`.

use crate::runs::{Folder, HEAD, rows, sessions};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use std::sync::Arc;
use weir_abr::Choice;
use weir_core::Preset;
use weir_model::{Capacity, Film, Link, Spec, Way, run_session, viewer_of};
use weir_records::{Record, TrialResult};
use weir_trace::{About, Builder, Kind, Rate, Step, Trace, Volume};
use weir_units::{BitRate, Span};

type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 7] = [
    ("a_session_is_what_the_model_says_of_its_link", constant),
    ("a_trace_of_goodput_is_used_as_it_is_and_one_of_capacity_is_of_frames", traces),
    ("results_depend_neither_on_the_number_of_threads_nor_on_what_is_kept", jobs),
    ("an_access_link_that_limits_nobody_changes_nothing", unlimiting),
    ("links_carry_what_sessions_download_and_no_more_than_their_rates", links),
    ("repeats_differ_in_what_is_drawn_and_in_nothing_else", drawn),
    ("what_is_not_modelled_is_said_in_every_trial_and_once_before", unmodelled),
];

/// The film of [`Folder`].
fn film() -> Result<Arc<Film>> {
    let rung = |(kbps, peak): (u64, u64)| weir_abr::Rung {
        mean: BitRate::from_bps(kbps * 1000),
        peak: BitRate::from_bps(peak),
    };
    let sizes = vec![[500_000, 1_000_001, 2_000_000].map(Volume::from_bits).to_vec(); 30];
    // The file of 1,000,001 bits has 125,001 bytes.
    let ladder = [(250, 250_000), (500, 500_004), (1000, 1_000_000)].map(rung).to_vec();
    Ok(Arc::new(Film::new(ladder, vec![Span::from_s(2); 30], &sizes)?))
}

/// What TCP carries of this rate over Ethernet frames.
fn payload(rate: Rate) -> Result<Rate> {
    let micro = u64::try_from(u128::from(rate.micro_bps()) * 1448 / 1514)?;
    Rate::from_micro_bps(micro).context("too fast")
}

/// The rows of sessions, requests and stalls.
fn of_players(trial: &TrialResult) -> Vec<Record> {
    let own = |record: &&Record| {
        matches!(record, Record::Session(_) | Record::Segment(_) | Record::Stall(_))
    };
    trial.records.iter().filter(own).cloned().collect()
}

/// Runs a session in the lab, and by the model alone.
fn compare(experiment: &str, capacity: Capacity) -> Result<()> {
    let results = Folder::new()?.run(&format!(
        "{HEAD}{experiment}\n[[players]]\nabr = \"bola\"\nwatch = \"10 min\"\npreset = \"sabre\"\n"
    ))?;
    let [trial] = &results[..] else { bail!("not one trial") };
    let watch = Span::from_s(600);
    let mut viewer = viewer_of(Choice::named("bola"), Preset::Sabre);
    viewer.viewing.watch = watch;
    // 5 ms and 15 ms, there and back.
    let link = Link { capacity, latency: Span::from_ms(40) };
    let spec = Spec { film: film()?, way: Way::Link(link), viewer };
    let mut expected = Vec::new();
    weir_model::rows(&spec.viewer, &run_session(&spec)?, weir_model::Keep::Segments, &mut expected);
    let found = of_players(trial);
    ensure!(found.len() > 30, "{} rows", found.len());
    for (found, expected) in found.iter().zip(&expected) {
        ensure!(found == expected, "{found:#?} instead of {expected:#?}");
    }
    ensure!(found.len() == expected.len(), "{} rows", found.len());
    Ok(())
}

fn constant() -> Result<()> {
    let rate = payload(Rate::try_from(BitRate::from_bps(900_000))?)?;
    compare("phase = \"fixed\"\nlinks.access.rate = \"900 kbit/s\"", Capacity::Constant(rate))?;
    compare(
        "phase = \"fixed\"\nlinks.access.rate = \"1 Gbit/s\"\nlinks.core.rate = \"900 kbit/s\"",
        Capacity::Constant(rate),
    )
}

/// The trace of [`Folder`], as Pensieve's form has it: a rate ends at the time beside it.
fn steps(rate: impl Fn(Rate) -> Result<Rate>) -> Result<Trace> {
    let about = About {
        name: "steps".to_owned(),
        kind: Kind::Goodput,
        repeats: true,
        source: String::new(),
        licence: String::new(),
        obtained: None,
        conversion: None,
    };
    let mut builder = Builder::new(about);
    for (seconds, bps) in [(5, 2_000_000), (6, 900_000), (9, 1_300_000)] {
        let rate = rate(Rate::try_from(BitRate::from_bps(bps))?)?;
        builder.push(Step { span: Span::from_s(seconds), rate, latency: None })?;
    }
    Ok(builder.finish()?)
}

fn traces() -> Result<()> {
    let rate = |kind: &str| {
        format!(
            "phase = \"fixed\"\n\
             links.access.rate = {{ trace = \"steps.txt\", format = \"pensieve\", kind = \"{kind}\" }}"
        )
    };
    let capacity = |trace| Capacity::Trace { trace: Arc::new(trace), offset: Span::ZERO };
    compare(&rate("goodput"), capacity(steps(Ok)?))?;
    compare(&rate("capacity"), capacity(steps(payload)?))
}

/// Several viewers on shared and on own links, over rates and traces.
const MANY: &str = r#"
repeats = 4
[nodes.viewer]
count = 3
[links.core]
rate = { trace = "lte-2" }
[[players]]
abr = "bola"
count = 3
watch = "30 s"
[sweep]
topology = ["dumbbell"]
"links.bottleneck.rate" = ["1500 kbit/s", { trace = "steps.txt", format = "pensieve", kind = "goodput" }]
"players.abr" = ["bola", "throughput", "robust-mpc"]
"#;

fn jobs() -> Result<()> {
    let folder = Folder::new()?;
    let many = HEAD.replace("topology = \"one-origin\"", "topology = \"dumbbell\"")
        + &MANY.replace("topology = [\"dumbbell\"]\n", "");
    let run = |experiment: &str, jobs| {
        let existing = weir_lab::Existing::Discard;
        folder.run_with(experiment, &folder.options(existing, jobs), &mut |_| {})
    };
    let one = run(&many, 1)?;
    for jobs in [2, 3] {
        ensure!(run(&many, jobs)? == one, "{jobs} threads give other results");
    }
    let few = run(&format!("record = \"sessions\"{many}"), 2)?;
    for (few, all) in few.iter().zip(&one) {
        ensure!(few.row == all.row && few.params == all.params, "{:?}", few.row);
        ensure!(sessions(few).eq(sessions(all)), "{}: other sessions", few.id);
        ensure!(!few.records.iter().any(|row| matches!(row, Record::Segment(_) | Record::Link(_))));
    }
    Ok(())
}

/// One viewer behind a trace is alone. A second limit beside it is another way through the program,
/// and must not matter where it never limits.
fn unlimiting() -> Result<()> {
    let trace = r#"{ trace = "steps.txt", format = "pensieve", kind = "goodput" }"#;
    let experiment = |core: &str| {
        format!(
            "{HEAD}repeats = 5\nlinks.access.rate = {trace}\nlinks.core.rate = {core}\n\
             [[players]]\nabr = \"bola\"\nwatch = \"50 s\"\n"
        )
    };
    let folder = Folder::new()?;
    let alone = folder.run(&experiment("\"1 Gbit/s\""))?;
    // A trace of which only its highest rate could limit.
    let both = folder
        .run(&experiment("{ trace = \"fast.txt\", format = \"pensieve\", kind = \"goodput\" }"));
    ensure!(both.is_err(), "there is no such file yet");
    std::fs::write(folder.path().join("fast.txt"), "0 90\n7 50\n9 80\n")?;
    let both = folder
        .run(&experiment("{ trace = \"fast.txt\", format = \"pensieve\", kind = \"goodput\" }"))?;
    for (alone, both) in alone.iter().zip(&both) {
        let (a, b) = (of_players(alone), of_players(both));
        ensure!(a == b, "{}: {a:#?} and {b:#?}", alone.id);
    }
    Ok(())
}

fn links() -> Result<()> {
    let folder = Folder::new()?;
    let many = HEAD.replace("topology = \"one-origin\"", "topology = \"dumbbell\"")
        + &MANY.replace("topology = [\"dumbbell\"]\n", "");
    let alone = format!(
        "{HEAD}interval = \"300 ms\"\nlinks.access.rate = {{ trace = \"steps.txt\", format = \
         \"pensieve\", kind = \"capacity\" }}\n[[players]]\nabr = \"bola\"\nwatch = \"20 s\"\n"
    );
    for trial in folder.run(&many)?.iter().chain(&folder.run(&alone)?) {
        let downloaded: u64 = sessions(trial).map(|session| session.bytes).sum();
        let all = rows(trial, |r| if let Record::Link(row) = r { Some(row) } else { None });
        let all: Vec<_> = all.collect();
        let names: BTreeSet<&str> = all.iter().map(|row| row.link.as_str()).collect();
        ensure!(names.contains("core"), "{names:?}");
        for name in names {
            let rows = all.iter().filter(|row| row.link == name);
            // Frames, or payload where that is what the rate is of.
            let payload = |row: &&&weir_records::Link| match row.rate_kind.as_deref() {
                Some("goodput") => row.bytes as f64,
                _ => row.bytes as f64 * 1448.0 / 1514.0,
            };
            let carried: f64 = rows.clone().map(|row| payload(&row)).sum();
            // Whole bytes in each interval.
            let most = if name.starts_with("access-") { downloaded as f64 } else { carried };
            ensure!(carried <= most + 1.0, "{}: {name} carried {carried}", trial.id);
            if !name.starts_with("access-") {
                let lost = downloaded as f64 - carried;
                ensure!(
                    (-5.0..rows.clone().count() as f64 + 1.0).contains(&lost),
                    "{name}: {lost}"
                );
            }
            for row in rows {
                ensure!(row.utilisation.is_none_or(|part| part < 1.0 + 1e-6), "{row:?}");
                ensure!(row.packets.is_none() && row.queue_drops.is_none(), "{row:?}");
                ensure!(row.rate_bps.is_some() == row.rate_kind.is_some(), "{row:?}");
            }
        }
    }
    Ok(())
}

fn drawn() -> Result<()> {
    let folder = Folder::new()?;
    let experiment = |phase: &str, loops: &str| {
        format!(
            "{}repeats = 6\nphase = \"{phase}\"\nlinks.access.rate = {{ trace = \"steps.txt\", format = \
             \"pensieve\", kind = \"goodput\" }}\n[[players]]\nabr = \"bola\"\nwatch = \"30 s\"\n",
            HEAD.replace("loops = false", loops)
        )
    };
    let metrics = |trial: &TrialResult| -> Vec<_> {
        let metrics =
            |s: &weir_records::Session| (s.start_us, s.first_segment, s.bytes, s.startup_us);
        sessions(trial).map(metrics).collect()
    };
    let fixed = folder.run(&experiment("fixed", "loops = true"))?;
    ensure!(fixed.iter().all(|trial| metrics(trial) == metrics(&fixed[0])), "something was drawn");
    let random = folder.run(&experiment("random", "loops = true"))?;
    let seen: BTreeSet<_> = random.iter().map(metrics).collect();
    ensure!(seen.len() == 6 && seen.iter().flatten().any(|metrics| metrics.1 > 0), "{seen:?}");
    let startups: BTreeSet<_> = seen.iter().flatten().map(|metrics| metrics.3).collect();
    ensure!(startups.len() > 1, "the trace always begins at the same place: {startups:?}");
    // What does not loop is watched from its beginning.
    let whole = folder.run(&experiment("random", "loops = false"))?;
    ensure!(whole.iter().flat_map(metrics).all(|metrics| metrics.1 == 0), "not from the beginning");
    Ok(())
}

fn unmodelled() -> Result<()> {
    let folder = Folder::new()?;
    let experiment = format!(
        "{HEAD}repeats = 3\nlinks.access.loss = \"1 %\"\nlinks.core.jitter = \"1 ms\"\n\
         [[players]]\nabr = \"bola\"\nwatch = \"10 s\"\n"
    );
    let mut warnings = Vec::new();
    let options = folder.options(weir_lab::Existing::Discard, 1);
    let results = folder.run_with(&experiment, &options, &mut |progress| {
        if let weir_lab::Progress::Warning(text) = progress {
            warnings.push(text.clone());
        }
    })?;
    let expected = "the lab \"model\" leaves out: jitter of the link core, and 1 more";
    ensure!(warnings == [expected], "{warnings:?}");
    for trial in &results {
        let said = rows(trial, |r| if let Record::Event(row) = r { Some(row) } else { None });
        let said: Vec<_> =
            said.filter(|row| row.event == weir_records::EventKind::NotModelled).collect();
        let details: Vec<_> = said.iter().filter_map(|row| row.detail.as_deref()).collect();
        let expected = ["jitter of the link core", "loss of the link access"];
        ensure!(details == expected, "{details:?}");
    }
    Ok(())
}
