//! The log says why a session went as it did, and changes nothing about it.

use crate::server::{Answer, Server, monotonic_ns};
use crate::watching::{Rows, fixed, impatient, rows, session};
use weir_http::{Happening, Job, LogLine, SessionJob, SizeHints};
use weir_units::{Span, Time};

/// Runs these sessions with a log, which is read.
fn logged(sessions: &[SessionJob]) -> (Rows, Vec<LogLine>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let log = Some(path.clone());
    let sessions = sessions.to_vec();
    let rows = rows(
        &Job { epoch: monotonic_ns(), sessions, transport: impatient(), folder: "".into(), log },
        None,
    );
    let text = std::fs::read_to_string(path).unwrap();
    (rows, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The events of a session by name.
fn names(lines: &[LogLine], session: u64) -> Vec<String> {
    let of_session = lines.iter().filter(|line| line.session == session);
    let name = |line: &LogLine| serde_json::to_value(line).unwrap()["event"].clone();
    of_session.map(|line| name(line).as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_logged_decision_can_be_taken_again() {
    let server = Server::start(&[]);
    let abrs = ["throughput", "bba0", "bola"];
    let jobs = (0..).zip(abrs).map(|(n, abr)| {
        let knows = if n == 1 { SizeHints::Sizes } else { SizeHints::Declared };
        let start = Time::ZERO.after(Span::from_ms(100 * n));
        let mut job = session(&server, abr);
        (job.viewer.session, job.viewer.start) = (n, start);
        job.viewer.viewing.knows = knows;
        job
    });
    let jobs: Vec<_> = jobs.collect();
    let (rows, lines) = logged(&jobs);
    for job in &jobs {
        let mut abr = job.viewer.viewing.abr.build().unwrap();
        let mut segments = rows.segments.iter().filter(|row| row.session == job.viewer.session);
        for line in lines.iter().filter(|line| line.session == job.viewer.session) {
            let Happening::Decision { observation, decision, estimate } = &line.what else {
                continue;
            };
            assert_eq!((abr.decide(observation), abr.estimate()), (*decision, *estimate));
            let Some(row) = segments.next() else { continue };
            assert_eq!(row.buffer_before_us, observation.buffer.us());
            assert_eq!(
                (row.rung, row.estimate_bps),
                (decision.rung as u64, estimate.map(|estimate| estimate.bps()),)
            );
            assert_eq!(line.at_us, job.viewer.start.after(observation.now.since(Time::ZERO)).us());
        }
        assert_eq!(segments.next(), None, "every request was decided on");
    }
}

#[test]
fn the_log_is_in_order_and_agrees_with_the_rows() {
    let server = Server::start(&[]);
    let job = fixed(&server, 1);
    let (rows, lines) = logged(&[job]);
    assert!(lines.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
    let names = names(&lines, 0);
    let course = [
        // The master playlist, and that of the lowest rung.
        "request",
        "response",
        "first_byte",
        "complete",
        "request",
        "response",
        "first_byte",
        "complete",
        "decision",
        // The playlist and the initialization section of rung 1, and the first segment.
        "request",
        "response",
        "first_byte",
        "complete",
        "request",
        "response",
        "first_byte",
        "complete",
        "request",
        "response",
        "first_byte",
        "complete",
        "decision",
        "request",
    ];
    assert_eq!(names[..course.len()], course);
    assert_eq!(names.last().unwrap(), "end");
    assert_eq!(names.iter().filter(|name| *name == "startup").count(), 1);
    for row in &rows.segments {
        let request = lines.iter().find(|line| match &line.what {
            Happening::Request { resource, .. } => {
                *resource == format!("segment {} at rung 1", row.segment)
            }
            _ => false,
        });
        assert_eq!(request.unwrap().at_us, row.request_us);
        let end = lines.iter().find_map(|line| match &line.what {
            Happening::Complete { bytes, buffer_us }
                if *bytes == row.bytes && *buffer_us == row.buffer_after_us =>
            {
                Some(line.at_us)
            }
            _ => None,
        });
        // Each rounded down to microseconds.
        let end = end.or(row.err.as_ref().map(|_| row.request_us + row.download_us)).unwrap();
        assert!(end.abs_diff(row.request_us + row.download_us) <= 1);
    }
}

#[test]
fn failures_and_stalls_are_in_the_log() {
    let lie = Answer::Lie { announced: 50_000, sent: 20_000 };
    let server = Server::start(&[("/vod/1/1.m4s", lie)]);
    let mut job = fixed(&server, 1);
    // Half a second plays, and the retry comes after a whole one.
    (job.viewer.viewing.startup, job.viewer.viewing.resume) =
        (Span::from_ms(500), Span::from_ms(500));
    let (rows, lines) = logged(&[job]);
    assert_eq!(rows.stalls.len(), 1);
    let names = names(&lines, 0);
    let failed = names.iter().position(|name| name == "failed").unwrap();
    let after = ["failed", "stall", "request"];
    assert_eq!(names[failed..failed + 3], after);
    let line = |wanted: fn(&Happening) -> bool| lines.iter().find(|line| wanted(&line.what));
    let failed = line(|what| matches!(what, Happening::Failed { bytes: 20_000, .. })).unwrap();
    let row = rows.segments.iter().find(|row| row.err.is_some()).unwrap();
    assert!(failed.at_us.abs_diff(row.request_us + row.download_us) <= 1);
    let stall = line(|what| matches!(what, Happening::Stall { played_us: 500_000 })).unwrap();
    let resume = line(|what| matches!(what, Happening::Resume)).unwrap();
    assert_eq!(stall.at_us, rows.stalls[0].start_us);
    assert!((resume.at_us - stall.at_us).abs_diff(rows.stalls[0].duration_us) <= 1);
}

#[test]
fn a_log_that_cannot_be_made_is_refused_before_anything_is_played() {
    let server = Server::start(&[]);
    let (transport, sessions) = (impatient(), vec![fixed(&server, 1)]);
    let log = Some("/nowhere/at/all.jsonl".into());
    let job = Job { epoch: monotonic_ns(), sessions, transport, folder: "".into(), log };
    let error = weir_http::run(&job, &mut Vec::new(), None).unwrap_err();
    assert_eq!(error.to_string(), "making /nowhere/at/all.jsonl");
    assert!(server.hits().is_empty());
}
