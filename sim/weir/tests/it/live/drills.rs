//! Drills: what breaks, and what its viewers may notice of it.

use super::Run;
use crate::program::{said, weir};

fn drill(name: &str, fault: &str) -> Run {
    let more = format!(
        r#"
[[players]]
origin = "front"
abr = "throughput"
watch = "70 s"
max_buffer = "20 s"
target_latency = "12 s"

[[events]]
at = "30 s"
{fault}
"#
    );
    Run::of(name, &more)
}

/// Nobody stalled, and no request failed.
fn nobody_noticed(run: &Run) {
    assert_eq!(run.table("stalls").rows().count(), 0, "{:?}", run.table("stalls"));
    for table in ["segments", "playlists"] {
        let failed: Vec<_> =
            run.table(table).rows().map(|row| row.text("err").to_owned()).collect();
        let cut_off = |err: &String| err.is_empty() || err.contains("end of the session");
        assert!(failed.iter().all(cut_off), "{table}: {failed:?}");
    }
    assert_eq!(run.table("live").numbers("availability"), [1.0]);
}

#[test]
fn a_killed_origin_is_left_in_time_and_nobody_notices() {
    let run = drill("live-killed", "fault = \"kill\"\non = \"origin-a\"");
    let (fault, left) = (run.first("fault"), run.first("failover"));
    // Two probes in a row, a second apart, and a time-out.
    assert!(left > fault && left <= fault + 2.0 * 1.0 + 2.0, "{fault} s, {left} s");
    nobody_noticed(&run);
    let segments = run.table("segments");
    let last = segments.rows().last().unwrap();
    assert_eq!(last.text("origin"), "origin-b");
    // And with full logs it is the same drill.
    let output = weir(&run.folder.0, &["replay", "out", "c0000-r0"]);
    assert!(said(&output).contains("every row is equal"), "{}", said(&output));
}

#[test]
fn errors_and_broken_bodies_of_an_origin_reach_nobody() {
    for (name, fault) in [("live-status", "status"), ("live-truncate", "truncate")] {
        let run = drill(name, &format!("fault = \"{fault}\"\non = \"origin-a\""));
        nobody_noticed(&run);
    }
}

#[test]
fn a_frozen_packager_is_left_before_twelve_seconds_of_buffer_are_empty() {
    let run = drill("live-frozen", "fault = \"freeze\"\non = \"packager-a\"");
    assert_eq!(run.table("stalls").rows().count(), 0);
    let left = run.first("failover");
    // The age of the segment that was the newest when the switcher left: it began to age when the
    // packager stood still, a segment at most after it had ended.
    let ages = run.table("playlists").numbers("age_us");
    let oldest = ages.into_iter().fold(0.0, f64::max) / 1e6;
    // Threshold, two intervals, a time-out.
    assert!(oldest <= 6.0 + 2.0 * 1.0 + 2.0, "{oldest} s, left at {left} s");
}

#[test]
fn ffmpeg_plays_on_through_the_death_of_an_origin() {
    let run = drill(
        "live-ffmpeg",
        "fault = \"kill\"\non = \"origin-a\"\n[services.client]\nrun = \"client\"\nnode = \"viewer\"\n\
         upstream = [\"front\"]\n",
    );
    assert!(run.first("failover") > 30.0);
    // It says what goes wrong, and nothing else; and its end would be that of the trial.
    assert_eq!(run.log("c0000-r0", "viewer.client"), "");
}
