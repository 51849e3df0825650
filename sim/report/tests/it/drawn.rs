//! Which pictures a run has, and what they say.

use crate::sample::{Sample, files, small, spoil, write_run};
use crate::shapes;
use std::path::{Path, PathBuf};
use weir_records::{Record, TrialResult, Verdict};
use weir_report::{report, timeline};
use weir_tables::RunInfo;

fn reported(info: &RunInfo, trials: &[TrialResult]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    report(dir.path()).unwrap();
    dir
}

fn text(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

/// The stems of the pictures of these kinds.
fn stems(dir: &Path, begin: &str) -> Vec<String> {
    let names = files(&dir.join("plots")).into_keys();
    let names = names.map(|name| name.to_str().unwrap().to_owned());
    names
        .filter_map(|name| name.strip_suffix(".svg").map(str::to_owned))
        .filter(|stem| stem.starts_with(begin))
        .collect()
}

#[test]
fn few_replicates_are_points_and_many_have_an_interval() {
    for (repeats, note) in [
        (1, "Lines: mean over sessions."),
        (9, "Lines: mean over sessions. Dots: replicates, too few for an interval."),
        (10, "Lines: mean over sessions. Bars: its 95 % bootstrap interval over replicates."),
    ] {
        let sample = Sample { repeats, ..small() };
        let dir = reported(&sample.info(), &sample.trials());
        let picture = text(dir.path(), "plots/mean-bitrate.svg");
        assert!(picture.lines().any(|line| line == note), "{note}");
        let explained = text(dir.path(), "report.html").contains("contains the true mean");
        assert_eq!(explained, repeats >= 10);
    }
}

#[test]
fn two_quantities_have_a_heatmap_for_each_algorithm_and_missing_cells_are_hatched() {
    let (info, mut trials) = shapes::jitter_loss(1);
    spoil(&mut trials[7], Verdict::Invalid, "late timers");
    let dir = reported(&info, &trials);
    let expected = ["heatmap-mean-bitrate", "heatmap-stall-ratio", "heatmap-startup-delay"];
    assert_eq!(stems(dir.path(), "heatmap"), expected);
    let picture = text(dir.path(), "plots/heatmap-mean-bitrate.svg");
    for words in ["bola", "throughput", "0 ms", "50 ms", "0.01 %", "no result"] {
        assert!(picture.lines().any(|line| line == words), "{words}");
    }
    let sides: Vec<&str> =
        picture.lines().filter(|line| line.ends_with(" %") && line.len() < 8).collect();
    assert_eq!(sides[..5], ["0 %", "0.01 %", "0.1 %", "1 %", "2 %"]);
    let plot = text(dir.path(), "plots/mean-bitrate.svg");
    assert!(plot.contains("links.access.loss (%), values evenly spaced"));
}

#[test]
fn a_sweep_of_one_quantity_has_no_heatmap_and_a_single_viewer_no_fairness() {
    let sample = small();
    let dir = reported(&sample.info(), &sample.trials());
    assert!(stems(dir.path(), "heatmap").is_empty());
    assert!(stems(dir.path(), "fairness").is_empty());
    assert!(!text(dir.path(), "report.html").contains("Cross traffic"));
}

#[test]
fn competing_viewers_have_a_plot_of_fairness_with_a_panel_for_each_pair() {
    let (info, trials) = shapes::competition(2);
    let dir = reported(&info, &trials);
    let picture = text(dir.path(), "plots/fairness.svg");
    for words in [
        "bola + throughput",
        "throughput + throughput",
        "viewers (players.0.count + players.1.count)",
        "players.0.abr + players.1.abr",
    ] {
        assert!(picture.lines().any(|line| line == words), "{words}");
    }
    let page = text(dir.path(), "report.html");
    for words in ["Cross traffic", "cubic", "udp", "retransmits", "fairness"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn axes_that_vary_together_are_one_axis() {
    let (info, trials) = shapes::networks(1);
    let dir = reported(&info, &trials);
    let picture = text(dir.path(), "plots/mean-bitrate.svg");
    assert!(picture.contains("network (links.access.rate, links.access.delay)"));
    for words in ["1 Mbit/s, 150 ms", "4 Mbit/s, 200 ms"] {
        assert!(picture.lines().any(|line| line == words), "{words}");
    }
    let mut apart = info;
    apart.zips.clear();
    let dir = reported(&apart, &trials);
    assert!(!text(dir.path(), "plots/mean-bitrate.svg").contains("network ("));
}

#[test]
fn a_session_of_each_cell_and_the_worst_of_all_have_a_timeline() {
    let sample = small();
    let mut trials = sample.trials();
    // A session that never played is worse than any that stalled.
    for record in &mut trials[10].records {
        if let Record::Session(session) = record {
            session.startup_us = None;
        }
    }
    spoil(&mut trials[3], Verdict::Invalid, "late timers");
    let dir = reported(&sample.info(), &trials);
    let expected = ["c0000-r0", "c0001-r1", "c0002-r0", "c0003-r0", "c0003-r1"];
    assert_eq!(stems(dir.path(), "timeline"), expected.map(|id| format!("timeline-{id}-s0")));
    let page = text(dir.path(), "report.html");
    // The whole picture is on the page, behind a small one.
    assert!(page.contains("<strong>c0003-r1, session 0</strong>"));
    assert_eq!(page.matches("Time in the trial (s)").count(), expected.len());
    assert_eq!(page.matches("the worst</span>").count(), 1);

    let many = Sample { repeats: 1, ..Sample::default() };
    let dir = reported(&many.info(), &many.trials());
    assert!((12..=13).contains(&stems(dir.path(), "timeline").len()));
}

#[test]
fn any_session_can_be_drawn() {
    let (info, mut trials) = shapes::competition(1);
    spoil(&mut trials[5], Verdict::Invalid, "a player was late");
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), &info, &trials).unwrap();
    let path = timeline(dir.path(), "c0005-r0", 3).unwrap();
    assert_eq!(path, dir.path().join("plots/timeline-c0005-r0-s3.svg"));
    assert!(path.with_extension("png").is_file());
    let picture = std::fs::read_to_string(&path).unwrap();
    for words in [
        "chosen bitrate",
        "measured throughput",
        "media in the buffer",
        "before playback",
        "utilisation",
    ] {
        assert!(picture.lines().any(|line| line == words), "{words}");
    }
    // All bytes come over the link from the origin, the only one with a rate.
    assert!(picture.contains("Link bottleneck, origin to router (%)"));
    assert!(picture.contains("This trial is invalid: a player was late."));
    let again = timeline(dir.path(), "c0005-r0", 3).unwrap();
    assert_eq!(std::fs::read_to_string(again).unwrap(), picture);
}

#[test]
fn a_session_that_is_not_there_is_refused_with_the_nearest_that_is() {
    let sample = small();
    let dir = tempfile::tempdir().unwrap();
    let mut trials = sample.trials();
    spoil(&mut trials[0], Verdict::Failed, "no guest");
    write_run(dir.path(), &sample.info(), &trials).unwrap();
    let refusal =
        |trial, session| format!("{:#}", timeline(dir.path(), trial, session).unwrap_err());
    assert!(refusal("c003-r2", 0).ends_with("has no trial \"c003-r2\"; the nearest is c0003-r2"));
    assert_eq!(refusal("c0003-r2", 1), "trial c0003-r2 has no session 1, only 0 to 0");
    assert_eq!(refusal("c0000-r0", 0), "trial c0000-r0 has no session: it is failed");
}

#[test]
fn a_session_without_segments_or_links_has_a_timeline_all_the_same() {
    let sample = small();
    let mut trials = sample.trials();
    for trial in &mut trials {
        trial.records.retain(|r| matches!(r, Record::Session(_) | Record::Rung(_)));
    }
    let dir = reported(&sample.info(), &trials);
    let path: PathBuf = timeline(dir.path(), "c0000-r0", 0).unwrap();
    let picture = std::fs::read_to_string(path).unwrap();
    assert!(picture.contains("no link has a rate"));
}
