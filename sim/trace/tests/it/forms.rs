//! Writing and then reading is the identity, where the form can express the trace.

use crate::common::{plain, reader, traces};
use proptest::prelude::*;
use weir_trace::{Clock, Csv, Format, Kind, Rate, Reader, Trace, export, import, read, write};
use weir_units::{BitRate, Bytes, Span, Time};

fn there_and_back(format: Format, trace: &Trace) -> Trace {
    let exported = export(format, trace, Reader::PACKET).unwrap();
    let mut reader = reader(format);
    if trace.steps().iter().any(|step| step.latency.is_some()) {
        reader.csv.latency = Some("latency_s".to_owned());
    }
    import(&reader, "back", &exported.text).unwrap()
}

/// No step is silent, since zero means no limit there.
fn limited(trace: &Trace) -> bool {
    trace.steps().iter().all(|step| step.rate > Rate::ZERO)
}

proptest! {
    #[test]
    fn weirs_own_form_says_everything(trace in traces(false), delayed in traces(true)) {
        prop_assert_eq!(read("x", &write(&trace)), Ok(trace));
        prop_assert_eq!(read("x", &write(&delayed)), Ok(delayed));
    }

    #[test]
    fn a_rate_is_the_same_after_printing_and_parsing(micro in 0..=Rate::MAX.micro_bps()) {
        let rate = Rate::from_micro_bps(micro).unwrap();
        prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
    }

    #[test]
    fn sabres_form_keeps_steps_and_latencies(trace in traces(true)) {
        let back = there_and_back(Format::Sabre, &trace);
        prop_assert_eq!(back.steps(), trace.steps());
    }

    #[test]
    fn cadvises_form_keeps_steps_and_latencies(trace in traces(true)) {
        prop_assume!(limited(&trace));
        let back = there_and_back(Format::Cadvise, &trace);
        prop_assert_eq!(back.steps(), trace.steps());
    }

    #[test]
    fn pensieves_form_keeps_steps(trace in traces(false)) {
        let back = there_and_back(Format::Pensieve, &trace);
        prop_assert_eq!(back.steps(), trace.steps());
    }

    #[test]
    fn a_table_keeps_steps(trace in traces(false), delayed in traces(true)) {
        for trace in [trace, delayed] {
            let back = there_and_back(Format::Csv, &trace);
            prop_assert_eq!(back.steps(), trace.steps());
        }
    }

    #[test]
    fn packet_opportunities_survive_a_trace(
        gaps in proptest::collection::vec(0u64..40, 1..200),
        size in 1u64..10_000,
    ) {
        let mut now = 1;
        let line = |gap: &u64| { now += gap; format!("{now}\n") };
        let text: String = gaps.iter().map(line).collect();
        let reader = Reader { packet: Bytes::new(size), ..reader(Format::Mahimahi) };
        let trace = import(&reader, "x", &text).unwrap();
        let back = export(Format::Mahimahi, &trace, Bytes::new(size)).unwrap();
        prop_assert_eq!(back.text, text);
    }

    #[test]
    fn every_millisecond_carries_the_bytes_of_its_packets(
        times in proptest::collection::vec(0u64..100, 1..300),
    ) {
        let mut times = times;
        times.push(100);
        times.sort_unstable();
        let text: String = times.iter().map(|ms| format!("{ms}\n")).collect();
        let reader = reader(Format::Mahimahi);
        let trace = import(&reader, "x", &text).unwrap();
        prop_assert_eq!(trace.length(), Span::from_ms(100));
        // From the second round on, packets at zero count where the round before ends.
        for ms in 101..=200u64 {
            let edge = |ms: u64| Time::ZERO.after(Span::from_ms(ms));
            let here = |at: &&u64| **at + 100 == ms || (**at == 0 && ms == 200);
            let packets = times.iter().filter(here).count() as u64;
            let bytes = trace.carried(edge(ms - 1), edge(ms)).bytes();
            prop_assert_eq!(bytes, Some(Bytes::new(1500 * packets)));
        }
    }
}

#[test]
fn mahimahis_smallest_trace_is_twelve_megabits() {
    let trace = import(&reader(Format::Mahimahi), "x", "1\n").unwrap();
    assert_eq!(trace.steps()[0].rate.rounded(), BitRate::from_bps(12_000_000));
    let larger = Reader { packet: Bytes::new(1504), ..reader(Format::Mahimahi) };
    let trace = import(&larger, "x", "1\n").unwrap();
    assert_eq!(trace.steps()[0].rate.rounded(), BitRate::from_bps(12_032_000));
}

#[test]
fn mahimahis_traces_are_of_capacity_and_others_must_say_it() {
    let without = |format| {
        let mut reader = reader(format);
        reader.origin.kind = None;
        reader
    };
    let trace = import(&without(Format::Mahimahi), "x", "1\n").unwrap();
    assert_eq!(trace.about().kind, Kind::Capacity);
    let refused = import(&without(Format::Pensieve), "x", "0 1\n1 1\n").unwrap_err().to_string();
    assert!(refused.contains("expected a kind"), "{refused}");
}

#[test]
fn a_rate_of_pensieve_holds_from_the_line_before() {
    let trace = import(&reader(Format::Pensieve), "x", "0.0 9\n0.5 4.25\n\n2 1e-1\n").unwrap();
    let steps: Vec<_> = trace.steps().iter().map(|step| (step.span.ms(), step.rate)).collect();
    let rate = |text: &str| text.parse::<Rate>().unwrap();
    assert_eq!(steps, [(500, rate("4.25 Mbit/s")), (1500, rate("100 kbit/s"))]);
}

#[test]
fn a_table_of_ucc_is_read_as_it_is() {
    let text = "Timestamp,Speed,Operatorname,DL_bitrate,UL_bitrate,State\n\
                2019.12.16_13.40.04,0,B,0,10,D\n\
                2019.12.16_13.40.05,0,\"B, with a comma\",21456,11,D\n";
    let reader = Reader { csv: Csv::default(), ..reader(Format::Csv) };
    let trace = import(&reader, "x", text).unwrap();
    assert_eq!(trace.steps().len(), 2);
    assert_eq!(trace.length(), Span::from_s(2));
    assert_eq!(trace.steps()[1].rate.rounded(), BitRate::from_bps(21_456_000));
}

#[test]
fn the_last_row_of_a_table_with_moments_is_as_long_as_the_one_before() {
    let mut reader = reader(Format::Csv);
    reader.csv.clock = Clock::Begins("t".to_owned());
    reader.csv.time_unit = Span::from_ms(1);
    let trace = import(&reader, "x", "t,rate_bps\n1000,5\n1500,6\n1750,7\n").unwrap();
    let spans: Vec<_> = trace.steps().iter().map(|step| step.span.ms()).collect();
    assert_eq!(spans, [500, 250, 250]);
}

#[test]
fn cadvises_lower_limit_counts_and_latencies_add_up() {
    let text = r#"[{"duration": 2.5, "serverIngress": 1, "serverEgress": 900, "serverLatency": 80,
                    "clientIngress": 1811.19, "clientEgress": 2, "clientLatency": 5}]"#;
    let trace = import(&reader(Format::Cadvise), "x", text).unwrap();
    let step = trace.steps()[0];
    assert_eq!((step.span, step.latency), (Span::from_ms(2500), Some(Span::from_ms(85))));
    assert_eq!(step.rate.rounded(), BitRate::from_bps(900_000));
}

#[test]
fn what_a_form_cannot_say_is_listed() {
    let lost = |format, repeats| {
        let trace = plain(repeats, &[(1000, 12_000_000)]);
        export(format, &trace, Reader::PACKET).unwrap().lost
    };
    assert_eq!(lost(Format::Weir, false), [""; 0]);
    assert_eq!(lost(Format::Pensieve, true), [""; 0]);
    assert_eq!(lost(Format::Pensieve, false), ["that the trace does not repeat"]);
    assert_eq!(lost(Format::Sabre, true).len(), 1);
    assert_eq!(lost(Format::Mahimahi, true).len(), 1);
}
