//! A preparation that is killed leaves nothing that anybody could take for content.

use crate::common::{make, media};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use weir_plan::Source;

/// In a process that is to be killed, where it puts what it makes.
const VICTIM: &str = "WEIR_MEDIA_TEST_VICTIM";

fn long() -> weir_plan::Media {
    media(Source::Scenes, 30)
}

/// Not a test by itself: the process that [`a_killed_preparation_leaves_no_entry_and_no_encoder`]
/// kills.
#[test]
fn a_victim_prepares_content() {
    if let Some(cache) = std::env::var_os(VICTIM) {
        make(&long(), Path::new(&cache)).unwrap();
    }
}

#[test]
fn a_killed_preparation_leaves_no_entry_and_no_encoder() {
    let cache = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::a_victim_prepares_content"])
        .env(VICTIM, cache.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let root = cache.path().join("media");
    until("an encoder runs", || encoders(&root) > 0);
    victim.kill().unwrap();
    victim.wait().unwrap();
    until("the encoders are dead", || encoders(&root) == 0);
    let left = names(&root);
    assert!(left.iter().all(|name| name.contains('.') || name == "lock"), "{left:?}");

    let package = make(&media(Source::Scenes, 2), cache.path()).unwrap();
    let key = package.media_folder().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(&root), [key, "lock".to_owned()], "the next one removes what was left");
}

fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// How many living ffmpeg processes work below `root`.
fn encoders(root: &Path) -> usize {
    let Ok(root) = fs::canonicalize(root) else { return 0 };
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let ours = |process: &PathBuf| {
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        let folder = fs::read_link(process.join("cwd")).unwrap_or_default();
        name.trim() == "ffmpeg" && folder.starts_with(&root)
    };
    processes.filter(ours).count()
}

#[expect(clippy::disallowed_methods, reason = "a driver: it watches other processes")]
fn until(what: &str, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what}: not after 120 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}
