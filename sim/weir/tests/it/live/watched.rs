//! A stream at which nothing breaks.

use super::{PIPELINE, Run};
use crate::program::{Scratch, said, weir};
use std::fs;

const WATCHED: &str = r#"
[nodes.viewer]
count = 2

[[players]]
count = 2
origin = "front"
abr = "throughput"
watch = "60 s"
max_buffer = "20 s"
target_latency = "8 s"
catch_up = "dashjs"
"#;

#[test]
fn a_live_stream_is_watched_close_to_its_edge_and_twice_the_same() {
    let (first, second) =
        (Run::of("live-watched", WATCHED), Run::of("live-watched-again", WATCHED));
    for table in
        ["sessions", "segments", "stalls", "live", "playlists", "moments", "events", "links"]
    {
        let read = |run: &Run| fs::read(run.folder.0.join(format!("out/{table}.csv"))).unwrap();
        // The first column is the run's name, which contains the experiment's.
        let rows = |run: &Run| -> Vec<String> {
            let text = String::from_utf8(read(run)).unwrap();
            text.lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
        };
        assert_eq!(rows(&first), rows(&second), "{table}");
    }
    assert_eq!(first.table("stalls").rows().count(), 0);
    let live = first.table("live");
    assert_eq!(live.rows().count(), 2);
    for row in live.rows() {
        let latency = row.number("latency_mean_us") / 1e6;
        assert!((6.0..10.5).contains(&latency), "{latency} s behind the edge");
        // A picture is in a playlist when its segment is complete.
        let capture = row.number("capture_latency_mean_us") / 1e6;
        assert!(capture > latency && capture < latency + 5.0, "{capture} s, {latency} s");
        assert_eq!(row.number("availability"), 1.0);
        assert_eq!((row.number("failures"), row.number("failovers")), (0.0, 0.0));
    }
    let origins = first.table("segments");
    assert!(origins.rows().all(|row| row.text("origin") == "origin-a"), "{origins:?}");
}

#[test]
fn a_program_that_is_not_there_is_named_before_anything_starts() {
    let folder = Scratch::new("live-absent");
    let kinds = folder.0.join("topologies/services");
    fs::create_dir_all(&kinds).unwrap();
    let absent = r#"
about = "an ingest that nobody has"
program = "/usr/local/bin/absent"
command = ["{program}"]
version = ["{program}", "--version"]
port = 1935
ready_within = "5 s"
stop_within = "2 s"
"#;
    fs::write(kinds.join("absent.toml"), absent).unwrap();
    let pipeline = PIPELINE.replace("run = \"ingest\"", "run = \"absent\"");
    let text = format!("name = \"absent\"\n{pipeline}{WATCHED}");
    fs::write(folder.0.join("live.toml"), text).unwrap();
    let output = weir(&folder.0, &["run", "live.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let expected =
        "the service absent needs /usr/local/bin/absent: ask /usr/local/bin/absent for its version";
    assert!(said(&output).contains(expected), "{}", said(&output));
    assert!(!folder.0.join("out").exists());
}
