//! What only shows after a while.

use super::Run;
use crate::program::{Scratch, said, weir, workspace};
use std::collections::BTreeMap;

#[test]
fn after_cold_starts_in_every_order_numbers_never_go_back_and_the_viewer_goes_on() {
    let folder = Scratch::new("live-cold");
    let experiment = workspace().join("experiments/cold-start.toml");
    let output = weir(&folder.0, &["run", experiment.to_str().unwrap(), "--out", "out"]);
    assert!(output.status.success(), "{}", said(&output));
    let run = Run { folder };
    let starts = run.table("events");
    let starts = starts.rows().filter(|row| row.text("event") == "fault over").count();
    assert!(starts >= 3 * 20, "{starts} services were started again");

    let mut newest: BTreeMap<String, f64> = BTreeMap::new();
    let playlists = run.table("playlists");
    for row in playlists.rows().filter(|row| !row.text("last_sequence").is_empty()) {
        let last = row.number("last_sequence");
        let before = newest.insert(row.text("rung").to_owned(), last).unwrap_or(0.0);
        assert!(last >= before, "{last} after {before} at {} us", row.text("request_us"));
    }
    // A playlist that begins anew says so.
    let listed: Vec<_> =
        playlists.rows().filter(|row| !row.text("last_sequence").is_empty()).collect();
    let new = listed.windows(2).filter(|pair| {
        let [before, after] = pair else { return false };
        after.number("first_sequence") > before.number("last_sequence")
    });
    let marked: Vec<f64> = new.map(|pair| pair[1].number("discontinuities")).collect();
    assert!(marked.len() >= 20, "{} beginnings: {playlists:?}", marked.len());
    assert!(marked.iter().all(|count| *count > 0.0), "{marked:?}");
    // What was published between the starts was watched to the end.
    let watched = run.table("moments");
    let late = watched.rows().filter(|row| row.number("at_us") > 570e6);
    assert!(late.filter(|row| row.text("phase") == "playing").count() > 10, "{watched:?}");
    assert!(run.table("live").numbers("skips")[0] >= 20.0);
}

/// A viewer of the lowest rung who stays long.
fn long(watch: &str) -> String {
    format!(
        r#"
[[players]]
origin = "front"
abr = {{ name = "fixed", rung = 0 }}
watch = "{watch}"
max_buffer = "20 s"
"#
    )
}

#[test]
fn a_stream_takes_no_more_room_after_half_an_hour_than_after_two_minutes() {
    let run = Run::of("live-room", &long("30 min"));
    let events = run.table("events");
    let room = |from: f64, to: f64| {
        let rows = events.rows().filter(|row| row.text("event") == "room");
        let within = rows.filter(|row| (from..to).contains(&(row.number("at_us") / 60e6)));
        let bytes = within.map(|row| row.text("detail").trim_end_matches(" B").parse().unwrap());
        bytes.fold(0.0, f64::max)
    };
    let (early, late) = (room(2.0, 10.0), room(20.0, 31.0));
    assert!(early > 100_000.0 && late <= early * 1.25, "{early} B, {late} B");
}
