//! The same plan gives the same bytes: whatever the parallelism, the folder and the user.

use crate::program::{Scratch, said};
use crate::sample::write_table;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two viewers and all kinds of cross traffic behind a bottleneck that delays unevenly and loses in
/// bursts, over content that costs no encoding: all that is drawn at random is.
const EXPERIMENT: &str = r#"
name = "identity"
seed = 11
repeats = 2
topology = "dumbbell"

[nodes.viewer]
count = 2

[media]
source = "table.json"

[links.bottleneck]
discipline = "fq_codel"
jitter = "5 ms"
loss = { p = "0.1 %", r = "20 %" }

[links.drain]
delay = "10 ms"
reordering_jitter = "2 ms"

[[players]]
count = 2
watch = "40 s"

[[traffic]]
kind = "tcp"
from = "source"
to = "sink"
start = "10 s"
length = "10 s"
congestion_control = "bbr"

[[traffic]]
kind = "udp"
from = "source"
to = "sink"
rate = "100 kbit/s"

[[traffic]]
kind = "web"
from = "source"
to = "sink"
count = 2

[sweep]
"links.bottleneck.rate" = ["2 Mbit/s", "8 Mbit/s"]
"players.abr" = ["bola", "throughput"]
"#;

/// Tables with no wall-clock facts.
const TABLES: [&str; 10] = [
    "sessions",
    "segments",
    "stalls",
    "links",
    "nodes",
    "flows",
    "events",
    "rungs",
    "summary",
    "comparisons",
];

/// The user called nobody, who owns nothing.
const NOBODY: u32 = 65_534;

struct Place {
    folder: PathBuf,
    user: Option<u32>,
    jobs: &'static str,
}

/// Runs the experiment and reads its tables.
fn run(place: &Place, program: &Path, cache: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::create_dir_all(&place.folder).unwrap();
    fs::write(place.folder.join("identity.toml"), EXPERIMENT).unwrap();
    write_table(&place.folder);
    let mut command = Command::new(program);
    command
        .args(["run", "identity.toml", "--out", "out", "--jobs", place.jobs])
        .current_dir(&place.folder)
        .env("WEIR_CACHE", cache)
        .env("HOME", &place.folder);
    if let Some(user) = place.user {
        std::os::unix::fs::chown(&place.folder, Some(user), Some(user)).unwrap();
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let mut tables = BTreeMap::new();
    for table in TABLES {
        for format in ["csv", "parquet"] {
            let name = format!("{table}.{format}");
            let path = place.folder.join("out").join(&name);
            tables.insert(
                name,
                fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            );
        }
    }
    tables
}

/// A cache of its own for each run, that anybody may write to, with the guest kernel in it.
fn open_cache(scratch: &Path, name: &str) -> PathBuf {
    let home = std::env::var("HOME").unwrap();
    let own = std::env::var("WEIR_CACHE").unwrap_or_else(|_| format!("{home}/.cache/weir"));
    let cache = scratch.join(name);
    copy_folder(&Path::new(&own).join("guest"), &cache.join("guest"));
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    cache
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The first lines that differ, for a message.
fn first_difference(a: &[u8], b: &[u8]) -> String {
    let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    let pair = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    pair.map_or("in length".to_owned(), |(a, b)| format!("\n{a}\n{b}"))
}

#[test]
fn equal_plans_give_equal_bytes_in_any_folder_for_any_user_at_any_parallelism() {
    let scratch = Scratch::new("identity");
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o755)).unwrap();
    let program = scratch.0.join("weir");
    fs::copy(env!("CARGO_BIN_EXE_weir"), &program).unwrap();

    let root = nix::unistd::geteuid().is_root();
    let first = Place { folder: scratch.0.join("a"), user: None, jobs: "1" };
    // Only root can become somebody else; everybody else is an ordinary user already.
    let second = Place {
        folder: scratch.0.join("another folder, with spaces"),
        user: root.then_some(NOBODY),
        jobs: "2",
    };
    let expected = run(&first, &program, &open_cache(&scratch.0, "cache"));
    let found = run(&second, &program, &open_cache(&scratch.0, "cache of another user"));
    for (name, bytes) in &expected {
        assert!(bytes == &found[name], "{name} differs: {}", first_difference(bytes, &found[name]));
    }
    // Of each of the eight trials.
    for (table, rows) in [("sessions", 2), ("flows", 4)] {
        let text = String::from_utf8_lossy(&expected[&format!("{table}.csv")]).into_owned();
        assert_eq!(text.lines().count(), 1 + 8 * rows, "{rows} rows for each trial:\n{text}");
    }
}
