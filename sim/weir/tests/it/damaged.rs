//! Whatever happened to the tables of a run, reading them ends with a message and an exit code.

use crate::program::{Scratch, said, weir};
use crate::sample::write_table;
use std::fs;
use std::path::{Path, PathBuf};
use weir_units::Seed;

const EXPERIMENT: &str = r#"
name = "damaged"
lab = "model"
repeats = 2
topology = "one-origin"

[media]
source = "table.json"

[[players]]
abr = "bola"
watch = "20 s"

[sweep]
"links.access.rate" = ["1 Mbit/s", "4 Mbit/s"]
"#;

/// The ways in which a table is damaged.
const WAYS: u64 = 12;

fn damaged(whole: &[u8], way: u64, seed: Seed) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let length = bytes.len() as u64;
    let at = |what: &str, from: u64, to: u64| (from + seed.derive(what).below(to - from)) as usize;
    match way {
        0 => bytes.clear(),
        1 => bytes.truncate(bytes.len() - 1),
        2 => bytes.truncate(at("cut", 1, length)),
        3 => bytes.fill(0),
        4 => bytes.drain(..at("begin", 1, length)).for_each(drop),
        5 => bytes.extend_from_slice(whole),
        // The length of the description at the end.
        6 => bytes[whole.len() - 6] ^= 0xff,
        // In the description, near the end.
        7 | 8 => bytes[at("description", length * 3 / 4, length - 8)] ^= 0xff,
        9 => (0..16).for_each(|n| bytes[at(&format!("many {n}"), length / 2, length - 8)] ^= 0x55),
        // In what stands before.
        10 => bytes[at("values", 4, length / 2)] ^= 0xff,
        _ => bytes[at("bit", 4, length - 8)] ^= 1 << (seed.get() % 8),
    }
    bytes
}

/// Runs the program on damaged tables.
fn survives(folder: &Path, what: &str, arguments: &[&str]) {
    let output = weir(folder, arguments);
    let words = said(&output);
    let code = output.status.code();
    // What is not noticed may even be right: a table that this does not read, a bit of a number.
    assert!(code.is_some_and(|code| code <= 2), "{what}: {arguments:?}: {words}");
    assert!(
        !words.contains("panicked") && !words.contains("a defect"),
        "{what}: {arguments:?}: {words}"
    );
    assert!(code == Some(0) || words.len() > 40, "{what}: {arguments:?}: {words}");
}

#[test]
fn every_damage_of_every_table_ends_with_a_message() {
    let scratch = Scratch::new("damaged");
    fs::write(scratch.0.join("damaged.toml"), EXPERIMENT).unwrap();
    write_table(&scratch.0);
    let output = weir(&scratch.0, &["run", "damaged.toml", "--out", "run"]);
    assert!(output.status.success(), "{}", said(&output));
    let run = scratch.0.join("run");
    let mut tables: Vec<PathBuf> =
        fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().path()).collect();
    tables.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    assert!(tables.len() >= 10, "{tables:?}");
    let seed = std::env::var("WEIR_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = Seed::new(seed.unwrap_or(7));
    for table in &tables {
        let whole = fs::read(table).unwrap();
        let name = table.file_name().unwrap().to_str().unwrap();
        for way in 0..WAYS {
            let what = format!("{name}, way {way}, WEIR_TEST_SEED={}", seed.get());
            fs::write(table, damaged(&whole, way, seed.derive(&what))).unwrap();
            // Each reads some tables that the others do not.
            let arguments = match way % 3 {
                0 => &["report", "run", "--expect"][..],
                1 => &["report", "run"],
                _ => &["report", "run", "--timeline", "c0001-r0"],
            };
            survives(&scratch.0, &what, arguments);
        }
        fs::write(table, &whole[..whole.len() / 2]).unwrap();
        survives(&scratch.0, name, &["replay", "run", "c0001-r0", "--out", "again"]);
        drop(fs::remove_dir_all(scratch.0.join("again")));
        fs::write(table, whole).unwrap();
    }
    let output = weir(&scratch.0, &["report", "run"]);
    assert!(output.status.success(), "{}", said(&output));
}
