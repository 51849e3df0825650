//! Landlock: which files can be opened, and in which way.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use std::path::{Path, PathBuf};

/// What is asked for: signals and abstract sockets stay inside since version 6 (Linux 6.12).
const WANTED: ABI = ABI::V6;

/// The paths that stay open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    pub reads: Vec<PathBuf>,
    pub writes: Vec<PathBuf>,
}

impl Files {
    pub fn prepare(&self) -> Result<RulesetCreated, RulesetError> {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(WANTED))?
            .handle_access(AccessNet::from_all(WANTED))?
            .scope(Scope::from_all(WANTED))?
            .create()?;
        let written = AccessFs::ReadFile
            | AccessFs::ReadDir
            | AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::MakeDir
            | AccessFs::RemoveFile
            | AccessFs::RemoveDir;
        let all = [(&self.reads, AccessFs::from_read(WANTED)), (&self.writes, written)];
        for (paths, access) in all {
            for path in paths {
                rules = let_through(rules, path, access)?;
            }
        }
        Ok(rules)
    }
}

fn let_through(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else { return Ok(rules) };
    // A file has no entries to make or remove.
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(WANTED) };
    rules.add_rule(PathBeneath::new(opened, access))
}

/// What of a wall this machine's kernel cannot build, in words; `None` if it can build all of it.
pub fn lacking() -> Option<String> {
    const VERSION: libc::c_ulong = 1;
    if !crate::calls::can_be_refused() {
        return Some("the kernel has no seccomp: calls are not walled off".to_owned());
    }
    // SAFETY: with this flag the call takes no structure, and returns a number.
    let found = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, VERSION)
    };
    match found {
        ..=0 => {
            Some("the kernel has no Landlock (Linux 5.13): files are not walled off".to_owned())
        }
        1..=5 => Some(format!(
            "the kernel's Landlock is of version {found}: signals to other processes are not \
             walled off (version 6, Linux 6.12, is needed)"
        )),
        _ => None,
    }
}
