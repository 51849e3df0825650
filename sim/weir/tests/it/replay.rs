//! One trial of a run once more.

use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::fs;

const EXPERIMENT: &str = r#"
name = "replay"
repeats = 2
topology = "one-origin"

[media]
source = "table.json"

[links.access]
loss = "0.1 %"

[[players]]
watch = "20 s"

[sweep]
"players.abr" = ["bola", "throughput"]
"#;

#[test]
fn a_replay_has_the_rows_of_the_run_and_its_full_logs() {
    let scratch = Scratch::new("replay");
    fs::write(scratch.0.join("replay.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    let output = weir(&scratch.0, &["run", "replay.toml", "--out", "out"]);
    assert!(output.status.success(), "{}", said(&output));

    let output = weir(&scratch.0, &["replay", "out", "c0001-r1"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("every row is equal"), "{}", said(&output));
    assert!(!said(&output).contains("another input"), "{}", said(&output));
    let logs = scratch.0.join("out/replays/c0001-r1/logs/c0001-r1");
    let requests = fs::read_to_string(logs.join("origin.nginx.log.access")).unwrap();
    assert!(requests.contains("GET /master.m3u8"), "{requests}");

    // The source is gone, but not what was made of it.
    fs::rename(scratch.0.join("table.json"), scratch.0.join("moved.json")).unwrap();
    let output = weir(&scratch.0, &["replay", "out", "c0000-r0", "--out", "elsewhere"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("every row is equal"), "{}", said(&output));
    fs::rename(scratch.0.join("moved.json"), scratch.0.join("table.json")).unwrap();

    // Other content under the old name is said, and so is what comes of it.
    let table = fs::read_to_string(scratch.0.join("table.json")).unwrap();
    fs::write(scratch.0.join("table.json"), table.replace("700, 1500", "700, 1600")).unwrap();
    let again = ["replay", "out", "c0000-r0", "--out", "elsewhere"];
    let output = weir(&scratch.0, &again);
    assert_eq!(output.status.code(), Some(2), "a complete run stays: {}", said(&output));
    let output = weir(&scratch.0, &[&again[..], &["--discard"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    for words in ["another input than the run's: the content 0", "NOT equal"] {
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}

/// Full logs are written in a replay, and their pages and what a kernel does with them must not
/// become a part of the trial: after a minute (write-back), and when memory would be full of them.
/// (And a guest that takes longer than anybody thought is let alone, because it advances.)
#[test]
fn a_replay_of_a_long_session_is_that_session() {
    for (name, segments, watch, rate) in
        [("minute", 30, 60, "3 Mbit/s"), ("minutes", 300, 600, "20 Mbit/s")]
    {
        let scratch = Scratch::new(name);
        let sizes =
            (0..segments).map(|n| format!("[600000, {}]", 2_000 * (8_000 + n * 37 % 8_000)));
        let table = format!(
            "{{ \"segment_duration_ms\": 2000, \"bitrates_kbps\": [300, 12000], \
             \"segment_sizes_bits\": [{}] }}",
            sizes.collect::<Vec<_>>().join(", ")
        );
        fs::write(scratch.0.join("table.json"), table).unwrap();
        let experiment = format!(
            "name = \"{name}\"\nwatchdog = \"1 s\"\ntopology = \"one-origin\"\n[media]\nsource = \"table.json\"\n\
             [links.access]\nrate = \"{rate}\"\n[[players]]\nabr = \"bola\"\nwatch = \"{watch} s\"\n"
        );
        fs::write(scratch.0.join("long.toml"), experiment).unwrap();
        for arguments in [&["run", "long.toml", "--out", "out"][..], &["replay", "out", "c0000-r0"]]
        {
            let output = weir(&scratch.0, arguments);
            assert!(output.status.success(), "{name}: {}", said(&output));
        }
    }
}

#[test]
fn what_is_no_trial_of_a_run_is_refused() {
    let scratch = Scratch::new("no-replay");
    fs::write(scratch.0.join("replay.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    let output = weir(&scratch.0, &["run", "replay.toml", "--out", "out", "--only", "abr=bola"]);
    assert!(output.status.success(), "{}", said(&output));
    for (arguments, words) in [
        (["replay", "out", "c0001-r0"], "c0000-r0 to c0000-r1"),
        (["replay", "out", "../c0000-r0"], "no trial"),
        (["replay", "nowhere", "c0000-r0"], "plan.toml"),
        (["report", "out", "--timeline=c0000-r0:x"], "no number of a session"),
        (["report", "out", "--timeline=c0009-r0"], "c0009-r0"),
    ] {
        let output = weir(&scratch.0, &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
    assert!(!scratch.0.join("out/replays").exists());
    // A plan that somebody has changed is not one.
    let plan = scratch.0.join("out/plan.toml");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("watch = \"20 s\"", "watch = \"20 y\"")).unwrap();
    let output = weir(&scratch.0, &["replay", "out", "c0000-r0"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
