//! A run's folder from somebody else may hold anything: it is drawn or refused, and nothing outside
//! of it is touched.

use crate::sample::{Sample, small, write_run};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use weir_report::report;

/// What becomes of the text of `run.toml`.
type Change = &'static dyn Fn(&str) -> String;

fn run(dir: &Path) {
    let sample = Sample { watch_s: 10, repeats: 1, ..small() };
    write_run(dir, &sample.info(), &sample.trials()).unwrap();
}

fn refusal(dir: &Path) -> String {
    format!("{:#}", report(dir).unwrap_err())
}

#[test]
fn a_report_is_written_through_no_link() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(dir.path());
    report(dir.path()).unwrap();
    let mine = elsewhere.path().join("mine");
    fs::write(&mine, "precious").unwrap();
    for name in
        ["report.html", "plots/overview.svg", "plots/overview.png", "plots/.overview.svg.part"]
    {
        drop(fs::remove_file(dir.path().join(name)));
        symlink(&mine, dir.path().join(name)).unwrap();
    }
    report(dir.path()).unwrap();
    assert_eq!(fs::read_to_string(&mine).unwrap(), "precious");
    assert!(dir.path().join("report.html").symlink_metadata().unwrap().is_file());
}

#[test]
fn plots_that_are_a_link_to_another_folder_are_refused() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(dir.path());
    symlink(elsewhere.path(), dir.path().join("plots")).unwrap();
    let why = refusal(dir.path());
    assert!(why.contains("plots") && why.contains("it is a link"), "{why}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_link_among_the_files_that_the_page_shows_is_not_shown() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(dir.path());
    let mine = elsewhere.path().join("mine");
    fs::write(&mine, "a secret").unwrap();
    symlink(&mine, dir.path().join("plan.toml")).unwrap();
    report(dir.path()).unwrap();
    assert!(!fs::read_to_string(dir.path().join("report.html")).unwrap().contains("a secret"));
}

#[test]
fn what_is_a_folder_where_a_file_belongs_is_an_error_that_names_it_and_the_other_way_round() {
    for name in
        ["report.html", "plots/overview.svg", "run.toml", "trials.parquet", "sessions.parquet"]
    {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path());
        let path = dir.path().join(name);
        drop(fs::remove_file(&path));
        fs::create_dir_all(&path).unwrap();
        let why = refusal(dir.path());
        assert!(why.contains(name), "{name}: {why}");
    }
    let dir = tempfile::tempdir().unwrap();
    run(dir.path());
    fs::write(dir.path().join("plots"), "").unwrap();
    assert!(refusal(dir.path()).contains("plots"));
}

#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
    for name in ["run.toml", "trials.parquet", "sessions.parquet", "segments.parquet"] {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path());
        let path = dir.path().join(name);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let why = refusal(dir.path());
        assert!(why.contains(name) && why.contains("it is no file"), "{name}: {why}");
    }
}

#[test]
fn absurd_numbers_and_names_in_the_runs_description_are_drawn_or_refused_shortly() {
    let absurd: [(&str, Change); 5] = [
        ("repeats", &|text| text.replace("repeats = 1", "repeats = 1000000000000000000")),
        ("a long name", &|text| {
            text.replace("name = \"", &format!("name = \"{}", "x".repeat(300_000)))
        }),
        ("another kind", &|text| text.replace("kind = \"bit-rate\"", "kind = \"time\"")),
        ("zips", &|text| {
            text.replace(
                "[[axes]]",
                "[run.zips]\nall = [\"links.access.rate\", \"nothing\"]\n\n[[axes]]",
            )
        }),
        ("many axes", &|text| {
            let (paths, axes): (String, String) = (0..9_000)
                .map(|n| {
                    (format!("\"a{n}\","), format!("[[axes]]\npath = \"a{n}\"\nkind = \"text\"\n"))
                })
                .unzip();
            let (head, _) = text.split_once("axes = [").unwrap();
            let rest = text.split_once("repeats = ").unwrap().1.split_once("[[axes]]").unwrap().0;
            format!("{head}axes = [{paths}]\nrepeats = {rest}{axes}")
        }),
    ];
    for (what, change) in absurd {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path());
        let path = dir.path().join("run.toml");
        let text = fs::read_to_string(&path).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text, "{what}: {text}");
        fs::write(&path, changed).unwrap();
        if let Err(why) = report(dir.path()) {
            let why = format!("{why:#}");
            assert!(why.len() < 10_000, "{what}: {} bytes of words", why.len());
        }
    }
}
