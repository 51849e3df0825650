//! What the tests have in common: jobs on the loopback interface, and their rows.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use weir_records::{Flow, Record, read_lines};
use weir_traffic::{FlowJob, Job, Kind, Role, join, run};
use weir_units::{BitRate, Bytes, Seed, Span, Time};

pub fn at(ms: u64) -> Time {
    Time::ZERO.after(Span::from_ms(ms))
}

pub fn tcp(congestion_control: &str) -> Kind {
    Kind::Tcp { congestion_control: congestion_control.to_owned() }
}

pub fn udp(kbps: u64, packet: u64) -> Kind {
    Kind::Udp { rate: BitRate::from_bps(kbps * 1_000), packet: Bytes::new(packet) }
}

pub fn web(size: u64, pause: Span) -> Kind {
    let congestion_control = "cubic".to_owned();
    Kind::Web { size: Bytes::new(size), pause, congestion_control }
}

/// An address of the loopback interface at which nobody listens.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// One end of a flow from 100 ms to 600 ms.
pub fn end(role: Role, kind: Kind, address: SocketAddr) -> FlowJob {
    FlowJob {
        traffic: 0,
        flow: 0,
        role,
        kind,
        from: "left".to_owned(),
        to: "right".to_owned(),
        address,
        start: at(100),
        end: at(600),
        seed: Seed::new(7),
        random_phase: false,
    }
}

/// Both ends of it.
pub fn ends(kind: Kind) -> [FlowJob; 2] {
    let address = free();
    [Role::Receive, Role::Send].map(|role| end(role, kind.clone(), address))
}

/// CLOCK_MONOTONIC in nanoseconds.
pub fn monotonic_ns() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(now).as_nanos().try_into().unwrap()
}

/// The records of a process that serves these ends of flows, from now on.
pub fn records(flows: &[FlowJob]) -> Vec<Record> {
    let job = Job { epoch: monotonic_ns(), flows: flows.to_vec() };
    let mut lines = Vec::new();
    run(&job, &mut lines).unwrap();
    read_lines(&lines[..], 1 << 20).unwrap()
}

/// The rows of these flows, all of whose ends are in one process.
pub fn flows(flows: &[FlowJob]) -> Vec<Flow> {
    let flow = |record| match record {
        Record::Flow(flow) => Some(flow),
        _ => None,
    };
    join(records(flows)).into_iter().filter_map(flow).collect()
}

/// The row of the only flow.
pub fn flow(ends: &[FlowJob]) -> Flow {
    let rows = flows(ends);
    let [row] = &rows[..] else { panic!("{rows:?}") };
    row.clone()
}
