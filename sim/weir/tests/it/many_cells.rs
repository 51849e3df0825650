//! A sweep of many cells takes little memory, and what is said of it fits a screen.

use crate::program::{Scratch, said};
use std::fs;
use std::process::Command;

const MANY: &str = r#"
name = "many"
lab = "model"
record = "sessions"
topology = "one-origin"
[[players]]
abr = "bola"
[sweep]
"links.access.rate" = { from = "1 kbit/s", to = "100000 kbit/s", step = "1 kbit/s" }
"#;

/// What 100,000 cells may take, in KiB: a whole setup of each would take 400 MB.
const MOST: u64 = 150 << 10;

#[test]
fn many_cells_are_checked_in_little_memory_and_told_in_few_words() {
    let scratch = Scratch::new("many");
    fs::write(scratch.0.join("many.toml"), MANY).unwrap();
    let check = |more: &str| {
        let limited = format!("ulimit -d {MOST}; exec \"$0\" check many.toml {more}");
        Command::new("sh")
            .args(["-c", &limited, env!("CARGO_BIN_EXE_weir")])
            .current_dir(&scratch.0)
            .output()
            .expect("a shell starts")
    };
    let output = check("");
    assert!(output.status.success(), "{}", said(&output));
    let words = said(&output);
    assert!(words.contains("many: 100000 trials") && words.len() < 1_000, "{words}");
    assert!(words.contains("6 kbit/s, ..., 100 Mbit/s (100000 values)"), "{words}");

    let refused = check("--only 'rate=1 kbit'");
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).len() < 1_000, "{}", said(&refused));
}
