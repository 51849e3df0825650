//! Experiments in which a program of the user's decides.

use crate::program::{Scratch, said, weir, workspace};
use crate::sample::write_table;
use std::fs;

/// The example that ships, and a program that gives up.
const EXPERIMENT: &str = r#"
name = "decided"
repeats = 2
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "60 s"
abr = { exec = "python3 my_abr.py" }
"#;

const GIVES_UP: &str =
    "import sys\ninput()\nprint('{\"rung\": 0}')\ninput()\nsys.exit('I give up')\n";

fn scene(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::write(scratch.0.join("decided.toml"), EXPERIMENT).unwrap();
    let example = workspace().join("players/abr/examples/my_abr.py");
    fs::copy(example, scratch.0.join("my_abr.py")).unwrap();
    write_table(&scratch.0);
    scratch
}

#[test]
fn a_program_decides_in_a_guest_and_twice_the_same() {
    let scratch = scene("decided");
    let segments = |out: &str| {
        let output = weir(&scratch.0, &["run", "decided.toml", "--out", out, "--lab", "uml"]);
        assert!(output.status.success(), "{}", said(&output));
        fs::read_to_string(scratch.0.join(out).join("segments.csv")).unwrap()
    };
    let first = segments("a");
    assert!(first.lines().count() > 40, "{first}");
    assert_eq!(segments("b"), first);
    // The guest has seen the folder, and left nothing in it.
    let mut found: Vec<_> = fs::read_dir(&scratch.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, ["a", "b", "decided.toml", "my_abr.py", "table.json"]);
}

#[test]
fn a_program_that_gives_up_fails_its_trials_with_its_own_words() {
    let scratch = scene("gives-up");
    fs::write(scratch.0.join("my_abr.py"), GIVES_UP).unwrap();
    let output = weir(&scratch.0, &["run", "decided.toml", "--out", "out", "--lab", "uml"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let trials = fs::read_to_string(scratch.0.join("out/trials.csv")).unwrap();
    assert_eq!(trials.matches(",failed,").count(), 2, "{trials}");
    assert_eq!(trials.matches("its error output ends: I give up").count(), 2, "{trials}");
}
