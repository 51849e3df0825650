//! Sessions in which a program of the user's decides.

use crate::server::{Answer, Server};
use crate::watching::{Rows, fixed, impatient, rows, session};
use std::fs;
use std::path::Path;
use std::time::Duration;
use weir_abr::exec::Program;
use weir_http::{Job, SessionJob, play};

/// The example that comes with the protocol.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../abr/examples");

/// A session in which this command decides.
fn decided(server: &Server, command: &str) -> SessionJob {
    let mut job = session(server, "exec");
    job.viewer.viewing.abr = Program::new(command).choice();
    job
}

/// The same job as this session of a trial.
fn numbered(session: u64, mut job: SessionJob) -> SessionJob {
    job.viewer.session = session;
    job
}

fn watch_in(folder: &Path, sessions: Vec<SessionJob>) -> Rows {
    let epoch = crate::server::monotonic_ns();
    let (folder, transport) = (folder.to_owned(), impatient());
    rows(&Job { epoch, sessions, transport, folder, log: None }, None)
}

#[test]
fn the_example_decides_in_a_session() {
    let server = Server::start(&[]);
    let rows = watch_in(EXAMPLE.as_ref(), vec![decided(&server, "python3 my_abr.py")]);
    let row = &rows.sessions[0];
    assert_eq!((row.err.as_deref(), row.abr.as_str()), (None, "exec"));
    // It begins at the lowest rung and finds the loopback interface fast enough for the highest.
    let rungs: Vec<_> = rows.segments.iter().map(|segment| segment.rung).collect();
    assert_eq!((rungs[0], rungs[1], *rungs.last().unwrap()), (0, 2, 2));
}

#[test]
fn a_program_decides_like_the_algorithm_that_it_copies() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let text = "import sys\nfor line in sys.stdin: print('{\"rung\": 1}', flush=True)\n";
    fs::write(folder.path().join("fixed.py"), text).unwrap();
    let jobs = vec![decided(&server, "python3 fixed.py"), fixed(&server, 1)];
    let jobs = (0..).zip(jobs).map(|(session, job)| numbered(session, job));
    let rows = watch_in(folder.path(), jobs.collect());
    assert!(rows.sessions.iter().all(|row| row.err.is_none()), "{:?}", rows.sessions);
    let decisions = |session: u64| -> Vec<_> {
        let rows = rows.segments.iter().filter(|row| row.session == session);
        rows.map(|row| (row.segment, row.rung)).collect()
    };
    // The loops of two seconds may end a request earlier or later.
    let (program, built) = (decisions(0), decisions(1));
    let count = program.len().min(built.len());
    assert!(count > 8 && program[..count] == built[..count], "{program:?} {built:?}");
}

#[test]
fn a_program_that_fails_ends_its_session_with_its_own_words() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let text =
        "input()\nprint('{\"rung\": 1}', flush=True)\ninput()\nraise ValueError('no idea')\n";
    fs::write(folder.path().join("fails.py"), text).unwrap();
    let failing = decided(&server, "python3 fails.py");
    let missing = numbered(1, decided(&server, "python3 missing/fails"));
    let unknown = numbered(2, decided(&server, "no-such-program"));
    let other = numbered(3, fixed(&server, 1));
    let rows = watch_in(folder.path(), vec![failing, missing, unknown, other]);
    let err = |session: usize| rows.sessions[session].err.clone().unwrap_or_default();
    let expected = "the program \"python3 fails.py\" exited with status 1 instead of answering; its \
                    error output ends: Traceback (most recent call last):";
    assert!(err(0).starts_with(expected) && err(0).ends_with("ValueError: no idea"), "{}", err(0));
    assert!(rows.sessions[0].session_us < 2_000_000);
    let requested = rows.segments.iter().filter(|row| row.session == 0).count();
    assert_eq!(requested, 1, "what it decided on before it failed");
    assert!(err(1).contains("can't open file"), "{}", err(1));
    assert!(err(2).starts_with("choosing the algorithm: there is no program \"no-such-program\""));
    assert_eq!(err(3), "");
}

#[test]
fn a_program_is_asked_about_downloads_in_progress_if_it_wants() {
    let pieces = vec![(5_000, Duration::from_millis(50)); 30];
    let server = Server::start(&[("/vod/2/3.m4s", Answer::Pieces(pieces))]);
    let folder = tempfile::tempdir().unwrap();
    let text = "import json, sys\nfor line in sys.stdin:\n    seen = json.loads(line)\n    \
                open('asked', 'a').write(seen['ask'] + '\\n')\n    \
                print('{\"rung\": 2}' if seen['ask'] == 'decide' else '{}', flush=True)\n";
    fs::write(folder.path().join("asked.py"), text).unwrap();
    let asked = |progress: bool| {
        let program = Program { progress, ..Program::new("python3 asked.py") };
        let mut job = session(&server, "exec");
        job.viewer.viewing.abr = program.choice();
        job.viewer.viewing.profile.abandonment = Some(true);
        let rows = watch_in(folder.path(), vec![job]);
        assert_eq!(rows.sessions[0].err, None);
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        fs::remove_file(folder.path().join("asked")).unwrap();
        asked.lines().any(|line| line == "progress")
    };
    assert!(!asked(false));
    assert!(asked(true));
}

#[test]
fn a_person_can_play_with_a_program() {
    let server = Server::start(&[]);
    let mut options = weir_http::Options { folder: EXAMPLE.into(), ..Default::default() };
    options.viewing.abr = Program::new("python3 my_abr.py").choice();
    options.viewing.watch = weir_units::Span::from_s(1);
    let metrics = play(&server.url("/vod/master.m3u8"), &options, |_| {}).unwrap();
    assert_eq!(metrics.err, None);
    assert!(metrics.segments.len() > 2);
}
