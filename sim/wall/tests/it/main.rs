//! Walls from the inside: programs behind them try to get out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use weir_wall::{Capability, Wall};

/// A shell behind a wall that lets it read programs.
fn behind(wall: &Wall, script: &str) -> Output {
    let mut prepared = wall.prepare().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).env_clear().env("PATH", "/usr/bin:/bin");
    // SAFETY: entering makes system calls alone.
    unsafe {
        command.pre_exec(move || prepared.enter());
    }
    command.output().unwrap()
}

fn programs() -> Wall {
    let folders =
        ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom"];
    folders.iter().fold(Wall::new(), |wall, folder| wall.reads(folder))
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}

#[test]
fn behind_a_wall_nothing_is_read_written_or_changed_but_what_was_let_through() {
    let folder = tempfile::tempdir().unwrap();
    let [inside, outside] = ["inside", "outside"].map(|name| folder.path().join(name));
    [&inside, &outside].iter().for_each(|folder| fs::create_dir(folder).unwrap());
    let secret = outside.join("secret");
    fs::write(&secret, "a secret").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(inside.join("known"), "known").unwrap();
    symlink(&secret, inside.join("link")).unwrap();
    let wall = programs().writes(&inside);
    let in_words = |path: &Path| path.display().to_string();
    let [inside, outside] = [in_words(&inside), in_words(&outside)];

    let output = behind(
        &wall,
        &format!("cat {inside}/known && echo new > {inside}/new && rm {inside}/known"),
    );
    assert!(output.status.success(), "{}", said(&output));
    // Programs themselves work, so that what follows fails for its own reason.
    let output = behind(&wall, "python3 -c 'import socket; socket.socketpair()'");
    assert!(output.status.success(), "{}", said(&output));
    // A descriptor that is inherited, as if by the shell's `7<secret`.
    let open = fs::File::open(&secret).unwrap();
    let seven = unsafe { nix::libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&open), 7) };
    assert_eq!(seven, 7);
    for attempt in [
        format!("cat {outside}/secret"),
        format!("cat {inside}/link"),
        format!("ls {outside}"),
        format!("echo x > {outside}/new"),
        format!("echo x >> {outside}/secret"),
        format!("rm {outside}/secret"),
        format!("mv {outside}/secret {inside}/mine"),
        format!("ln {outside}/secret {inside}/mine"),
        format!("ln -s {outside}/secret {inside}/mine"),
        format!("mkfifo {inside}/mine"),
        format!("chmod 644 {outside}/secret"),
        format!("touch -d 2001-01-01 {outside}/secret"),
        "cat /etc/passwd".to_owned(),
        "mount -t tmpfs none /mnt".to_owned(),
        "unshare -Ur true".to_owned(),
        format!("kill -0 {}", std::process::id()),
        "python3 -c 'import socket; socket.socket(socket.AF_INET)'".to_owned(),
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX)'".to_owned(),
        format!("prlimit --pid {} --nofile=9:9", std::process::id()),
        "ipcmk -M 100".to_owned(),
        "cat <&7".to_owned(),
        "python3 -c 'import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)'".to_owned(),
        format!("cat /proc/{}/environ", std::process::id()),
    ] {
        let output = behind(&wall, &attempt);
        assert!(!output.status.success(), "{attempt}: {}", said(&output));
        assert!(!said(&output).contains("a secret"), "{attempt}: {}", said(&output));
    }
    let about = fs::metadata(&secret).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "a secret");
}

#[test]
fn root_is_left_with_the_capabilities_that_it_is_to_keep_and_gains_none() {
    let wall = Wall::of_capabilities().keeps(Capability::NetBindService);
    let output = behind(&wall, "grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/self/status");
    let text = said(&output);
    assert!(text.contains("NoNewPrivs:\t1"), "{text}");
    if nix::unistd::geteuid().is_root() {
        assert_eq!(text.matches("0000000000000400").count(), 3, "{text}");
    }
}

#[test]
fn who_has_lost_capabilities_does_not_get_them_back_in_a_namespace_of_users() {
    let wall = Wall::of_capabilities();
    for attempt in [
        "unshare -U true",
        "unshare -Urm mount -t tmpfs none /mnt",
        // clone and clone3, whose flags are elsewhere.
        "python3 -c 'import ctypes, sys; libc = ctypes.CDLL(None, use_errno=True)
flags = (ctypes.c_ulong * 11)(0x10000000, 0, 0, 0, 17)
child = libc.syscall(435, flags, 88)
child = libc.syscall(56, 0x10000011, 0, 0, 0, 0) if child < 0 else child
sys.exit(child < 0)'",
    ] {
        let output = behind(&wall, attempt);
        assert!(!output.status.success(), "{attempt}: {}", said(&output));
    }
    // Threads and processes are started as ever.
    let output = behind(&wall, "python3 -c 'import threading; threading.Thread().start()' | cat");
    assert_eq!(said(&output), "");
}

#[test]
fn capabilities_are_known_by_name_and_none_leads_out() {
    for capability in Capability::ALL {
        assert_eq!(capability.name().parse(), Ok(*capability));
    }
    for name in ["sys_admin", "sys_module", "sys_rawio", "mknod", "sys_ptrace", "CAP_CHOWN", ""] {
        assert_eq!(name.parse::<Capability>(), Err(()), "{name}");
    }
}
