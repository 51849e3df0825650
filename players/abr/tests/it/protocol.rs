//! The page that describes the exchange with a program, and the program that comes with it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use weir_abr::exec::{answer, progress_answer, progress_question, question};
use weir_abr::{Decision, Download, Observation, Progress, Rung, Verdict};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

/// An observation in which every list has something.
fn seen() -> Observation {
    let rung = |kbps: u64| Rung {
        mean: BitRate::from_bps(kbps * 1000),
        peak: BitRate::from_bps(kbps * 1500),
    };
    let download = Download {
        bytes: Bytes::new(500_000),
        ttfb: Span::from_ms(40),
        transfer: Span::from_ms(960),
        media: Span::from_s(2),
        finished: Time::from_ns(1_500_000_000),
        ..Download::default()
    };
    Observation {
        now: Time::from_ns(1_500_000_000),
        buffer: Span::from_ms(1_500),
        max_buffer: Span::from_s(25),
        segment: 1,
        segments_left: 30,
        segment_duration: Span::from_s(2),
        ladder: [500, 1000, 2000, 4000].map(rung).to_vec(),
        sizes: vec![[125_000, 250_000, 500_000, 1_000_000].map(Bytes::new).to_vec()],
        downloads: vec![download],
        buffered: vec![0],
        ..Observation::default()
    }
}

fn progress() -> Progress {
    Progress {
        rung: 1,
        requested: Time::ZERO,
        ttfb: Some(Span::from_ms(40)),
        size: Bytes::new(250_000),
        downloaded: Bytes::new(100_000),
        part: Ratio::from_ppb(500_000_000),
    }
}

/// The path of every field, with `[]` for the members of a list.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                fields(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(list) => {
            list.iter().for_each(|value| fields(value, &format!("{path}[]"), found));
        }
        _ => {}
    }
}

/// The names in the tables below a heading of the page, up to the next heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let page = include_str!("../../PROTOCOL.md");
    let (_, section) = page.split_once(&format!("## {heading}\n")).unwrap();
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn the_page_lists_every_field_of_a_question_and_no_other() {
    let mut found = BTreeSet::new();
    for line in [question(&seen()), progress_question(&seen(), &progress())] {
        let line = line.unwrap();
        assert!(!line.contains('\n'));
        fields(&serde_json::from_str(&line).unwrap(), "", &mut found);
    }
    assert_eq!(found, documented("The question"));
}

#[test]
fn the_page_lists_every_field_of_an_answer() {
    let decide = r#"{"rung": 1, "wait_s": 0.5, "replace": 0}"#;
    let abandon = r#"{"abandon": 0}"#;
    let expected = Decision { replace: Some(0), ..Decision::after(1, Span::from_ms(500)) };
    assert_eq!(answer(decide, &seen()), Ok(expected));
    assert_eq!(progress_answer(abandon, &seen()), Ok(Verdict::Abandon { to: Some(0) }));
    for (line, heading) in
        [(decide, "The answer to `\"decide\"`"), (abandon, "The answer to `\"progress\"`")]
    {
        let mut found = BTreeSet::new();
        fields(&serde_json::from_str(line).unwrap(), "", &mut found);
        assert_eq!(found, documented(heading));
    }
}

/// `python3 -I` looks at nothing but the program.
#[test]
fn the_example_in_python_decides() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/my_abr.py");
    assert!(std::fs::read_to_string(&example).unwrap().lines().count() <= 20);
    let mut child = Command::new("python3")
        .arg("-I")
        .arg(&example)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = seen();
    first.downloads.clear();
    let lines = [
        question(&first).unwrap(),
        question(&seen()).unwrap(),
        progress_question(&seen(), &progress()).unwrap(),
    ];
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = text.lines().collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(answer(answers[0], &first), Ok(Decision::now(0)));
    // 500,000 bytes in a second: 3.2 Mbit/s are safe.
    assert_eq!(answer(answers[1], &seen()), Ok(Decision::now(2)));
    assert_eq!(progress_answer(answers[2], &seen()), Ok(Verdict::Continue));
}
