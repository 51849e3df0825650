//! The player processes of a trial: one for each node with viewers, or as few as hold them all.

use crate::services::Running;
use crate::trial::{Folders, now};
use crate::viewers::Viewer;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use weir_net::{Command, Network, Process};
use weir_records::Record;
use weir_units::{Span, Time};

/// What a player process may write: a session of a day has some 40,000 requests of 400 bytes.
const RECORDS_LIMIT: u64 = 1 << 30;

/// A player process on a node.
pub struct Group {
    process: Process,
    out: PathBuf,
}

/// Starts the players. `epoch` is the trial's start on the kernel's clock.
pub fn start(
    network: &Network,
    origins: &BTreeMap<String, Running>,
    watched: &[Viewer<'_>],
    folders: &Folders,
    program: &Path,
    epoch: Time,
) -> Result<Vec<Group>> {
    let mut by_node: BTreeMap<&str, Vec<weir_http::SessionJob>> = BTreeMap::new();
    for viewer in watched {
        let players = viewer.players;
        let origin = origins
            .get(&players.origin)
            .with_context(|| format!("no origin runs on the node {}", players.origin))?;
        by_node.entry(viewer.node).or_default().push(weir_http::SessionJob {
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
        });
    }
    let mut groups = Vec::new();
    for (node, sessions) in &by_node {
        for (part, sessions) in sessions.chunks(weir_http::MAX_SESSIONS).enumerate() {
            let name = format!("{node}.players-{part}");
            let job = folders.run.join(format!("{name}.json"));
            let out = folders.run.join(format!("{name}.jsonl"));
            let content = weir_http::Job {
                epoch: epoch.ns(),
                sessions: sessions.to_vec(),
                transport: weir_http::Transport::default(),
            };
            let text = serde_json::to_vec(&content).context("write a job")?;
            fs::write(&job, text).with_context(|| format!("write {}", job.display()))?;
            let argv = [program, Path::new(crate::PLAYER_ARGUMENT), &job, &out];
            let command = Command {
                name: format!("the players on {node}"),
                argv: argv.iter().map(|word| word.display().to_string()).collect(),
                log: folders.logs.join(format!("{name}.log")),
            };
            let process = Process::spawn(network.node(node)?.namespace(), &command)?;
            groups.push(Group { process, out });
        }
    }
    Ok(groups)
}

impl Group {
    /// Waits for a player process; an origin that ends meanwhile ends the trial.
    pub fn wait(&mut self, deadline: Time, origins: &mut BTreeMap<String, Running>) -> Result<()> {
        const LOOK_EVERY: Span = Span::from_s(10);
        loop {
            if let Some(exit) = self.process.wait(LOOK_EVERY)? {
                if exit.success() {
                    return Ok(());
                }
                bail!("{} {exit}{}", self.process.name(), self.process.last_words());
            }
            for origin in origins.values_mut() {
                if let Some(end) = origin.ended()? {
                    bail!("{end}");
                }
            }
            if now()? > deadline {
                bail!("{} did not end{}", self.process.name(), self.process.last_words());
            }
        }
    }

    /// What its sessions recorded.
    pub fn records(&self) -> Result<Vec<Record>> {
        let path = &self.out;
        let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
        weir_records::read_lines(BufReader::new(file), RECORDS_LIMIT)
            .with_context(|| format!("read {}", path.display()))
    }
}
