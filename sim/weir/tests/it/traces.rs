//! `weir trace`: there and back, and what is refused.

use crate::program::{Scratch, said, weir, workspace};
use std::fs;

/// What a command that succeeds writes.
fn written(scratch: &Scratch, arguments: &[&str]) -> String {
    let output = weir(&scratch.0, &[&["trace"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that is refused says.
fn refused(scratch: &Scratch, arguments: &[&str]) -> String {
    let output = weir(&scratch.0, &[&["trace"], arguments].concat());
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
    said(&output)
}

#[test]
fn a_trace_goes_to_another_program_and_back() {
    let scratch = Scratch::new("traces");
    written(&scratch, &["generate", "markov", "--seed", "5", "-o", "a.trace"]);
    let origin = ["--kind", "capacity", "--source", "here", "--licence", "CC0-1.0"];
    for form in ["sabre", "pensieve", "cadvise", "csv"] {
        written(&scratch, &["export", "a.trace", "--to", form, "-o", "there"]);
        let table = ["--lasts-column", "duration_s", "--rate-column", "rate_bps"];
        let unit = ["--rate-unit", "1 bit/s"];
        let import = ["import", "there", "--from", form, "-o", "back.trace"];
        let table = if form == "csv" { [&table[..], &unit].concat() } else { Vec::new() };
        written(&scratch, &[&import[..], &origin, &table].concat());
        let steps = |name: &str| {
            let text = fs::read_to_string(scratch.0.join(name)).unwrap();
            let (_, steps) = text.split_once("---\n").unwrap();
            steps.replace(", 0 ns\n", "\n")
        };
        assert_eq!(steps("back.trace"), steps("a.trace"), "{form}");
    }
    let shown = written(&scratch, &["show", "a.trace", "--width", "40", "--height", "5"]);
    assert!(shown.starts_with("markov: capacity, CC0-1.0, repeats\n"), "{shown}");
    assert!(written(&scratch, &["stats", "a.trace"]).contains("length           600.000 s"));
    assert!(written(&scratch, &["generate", "--list"]).contains("lte        a log-normal rate"));
}

#[test]
fn what_is_no_trace_is_refused_by_file_and_line() {
    let scratch = Scratch::new("bad-traces");
    fs::write(scratch.0.join("bad"), "0 1\n1 nan\n").unwrap();
    let words = refused(&scratch, &["show", "bad", "--from", "pensieve"]);
    assert!(words.contains("bad:2: \"nan\" is not a rate in Mbit/s (expected a number"), "{words}");
    let import = ["import", "bad", "--from", "pensieve", "--source", "x", "--licence", "y"];
    assert!(refused(&scratch, &import).contains("expected a kind"));
    assert!(refused(&scratch, &["show", "missing"]).contains("missing: No such file"));
    let words = refused(&scratch, &["generate", "lte", "--param", "mediam=1 Mbit/s"]);
    assert!(words.contains("did you mean \"median\"?"), "{words}");
    let bundled = workspace().join("topologies/traces/lte-1.trace");
    written(&scratch, &["stats", bundled.to_str().unwrap()]);
}
