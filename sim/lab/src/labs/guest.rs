//! What this program does where it is not the user's command: as the first process of a guest or of
//! a trial on the host, as a process on a node (players and cross traffic), and between a player
//! and a program that decides.

use crate::exec::programs::EXPERIMENT;
use crate::labs::host;
use crate::labs::lab::{self, MEDIA, SITE};
use crate::trial::players::PlayersJob;
use crate::trial::senders::SenderSocket;
use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// A job of more than this is none of ours.
const JOB_LIMIT: u64 = 64 << 20;

/// Takes over if this process is the first of a guest or of a trial on the host, or a player
/// process, and does not return then. To be called before anything else in `main`.
pub fn take_over() {
    // First, because every session with a program waits for its guard.
    weir_exec::guard::take_over();
    if weir_uml::init::is_init() {
        weir_uml::init::run(&[SITE, MEDIA, EXPERIMENT], trial_in_guest);
    }
    host::take_over();
    let arguments: Vec<_> = std::env::args_os().collect();
    let [_, word, job, out] = arguments.as_slice() else { return };
    let work: fn(&Path, &mut dyn Write) -> Result<()> = match word.to_str() {
        Some(crate::PLAYER_ARGUMENT) => players,
        Some(crate::TRAFFIC_ARGUMENT) => traffic,
        Some(crate::GATE_ARGUMENT) => |job, _| weir_sidecar::fault_proxy(&read(job)?),
        Some(crate::HEALTH_ARGUMENT) => |job, _| weir_sidecar::health(&read(job)?),
        _ => return,
    };
    let result = recorded(Path::new(job), Path::new(out), work);
    if let Err(error) = &result {
        // The log of the process, whose end the trial quotes.
        eprintln!("{error:#}");
    }
    std::process::exit(i32::from(result.is_err()));
}

fn trial_in_guest() -> Result<()> {
    let tcp_mem = weir_net::set_kernel_limits()?;
    lab::run_inside(&tcp_mem)
}

/// Does the work that the file `job` asks for, and leaves its rows in the file `out`.
fn recorded(job: &Path, out: &Path, work: fn(&Path, &mut dyn Write) -> Result<()>) -> Result<()> {
    let file = File::create(out).with_context(|| format!("make {}", out.display()))?;
    let mut writer = BufWriter::new(file);
    work(job, &mut writer)?;
    writer.flush().with_context(|| format!("write {}", out.display()))
}

fn players(job: &Path, out: &mut dyn Write) -> Result<()> {
    let PlayersJob { players, senders } = read(job)?;
    weir_http::run(&players, out, SenderSocket::open(&senders)?)
}

fn traffic(job: &Path, out: &mut dyn Write) -> Result<()> {
    weir_traffic::run(&read(job)?, out)
}

fn read<J: DeserializeOwned>(job: &Path) -> Result<J> {
    let what = || format!("read {}", job.display());
    let length = fs::metadata(job).with_context(what)?.len();
    anyhow::ensure!(length <= JOB_LIMIT, "{}: {length} bytes are too many", job.display());
    serde_json::from_slice(&fs::read(job).with_context(what)?).with_context(what)
}
