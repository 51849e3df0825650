//! The guest's root file system: a folder with a copy of this program, the libraries that it is
//! linked to, and empty places to mount things on.
//!
//! The copy is made when a run starts: a rebuild must not change a guest that runs. The libraries
//! are there because init has to start before the host's `/usr` is mounted.

use crate::init::PROGRAM;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use weir_base::sha256_of_file;

/// Places to mount things on: kernel file systems, the host's programs, and the folders that a
/// trial reads and writes.
const MOUNT_POINTS: [&str; 7] = ["proc", "sys", "dev", "run", "tmp", "usr", "out"];

/// Users and hosts as every guest sees them; nothing of the host's.
const FILES: [(&str, &str); 4] = [
    ("etc/passwd", "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ("etc/hosts", "127.0.0.1 localhost\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
];

/// A root folder, shared read-only by all guests of a run.
#[derive(Debug, Clone)]
pub struct Root {
    /// The folder.
    pub folder: PathBuf,
    /// SHA-256 of the program in it.
    pub program_sha256: String,
}

impl Root {
    /// Makes a root in `folder`, which must not exist, with the running program as init and a
    /// mount point for each of `mounts`.
    ///
    /// # Errors
    /// If something cannot be read or written.
    pub fn make(folder: &Path, mounts: &[&str]) -> Result<Self> {
        for point in MOUNT_POINTS.iter().chain(mounts) {
            make_folder(&folder.join(point))?;
        }
        for (name, text) in FILES {
            let path = folder.join(name);
            path.parent().map_or(Ok(()), make_folder)?;
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        }
        // As on every Debian since 12, and on the host whose /usr is mounted later.
        for name in ["bin", "sbin", "lib", "lib64"] {
            let path = folder.join(name);
            symlink(format!("usr/{name}"), &path)
                .with_context(|| format!("link {}", path.display()))?;
        }
        link_alternatives(&folder.join("etc/alternatives"))?;
        // Not current_exe(): a rebuild may have replaced the file of that name by now.
        let program = folder.join(PROGRAM.trim_start_matches('/'));
        copy(Path::new("/proc/self/exe"), &program)?;
        for library in libraries()? {
            // `/lib/x` and `/usr/lib/x` are one file.
            let inside = library.strip_prefix("/").unwrap_or(&library);
            let inside = if inside.starts_with("usr") {
                inside.into()
            } else {
                Path::new("usr").join(inside)
            };
            let target = folder.join(inside);
            target.parent().map_or(Ok(()), make_folder)?;
            copy(&library, &target)?;
        }
        let program_sha256 = sha256_of_file(&program)?;
        Ok(Self { folder: folder.to_owned(), program_sha256 })
    }
}

/// Libraries of which Debian has several are found by way of links there (ffmpeg's BLAS, for one);
/// the host's own `/etc` no guest sees.
fn link_alternatives(folder: &Path) -> Result<()> {
    make_folder(folder)?;
    // Another system may have none.
    let Ok(links) = fs::read_dir("/etc/alternatives") else { return Ok(()) };
    for link in links {
        let link = link.context("list /etc/alternatives")?;
        let Ok(target) = fs::read_link(link.path()) else { continue };
        if target.to_string_lossy().contains(".so") {
            let copy = folder.join(link.file_name());
            symlink(&target, &copy).with_context(|| format!("link {}", copy.display()))?;
        }
    }
    Ok(())
}

/// The shared libraries that this program has loaded, and the name by which it asks for the loader.
fn libraries() -> Result<BTreeSet<PathBuf>> {
    let maps = fs::read_to_string("/proc/self/maps").context("read /proc/self/maps")?;
    let mut found: BTreeSet<PathBuf> = maps
        .lines()
        .filter_map(|line| line.find('/').and_then(|at| line.get(at..)))
        .filter(|path| path.contains(".so"))
        .map(PathBuf::from)
        .collect();
    // The ABI fixes this name; the file may be a link to one of those above.
    let loader = Path::new("/lib64/ld-linux-x86-64.so.2");
    if loader.exists() {
        found.insert(loader.to_owned());
    }
    Ok(found)
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("make {}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let what = || format!("copy {} to {}", from.display(), to.display());
    fs::copy(from, to).with_context(what)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).with_context(what)
}
