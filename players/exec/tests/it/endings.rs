//! How a program ends when nobody has blamed it.

use crate::scene::{LEAVES_PID, Scene, runs, seen};
use std::fs;
use weir_exec::Start;

tests! {
    the_end_of_its_input_lets_a_program_end_by_itself,
    a_program_that_does_not_end_is_killed_with_those_whom_it_started,
    errors_without_end_do_not_hold_a_session_up,
    a_program_dies_with_the_thread_that_started_it,
    every_program_finds_the_same_environment,
    whoever_listens_hears_the_errors_up_to_a_bound,
}

const ANSWERS: &str = "import sys\nfor line in sys.stdin: print('{\"rung\": 1}')\n";

fn the_end_of_its_input_lets_a_program_end_by_itself() {
    let scene = Scene::new(&format!("{LEAVES_PID}{ANSWERS}open('over', 'w')\n"));
    let mut abr = scene.start();
    assert_eq!(abr.decide(&seen(0)).rung, 1);
    assert!(runs(scene.number("pid")));
    drop(abr);
    assert!(!runs(scene.number("pid")));
    assert!(scene.folder.path().join("over").exists());
}

fn a_program_that_does_not_end_is_killed_with_those_whom_it_started() {
    let scene = Scene::new(&format!(
        "{LEAVES_PID}import subprocess, time\nchild = subprocess.Popen(['sleep', '600'])\n\
         open('child', 'w').write(str(child.pid))\n{ANSWERS}time.sleep(600)\n"
    ));
    let mut abr = scene.start();
    assert_eq!(abr.decide(&seen(0)).rung, 1);
    let (pid, child) = (scene.number("pid"), scene.number("child"));
    assert!(runs(pid) && runs(child));
    drop(abr);
    assert!(!runs(pid));
    // Killed too; it is an orphan, and ends when the kernel comes to it.
    while runs(child) {
        std::thread::yield_now();
    }
}

fn errors_without_end_do_not_hold_a_session_up() {
    let scene = Scene::new(&format!(
        "{LEAVES_PID}{ANSWERS}import subprocess\nsubprocess.Popen(['sleep', '600'])\n\
         while True: os.write(2, b'x' * 65536)\n"
    ));
    let mut abr = scene.start();
    assert_eq!(abr.decide(&seen(0)).rung, 1);
    drop(abr);
    assert!(!runs(scene.number("pid")));
}

fn a_program_dies_with_the_thread_that_started_it() {
    let scene = Scene::new(&format!("{LEAVES_PID}{ANSWERS}"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut abr = scene.start();
            assert_eq!(abr.decide(&seen(0)).rung, 1);
            std::mem::forget(abr);
        });
    });
    while runs(scene.number("pid")) {
        std::thread::yield_now();
    }
}

fn every_program_finds_the_same_environment() {
    let scene = Scene::new(&format!(
        "import os\nopen('environment', 'w').write(repr(sorted(os.environ.items())))\n\
         open('folder', 'w').write(os.getcwd())\n{ANSWERS}"
    ));
    scene.start().decide(&seen(0));
    let read = |name| fs::read_to_string(scene.folder.path().join(name)).unwrap();
    assert_eq!(read("folder"), fs::canonicalize(scene.folder.path()).unwrap().to_str().unwrap());
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let expected = format!(
        "[('HOME', '/'), ('LANG', 'C.UTF-8'), ('PATH', '{path}'), \
         ('PYTHONDONTWRITEBYTECODE', '1'), ('PYTHONHASHSEED', '0'), ('PYTHONUNBUFFERED', '1'), \
         ('TMPDIR', '/tmp')]"
    );
    assert_eq!(read("environment"), expected);
}

fn whoever_listens_hears_the_errors_up_to_a_bound() {
    let scene = Scene::new(
        "import os, sys\nfor line in sys.stdin:\n    os.write(2, b'x' * 599999 + b'\\n')\n    \
         print('{\"rung\": 1}')\n",
    );
    let path = scene.folder.path().join("heard");
    let heard = Box::new(fs::File::create(&path).unwrap());
    let choice = scene.program.choice();
    let mut abr =
        weir_exec::build_heard(&choice, scene.folder.path(), &Start::Plain, Some(heard)).unwrap();
    for segment in 0..3 {
        assert_eq!((abr.decide(&seen(segment)).rung, abr.fault()), (1, None));
    }
    drop(abr);
    let text = fs::read_to_string(path).unwrap();
    let (kept, note) = text.split_at(usize::try_from(weir_exec::ERRORS_KEPT.get()).unwrap());
    assert!(kept.ends_with("xxx"));
    assert_eq!(note, "\n(what follows is left out)\n");
}
