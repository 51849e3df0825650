//! Programs that do not answer as they should: each is a fault that says why, and nothing is left
//! of them.

use crate::scene::{LEAVES_PID, Scene, runs, seen};
use weir_abr::Observation;
use weir_units::Span;

tests! {
    an_exit_is_a_fault_with_its_last_words,
    an_answer_that_comes_late_is_a_fault,
    what_is_no_answer_is_quoted,
    a_closed_output_is_a_fault,
    a_closed_input_is_a_fault,
    endless_bytes_without_a_line_break_are_a_fault,
    endless_errors_are_a_fault,
    errors_between_answers_block_nobody,
    two_answers_to_one_question_are_a_fault,
    an_answer_before_the_question_is_a_fault,
    a_question_that_nobody_reads_is_a_fault,
    a_long_question_is_read_by_a_slow_reader,
}

/// A fault of a program that does this after leaving its number; it is gone then.
fn fault_of(text: &str) -> String {
    let scene = Scene::new(&format!("{LEAVES_PID}{text}"));
    let mut abr = scene.start();
    assert_eq!(abr.decide(&seen(0)).rung, 0);
    let fault = abr.fault().unwrap().to_owned();
    // Already: nobody has dropped it.
    assert!(!runs(scene.number("pid")), "{fault}");
    assert!(fault.starts_with("the program \"python3 abr.py\" "), "{fault}");
    fault
}

fn an_exit_is_a_fault_with_its_last_words() {
    let fault = fault_of("import nothing_like_it");
    assert!(fault.contains("exited with status 1 instead of answering; its error output ends: "));
    assert!(fault.ends_with("ModuleNotFoundError: No module named 'nothing_like_it'"), "{fault}");
    let fault = fault_of("input()\nos.kill(os.getpid(), 11)");
    assert!(fault.ends_with("was killed by signal 11 instead of answering"), "{fault}");
}

fn an_answer_that_comes_late_is_a_fault() {
    let mut scene = Scene::new(
        "import sys, time\ninput()\nprint('{\"rung\": 1}')\nprint('waiting', file=sys.stderr)\n\
         time.sleep(600)\n",
    );
    scene.program.patience = Span::from_ms(200);
    let mut abr = scene.start();
    assert_eq!((abr.decide(&seen(0)).rung, abr.fault()), (1, None));
    assert_eq!(abr.decide(&seen(1)).rung, 0);
    let fault = abr.fault().unwrap();
    let expected = "did not answer within 200 ms; its error output ends: waiting";
    assert!(fault.ends_with(expected), "{fault}");
}

fn what_is_no_answer_is_quoted() {
    let fault = fault_of("input()\nimport sys\nprint('oh', file=sys.stderr)\nprint('rung 2')");
    assert!(fault.contains("answered \"rung 2\": expected value"), "{fault}");
    assert!(fault.contains("(expected such as {\"rung\": 2, \"wait_s\": 0.5})"), "{fault}");
    assert!(fault.ends_with("; its error output ends: oh"), "{fault}");
    let fault = fault_of("input()\nos.write(1, bytes([255, 254, 10]))");
    assert!(fault.contains("answered \"\u{fffd}\u{fffd}\": expected value"), "{fault}");
    let fault = fault_of("input()\nprint('{\"rung\": 3}')");
    assert!(fault.ends_with("rung 3 is none: the ladder has 0 to 2"), "{fault}");
}

fn a_closed_output_is_a_fault() {
    let fault = fault_of("import time\nos.close(1)\ntime.sleep(600)");
    assert!(fault.ends_with("closed its standard output"), "{fault}");
}

fn a_closed_input_is_a_fault() {
    let scene = Scene::new("import os, time\nos.close(0)\nopen('closed', 'w')\ntime.sleep(600)");
    let mut abr = scene.start();
    while !scene.folder.path().join("closed").exists() {
        std::thread::yield_now();
    }
    abr.decide(&seen(0));
    let fault = abr.fault().unwrap();
    assert!(fault.ends_with("closed its standard input"), "{fault}");
}

fn endless_bytes_without_a_line_break_are_a_fault() {
    let fault = fault_of("while True: os.write(1, b'x' * 65536)");
    // They may come before the first question, or after it.
    let unasked = "without being asked";
    assert!(
        fault.contains("4096 bytes without a line break") || fault.contains(unasked),
        "{fault}"
    );
    assert!(fault.contains("\"xxxxxx") && fault.len() < 300, "{fault}");
}

fn endless_errors_are_a_fault() {
    let fault = fault_of("while True: os.write(2, b'trouble\\n' * 8192)");
    assert!(fault.contains("wrote more than 1048576 bytes of errors for an answer"), "{fault}");
    assert!(fault.ends_with("trouble | trouble") && fault.len() < 300, "{fault}");
}

fn errors_between_answers_block_nobody() {
    let scene = Scene::new(
        "import os\nwhile input():\n    os.write(2, b'x' * 200000)\n    print('{\"rung\": 2}')\n",
    );
    let mut abr = scene.start();
    for segment in 0..8 {
        assert_eq!((abr.decide(&seen(segment)).rung, abr.fault()), (2, None));
    }
}

fn two_answers_to_one_question_are_a_fault() {
    let fault = fault_of("input()\nos.write(1, b'{\"rung\": 1}\\n{\"rung\": 2}\\n')\ninput()");
    assert!(fault.ends_with(r#"said "{\"rung\": 2}" besides its answer"#), "{fault}");
}

fn an_answer_before_the_question_is_a_fault() {
    let scene = Scene::new(
        "import os\ninput()\nprint('{\"rung\": 1}')\nos.write(1, b'debug\\n')\n\
         open('said', 'w')\ninput()",
    );
    let mut abr = scene.start();
    abr.decide(&seen(0));
    while abr.fault().is_none() && !scene.folder.path().join("said").exists() {
        std::thread::yield_now();
    }
    abr.decide(&seen(1));
    let fault = abr.fault().unwrap();
    // The line may have come with the answer.
    assert!(fault.contains("said \"debug\" "), "{fault}");
}

fn a_question_that_nobody_reads_is_a_fault() {
    let mut scene = Scene::new("import time\ninput()\nprint('{\"rung\": 1}')\ntime.sleep(600)");
    scene.program.patience = Span::from_ms(200);
    let mut abr = scene.start();
    assert_eq!((abr.decide(&seen(0)).rung, abr.fault()), (1, None));
    // Longer than what a pipe holds.
    let long = Observation { buffered: vec![1; 200_000], ..seen(1) };
    abr.decide(&long);
    assert!(abr.fault().unwrap().ends_with("did not answer within 200 ms"), "{:?}", abr.fault());
}

fn a_long_question_is_read_by_a_slow_reader() {
    let scene = Scene::new(
        "import os\nlength = 0\nwhile True:\n    piece = os.read(0, 1000)\n    length += len(piece)\n    \
         if piece.endswith(b'\\n'):\n        break\nprint('{\"rung\": %d}' % (length > 400000))\ninput()",
    );
    let mut abr = scene.start();
    let long = Observation { buffered: vec![1; 200_000], ..seen(1) };
    assert_eq!((abr.decide(&long).rung, abr.fault()), (1, None));
}
