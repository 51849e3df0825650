//! Live streams, from the publisher to the viewers, in the guest: what must hold whatever breaks.

mod drills;
mod long;
mod table;
mod watched;

use crate::program::{Scratch, said, weir};
use std::fs;
use table::Table;

/// Two packagers with an origin each, and a switcher in front of them that probes every second,
/// over a ladder that is quickly encoded.
const PIPELINE: &str = r#"
topology = "live"
interval = "5 s"

[media]
source = "scenes"
segment = "2 s"
length = "20 s"
ladder = [
    { width = 160, height = 90, bitrate = "100 kbit/s" },
    { width = 320, height = 180, bitrate = "300 kbit/s" },
]

[live]

[services.studio]
run = "publisher"
upstream = ["ingest"]

[services.ingest]
run = "ingest"

[services.packager-a]
run = "packager"
node = "origin-a"
upstream = ["ingest"]

[services.packager-b]
run = "packager"
node = "origin-b"
upstream = ["ingest"]

[services.origin-a]
run = "origin"

[services.origin-b]
run = "origin"

[services.front]
run = "switcher"
upstream = ["origin-a", "origin-b"]
set = { interval = "1 s", threshold = "6 s", probes = "2", timeout = "2 s" }
"#;

/// An experiment that has been run.
struct Run {
    folder: Scratch,
}

impl Run {
    /// Runs the pipeline with what `more` says, and is content with no failed trial.
    fn of(name: &str, more: &str) -> Self {
        let folder = Scratch::new(name);
        let text = format!("name = \"{name}\"\n{PIPELINE}{more}");
        fs::write(folder.0.join("live.toml"), text).unwrap();
        let output = weir(&folder.0, &["run", "live.toml", "--out", "out", "--lab", "uml"]);
        assert!(output.status.success(), "{}", said(&output));
        Self { folder }
    }

    fn table(&self, name: &str) -> Table {
        Table::read(&self.folder.0.join(format!("out/{name}.csv")))
    }

    /// The text of a log; empty where nothing was logged.
    fn log(&self, trial: &str, service: &str) -> String {
        let path = self.folder.0.join(format!("out/logs/{trial}/{service}.log"));
        fs::read_to_string(path).unwrap_or_default()
    }

    /// When an event of this kind first happened, in seconds.
    fn first(&self, event: &str) -> f64 {
        let events = self.table("events");
        let found = events.rows().find(|row| row.text("event") == event);
        found.unwrap_or_else(|| panic!("no event {event:?}: {events:?}")).number("at_us") / 1e6
    }
}
