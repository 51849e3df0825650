//! Programs behind a guard: nothing of them is left, whoever ends first and however; and what they
//! do not get at behind a wall.

use crate::scene::{Scene, seen};
use nix::libc;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use weir_abr::exec::Program;
use weir_exec::{Start, Walls};

tests! {
    nobody_whom_a_program_started_outlives_its_session,
    nobody_outlives_a_program_that_fails_or_is_killed,
    nobody_outlives_an_owner_that_is_killed,
    the_end_of_its_input_lets_a_guarded_program_end_by_itself,
    nobody_outlives_a_program_that_is_asked_one_thing,
    a_guarded_program_ends_in_its_own_way,
    a_guarded_program_that_cannot_be_executed_is_not_started,
    a_walled_program_reads_its_folder_and_writes_to_a_folder_of_its_own,
    what_a_walled_program_does_not_get_at_is_an_error_and_the_session_goes_on,
}

const GUARDED: Start = Start::Guarded(None);
/// The word that makes this program an owner that is killed.
const OWNER: &str = "owner-of-a-program";
const ANSWERS: &str = "\nfor line in sys.stdin: print('{\"rung\": 1}')\n";

/// Starts a child, one in a session of its own, a daemon, and one that is another process all the
/// time; none of them ends when it is asked to. All have the program's own command line.
const FAMILY: &str = r#"
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
def stay():
    time.sleep(600)
    os._exit(0)
if os.fork() == 0: stay()
if os.fork() == 0:
    os.setsid()
    stay()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        stay()
    os._exit(0)
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork(): os._exit(0)
"#;

/// A program with a family, and the word by which all of them are known.
fn family(rest: &str) -> (Scene, String) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mark = format!("weir-family-{}-{number}", std::process::id());
    let mut scene = Scene::new(&format!("{FAMILY}{rest}"));
    scene.program.command = format!("python3 abr.py {mark}");
    (scene, mark)
}

/// How many processes have this word on their command lines.
fn marked(mark: &str) -> usize {
    let entries = fs::read_dir("/proc").unwrap();
    let lines = entries.filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines.filter(|line| line.windows(mark.len()).any(|part| part == mark.as_bytes())).count()
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let came = (0..4_000).any(|_| {
        // SAFETY: a wait of 5 ms for nothing.
        unsafe { libc::poll(std::ptr::null_mut(), 0, 5) };
        so()
    });
    assert!(came, "not in time: {what}");
}

fn until_nobody_is_left(mark: &str) {
    until("nobody is left", || marked(mark) == 0);
}

fn nobody_whom_a_program_started_outlives_its_session() {
    let (scene, mark) = family(ANSWERS);
    let mut abr = scene.start_as(&GUARDED);
    assert_eq!((abr.decide(&seen(0)).rung, abr.fault()), (1, None));
    // The guard, the program, and four of its family.
    until("all are there", || marked(&mark) >= 6);
    drop(abr);
    // At once: the guard has waited for all of them.
    assert_eq!(marked(&mark), 0);
}

fn nobody_outlives_a_program_that_fails_or_is_killed() {
    for (rest, expected) in [
        ("input()\nos.kill(os.getpid(), 9)", "was killed by signal 9 instead of answering"),
        ("input()\nos._exit(3)", "exited with status 3 instead of answering"),
        ("print('what?', flush=True)\nstay()", "\"what?\""),
    ] {
        let (scene, mark) = family(rest);
        let mut abr = scene.start_as(&GUARDED);
        abr.decide(&seen(0));
        let fault = abr.fault().unwrap();
        assert!(fault.contains(expected), "{fault}");
        assert_eq!(marked(&mark), 0, "{expected}");
    }
}

/// If this process is an owner, starts the program of its folder and waits for its own end.
pub fn take_over() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_some_and(|word| word == OWNER) {
        let (folder, command) = (arguments.next().unwrap(), arguments.next().unwrap());
        let choice = Program::new(&command).choice();
        let mut abr = weir_exec::build(&choice, folder.as_ref(), &GUARDED).unwrap();
        abr.decide(&seen(0));
        loop {
            // SAFETY: a wait for nothing.
            unsafe { libc::poll(std::ptr::null_mut(), 0, -1) };
        }
    }
}

fn nobody_outlives_an_owner_that_is_killed() {
    for signal in [libc::SIGKILL, libc::SIGTERM] {
        let (scene, mark) = family(ANSWERS);
        let mut owner = Command::new(std::env::current_exe().unwrap())
            .arg(OWNER)
            .arg(scene.folder.path())
            .arg(&scene.program.command)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        // The owner too has the word on its command line.
        until("all are there", || marked(&mark) >= 7);
        // SAFETY: a signal to a child that was not waited for yet.
        unsafe { libc::kill(owner.id().try_into().unwrap(), signal) };
        owner.wait().unwrap();
        until_nobody_is_left(&mark);
    }
}

fn the_end_of_its_input_lets_a_guarded_program_end_by_itself() {
    let scene = Scene::new(&format!("import sys{ANSWERS}open('over', 'w')\n"));
    let mut abr = scene.start_as(&GUARDED);
    assert_eq!((abr.decide(&seen(0)).rung, abr.fault()), (1, None));
    drop(abr);
    assert!(scene.folder.path().join("over").exists());
}

fn nobody_outlives_a_program_that_is_asked_one_thing() {
    let reads = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom", "/etc"];
    let walls = Walls {
        reads: reads.map(Into::into).into(),
        writes: Vec::new(),
        scratch: "/dev/null".into(),
    };
    for (rest, within, expected) in [
        ("print('version 7')", 20, Some(true)),
        ("sys.exit(3)", 20, Some(false)),
        ("time.sleep(600)", 1, None),
    ] {
        let mark = family(rest).1;
        let arguments = ["-c".to_owned(), format!("{FAMILY}{rest}"), mark.clone()];
        let within = std::time::Duration::from_secs(within);
        let python = Path::new("/usr/bin/python3");
        let (ended, said) = weir_exec::ask(python, &arguments, &walls, within).unwrap();
        assert_eq!(ended.map(|exit| exit.success()), expected, "{rest}");
        assert_eq!(said == b"version 7\n", expected == Some(true), "{rest}: {said:?}");
        until_nobody_is_left(&mark);
    }
}

fn a_guarded_program_ends_in_its_own_way() {
    for (text, expected) in [
        ("import nothing_like_it", "No module named 'nothing_like_it'"),
        ("import os\nos.kill(os.getpid(), 11)", "was killed by signal 11 instead of answering"),
        ("import os, time\nos.close(1)\ntime.sleep(600)", "closed its standard output"),
        ("print(3)\ninput()", "said \"3\" without being asked"),
    ] {
        let scene = Scene::new(text);
        let mut abr = scene.start_as(&GUARDED);
        let fault = (0..2).find_map(|segment| {
            abr.decide(&seen(segment));
            abr.fault().map(str::to_owned)
        });
        let fault = fault.unwrap();
        // What is said before a question may be taken for its answer.
        assert!(fault.ends_with(expected) || fault.contains("answered \"3\""), "{fault}");
    }
}

fn a_guarded_program_that_cannot_be_executed_is_not_started() {
    let scene = Scene::new("");
    let path = scene.folder.path().join("odd");
    fs::write(&path, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    for start in [Start::Plain, GUARDED] {
        let choice = Program::new("./odd").choice();
        let error = weir_exec::build(&choice, scene.folder.path(), &start).err().unwrap();
        let expected = "start \"./odd\": No such file or directory (os error 2)";
        assert_eq!(error.to_string(), expected);
    }
}

/// What a program says on its standard error before its first answer, behind a wall around its
/// folder. `None` where the kernel has no Landlock.
fn behind_a_wall(scene: &Scene) -> Option<String> {
    if let Some(lacking) = weir_wall::lacking() {
        eprintln!("{lacking}: there is no wall to test");
        return None;
    }
    let outside = tempfile::tempdir().unwrap();
    let reads = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom"];
    let reads = reads.map(Into::into).into_iter().chain([scene.folder.path().to_owned()]);
    // Settings of Python, where there are any.
    let etc = fs::read_dir("/etc").unwrap().map(|entry| entry.unwrap());
    let etc = etc.filter(|entry| entry.file_name().to_string_lossy().starts_with("python"));
    let reads = reads.chain(etc.map(|entry| entry.path()));
    let start = Start::Guarded(Some(Walls {
        reads: reads.collect(),
        writes: vec!["/dev/null".into()],
        scratch: outside.path().join("scratch"),
    }));
    let log = outside.path().join("log");
    let heard = Box::new(fs::File::create(&log).unwrap());
    let choice = scene.program.choice();
    let built = weir_exec::build_heard(&choice, scene.folder.path(), &start, Some(heard));
    let mut abr = built.unwrap();
    for segment in 0..3 {
        assert_eq!((abr.decide(&seen(segment)).rung, abr.fault()), (1, None));
    }
    drop(abr);
    // Its folder for temporary files is gone with it.
    assert_eq!(fs::read_dir(outside.path().join("scratch")).unwrap().count(), 0);
    Some(fs::read_to_string(log).unwrap())
}

fn a_walled_program_reads_its_folder_and_writes_to_a_folder_of_its_own() {
    let scene = Scene::new(&format!(
        "import json, random, sys, tempfile, policy\nf = tempfile.NamedTemporaryFile()\n\
         f.write(b'{{\"kept\": 7}}')\nf.flush()\nopen('/dev/null', 'w').write('x')\n\
         print(json.load(open(f.name)), policy.RUNG, file=sys.stderr){ANSWERS}"
    ));
    fs::write(scene.folder.path().join("policy.py"), "RUNG = 5\n").unwrap();
    let Some(said) = behind_a_wall(&scene) else { return };
    assert_eq!(said, "{'kept': 7} 5\n");
}

fn what_a_walled_program_does_not_get_at_is_an_error_and_the_session_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, secret_path) = (listener.local_addr().unwrap().port(), secret.display());
    let owner = std::process::id();
    let scene = Scene::new(&format!(
        r#"
import os, socket, sys
def grandparent():
    return {owner}
def connect():
    return socket.create_connection(('127.0.0.1', {port}), 2)
for what, act in [
    ('shadow', lambda: open('/etc/shadow').read()),
    ('secret', lambda: open('{secret_path}').read()),
    ('link', lambda: open('linked').read()),
    ('listing', lambda: os.listdir('{home}')),
    ('beside', lambda: open('beside', 'w')),
    ('tmp', lambda: open('/tmp/weir-walled-{owner}', 'w')),
    ('connect', connect),
    ('parent', lambda: os.kill(os.getppid(), 9)),
    ('owner', lambda: os.kill(grandparent(), 9)),
    ('chmod', lambda: os.chmod('{secret_path}', 0o644)),
    ('utime', lambda: os.utime('{secret_path}')),
    ('memory', lambda: open('/proc/%d/mem' % grandparent(), 'rb')),
]:
    try:
        act()
        print(what, 'done', file=sys.stderr)
    except OSError as error:
        print(what, 'refused', file=sys.stderr)
{ANSWERS}"#,
        home = home.path().display(),
    ));
    symlink(&secret, scene.folder.path().join("linked")).unwrap();
    let Some(said) = behind_a_wall(&scene) else { return };
    assert_eq!(said.lines().count(), 12, "{said}");
    assert!(said.lines().all(|line| line.ends_with(" refused")), "{said}");
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!Path::new("/tmp").join(format!("weir-walled-{owner}")).exists());
}
