//! The cross traffic of a trial: one process for each node that sends or receives some.

use crate::trial::programs::{Program, Task, TrialContext};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use weir_plan::{Phase, TrafficKind, Trial};
use weir_traffic::{FlowJob, Job, Kind, Role};
use weir_units::Time;
use weir_wall::Capability;

/// Flows listen at this port and the ones after it, each at its own.
const FIRST_PORT: u16 = 20_000;

/// Starts all flows. `epoch` is the trial's start on the kernel's clock, and `end` when the last
/// viewer leaves.
///
/// # Errors
/// If a process cannot be started.
pub fn start(
    ground: &TrialContext<'_>,
    trial: &Trial,
    epoch: Time,
    end: Time,
) -> Result<Vec<Program>> {
    let mut by_node: BTreeMap<String, Vec<FlowJob>> = BTreeMap::new();
    let tables = (0u64..).zip(&trial.setup.traffic);
    let flows = tables.flat_map(|(index, traffic)| {
        (0..traffic.count).map(move |number| (index, number, traffic))
    });
    for (port, (index, number, traffic)) in (FIRST_PORT..).zip(flows) {
        let kind = kind(&traffic.kind);
        let listener = match kind.listener() {
            Role::Send => &traffic.from,
            Role::Receive => &traffic.to,
        };
        let start = Time::ZERO.after(traffic.start);
        let flow = FlowJob {
            traffic: index,
            flow: number,
            role: Role::Send,
            kind,
            from: traffic.from.clone(),
            to: traffic.to.clone(),
            address: SocketAddr::from((ground.network.node(listener)?.address(), port)),
            start,
            end: traffic.length.map_or(end, |length| start.after(length).min(end)),
            seed: trial.seed.derive(&format!("traffic {index} flow {number}")),
            random_phase: trial.setup.phase == Phase::Random,
        };
        let received = FlowJob { role: Role::Receive, ..flow.clone() };
        by_node.entry(traffic.from.clone()).or_default().push(flow);
        by_node.entry(traffic.to.clone()).or_default().push(received);
    }
    let mut programs = Vec::new();
    for (node, flows) in &by_node {
        for (part, flows) in flows.chunks(weir_traffic::MAX_FLOWS).enumerate() {
            let task = Task {
                node,
                name: &format!("traffic-{part}"),
                word: crate::TRAFFIC_ARGUMENT,
                job: &Job { epoch: epoch.ns(), flows: flows.to_vec() },
                inherit: Vec::new(),
                // For congestion controls that are not everybody's, and buffers for whole bursts.
                keeps: vec![Capability::NetAdmin],
            };
            let what = || format!("start the traffic of {node}");
            programs.push(Program::start(ground, task).with_context(what)?);
        }
    }
    Ok(programs)
}

fn kind(kind: &TrafficKind) -> Kind {
    match kind.clone() {
        TrafficKind::Tcp { congestion_control } => Kind::Tcp { congestion_control },
        TrafficKind::Udp { rate, packet } => Kind::Udp { rate, packet },
        TrafficKind::Web { size, pause, congestion_control } => {
            Kind::Web { size, pause, congestion_control }
        }
    }
}
