//! Each kind does what it is for.

use crate::common::{at, ends, flow, flows, monotonic_ns, tcp, udp, web};
use weir_units::Span;

#[test]
fn a_bulk_flow_sends_all_the_time_and_its_row_has_what_both_ends_know() {
    let row = flow(&ends(tcp("reno")));
    assert_eq!((row.err.as_deref(), &*row.kind), (None, "tcp"));
    assert_eq!((row.traffic, row.flow, &*row.from, &*row.to), (0, 0, "left", "right"));
    assert_eq!((row.start_us, row.end_us), (100_000, 600_000));
    assert_eq!(row.congestion_control.as_deref(), Some("reno"));
    assert!(row.bytes > 1_000_000, "{row:?}");
    assert_eq!(row.goodput_bps, Some(row.bytes as f64 * 16.0));
    assert!(row.retransmits.is_some(), "a busy machine may send some again");
    assert_eq!((row.sent_packets, row.packets, row.objects), (None, None, None));
}

#[test]
fn flows_side_by_side_have_congestion_controls_of_their_own() {
    let mut jobs = Vec::new();
    for (number, control) in (0..).zip(["cubic", "reno", "cubic"]) {
        jobs.extend(ends(tcp(control)).map(|mut end| {
            end.flow = number;
            end
        }));
    }
    let rows = flows(&jobs);
    let controls: Vec<_> =
        rows.iter().map(|row| (row.flow, row.congestion_control.as_deref().unwrap())).collect();
    assert_eq!(controls, [(0, "cubic"), (1, "reno"), (2, "cubic")]);
    assert!(rows.iter().all(|row| row.err.is_none() && row.bytes > 0), "{rows:?}");
}

#[test]
fn datagrams_have_exactly_the_rate_that_was_asked_for() {
    // 8 Mbit/s in frames of 1000 B: one every millisecond.
    let row = flow(&ends(udp(8_000, 1_000)));
    assert_eq!((row.err.as_deref(), &*row.kind), (None, "udp"));
    assert_eq!((row.sent_packets, row.packets), (Some(500), Some(500)));
    assert_eq!(row.bytes, 500 * (1_000 - 42), "headers are no payload");
    assert_eq!((row.congestion_control, row.retransmits, row.objects), (None, None, None));

    // A drawn phase is less than one interval: one datagram more or less, at a rate that does not
    // divide evenly.
    let mut jobs = ends(udp(3_333, 1_514));
    jobs.iter_mut().for_each(|job| job.random_phase = true);
    let row = flow(&jobs);
    let due = 0.5 * 3_333_000.0 / (8.0 * 1_514.0);
    assert!((row.sent_packets.unwrap() as f64 - due).abs() <= 1.0, "{row:?}");
    assert_eq!(row.packets, row.sent_packets);
}

#[test]
fn a_web_user_receives_one_object_after_the_other() {
    let row = flow(&ends(web(20_000, Span::from_ms(5))));
    assert_eq!((row.err.as_deref(), &*row.kind), (None, "web"));
    let objects = row.objects.unwrap();
    assert!((10..200).contains(&objects), "{row:?}");
    // The smallest is 4.5 times smaller than the mean.
    assert!(row.bytes >= objects * 4_400, "{row:?}");
    assert!(row.object_mean_us.unwrap() > 0);
    assert_eq!(row.congestion_control.as_deref(), Some("cubic"));
    assert!(row.retransmits.is_some());
}

#[test]
fn the_end_cuts_off_an_object_and_its_bytes_still_count() {
    // The first object of this seed is a thousand times larger than what can be sent in time.
    let mut jobs = ends(web(1 << 50, Span::ZERO));
    jobs.iter_mut().for_each(|job| job.end = at(300));
    let before = monotonic_ns();
    let row = flow(&jobs);
    assert!(monotonic_ns() - before < 5_000_000_000);
    assert_eq!((row.err.as_deref(), row.objects, row.object_mean_us), (None, Some(0), None));
    assert!(row.bytes > 1_000_000, "{row:?}");
    assert_eq!(row.end_us, 300_000);
}

#[test]
fn a_user_who_never_gets_to_ask_is_no_failure() {
    let mut jobs = ends(web(1_000, Span::from_s(1_000_000)));
    jobs.iter_mut().for_each(|job| job.random_phase = true);
    let row = flow(&jobs);
    assert_eq!((row.err.as_deref(), row.objects, row.bytes), (None, Some(0), 0));
}
