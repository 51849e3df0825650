//! Ends that are missing, strangers on the port, and ends that come too early: a row says what
//! happened, and nothing hangs.

use crate::common::{at, end, ends, flow, flows, free, monotonic_ns, tcp, udp, web};
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;
use weir_traffic::{FlowJob, Role};
use weir_units::Span;

#[test]
fn a_missing_end_is_an_error_in_the_row_by_the_end_of_the_flow() {
    let before = monotonic_ns();
    let row = flow(&[end(Role::Send, tcp("cubic"), free())]);
    let err = row.err.unwrap();
    assert!(err.contains("Connection refused") && err.contains("1 of its 2 ends"), "{err}");
    let row = flow(&[end(Role::Receive, web(1_000, Span::ZERO), free())]);
    let err = row.err.unwrap();
    assert!(err.contains("Connection refused"), "{err}");
    let row = flow(&[end(Role::Receive, tcp("cubic"), free())]);
    let err = row.err.unwrap();
    assert!(err.contains("nobody connected before the end"), "{err}");
    let row = flow(&[end(Role::Send, udp(1_000, 500), free())]);
    assert_eq!(row.err.as_deref(), Some("1 of its 2 ends left a record"));
    assert_eq!((row.sent_packets, row.packets), (Some(125), None));
    assert!(monotonic_ns() - before < 20_000_000_000);
}

#[test]
fn an_unknown_congestion_control_is_the_cause_of_the_failure() {
    for kind in [tcp("cubik"), {
        let mut kind = web(1_000, Span::ZERO);
        if let weir_traffic::Kind::Web { congestion_control, .. } = &mut kind {
            *congestion_control = "cubik".to_owned();
        }
        kind
    }] {
        let row = flow(&ends(kind));
        let expected = "this kernel has no congestion control \"cubik\"";
        assert_eq!(row.err.as_deref(), Some(expected));
        assert!(row.bytes == 0 && (100_000..600_000).contains(&row.end_us), "{row:?}");
    }
}

/// Comes to the flow's port as soon as somebody listens there, and again and again.
fn strangers(job: &FlowJob, greeting: &'static [u8]) -> thread::JoinHandle<usize> {
    let (address, stay) = (job.address, monotonic_ns() + 500_000_000);
    thread::spawn(move || {
        let mut kept = Vec::new();
        while monotonic_ns() < stay && kept.len() < 10 {
            if let Ok(mut stream) = TcpStream::connect(address) {
                // It may be closed by now.
                drop(stream.write_all(greeting));
                kept.push(stream);
            }
        }
        kept.len()
    })
}

#[test]
fn garbage_on_the_port_disturbs_no_flow() {
    for (kind, greeting) in [
        (tcp("cubic"), &b"GET / HTTP/1.1\r\nHost: weir\r\n\r\n"[..]),
        (tcp("cubic"), b"too short"),
        (web(10_000, Span::from_ms(5)), b"GET / HTTP/1.1\r\nHost: weir\r\n\r\n"),
        (web(10_000, Span::from_ms(5)), b""),
    ] {
        let jobs = ends(kind);
        let strangers = strangers(&jobs[0], greeting);
        let row = flow(&jobs);
        assert!(strangers.join().unwrap() > 0);
        assert_eq!(row.err, None);
        assert!(row.bytes > 0, "{row:?}");
    }
}

#[test]
fn datagrams_of_others_are_not_counted() {
    let jobs = ends(udp(1_000, 500));
    let (address, begin) = (jobs[0].address, monotonic_ns());
    let stranger = thread::spawn(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Few enough for the receiver's buffer, however late it is.
        for round in 1..=20 {
            while monotonic_ns() < begin + round * 25_000_000 {
                thread::yield_now();
            }
            for length in [0, 1, 16, 458, 1_400] {
                socket.send_to(&vec![0; length], address).unwrap();
            }
        }
    });
    let row = flow(&jobs);
    stranger.join().unwrap();
    assert_eq!((row.packets, row.err), (Some(125), None));
}

#[test]
fn an_end_that_listens_later_is_waited_for() {
    let [mut receiver, sender] = ends(tcp("cubic"));
    let epoch = monotonic_ns();
    let first = thread::spawn(move || flow(&[sender]));
    while monotonic_ns() < epoch + 250_000_000 {
        thread::yield_now();
    }
    receiver.end = at(300);
    let received = flow(&[receiver]);
    assert!(received.bytes > 0, "{received:?}");
    // The receiver's own clock began later: to the sender it has left too early or too late.
    assert_eq!(first.join().unwrap().congestion_control.as_deref(), Some("cubic"));
}

#[test]
fn an_end_that_takes_nothing_cannot_prolong_a_flow() {
    // It accepts in the kernel, reads nothing and never closes.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let before = monotonic_ns();
    let sender = end(Role::Send, tcp("cubic"), deaf.local_addr().unwrap());
    let user = end(Role::Receive, web(1_000, Span::ZERO), deaf.local_addr().unwrap());
    let rows = [flow(&[sender]), flow(&[user])];
    assert!(monotonic_ns() - before < 10_000_000_000);
    assert!(rows.iter().all(|row| row.end_us == 600_000 && row.bytes == 0), "{rows:?}");
}

#[test]
fn what_cannot_be_is_said_in_the_row() {
    let err = |ends: &[FlowJob]| flow(ends).err.unwrap();
    let mut backwards = ends(tcp("cubic"));
    backwards.iter_mut().for_each(|job| job.end = at(50));
    assert_eq!(err(&backwards), "it would end at 50 ms, but begins at 100 ms");
    for packet in [57, 1_515] {
        let err = err(&ends(udp(1_000, packet)));
        assert!(err.ends_with("(from 58 B to 1514 B are possible)"), "{err}");
    }
    assert!(err(&ends(udp(0, 100))).starts_with("the interval between packets"));
    assert_eq!(err(&ends(web(0, Span::ZERO))), "objects of 0 B");

    // Two flows at one port: the first has it.
    let [first, _] = ends(tcp("cubic"));
    let mut second = first.clone();
    second.flow = 1;
    let rows = flows(&[first, second]);
    let err = rows[1].err.clone().unwrap();
    assert!(err.contains("listen at 127.0.0.1:") && err.contains("in use"), "{err}");
}
