//! Live streams that break: the tables, the page and the pictures.

use crate::live_sample::{MECHANISMS, drills, flap, latency, tuning};
use crate::sample::{files, small, spoil, write_run};
use crate::tables::{column, csv};
use std::path::Path;
use weir_records::{Record, TrialResult, Verdict, tables};
use weir_report::report;
use weir_tables::{RunInfo, first_difference};

type Run = (RunInfo, Vec<TrialResult>);

fn written((info, trials): &Run) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_run(dir.path(), info, trials).unwrap();
    dir
}

fn reported(run: &Run) -> (tempfile::TempDir, String) {
    let dir = written(run);
    let printed = report(dir.path()).unwrap().to_string();
    (dir, printed)
}

fn text(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

fn numbers(dir: &Path, table: &str, name: &str) -> Vec<Option<f64>> {
    column(dir, table, name).iter().map(|text| text.parse().ok()).collect()
}

#[test]
fn rows_of_live_streams_are_tables_like_all_others() {
    let run = drills(1);
    let dir = written(&run);
    let rows: usize = tables::ALL.iter().map(|table| csv(dir.path(), table.name).1.len()).sum();
    let records: usize = run.1.iter().map(|trial| trial.records.len()).sum();
    assert_eq!(rows, records + run.1.len());
    for trial in &run.1 {
        assert_eq!(first_difference(dir.path(), trial).unwrap(), None);
    }
    let (names, _) = csv(dir.path(), "drills");
    let axes = ["services.front.run", "players.origin", "events.fault", "events.on"];
    assert_eq!(names[..7], [&["run"], &axes[..], &["trial", "fault"]].concat());
}

#[test]
fn every_fault_of_a_valid_trial_is_a_drill() {
    let mut run = drills(2);
    spoil(&mut run.1[0], Verdict::Invalid, "late timers");
    spoil(&mut run.1[5], Verdict::Failed, "no guest");
    let dir = written(&run);
    let trials = column(dir.path(), "drills", "trial");
    assert_eq!(trials.len(), run.1.len() - 2);
    assert!(!trials.contains(&run.1[0].id) && !trials.contains(&run.1[5].id));
    assert_eq!(column(dir.path(), "alarms", "trial"), trials);
    // Where the switcher speaks, its events are what is found.
    let detection = numbers(dir.path(), "drills", "detection_us");
    let at = numbers(dir.path(), "drills", "at_us");
    let of = |id: &str| trials.iter().position(|trial| trial == id).unwrap();
    for (id, kind) in [("c0000-r1", "kill"), ("c0001-r0", "freeze"), ("c0002-r0", "status 503")] {
        let trial = run.1.iter().find(|trial| trial.id == id).unwrap();
        let failover = trial.records.iter().find_map(|record| match record {
            Record::Event(event) if event.event == weir_records::EventKind::Failover => {
                Some(event.at_us as f64)
            }
            _ => None,
        });
        let row = of(id);
        assert_eq!(detection[row], Some(failover.unwrap() - at[row].unwrap()), "{id}");
        assert!(column(dir.path(), "drills", "kind")[row].starts_with(kind), "{id}");
    }
    // A proxy that looks at answers only never leaves a packager that stands still.
    let row = of("c0004-r0");
    assert_eq!((detection[row], numbers(dir.path(), "drills", "switch_us")[row]), (None, None));
    assert_eq!(column(dir.path(), "drills", "recovered")[row], "false");
    assert!(numbers(dir.path(), "drills", "stall_us")[row].unwrap() > 100e6);
}

#[test]
fn the_page_the_plots_and_the_lines_say_which_mechanism_is_best_for_which_fault() {
    let (dir, printed) = reported(&drills(2));
    let lines: Vec<&str> = printed.lines().filter(|line| line.contains("is best")).collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(lines[1].starts_with("packager-a: freeze: switcher is best (n = 2 drills): "));
    let page = text(dir.path(), "report.html");
    for part in ["<h2>Drills</h2>", "False alarms", "Drill by drill", "status 503 for 50 %"] {
        assert!(page.contains(part), "{part}");
    }
    for mechanism in MECHANISMS {
        // By what tells it apart; a proxy that is not there, by what viewers have instead.
        let name = if mechanism.run == "none" { mechanism.origin } else { mechanism.run };
        assert!(page.contains(&format!("<td>{name}</td>")), "{name}");
    }
    for fault in 0..3 {
        let picture = text(dir.path(), &format!("plots/drills-{fault}.svg"));
        for words in ["detection", "switch", "stalled", "recovery", "unavailable segments"] {
            assert!(picture.lines().any(|line| line == words), "{words}");
        }
        assert!(picture.contains("n = 2 drills in each row"));
    }
    for cell in 0..12 {
        let stem = format!("plots/drill-c{cell:04}-r0");
        assert!(dir.path().join(format!("{stem}.png")).is_file(), "{stem}");
        let picture = text(dir.path(), &format!("{stem}.svg"));
        for words in ["fault in force", "Viewer 2 on viewer-2 (s)", "behind the live edge"] {
            assert!(picture.lines().any(|line| line == words), "{words}");
        }
        // Who changes the origin is a switcher; a player that does has nothing to say of it.
        assert_eq!(picture.lines().any(|line| line == "failover"), cell < 3, "{cell}");
    }
    assert!(text(dir.path(), "plots/availability.svg").contains("Segments available"));
}

#[test]
fn equal_mechanisms_are_a_tie() {
    let mut run = drills(1);
    run.1.truncate(6);
    let (first, rest) = run.1.split_at_mut(3);
    // The second mechanism sees what the first one saw.
    for (ours, theirs) in first.iter().zip(rest) {
        theirs.records = ours.records.clone();
    }
    let (dir, printed) = reported(&run);
    assert_eq!(printed.matches(": all 2 mechanisms are equal (n = 2 drills)").count(), 3);
    assert!(text(dir.path(), "report.html").contains("all are equal"));
}

#[test]
fn without_an_axis_of_faults_rows_say_what_went_wrong() {
    let run = flap(2);
    let (dir, printed) = reported(&run);
    assert_eq!(column(dir.path(), "drills", "fault").len(), 2 * 9);
    let page = text(dir.path(), "report.html");
    assert!(page.contains("<h3>origin-a: kill</h3>"), "{page}");
    // Nothing is compared with anything.
    assert!(!printed.contains("best") && !page.contains("Which mechanism is best"));
    // Each window ends where the next begins.
    let (at, until) =
        (numbers(dir.path(), "drills", "at_us"), numbers(dir.path(), "drills", "until_us"));
    assert_eq!(at[1..9], until[..8]);
    // Six viewers, of which four are shown.
    let picture = text(dir.path(), "plots/drill-c0000-r0.svg");
    assert!(picture.contains("2 more viewers are not shown."));
}

#[test]
fn latency_is_summarised_and_plotted_like_any_metric() {
    let run = latency(10);
    let (dir, printed) = reported(&run);
    let means = numbers(dir.path(), "summary", "latency_mean_mean_us");
    let trial = run.1.iter().filter(|trial| trial.row.cell == 0);
    let values: Vec<f64> = trial
        .flat_map(|trial| &trial.records)
        .filter_map(|record| match record {
            Record::Live(live) => live.latency_mean_us.map(|us| us as f64),
            _ => None,
        })
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!((means[0].unwrap() - mean).abs() < 1e-3);
    assert_eq!(column(dir.path(), "summary", "availability_n")[0], "20");
    assert!(numbers(dir.path(), "summary", "latency_mean_mean_low_us")[0].unwrap() < mean);
    for stem in ["live-latency", "capture-latency", "rate-deviation", "skips", "availability"] {
        assert!(dir.path().join(format!("plots/{stem}.svg")).is_file(), "{stem}");
    }
    assert!(printed.contains("from capture"), "{printed}");
    // Laws of catching up are compared with the first of them.
    let metrics = column(dir.path(), "comparisons", "metric");
    assert!(metrics.contains(&"latency_mean_us".to_owned()));
    // Nothing breaks here.
    assert!(!dir.path().join("drills.parquet").exists());
    assert!(dir.path().join("alarms.parquet").exists());
    let page = text(dir.path(), "report.html");
    assert!(!page.contains("Drills") && !page.contains("False alarms"));
}

#[test]
fn false_alarms_are_counted_with_a_bound_and_set_against_detection() {
    let (dir, printed) = reported(&tuning(2));
    let best =
        "interval 1 s, probes 1; interval 1 s, probes 2; interval 2 s, probes 1 are best, a tie";
    assert!(printed.contains(&format!("packager-a: freeze: {best} (n = 6 drills)")), "{printed}");
    let falses = numbers(dir.path(), "alarms", "false_failovers");
    let all = numbers(dir.path(), "alarms", "failovers");
    // A probe a second and one of them enough: six in vain, and one that found the fault.
    assert_eq!((falses[0], all[0]), (Some(6.0), Some(7.0)));
    let last = falses.len() - 1;
    assert_eq!((falses[last], all[last]), (Some(0.0), Some(1.0)));
    let hours = numbers(dir.path(), "alarms", "observed_us")[last].unwrap() / 3_600e6;
    let high = numbers(dir.path(), "alarms", "false_failovers_high_per_hour")[last].unwrap();
    assert!((high * hours - 2.9957).abs() < 1e-3, "{high}");
    let picture = text(dir.path(), "plots/drills-tuning.svg");
    for words in ["interval 1 s, probes 1", "interval 5 s, probes 3"] {
        assert!(picture.lines().any(|line| line == words), "{words}");
    }
    assert!(picture.contains("False failovers (per hour without a fault)"));
    assert!(text(dir.path(), "report.html").contains("<h2>False alarms</h2>"));
}

#[test]
fn recorded_content_has_nothing_of_it() {
    let sample = small();
    let (dir, printed) = reported(&(sample.info(), sample.trials()));
    let found = files(dir.path());
    let names = found.keys().map(|path| path.to_str().unwrap());
    let of_live = |name: &str| {
        ["drill", "alarms", "availability", "latency"].iter().any(|word| name.contains(word))
    };
    assert_eq!(names.filter(|name| of_live(name)).collect::<Vec<_>>(), [""; 0]);
    let page = text(dir.path(), "report.html");
    for word in ["Drill", "alarm", "atency", "available"] {
        assert!(!page.contains(word) && !printed.contains(word), "{word}");
    }
}

#[test]
fn equal_runs_give_equal_bytes() {
    let run = flap(1);
    let ((one, _), (other, _)) = (reported(&run), reported(&run));
    assert!(files(one.path()) == files(other.path()));
}

#[test]
fn a_run_from_before_these_tables_can_be_reported_all_the_same() {
    let dir = written(&flap(1));
    for table in ["drills", "alarms", "live"] {
        std::fs::remove_file(dir.path().join(format!("{table}.parquet"))).unwrap();
    }
    report(dir.path()).unwrap();
    assert!(!text(dir.path(), "report.html").contains("Drills"));
}
