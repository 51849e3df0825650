//! The report: plots and page from tables alone, the same bytes every time, and honest about what
//! is missing.

use crate::sample::{Sample, files, small, spoil, write_run};
use std::path::Path;
use weir_records::{Record, TrialResult, Verdict};
use weir_report::report;
use weir_tables::RunInfo;

/// The text of a file in the run's folder.
fn text(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

fn reported(info: &RunInfo, trials: &[TrialResult]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    let printed = report(dir.path()).unwrap().to_string();
    (dir, printed)
}

/// A sweep of realistic size. Its report stays in the target folder, to be looked at.
#[test]
fn a_whole_sweep_has_plots_a_page_and_a_printed_table() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("weir-report-sample");
    std::fs::create_dir_all(&dir).unwrap();
    let sample = Sample::default();
    let mut trials = sample.trials();
    spoil(&mut trials[20], Verdict::Invalid, "3 timers were late by more than 1 ms");
    for trial in &mut trials[90..93] {
        spoil(trial, Verdict::Failed, "origin: nginx ended before it was ready");
    }
    std::fs::write(dir.join("plan.toml"), "name = \"bandwidth-sweep\"\n").unwrap();
    write_run(&dir, &sample.info(), &trials).unwrap();
    let report = report(&dir).unwrap();

    assert_eq!((report.cells, report.left_out), (60, 4));
    let printed = report.to_string();
    assert!(printed.contains("... 40 rows more in summary.csv ..."), "{printed}");
    assert!(printed.contains("c0006-r2 is invalid: 3 timers were late"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 110), "{printed}");
    for stem in ["mean-bitrate", "stall-ratio", "startup-delay", "switches", "overview"] {
        let png = std::fs::read(dir.join(format!("plots/{stem}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{stem}");
        let svg = text(&dir, &format!("plots/{stem}.svg"));
        assert!(svg.contains("links.access.rate (Mbit/s)"), "{stem}");
        assert!(svg.contains("n = 176 sessions, 3 replicates per cell, lab uml, synthetic film"));
        assert!(svg.contains("Left out: 4 trials (1 invalid, 3 failed)."));
    }
    let page = text(&dir, "report.html");
    for part in ["bandwidth-sweep", "4f1c9a7be2d05836", "c0030-r1", "plan.toml", "--seed 7"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn equal_tables_give_equal_bytes_of_everything() {
    let sample = small();
    let (one, printed_one) = reported(&sample.info(), &sample.trials());
    let (other, printed_other) = reported(&sample.info(), &sample.trials());
    let (one, other) = (files(one.path()), files(other.path()));
    // The tables twice, run.toml, the page; five pictures of the sweep and five of sessions twice.
    let tables = weir_records::tables::ALL.len() + 2;
    assert_eq!(one.len(), 2 * tables + 1 + 1 + 2 * (5 + 5), "{:?}", one.keys());
    assert!(one == other);
    assert_eq!(printed_one, printed_other);
}

#[test]
fn a_report_can_be_made_again_from_the_tables_alone() {
    let sample = small();
    let (dir, printed) = reported(&sample.info(), &sample.trials());
    let before = files(dir.path());
    std::fs::remove_dir_all(dir.path().join("plots")).unwrap();
    std::fs::remove_file(dir.path().join("report.html")).unwrap();
    assert_eq!(report(dir.path()).unwrap().to_string(), printed);
    assert!(before == files(dir.path()));
    for table in ["nodes", "events", "summary", "comparisons"] {
        std::fs::remove_file(dir.path().join(format!("{table}.parquet"))).unwrap();
    }
    assert_eq!(report(dir.path()).unwrap().to_string(), printed);
}

#[test]
fn a_run_without_valid_trials_says_so() {
    let sample = small();
    let mut trials = sample.trials();
    for trial in &mut trials {
        spoil(trial, Verdict::Failed, "the guest did not boot");
    }
    for trials in [&trials[..], &[]] {
        let (dir, _) = reported(&sample.info(), trials);
        assert!(text(dir.path(), "plots/overview.svg").contains("no valid trials"));
        assert!(text(dir.path(), "report.html").contains("No valid trials."));
    }
}

#[test]
fn sessions_that_never_played_leave_gaps_not_zeros() {
    let sample = small();
    let mut trials = sample.trials();
    for trial in &mut trials {
        for record in &mut trial.records {
            if let Record::Session(session) = record {
                session.startup_us = None;
                session.mean_bitrate_bps = None;
                session.settled_bitrate_bps = None;
                session.stall_ratio = None;
                session.session_us = 0;
            }
        }
    }
    let (dir, printed) = reported(&sample.info(), &trials);
    let row = printed.lines().nth(2).unwrap();
    assert_eq!(row.split_whitespace().filter(|cell| *cell == "-").count(), 6, "{printed}");
    let picture = text(dir.path(), "plots/switches.svg");
    let in_panel = picture.lines().filter(|line| line.starts_with("<polyline")).count();
    // The axes and the two lines of the legend are all that is left to draw.
    let empty = text(dir.path(), "plots/startup-delay.svg");
    assert_eq!(in_panel, empty.lines().filter(|line| line.starts_with("<polyline")).count());
}

#[test]
fn numbers_at_the_edge_of_their_type_break_nothing() {
    let sample = small();
    let mut trials = sample.trials();
    for trial in &mut trials {
        for record in &mut trial.records {
            if let Record::Session(session) = record {
                session.startup_us = Some(u64::MAX);
                session.stalls = u64::MAX;
                session.stall_us = u64::MAX;
                session.switches = u64::MAX;
                session.bytes = u64::MAX;
                session.mean_bitrate_bps = Some(f64::MAX);
                session.stall_ratio = Some(f64::MIN_POSITIVE);
            }
        }
    }
    let mut info = sample.info();
    info.repeats = u64::MAX;
    reported(&info, &trials);
}

#[test]
fn viewers_of_one_trial_with_different_algorithms_are_told_apart() {
    let sample = small();
    let mut info = sample.info();
    info.axes.pop();
    let mut trials = sample.trials();
    for trial in &mut trials {
        trial.params.pop();
        let mut sessions = trial.records.iter().filter_map(|record| match record {
            Record::Session(session) => Some(session.clone()),
            _ => None,
        });
        let mut rival = sessions.next_back().unwrap();
        (rival.session, rival.abr) = (1, "rival".into());
        trial.records.push(Record::Session(rival));
    }
    // The cells of one rate, which differed in their algorithm only, now lie at one place.
    let (dir, _) = reported(&info, &trials);
    let picture = text(dir.path(), "plots/mean-bitrate.svg");
    assert!(
        picture.contains("\nrival\n") || picture.contains(">\nrival"),
        "no legend for the rival"
    );
    assert!(picture.contains("n = 24 sessions"));
}

#[test]
fn nothing_in_the_tables_becomes_markup_and_the_page_needs_nothing_else() {
    let sample = small();
    let mut info = sample.info();
    info.name = "<script>alert('name')</script>".into();
    let mut trials = sample.trials();
    spoil(&mut trials[0], Verdict::Failed, "<img src=x onerror=alert(1)>");
    for trial in &mut trials[9..] {
        trial.params[1] = "<b>bold</b>".into();
    }
    let (dir, _) = reported(&info, &trials);
    let page = text(dir.path(), "report.html");
    for markup in ["<script", "<img", "<b>", "<link", " src=\"", " href=", "@import", "url("] {
        assert!(!page.contains(markup), "{markup}");
    }
    let namespace = "http://www.w3.org/2000/svg";
    assert_eq!(page.matches("http").count(), page.matches(namespace).count());
}

#[test]
fn a_page_shows_what_ran_and_cuts_it_short() {
    let sample = small();
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), &sample.info(), &sample.trials()).unwrap();
    std::fs::write(dir.path().join("plan.toml"), "seed = 7\n".repeat(100_000)).unwrap();
    std::fs::write(dir.path().join("host.toml"), "kernel = \"6.1\"\n").unwrap();
    report(dir.path()).unwrap();
    let page = text(dir.path(), "report.html");
    assert!(page.contains("kernel = &quot;6.1&quot;"));
    assert!(page.contains("... the rest is in the file"));
    assert!(page.len() < 400_000, "{}", page.len());
}

#[test]
fn a_sweep_of_many_cells_is_cut_short_and_says_so() {
    let rates = (1..=300).map(|kbit| format!("{kbit} kbit/s")).collect();
    let sample = Sample { rates, repeats: 1, watch_s: 2, ..small() };
    let (dir, printed) = reported(&sample.info(), &sample.trials());
    assert!(printed.contains("... 580 rows more in summary.csv ..."), "{printed}");
    assert!(printed.lines().nth(22).unwrap().trim_start().starts_with("300 kbit/s"), "{printed}");
    let page = text(dir.path(), "report.html");
    assert!(page.contains("100 more rows are in <code>summary.csv</code>"));
}

#[test]
fn a_long_list_of_failures_is_cut_short_everywhere() {
    let sample = Sample { repeats: 80, ..small() };
    let mut trials = sample.trials();
    for trial in &mut trials[..160] {
        spoil(trial, Verdict::Failed, &"the same long story ".repeat(200));
    }
    let (dir, printed) = reported(&sample.info(), &trials);
    assert!(printed.contains("... and 155 trials more"), "{printed}");
    assert!(
        text(dir.path(), "report.html").contains("60 more rows are in <code>trials.csv</code>")
    );
}
