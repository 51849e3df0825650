//! Whoever listens to the program may go away, and the disk under its words may be full: nothing
//! ends by it that was not over.

use crate::program::{Scratch, said, weir, workspace};
use crate::sample::write_table;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SMALL: &str = r#"
name = "small"
lab = "model"
repeats = 3
topology = "one-origin"

[media]
source = "table.json"

[[players]]
watch = "20 s"

[sweep]
"players.abr" = ["bola", "throughput"]
"#;

fn scratch(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::write(scratch.0.join("small.toml"), SMALL).unwrap();
    write_table(&scratch.0);
    scratch
}

/// A stream whose other end is closed.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

fn weir_to(folder: &Path, arguments: &[&str], out: Stdio, err: Stdio) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    let child = command.args(arguments).current_dir(folder).stdout(out).stderr(err).spawn();
    child.unwrap().wait_with_output().unwrap()
}

#[test]
fn a_run_to_which_nobody_listens_is_kept() {
    let scratch = scratch("deaf");
    let run = |out: &str, json: &[&str], stdout, stderr| {
        let arguments = [&["run", "small.toml", "--out", out], json].concat();
        let output = weir_to(&scratch.0, &arguments, stdout, stderr);
        assert!(scratch.0.join(out).join("report.html").exists(), "{out}: {}", said(&output));
        assert!(!said(&output).contains("panicked"), "{out}: {}", said(&output));
        (output.status.code(), said(&output))
    };
    assert_eq!(run("a", &["--json"], closed(), Stdio::piped()).0, Some(0));
    assert_eq!(run("b", &[], Stdio::piped(), closed()).0, Some(0));
    assert_eq!(run("c", &[], closed(), closed()).0, Some(0));
    assert_eq!(run("d", &[], Stdio::piped(), full()).0, Some(0), "progress is not the answer");
    let (code, words) = run("e", &[], full(), Stdio::piped());
    assert_eq!(code, Some(1), "the table was the answer");
    assert!(words.contains("write to the standard output: No space left"), "{words}");
}

#[test]
fn an_answer_that_cannot_be_written_is_told_unless_somebody_has_read_enough() {
    let scratch = scratch("answers");
    let output = weir(&scratch.0, &["run", "small.toml", "--out", "run"]);
    assert!(output.status.success(), "{}", said(&output));
    let none = workspace().join("sim/weir/tests/it/main.rs");
    for arguments in [
        &["abr", "list"][..],
        &["abr", "show", "bola"],
        &["check", "small.toml"],
        &["check", "small.toml", "--plan"],
        &["check", "small.toml", "--draw", "net.svg"],
        &["report", "run"],
        &["report", "run", "--timeline", "c0000-r0"],
        &["trace", "generate", "--list"],
        &["media", "list"],
        &["doctor"],
    ] {
        let code = weir(&scratch.0, arguments).status.code();
        let output = weir_to(&scratch.0, arguments, full(), Stdio::piped());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains("No space left"), "{arguments:?}: {}", said(&output));
        let output = weir_to(&scratch.0, arguments, closed(), Stdio::piped());
        assert_eq!(output.status.code(), code, "{arguments:?}: {}", said(&output));
        assert!(!said(&output).contains("panicked"), "{arguments:?}: {}", said(&output));
    }
    // What is refused stays refused.
    for arguments in [&["check", "nothing.toml"][..], &["trace", "stats", none.to_str().unwrap()]] {
        let output = weir_to(&scratch.0, arguments, full(), full());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_file_that_the_user_names_is_written_whole_and_through_no_link() {
    let scratch = scratch("named");
    let mine = scratch.0.join("mine");
    fs::write(&mine, "precious").unwrap();
    for (name, arguments) in [
        ("net.svg", &["check", "small.toml", "--draw", "net.svg"][..]),
        ("trace.toml", &["trace", "generate", "square", "--out", "trace.toml"]),
    ] {
        let path = scratch.0.join(name);
        std::os::unix::fs::symlink(&mine, &path).unwrap();
        let output = weir(&scratch.0, arguments);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(fs::read_to_string(&mine).unwrap(), "precious");
        assert!(path.symlink_metadata().unwrap().is_file(), "{name}");
        assert!(!scratch.0.join(format!(".{name}.part")).exists());
    }
    // The shell's names of streams are links too, and stay what they are.
    let log = File::create(scratch.0.join("log")).unwrap();
    let arguments = ["trace", "generate", "square", "--out", "/dev/stdout"];
    let output = weir_to(&scratch.0, &arguments, log.into(), Stdio::piped());
    assert!(output.status.success(), "{}", said(&output));
    assert!(Path::new("/dev/stdout").is_symlink());
    let written = fs::read(scratch.0.join("log")).unwrap();
    assert_eq!(written, fs::read(scratch.0.join("trace.toml")).unwrap());
}

#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe.toml");
    for first in ["run", "report", "abr"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        let output = command.arg(first).arg(odd).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{first}: {}", said(&output));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_weir")).arg(odd).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
