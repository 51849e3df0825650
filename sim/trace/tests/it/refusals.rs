//! What is no trace is refused, with the file, the line or record, and what was expected.

use crate::common::{plain, reader};
use weir_trace::{Builder, Clock, Fault, Format, Rate, Reader, Step, export, import, read};
use weir_units::{BitRate, Span};

fn refusal(format: Format, text: &str) -> String {
    import(&reader(format), "file", text).unwrap_err().to_string()
}

fn own(steps: &str) -> String {
    let head = "format = \"weir-trace-1\"\nname = \"x\"\nkind = \"capacity\"\nrepeats = true\n\
                source = \"\"\nlicence = \"\"\n---\n";
    read("file", &format!("{head}{steps}")).unwrap_err().to_string()
}

#[test]
fn steps_are_refused_by_line() {
    for (steps, words) in [
        ("", "file: the trace is empty (expected at least one step)"),
        ("1 s, 0 bit/s\n2 s, 0 bit/s\n", "file: every rate is zero (expected a rate above zero"),
        ("# why\n\n1 s, -5 kbit/s\n", "file:10: \"-5 kbit/s\" is not a bit rate: it is negative"),
        ("1 s\n", "file:8: \"1 s\" is no step (expected \"1 s, 5 Mbit/s\""),
        ("1 s, 1 bit/s, 1 ms, 1 ms\n", "file:8: \"1 s, 1 bit/s, 1 ms, 1 ms\" is no step"),
        ("1 s, NaN Mbit/s\n", "file:8: \"NaN Mbit/s\" is not a bit rate"),
        ("1, 1 bit/s\n", "file:8: \"1\" is not a time: the unit is missing"),
        ("0 s, 1 bit/s\n", "file:8: a step of 0 ns (expected 1 us to 31 days)"),
        ("32000000 s, 1 bit/s\n", "file:8: a step of 32000000 s (expected 1 us to 31 days)"),
        ("1 s, 1 bit/s\n31 s, 1 bit/s, 20 ms\n", "file:9: some steps have a latency"),
        ("1 s, 1 bit/s, 61 s\n", "file:8: a latency of 61 s (expected at most 60 s)"),
        ("1 s, 10001 Gbit/s\n", "file:8: the rate is above 10000 Gbit/s"),
        ("30 s, 1 bit/s\n2678390 s, 1 bit/s\n", "file:9: the trace is longer than 31 days"),
    ] {
        let said = own(steps);
        assert!(said.starts_with(words), "{steps:?}\n  said     {said}\n  expected {words}");
    }
}

#[test]
fn heads_are_refused_by_line() {
    let refusal = |text: &str| read("file", text).unwrap_err().to_string();
    let good = "format = \"weir-trace-1\"\nname = \"x\"\nkind = \"capacity\"\nrepeats = true\n\
                source = \"\"\nlicence = \"\"\n---\n1 s, 1 bit/s\n";
    assert!(read("file", good).is_ok());
    for (from, to, words) in [
        ("weir-trace-1", "weir-trace-2", "file:1: the format is \"weir-trace-2\" (expected"),
        ("\"capacity\"", "\"speed\"", "file:3: unknown variant `speed`, expected `capacity` or"),
        ("repeats = true\n", "", "file:1: missing field `repeats`"),
        ("repeats", "loops", "file:4: unknown field `loops`, expected one of"),
        ("repeats = true", "repeats = \"yes\"", "file:4: invalid type"),
        ("---\n", "", "file:7: the head has no end (expected a line ---)"),
        ("name = \"x\"", "name = x", "file:2: "),
        ("format", "[[1,2]] format", "file:1: it is no trace of Weir (expected: format ="),
    ] {
        let said = refusal(&good.replacen(from, to, 1));
        assert!(said.starts_with(words), "{from} -> {to}\n  said     {said}\n  expected {words}");
    }
    assert!(refusal("").starts_with("file:1: it is no trace of Weir"));
    let endless = format!("format = \"{}\"\n", "x\n".repeat(100_000));
    assert!(refusal(&endless).contains("has no end"));
}

#[test]
fn other_forms_are_refused_by_line_or_record() {
    use Format::{Cadvise, Csv, Mahimahi, Pensieve, Sabre};
    for (format, text, words) in [
        (Sabre, "", "file:1: EOF"),
        (Sabre, "[]", "file: the trace is empty"),
        (
            Sabre,
            r#"[{"duration_ms":1,"bandwidth_kbps":NaN,"latency_ms":1}]"#,
            "file:1: expected value",
        ),
        (Sabre, "[\n{\"duration_ms\":1}]", "file:2: missing field `bandwidth_kbps`"),
        (
            Sabre,
            r#"[{"duration_ms":1,"bandwidth_kbps":1,"latency_ms":1},
                {"duration_ms":1,"bandwidth_kbps":-1,"latency_ms":1}]"#,
            "file: record 2: a rate of -1 (expected a number, zero or above)",
        ),
        (
            Sabre,
            r#"[{"duration_ms":-1,"bandwidth_kbps":1,"latency_ms":1}]"#,
            "file: record 1: a time of -1 (expected a number, zero or above",
        ),
        (
            Sabre,
            r#"[{"duration_ms":1,"bandwidth_kbps":1e300,"latency_ms":1}]"#,
            "file: record 1: the rate is above 10000 Gbit/s",
        ),
        (
            Sabre,
            r#"[{"duration_ms":1,"bandwidth_kbps":0,"latency_ms":1}]"#,
            "file: every rate is zero",
        ),
        (Pensieve, "0 1\n", "file: the trace is empty"),
        (Pensieve, "0 1\n2 1\n2 1\n", "file:3: the time is not later than the one before"),
        (Pensieve, "1 1\n0.5 1\n", "file:2: the time is not later than the one before"),
        (Pensieve, "0 1\n1 nan\n", "file:2: \"nan\" is not a rate in Mbit/s (expected a number"),
        (Pensieve, "0 1\n1 -2\n", "file:2: \"-2\" is not a rate in Mbit/s"),
        (Pensieve, "0 1\ninf 2\n", "file:2: \"inf\" is not a time in seconds"),
        (Pensieve, "0 1\n1\n", "file:2: \"1\" (expected a time in seconds and a rate in Mbit/s)"),
        (Mahimahi, "", "file: the trace is empty"),
        (Mahimahi, "5\n4\n", "file:2: 4 ms after 5 ms (expected no falling times)"),
        (Mahimahi, "1\n2.5\n", "file:2: \"2.5\" is not a millisecond"),
        (Mahimahi, "-1\n", "file:1: \"-1\" is not a millisecond"),
        (Mahimahi, "0\n0\n", "file:2: the last line is 0 ms (expected the period, above zero)"),
        (Mahimahi, "1\n99999999999\n", "file:2: a step of 99999999997 ms (expected 1 us to 31"),
        (Mahimahi, "1\n2678400001\n", "file:2: the trace is longer than 31 days"),
        (Mahimahi, "18446744073709551615\n", "file:1: a step of"),
        (Cadvise, r#"[{"duration": 1, "clientIngress": 0}]"#, "file: record 1: it has no limit"),
        (Cadvise, r#"[{"clientIngress": 5}]"#, "file:1: missing field `duration`"),
        (Csv, "", "file:1: there is no column \"rate_bps\""),
        (
            Csv,
            "duration_s,rate_bs\n",
            "file:1: there is no column \"rate_bps\"; did you mean \"rate_bs\"?",
        ),
        (Csv, "duration_s,rate_bps\n1,5\n1,-\n", "file:3: \"-\" is not a rate (expected a number"),
        (Csv, "duration_s,rate_bps\n1,5\n1\n", "file"),
        (Csv, "duration_s,rate_bps\n1,NaN\n", "file:2: \"NaN\" is not a rate"),
    ] {
        let said = refusal(format, text);
        assert!(said.starts_with(words), "{text:?}\n  said     {said}\n  expected {words}");
    }
    let mut rising = reader(Csv);
    rising.csv.clock = Clock::Begins("t".to_owned());
    let falls = import(&rising, "file", "t,rate_bps\n2,1\n1,1\n").unwrap_err().to_string();
    assert!(falls.starts_with("file:3: the time is not later"), "{falls}");
}

#[test]
fn traces_have_a_bound_of_steps() {
    let mut builder = Builder::new(crate::common::about(true));
    let step = |bps| Step {
        span: Span::from_ms(1),
        rate: Rate::try_from(BitRate::from_bps(bps)).unwrap(),
        latency: None,
    };
    for index in 0..Builder::MAX_STEPS {
        builder.push(step(index as u64)).unwrap();
    }
    assert_eq!(builder.push(step(1)), Err(Fault::TooManySteps));
}

#[test]
fn packets_that_no_file_holds_are_refused() {
    let fast = plain(true, &[(1_000_000, 10_000_000_000_000)]);
    let error = export(Format::Mahimahi, &fast, Reader::PACKET).unwrap_err().to_string();
    assert!(error.contains("too many packets"), "{error}");
    let silent = plain(true, &[(1000, 8), (1000, 0)]);
    let error = export(Format::Cadvise, &silent, Reader::PACKET).unwrap_err().to_string();
    assert!(error.contains("record 2: a rate of zero"), "{error}");
}

#[test]
fn names_of_forms_and_kinds_are_listed() {
    let error = "mahi-mahi".parse::<Format>().unwrap_err().to_string();
    assert!(
        error.contains("did you mean \"mahimahi\"?") && error.contains("weir, sabre"),
        "{error}"
    );
    assert!("speed".parse::<weir_trace::Kind>().unwrap_err().to_string().contains("\"goodput\""));
}
