//! Many sessions in one process.

use crate::algorithm::{algorithm, raise_descriptor_limit};
use crate::clocked_player::ClockedPlayer;
use crate::date::zero_of;
use crate::job::{Job, MAX_SESSIONS, SessionJob, Transport};
use crate::log::{Log, SessionLog};
use crate::rows;
use crate::sender::Senders;
use crate::session::{Session, SessionOutcome};
use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use weir_clock::{Alarm, Clock, without_timer_slack};
use weir_exec::Start;
use weir_records::Record;
use weir_units::Span;

/// Runs all sessions of a job at once, on this thread, and then writes their rows as JSON lines of
/// [`weir_records::Record`], session by session in the job's order.
///
/// A session that fails, for whatever reason, has a row that says so. `senders` fills in the state
/// of the servers' TCP, which is missing without it; nothing else depends on it, and nothing at all
/// on [`Job::log`].
///
/// # Errors
/// For more than [`MAX_SESSIONS`] sessions, if the machine refuses what every session needs, and if
/// the rows or the log cannot be written.
pub fn run(job: &Job, out: &mut dyn Write, senders: Option<Arc<dyn Senders>>) -> Result<()> {
    let count = job.sessions.len();
    ensure!(count <= MAX_SESSIONS, "{count} sessions (at most {MAX_SESSIONS} in one process)");
    without_timer_slack().context("setting the timer slack")?;
    raise_descriptor_limit().context("raising the limit of descriptors")?;
    let log = job.log.as_deref().map(Log::create).transpose()?;
    let records = runtime()?.block_on(all(job, log.as_ref(), senders.as_ref()));
    weir_records::write_lines(out, &records).context("writing the rows")?;
    out.flush().context("writing the rows")?;
    log.map_or(Ok(()), |log| log.finish().context("writing the log"))
}

/// The runtime of a player: one thread, and none of tokio's timers.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    runtime.context("starting the runtime")
}

async fn all(job: &Job, log: Option<&Log>, senders: Option<&Arc<dyn Senders>>) -> Vec<Record> {
    let trial = Clock::with_zero(job.epoch);
    let start = |session: &SessionJob| {
        let log = log.map(|log| SessionLog::new(log, session));
        let (transport, folder) = (job.transport, job.folder.clone());
        tokio::spawn(one(trial, session.clone(), folder, transport, log, senders.cloned()))
    };
    let tasks: Vec<_> = job.sessions.iter().map(start).collect();
    let mut records = Vec::new();
    for (session, task) in job.sessions.iter().zip(tasks) {
        let ended = task.await.map_err(anyhow::Error::from).and_then(|ended| ended);
        records.extend(match ended {
            Ok(ended) => rows::records(&session.viewer, &ended),
            Err(error) => rows::failure(&session.viewer, format!("{error:#}")),
        });
    }
    records
}

async fn one(
    trial: Clock,
    job: SessionJob,
    folder: PathBuf,
    transport: Transport,
    log: Option<SessionLog>,
    senders: Option<Arc<dyn Senders>>,
) -> Result<SessionOutcome> {
    let viewing = &job.viewer.viewing;
    // In a guest or in namespaces of its own: the kernel ends with it whatever a program starts.
    let abr = algorithm(&viewing.abr, &folder, &Start::Plain).context("choosing the algorithm")?;
    let mut abr = viewing.profile.decorate(abr);
    if let Some(log) = &log {
        abr = log.listen(abr);
    }
    Alarm::new(trial)?.until(job.viewer.start).await.context("waiting for the start")?;
    let clock = trial.starting_at(job.viewer.start);
    let player = job.machine(viewing.live.map(|_| zero_of(clock)), abr)?;
    let player = ClockedPlayer::new(player, clock, |_| {}, Span::MAX)?.with_log(log);
    Session::new(player, transport, senders).run().await
}
