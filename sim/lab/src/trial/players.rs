//! The player processes of a trial: one for each node with viewers, or as few as hold them all.

use crate::trial::logs::Logs;
use crate::trial::programs::{Program, Task, TrialContext};
use crate::trial::senders::SenderSocket;
use crate::trial::services::ServiceContext;
use crate::trial::viewers::GroupViewer;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use weir_plan::Players;
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
    ground: &TrialContext<'_>,
    place: &ServiceContext<'_>,
    watched: &[GroupViewer<'_>],
    epoch: Time,
) -> Result<Vec<Program>> {
    let logs = place.logs;
    let mut by_node: BTreeMap<&str, Vec<(Vec<String>, weir_http::SessionJob)>> = BTreeMap::new();
    for GroupViewer { players, viewer } in watched {
        let mut urls = urls(players, place)?.into_iter();
        let url = urls.next().with_context(|| format!("nothing to watch at {}", players.origin))?;
        let session =
            weir_http::SessionJob { viewer: viewer.clone(), url, streams: urls.collect() };
        by_node.entry(&viewer.node).or_default().push((servers(players, place)?, session));
    }
    let mut programs = Vec::new();
    for (node, sessions) in &by_node {
        for (part, sessions) in sessions.chunks(weir_http::MAX_SESSIONS).enumerate() {
            let name = format!("players-{part}");
            let watched: BTreeSet<&str> =
                sessions.iter().flat_map(|(nodes, _)| nodes).map(String::as_str).collect();
            let (senders, inherit) = SenderSocket::of(ground.network, &watched)?;
            let log = ground.folders.logs.join(format!("{node}.{name}.decisions.jsonl"));
            let players = weir_http::Job {
                epoch: epoch.ns(),
                sessions: sessions.iter().map(|(_, session)| session.clone()).collect(),
                transport: match place.live {
                    Some(_) => weir_http::Transport::live(),
                    None => weir_http::Transport::default(),
                },
                folder: ground.folders.experiment.clone(),
                log: (logs == Logs::Full).then_some(log),
            };
            let task = Task {
                node,
                name: &name,
                word: crate::PLAYER_ARGUMENT,
                job: &PlayersJob { players, senders },
                inherit,
                keeps: Vec::new(),
            };
            let what = || format!("start the players on {node}");
            programs.push(Program::start(ground, task).with_context(what)?);
        }
    }
    Ok(programs)
}

/// Where a group's viewers find the content, the preferred place first.
fn urls(players: &Players, place: &ServiceContext<'_>) -> Result<Vec<String>> {
    let Some(live) = place.live else {
        let origin = place.services.iter().find(|service| service.node == players.origin);
        let origin =
            origin.with_context(|| format!("no origin runs on the node {}", players.origin))?;
        let address = SocketAddr::from((place.address(origin)?, place.port(origin)?));
        return Ok(vec![format!("http://{address}/master.m3u8")]);
    };
    let url = |name: &String| {
        let service = place.service(name)?;
        let address = SocketAddr::from((place.address(service)?, place.port(service)?));
        Ok(format!("http://{address}/hls/{}/master.m3u8", live.key))
    };
    players.streams.iter().map(url).collect()
}

/// The nodes of whom they ask.
fn servers(players: &Players, place: &ServiceContext<'_>) -> Result<Vec<String>> {
    match place.live {
        None => Ok(vec![players.origin.clone()]),
        Some(_) => {
            let node = |name: &String| Ok(place.service(name)?.node.clone());
            players.streams.iter().map(node).collect()
        }
    }
}
