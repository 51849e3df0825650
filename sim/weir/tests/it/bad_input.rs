//! Every file in `experiments/bad` is refused before anything starts: exit code 2, and the words
//! beside it.

use crate::program::{said, weir, workspace};
use std::fs;

#[test]
fn every_bad_experiment_is_refused_with_the_expected_words() {
    let folder = workspace().join("experiments/bad");
    let mut seen = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !name.ends_with(".toml") {
            continue;
        }
        seen += 1;
        let expected = fs::read_to_string(path.with_extension("expected"))
            .unwrap_or_else(|_| panic!("{name} has no expected words beside it"));
        let output = weir(&folder, &["check", name]);
        let words = said(&output);
        let refused = output.status.code() == Some(2);
        if !refused || !expected.trim().lines().all(|line| words.contains(line)) {
            wrong.push(format!("{name}: expected\n{expected}\ngot {words}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 30, "only {seen} bad experiments");
}

#[test]
fn every_experiment_that_ships_is_accepted() {
    for name in ["quickstart", "bandwidth-sweep"] {
        let output = weir(workspace(), &["check", &format!("experiments/{name}.toml")]);
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
}
