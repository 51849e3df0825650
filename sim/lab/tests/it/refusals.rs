//! What the lab `model` has not is refused before anything starts, and so is what only it has.

use crate::runs::{Folder, HEAD};
use anyhow::{Result, ensure};
use std::fs;

type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 5] = [
    ("cross_traffic_is_refused_in_the_lab_model", traffic),
    ("a_file_that_is_no_trace_is_refused_with_its_line_and_that_of_the_experiment", bad_trace),
    ("traces_and_logs_are_refused_where_the_network_is_real", real),
    ("pensieves_chunk_model_is_refused_where_it_cannot_be_told", chunks),
    ("a_log_of_another_ladder_is_refused", log),
];

const PLAYER: &str = "[[players]]\nabr = \"bola\"\nwatch = \"10 s\"\n";
const TRACE: &str =
    "links.access.rate = { trace = \"steps.txt\", format = \"pensieve\", kind = \"goodput\" }\n";

fn refused(experiment: &str, words: &[&str]) -> Result<()> {
    refused_in(&Folder::new()?, experiment, words)
}

fn refused_in(folder: &Folder, experiment: &str, words: &[&str]) -> Result<()> {
    let text = folder.refusal(experiment)?;
    for word in words {
        ensure!(text.contains(word), "no {word:?} in: {text}");
    }
    Ok(())
}

fn traffic() -> Result<()> {
    let traffic = "[[traffic]]\nkind = \"tcp\"\nfrom = \"origin\"\nto = \"viewer\"\n";
    let words = ["has no cross traffic", "\"origin\" to \"viewer\"", "--lab uml"];
    refused(&format!("{HEAD}{PLAYER}{traffic}"), &words)
}

fn bad_trace() -> Result<()> {
    let folder = Folder::new()?;
    fs::write(folder.path().join("steps.txt"), "0 0.4\n5 -2\n")?;
    let experiment = format!("{HEAD}{TRACE}{PLAYER}");
    refused_in(&folder, &experiment, &["experiment.toml:6: ", "steps.txt", ":2: "])?;
    fs::remove_file(folder.path().join("steps.txt"))?;
    refused_in(&folder, &experiment, &["experiment.toml:6: ", "steps.txt"])
}

fn real() -> Result<()> {
    for lab in ["uml", "host"] {
        let head = HEAD.replace("lab = \"model\"", &format!("lab = \"{lab}\""));
        let words = match lab {
            "uml" => &["experiment.toml:6: ", "\"steps.txt\"", "in the lab \"model\" only"][..],
            // This machine may lack something else too.
            _ => &["lab \""][..],
        };
        refused(&format!("{head}{TRACE}{PLAYER}"), words)?;
    }
    let head = HEAD.replace("lab = \"model\"", "lab = \"uml\"");
    let player = PLAYER.replace("\"bola\"", "{ replay = \"some.log\" }");
    refused(&format!("{head}{player}"), &["\"some.log\"", "replayed in the lab \"model\" only"])
}

fn chunks() -> Result<()> {
    let player = format!("{PLAYER}preset = \"pensieve\"\n");
    let still = "links.access.delay = \"0 ms\"\nlinks.core.delay = \"0 ms\"\n";
    refused(&format!("{HEAD}{still}{player}"), &["\"pensieve\"", "it needs a trace"])?;
    let own = ["\"pensieve\"", "a round trip of its own, 80 ms", "which has 40 ms"];
    refused(&format!("{HEAD}{TRACE}{player}"), &own)?;
    let abandoning = format!("{HEAD}{still}{TRACE}{player}abandonment = true\n");
    refused(&abandoning, &["nothing can be abandoned"])?;
    refused(&format!("{HEAD}{still}{TRACE}{player}count = 2\n"), &["one viewer and one trace"])?;
    Folder::new()?.run(&format!("{HEAD}{still}{TRACE}{player}")).map(drop)
}

fn log() -> Result<()> {
    let folder = Folder::new()?;
    let player = PLAYER.replace("\"bola\"", "{ replay = \"logs/a_{trace}\" }");
    let experiment = format!("{HEAD}{TRACE}{player}");
    let file = folder.path().join("logs/a_steps");
    refused_in(&folder, &experiment, &["experiment.toml:8: ", "a_steps"])?;
    fs::create_dir(folder.path().join("logs"))?;
    for (text, words) in [
        ("", &["is empty"][..]),
        ("1 250 4 0 62500 100 0\n2 250 4 0 62500\n", &[":2: no delay"]),
        ("1 250 4 0 62500 x 0\n", &[":1: delay in milliseconds is \"x\""]),
        ("1 250 4 -1 62500 1 0\n", &[":1: stall in seconds is -1"]),
    ] {
        fs::write(&file, text)?;
        refused_in(&folder, &experiment, words)?;
    }
    fs::write(&file, "1 300 4 0 62500 100 0\n")?;
    let error = folder.run(&experiment).err().map(|error| error.to_string()).unwrap_or_default();
    let words = "chunk 0 is of 300 kbit/s, which is no rung (250 kbit/s, 500 kbit/s, 1 Mbit/s)";
    ensure!(error.contains("experiment.toml:8: ") && error.contains(words), "{error}");
    Ok(())
}
