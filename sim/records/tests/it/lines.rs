//! Records survive the way through text, and bad text is refused with its line.

use proptest::prelude::*;
use strum::VariantArray;
use weir_records::{
    Event, EventKind, Flow, LinesError, Link, Node, Record, Rung, Segment, Session, Stall,
    read_lines, write_lines,
};

/// Far more than any text of these tests.
const LIMIT: u64 = 1 << 20;

/// The integers at whose edges number formats break, and everything between.
fn int() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), Just(0), Just(u64::MAX), Just(1 << 53), Just(i64::MAX as u64 + 1)]
}

fn maybe_int() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(int())
}

fn maybe_float() -> impl Strategy<Value = Option<f64>> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    proptest::option::of(NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE)
}

fn text() -> impl Strategy<Value = String> {
    any::<String>()
}

fn maybe_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

prop_compose! {
    fn session()(
        texts in (text(), text(), text(), maybe_text(), maybe_text()),
        ints in [int(), int(), int(), int(), int(), int(), int(), int(), int(), int()],
        maybe in (maybe_int(), maybe_int()),
        floats in [maybe_float(), maybe_float(), maybe_float(), maybe_float()],
        sabre in [maybe_float(), maybe_float(), maybe_float(), maybe_float(), maybe_float()],
        pensieve in [maybe_float(), maybe_float()],
        compared in [maybe_float(), maybe_float(), maybe_float(), maybe_float()],
    ) -> Record {
        let [sabre_bitrate_bps, sabre_bitrate_change_bps, sabre_utility, ..] = sabre;
        let [.., sabre_rebuffer_ratio, sabre_score] = sabre;
        let [pensieve_lin, pensieve_log] = pensieve;
        let [qoe, qoe_bound, regret, replay_deviation_us] = compared;
        let (node, abr, knows, protocol, err) = texts;
        let [session, start_us, first_segment, session_us, played_us, ..] = ints;
        let [.., stalls, stall_us, switches, segments, bytes] = ints;
        Record::Session(Session {
            session, node, abr, knows, protocol, start_us, first_segment,
            startup_us: maybe.0,
            session_us, played_us, stalls, stall_us,
            stall_ratio: floats[0],
            mean_bitrate_bps: floats[1],
            settled_bitrate_bps: floats[2],
            switches,
            sabre_bitrate_bps, sabre_bitrate_change_bps, sabre_utility, sabre_rebuffer_ratio,
            sabre_score, pensieve_lin, pensieve_log, qoe, qoe_bound, regret, replay_deviation_us,
            segments, bytes,
            mean_throughput_bps: floats[3],
            mean_buffer_us: maybe.1,
            err,
        })
    }
}

prop_compose! {
    fn segment()(
        ints in [int(), int(), int(), int(), int(), int(), int(), int(), int(), int(), int(), int()],
        maybe in [maybe_int(), maybe_int(), maybe_int(), maybe_int(), maybe_int()],
        sender in [maybe_int(), maybe_int(), maybe_int(), maybe_int(), maybe_int()],
        (source, origin, err) in (maybe_text(), maybe_text(), maybe_text()),
    ) -> Record {
        let [session, request, segment, rung, declared_bps, bytes, ..] = ints;
        let [.., request_us, download_us, reads, buffer_before_us, buffer_after_us, wait_us] = ints;
        let [ttfb_us, throughput_bps, estimate_bps, status, sequence] = maybe;
        let [sender_cwnd, sender_srtt_us, sender_min_rtt_us, sender_retransmits, _] = sender;
        let [.., sender_delivery_rate_bps] = sender;
        Record::Segment(Segment {
            session, request, segment, rung, declared_bps, bytes, request_us, ttfb_us, download_us,
            throughput_bps, reads, buffer_before_us, buffer_after_us, estimate_bps, wait_us, source,
            origin, sequence, status, sender_cwnd, sender_srtt_us, sender_min_rtt_us, sender_retransmits,
            sender_delivery_rate_bps, err,
        })
    }
}

prop_compose! {
    fn stall()(ints in [int(), int(), int(), int(), int()], cut_off in any::<bool>()) -> Record {
        let [session, stall, start_us, duration_us, played_us] = ints;
        Record::Stall(Stall { session, stall, start_us, duration_us, played_us, cut_off })
    }
}

prop_compose! {
    fn link()(
        (link, from, to, rate_kind) in (text(), text(), text(), maybe_text()),
        ints in [int(), int(), int(), int(), int()],
        packets in [maybe_int(), maybe_int(), maybe_int(), maybe_int(), maybe_int(), maybe_int()],
        maybe in (maybe_int(), maybe_int(), maybe_int(), maybe_float()),
    ) -> Record {
        let [start_us, end_us, delay_us, jitter_us, bytes] = ints;
        let [offered_packets, packets, queue_drops, aqm_drops, marks, losses] = packets;
        let (rate_bps, queue_bytes, backlog_bytes, utilisation) = maybe;
        Record::Link(Link {
            link, from, to, start_us, end_us, rate_bps, rate_kind, delay_us, jitter_us, queue_bytes,
            offered_packets, packets, bytes, queue_drops, aqm_drops, marks, losses, backlog_bytes,
            utilisation,
        })
    }
}

prop_compose! {
    fn node()(
        texts in [text(), text(), text(), text(), text()],
        ints in [int(), int(), int()],
        bools in any::<[bool; 3]>(),
    ) -> Record {
        let [node, congestion_control, rmem_bytes, wmem_bytes, tcp_mem_pages] = texts;
        let [initial_window, ecn, gso_segments] = ints;
        let [slow_start_after_idle, metrics_cache, sack] = bools;
        Record::Node(Node {
            node, congestion_control, rmem_bytes, wmem_bytes, tcp_mem_pages, initial_window,
            slow_start_after_idle, metrics_cache, ecn, sack, gso_segments,
        })
    }
}

prop_compose! {
    fn flow()(
        texts in [text(), text(), text()],
        ints in [int(), int(), int(), int(), int()],
        maybe in [maybe_int(), maybe_int(), maybe_int(), maybe_int(), maybe_int()],
        (congestion_control, goodput_bps, err) in (maybe_text(), maybe_float(), maybe_text()),
    ) -> Record {
        let [kind, from, to] = texts;
        let [traffic, flow, start_us, end_us, bytes] = ints;
        let [sent_packets, packets, retransmits, objects, object_mean_us] = maybe;
        Record::Flow(Flow {
            traffic, flow, kind, from, to, congestion_control, start_us, end_us, bytes, goodput_bps,
            sent_packets, packets, retransmits, objects, object_mean_us, err,
        })
    }
}

prop_compose! {
    fn event()(
        at_us in int(),
        [node, service] in [text(), text()],
        event in proptest::sample::select(EventKind::VARIANTS),
        detail in maybe_text(),
    ) -> Record {
        Record::Event(Event { at_us, node, service, event, detail })
    }
}

prop_compose! {
    fn rung()(
        ints in [int(), int(), int(), int()],
        maybe in [maybe_int(), maybe_int()],
        target_missed in any::<bool>(),
    ) -> Record {
        let [rung, target_bps, mean_bps, peak_bps] = ints;
        let [width, height] = maybe;
        Record::Rung(Rung { rung, width, height, target_bps, mean_bps, peak_bps, target_missed })
    }
}

/// Boxed: the state of so many columns would be too large for a stack.
fn record() -> impl Strategy<Value = Record> {
    let [session, segment, link] = [session().boxed(), segment().boxed(), link().boxed()];
    prop_oneof![session, segment, stall(), link, node(), flow(), event(), rung()]
}

fn written(records: &[Record]) -> Vec<u8> {
    let mut text = Vec::new();
    write_lines(&mut text, records).unwrap();
    text
}

proptest! {
    #[test]
    fn any_records_come_back_as_they_were(records in proptest::collection::vec(record(), 0..8)) {
        let text = written(&records);
        prop_assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), records.len());
        prop_assert_eq!(read_lines(&text[..], LIMIT).unwrap(), records);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_lines(&bytes[..], LIMIT);
    }

    #[test]
    fn the_limit_is_exact(records in proptest::collection::vec(record(), 1..4)) {
        let text = written(&records);
        let length = text.len() as u64;
        prop_assert!(read_lines(&text[..], length).is_ok());
        let short = read_lines(&text[..], length - 1);
        let is_too_long = matches!(short, Err(LinesError::TooLong { limit, .. }) if limit == length - 1);
        prop_assert!(is_too_long, "{:?}", short);
    }
}

fn stall_number(stall: u64) -> Record {
    Record::Stall(Stall {
        session: 0,
        stall,
        start_us: 1,
        duration_us: 2,
        played_us: 3,
        cut_off: false,
    })
}

#[test]
fn a_record_names_its_table_first() {
    let text = String::from_utf8(written(&[stall_number(0)])).unwrap();
    assert_eq!(
        text,
        "{\"table\":\"stall\",\"session\":0,\"stall\":0,\"start_us\":1,\"duration_us\":2,\
         \"played_us\":3,\"cut_off\":false}\n"
    );
}

#[test]
fn a_bad_line_is_named() {
    let mut text = written(&[stall_number(0), stall_number(1)]);
    text.extend(b"{\"table\":\"stall\"}\n");
    let error = read_lines(&text[..], LIMIT).unwrap_err();
    assert!(matches!(error, LinesError::NotARecord { line: 3, .. }), "{error}");
    assert!(error.to_string().starts_with("line 3: not a record: missing field"), "{error}");
}

#[test]
fn an_unknown_field_is_an_error() {
    let text = String::from_utf8(written(&[stall_number(0)])).unwrap();
    let text = text.replace("\"cut_off\"", "\"colour\":1,\"cut_off\"");
    let error = read_lines(text.as_bytes(), LIMIT).unwrap_err().to_string();
    assert!(error.contains("unknown field `colour`"), "{error}");
}

#[test]
fn a_last_line_may_lack_its_newline_but_not_its_end() {
    let text = written(&[stall_number(0), stall_number(1)]);
    let all_but_newline = &text[..text.len() - 1];
    assert_eq!(read_lines(all_but_newline, LIMIT).unwrap().len(), 2);
    let cut = read_lines(&text[..text.len() - 5], LIMIT);
    assert!(matches!(cut, Err(LinesError::NotARecord { line: 2, .. })), "{cut:?}");
}

#[test]
fn a_float_that_is_not_finite_arrives_as_missing() {
    let link = |utilisation| {
        Record::Link(Link {
            link: "access".into(),
            from: "edge".into(),
            to: "viewer".into(),
            start_us: 0,
            end_us: 1,
            rate_bps: None,
            rate_kind: None,
            delay_us: 0,
            jitter_us: 0,
            queue_bytes: None,
            offered_packets: None,
            packets: None,
            bytes: 0,
            queue_drops: None,
            aqm_drops: None,
            marks: None,
            losses: None,
            backlog_bytes: None,
            utilisation,
        })
    };
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let read = read_lines(&written(&[link(Some(value))])[..], LIMIT).unwrap();
        assert_eq!(read, [link(None)]);
    }
}
