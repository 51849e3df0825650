//! Packages by what they are made from: each is made once, under a lock, and appears when it is
//! complete.
//!
//! `<cache>/media/<key>/` is a package. While one is made, its files are in `<key>.new`, and
//! everything else is in `<key>.work`; a maker that is killed leaves these two behind, which the
//! next one removes. There is one lock for all packages: a ladder takes all cores, and two at a
//! time would only slow each other.

use crate::deadline::{Deadline, look_again_soon};
use crate::files::sha256_of;
use crate::package::{Manifest, Package, Prepared};
use crate::progress::{Progress, Step};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use weir_units::Span;

/// Nobody waits longer for another preparation: a ladder of an hour of film takes this long on two
/// cores.
const LONGEST_WAIT: Span = Span::from_s(2 * 3600);

const LOCK: &str = "lock";

/// The package with this hash that `accept` accepts, if the cache below `cache` has it, whole.
/// Packages whose files are equal may still differ in what is said of them.
pub fn find(
    cache: &Path,
    hash: &str,
    accept: &dyn Fn(&Package) -> bool,
    progress: &mut dyn FnMut(Progress),
) -> Option<Package> {
    let entries = fs::read_dir(cache.join("media")).ok()?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|dir| Manifest::read(dir).is_ok_and(|found| found.hash == hash))
        .filter_map(|dir| Package::load_with(&dir, progress).ok())
        .find(accept)
}

/// What a package is called that is made from `ingredients`.
pub(crate) fn key(ingredients: &impl Serialize) -> Result<String> {
    let text =
        serde_json::to_string(ingredients).context("describe what a package is made from")?;
    Ok(sha256_of(text))
}

/// The folders of a package in the making.
pub(crate) struct Workshop {
    /// What will be served.
    pub package: PathBuf,
    /// Everything else.
    pub work: PathBuf,
}

/// The package called `key`, from the cache if it is there and whole, or else made by `make`.
///
/// # Errors
/// Those of `make`, which leave nothing behind; if the cache cannot be written; and after two
/// hours in which others kept it locked.
pub(crate) fn get(
    cache: &Path,
    key: &str,
    progress: &mut dyn FnMut(Progress),
    make: impl FnOnce(&Workshop, &mut dyn FnMut(Progress)) -> Result<Package>,
) -> Result<Package> {
    let root = cache.join("media");
    let path = root.join(key);
    if path.exists()
        && let Ok(package) = Package::load_with(&path, progress)
    {
        return Ok(package);
    }

    fs::create_dir_all(&root).with_context(|| format!("create {}", root.display()))?;
    let _lock = lock(&root.join(LOCK), progress)?;
    // Another may have made it in the meantime.
    if path.exists() {
        if let Ok(package) = Package::load_with(&path, progress) {
            return Ok(package);
        }
        remove(&path)?;
    }
    sweep(&root)?;

    let workshop = Workshop {
        package: root.join(format!("{key}.new")),
        work: root.join(format!("{key}.work")),
    };
    for folder in [&workshop.package, &workshop.work] {
        fs::create_dir(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    let made = make(&workshop, progress).and_then(|mut package| {
        fs::rename(&workshop.package, &path)
            .with_context(|| format!("rename a package to {}", path.display()))?;
        package.dir = path;
        Ok(package)
    });
    let swept = sweep(&root);
    let package = made?;
    swept?;
    Ok(package)
}

/// The packages in a cache, ordered by name; their files are not looked at.
///
/// # Errors
/// If the cache cannot be listed.
pub fn packages(cache: &Path) -> Result<Vec<Prepared>> {
    let root = cache.join("media");
    let context = || format!("list {}", root.display());
    let entries = match fs::read_dir(&root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(context)?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.with_context(context)?.path();
        // One in the making has an extension.
        if path.extension().is_none() && path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    // What cannot be read will be made again.
    Ok(folders.into_iter().filter_map(|folder| Prepared::read(folder).ok()).collect())
}

fn lock(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Flock<File>> {
    let context = || format!("lock {}", path.display());
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(context)?;
    let deadline = Deadline::after(LONGEST_WAIT);
    let mut told = false;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(lock),
            Err((unlocked, Errno::EWOULDBLOCK)) => file = unlocked,
            Err((_, error)) => return Err(error).with_context(context),
        }
        if deadline.passed() {
            bail!("{} has been locked for {LONGEST_WAIT}", path.display());
        }
        if !told {
            progress(Progress::begins(Step::Wait));
            told = true;
        }
        look_again_soon();
    }
}

/// Removes what makers left behind; only for the one who has the lock.
fn sweep(root: &Path) -> Result<()> {
    let context = || format!("list {}", root.display());
    for entry in fs::read_dir(root).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension().is_some_and(|end| end == "new" || end == "work") {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::tests::package;
    use std::cell::Cell;
    use std::sync::mpsc::channel;
    use std::thread;

    fn make(workshop: &Workshop) -> Result<Package> {
        package(&workshop.package, &[&[100, 200]], &[400, 800])
    }

    fn names(cache: &Path) -> Vec<String> {
        let entries = fs::read_dir(cache.join("media")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_package_is_made_once_and_again_when_it_is_broken() {
        let cache = tempfile::tempdir().unwrap();
        let made = Cell::new(0);
        let get = || {
            get(cache.path(), "key", &mut |_| {}, |workshop, _| {
                made.set(made.get() + 1);
                make(workshop)
            })
        };
        let first = get().unwrap();
        assert_eq!(first.dir, cache.path().join("media/key"));
        assert_eq!((get().unwrap(), made.get()), (first.clone(), 1));
        fs::write(first.dir.join("rung0/seg00000.m4s"), "harm").unwrap();
        assert_eq!((get().unwrap(), made.get()), (first.clone(), 2));
        fs::remove_file(first.dir.join("package.json")).unwrap();
        assert_eq!((get().unwrap(), made.get()), (first.clone(), 3));
        assert_eq!(names(cache.path()), ["key", "lock"]);
        let listed = packages(cache.path()).unwrap();
        assert_eq!(listed.iter().map(|package| &package.folder).collect::<Vec<_>>(), [&first.dir]);
    }

    #[test]
    fn what_is_no_package_is_not_listed() {
        let cache = tempfile::tempdir().unwrap();
        assert_eq!(packages(cache.path()).unwrap(), []);
        fs::create_dir_all(cache.path().join("media/key.new")).unwrap();
        fs::create_dir_all(cache.path().join("media/broken")).unwrap();
        fs::write(cache.path().join("media/lock"), "").unwrap();
        assert_eq!(packages(cache.path()).unwrap(), []);
    }

    #[test]
    fn a_failure_leaves_nothing_and_leftovers_are_removed() {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("media/other.new/rung0")).unwrap();
        fs::create_dir_all(cache.path().join("media/key.work")).unwrap();
        let error = get(cache.path(), "key", &mut |_| {}, |workshop, _| {
            fs::write(workshop.work.join("half"), "made").unwrap();
            bail!("no more")
        });
        assert_eq!(error.unwrap_err().to_string(), "no more");
        assert_eq!(names(cache.path()), ["lock"]);
    }

    #[test]
    fn a_second_preparation_waits_for_the_first_and_says_so() {
        let cache = tempfile::tempdir().unwrap();
        let (waits, waiting) = channel();
        let (begun, begins) = channel();
        thread::scope(|scope| {
            let path = cache.path();
            scope.spawn(move || {
                get(path, "key", &mut |_| {}, |workshop, _| {
                    begun.send(()).unwrap();
                    assert_eq!(waiting.recv(), Ok(Step::Wait));
                    make(workshop)
                })
                .unwrap()
            });
            begins.recv().unwrap();
            let mut tell = |progress: Progress| waits.send(progress.step).unwrap_or_default();
            get(cache.path(), "key", &mut tell, |_, _| panic!("it was made already")).unwrap();
        });
    }
}
