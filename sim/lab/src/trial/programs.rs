//! The processes on nodes that are this program once more: players and cross traffic. Each reads a
//! job, does it, and leaves rows.

use crate::trial::assignment::Folders;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::fs;
use std::io::BufReader;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use weir_clock::Clock;
use weir_net::{Command, Network, Process};
use weir_records::Record;
use weir_units::{Span, Time};
use weir_wall::Capability;

/// What a process may write: a session of a day has some 40,000 requests of 400 bytes.
const RECORDS_LIMIT: u64 = 1 << 30;

/// Where a program is started: what all of a trial have in common.
#[derive(Clone, Copy)]
pub struct TrialContext<'a> {
    /// The network.
    pub network: &'a Network,
    /// Where jobs, rows and logs go.
    pub folders: &'a Folders,
    /// This program's executable.
    pub program: &'a Path,
}

/// What to start.
pub struct Task<'a, J> {
    /// The node.
    pub node: &'a str,
    /// What it is called in file names, unique on its node.
    pub name: &'a str,
    /// The word on the command line that says what this program is there.
    pub word: &'a str,
    /// The job.
    pub job: &'a J,
    /// Descriptors that it inherits under the same numbers.
    pub inherit: Vec<OwnedFd>,
    /// Capabilities that it needs besides the usual ones.
    pub keeps: Vec<Capability>,
}

/// A process on a node.
pub struct Program {
    process: Process,
    out: PathBuf,
}

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// If the job cannot be written or the process cannot be started.
    pub fn start<J: Serialize>(ground: &TrialContext<'_>, task: Task<'_, J>) -> Result<Self> {
        let TrialContext { network, folders, program } = ground;
        let name = format!("{}.{}", task.node, task.name);
        let job = folders.run.join(format!("{name}.json"));
        let out = folders.run.join(format!("{name}.jsonl"));
        let text = serde_json::to_vec(task.job).context("write a job")?;
        fs::write(&job, text).with_context(|| format!("write {}", job.display()))?;
        let argv = [program, Path::new(task.word), &job, &out];
        let command = Command {
            name: format!("{} on {}", task.name, task.node),
            argv: argv.iter().map(|word| word.display().to_string()).collect(),
            log: folders.logs.join(format!("{name}.log")),
            keeps: task.keeps,
        };
        let inherit: Vec<_> = task.inherit.iter().map(AsFd::as_fd).collect();
        let namespace = network.node(task.node)?.namespace();
        let process = Process::spawn_inheriting(namespace, &command, &inherit)?;
        Ok(Self { process, out })
    }

    /// Waits until it accepts connections.
    ///
    /// # Errors
    /// If it ends before, or takes longer than `limit`.
    pub fn wait_until_accepting(
        &mut self,
        ground: &TrialContext<'_>,
        node: &str,
        address: SocketAddr,
        limit: Span,
    ) -> Result<()> {
        let namespace = ground.network.node(node)?.namespace();
        self.process.wait_until_accepting(namespace, address, limit)
    }

    /// Waits for it, and for nothing more once the trial `is_over` for another reason.
    ///
    /// # Errors
    /// If it fails, if it does not end before `deadline`, and if the trial is over.
    pub fn wait(&mut self, deadline: Time, is_over: &dyn Fn() -> bool) -> Result<()> {
        const LOOK_EVERY: Span = Span::from_s(10);
        loop {
            if let Some(exit) = self.process.wait(LOOK_EVERY)? {
                if exit.success() {
                    return Ok(());
                }
                bail!("{} {exit}{}", self.process.name(), self.process.last_words());
            }
            if is_over() {
                bail!("the trial ended before {}", self.process.name());
            }
            if Clock::monotonic().now() > deadline {
                bail!("{} did not end{}", self.process.name(), self.process.last_words());
            }
        }
    }

    /// What it recorded.
    ///
    /// # Errors
    /// If its rows cannot be read.
    pub fn records(&self) -> Result<Vec<Record>> {
        let path = &self.out;
        let file = fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
        weir_records::read_lines(BufReader::new(file), RECORDS_LIMIT)
            .with_context(|| format!("read {}", path.display()))
    }
}
