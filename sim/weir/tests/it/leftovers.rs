//! What a run has on the machine while it goes on, and must not leave afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Waits, with a bound, until something is so.
#[expect(clippy::disallowed_methods, reason = "a test that waits for another process is a driver")]
pub fn until(limit: Duration, what: &str, mut so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !so() {
        assert!(started.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Processes that work in a folder or hold something of it, guests and trials of the host among
/// them.
pub fn processes_in(folder: &Path) -> Vec<String> {
    let folder = folder.canonicalize().unwrap();
    let own = std::process::id().to_string();
    let of_the_folder = |process: &Path| {
        let inside = |link: PathBuf| fs::read_link(link).is_ok_and(|to| to.starts_with(&folder));
        let links = ["cwd", "exe", "root"].map(|name| process.join(name));
        let files = list(&process.join("fd"));
        // The folders of a trial on the host are mounted from there.
        let mounts = fs::read_to_string(process.join("mountinfo")).unwrap_or_default();
        links.into_iter().chain(files).any(inside)
            || folder.to_str().is_some_and(|name| mounts.contains(name))
    };
    let processes = processes().into_iter().filter(|path| {
        path.file_name().is_some_and(|name| name != own.as_str()) && of_the_folder(path)
    });
    let named = processes.map(|path| {
        let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
        format!("{} {}", path.display(), name.trim())
    });
    named.collect()
}

/// A namespace: the device and the inode of its file.
pub type Namespace = (u64, u64);

/// The namespaces of the processes that hold something of a folder, which are not the test's own.
pub fn namespaces_in(folder: &Path) -> BTreeSet<Namespace> {
    let own = namespaces_of(Path::new("/proc/self"));
    let mut found = BTreeSet::new();
    for process in processes_in(folder) {
        let path = process.split(' ').next().unwrap_or_default();
        found.extend(namespaces_of(Path::new(path)));
    }
    &found - &own
}

/// All namespaces that a process of this machine is in, or holds.
pub fn all_namespaces() -> BTreeSet<Namespace> {
    let mut found = BTreeSet::new();
    for process in processes() {
        found.extend(namespaces_of(&process));
        for file in list(&process.join("fd")) {
            let to = fs::read_link(&file).unwrap_or_default();
            if ["net:", "mnt:", "pid:"].iter().any(|kind| to.to_string_lossy().starts_with(kind)) {
                found.extend(identity(&file));
            }
        }
    }
    found
}

fn namespaces_of(process: &Path) -> BTreeSet<Namespace> {
    let kinds = ["net", "mnt", "pid", "pid_for_children"];
    kinds.iter().filter_map(|kind| identity(&process.join("ns").join(kind))).collect()
}

/// What two names of one file have in common.
fn identity(file: &Path) -> Option<Namespace> {
    fs::metadata(file).ok().map(|about| (about.dev(), about.ino()))
}

/// Interfaces and mounts that this process sees, and files in the machine's shared memory.
pub fn machine() -> BTreeSet<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mounts = mounts.lines().map(|line| format!("mount {line}"));
    let files = ["/sys/class/net", "/dev/shm", "/run/netns"].map(|folder| list(Path::new(folder)));
    let files = files.into_iter().flatten().map(|path| path.display().to_string());
    mounts.chain(files).collect()
}

fn processes() -> Vec<PathBuf> {
    let is_process = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes()[0].is_ascii_digit())
    };
    list(Path::new("/proc")).into_iter().filter(is_process).collect()
}

/// What is in a folder; nothing if it is not there, or not any more.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
