//! The player processes of a trial: one for each node with viewers, or as few as hold them all.

use crate::programs::{Ground, Program, Task};
use crate::senders::SenderSocket;
use crate::services::{Logs, Running};
use crate::viewers::Viewer;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use weir_units::Time;

/// What a player process is told.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlayersJob {
    /// The sessions.
    pub players: weir_http::Job,
    /// Where it sees the servers' TCP.
    pub senders: Vec<SenderSocket>,
}

/// Starts the players. `epoch` is the trial's start on the kernel's clock.
///
/// # Errors
/// If a viewer has no origin, or a process cannot be started.
pub fn start(
    ground: &Ground<'_>,
    origins: &BTreeMap<String, Running>,
    watched: &[Viewer<'_>],
    epoch: Time,
    logs: Logs,
) -> Result<Vec<Program>> {
    let mut by_node: BTreeMap<&str, Vec<(&str, weir_http::SessionJob)>> = BTreeMap::new();
    for viewer in watched {
        let players = viewer.players;
        let origin = origins
            .get(&players.origin)
            .with_context(|| format!("no origin runs on the node {}", players.origin))?;
        let session = weir_http::SessionJob {
            session: viewer.session,
            node: viewer.node.to_owned(),
            url: format!("http://{}/master.m3u8", origin.address),
            start: viewer.start,
            first_segment: viewer.first_segment,
            abr: players.abr.clone(),
            knows: players.knows,
            watch: players.watch,
            max_buffer: players.max_buffer,
            startup: players.startup,
            resume: players.resume,
            conduct: players.conduct,
        };
        by_node.entry(viewer.node).or_default().push((&players.origin, session));
    }
    let mut programs = Vec::new();
    for (node, sessions) in &by_node {
        for (part, sessions) in sessions.chunks(weir_http::MAX_SESSIONS).enumerate() {
            let name = format!("players-{part}");
            let watched: BTreeSet<&str> = sessions.iter().map(|(origin, _)| *origin).collect();
            let (senders, inherit) = SenderSocket::of(ground.network, &watched)?;
            let log = ground.folders.logs.join(format!("{node}.{name}.decisions.jsonl"));
            let players = weir_http::Job {
                epoch: epoch.ns(),
                sessions: sessions.iter().map(|(_, session)| session.clone()).collect(),
                transport: weir_http::Transport::default(),
                folder: ground.folders.experiment.clone(),
                log: (logs == Logs::Full).then_some(log),
            };
            let task = Task {
                node,
                name: &name,
                word: crate::PLAYER_ARGUMENT,
                job: &PlayersJob { players, senders },
                inherit,
            };
            let what = || format!("start the players on {node}");
            programs.push(Program::start(ground, task).with_context(what)?);
        }
    }
    Ok(programs)
}
