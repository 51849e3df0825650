//! A trial that fails is a row, and the others go on.

use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::fs;

const EXPERIMENT: &str = r#"
name = "failures"
topology = "one-origin"

[media]
source = "table.json"

[[players]]
abr = "bola"
watch = "90 s"

[sweep]
"links.access.loss" = ["0 %", "100 %"]
"#;

#[test]
fn a_trial_that_fails_is_a_row_with_its_reason_and_the_others_go_on() {
    let scratch = Scratch::new("failures");
    fs::write(scratch.0.join("failures.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    let output = weir(&scratch.0, &["run", "failures.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let trials = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
    let rows: Vec<_> = trials.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "{trials}");
    assert!(rows[0].contains(",valid,"), "{trials}");
    assert!(rows[1].contains(",failed,") && rows[1].contains("connect"), "{trials}");
    let sessions = fs::read_to_string(scratch.0.join("out/sessions.csv")).unwrap();
    assert_eq!(sessions.lines().count(), 3, "no row is missing:\n{sessions}");
}

#[test]
fn a_folder_of_somebody_elses_is_not_replaced() {
    let scratch = Scratch::new("foreign");
    fs::write(scratch.0.join("failures.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    fs::create_dir(scratch.0.join("out")).unwrap();
    fs::write(scratch.0.join("out/thesis.txt"), "years of work").unwrap();
    let output = weir(&scratch.0, &["run", "failures.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("holds no results of weir"), "{}", said(&output));
    assert!(scratch.0.join("out/thesis.txt").exists());
}
