//! Many ends of flows in one process.

use crate::draw::User;
use crate::job::{FlowJob, Job, Kind, MAX_FLOWS, Role};
use crate::rows::{self, Ended, Facts};
use crate::udp::Schedule;
use crate::{tcp, udp, web};
use anyhow::{Context, Error, Result, ensure};
use std::io::Write;
use weir_clock::{Clock, Watch, without_timer_slack};
use weir_records::Record;
use weir_units::{Bytes, Span, Time};

/// Serves all ends of flows of a job at once, on this thread, until the last of them ends, and then
/// writes their rows as JSON lines of [`weir_records::Record`], in the job's order. The rows of all
/// processes of a trial go to [`crate::join`].
///
/// A flow that fails, for whatever reason, has a row that says so.
///
/// # Errors
/// For more than [`MAX_FLOWS`] ends, if the machine refuses what every one needs, and if the rows
/// cannot be written.
pub fn run(job: &Job, out: &mut dyn Write) -> Result<()> {
    let count = job.flows.len();
    ensure!(count <= MAX_FLOWS, "{count} ends of flows (at most {MAX_FLOWS} in one process)");
    without_timer_slack().context("set the timer slack")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let records = runtime.context("start the runtime")?.block_on(all(job));
    weir_records::write_lines(out, &records).context("write the rows")?;
    out.flush().context("write the rows")
}

async fn all(job: &Job) -> Vec<Record> {
    let clock = Clock::with_zero(job.epoch);
    let tasks: Vec<_> =
        job.flows.iter().map(|flow| tokio::spawn(one(clock, flow.clone()))).collect();
    let mut records = Vec::new();
    for (flow, task) in job.flows.iter().zip(tasks) {
        let ended = task.await.unwrap_or_else(|error| failed(clock.now(), &error.into()));
        records.extend(rows::records(flow, ended));
    }
    records
}

async fn one(clock: Clock, job: FlowJob) -> Ended {
    let mut watch = match Watch::new(clock) {
        Ok(watch) => watch,
        Err(error) => return failed(clock.now(), &Error::new(error).context("set a timer")),
    };
    let mut facts = Facts::default();
    let result = serve(&job, clock, &mut watch, &mut facts).await;
    let err = result.err().map(|error| format!("{error:#}"));
    Ended { facts, at: watch.now(), latest: watch.latest(), err }
}

fn failed(at: Time, error: &Error) -> Ended {
    let err = Some(format!("{error:#}"));
    Ended { facts: Facts::default(), at, latest: Span::ZERO, err }
}

async fn serve(job: &FlowJob, clock: Clock, watch: &mut Watch, facts: &mut Facts) -> Result<()> {
    let FlowJob { start, end, .. } = job;
    ensure!(start < end, "it would end at {end}, but begins at {start}");
    match (&job.kind, job.role) {
        (Kind::Tcp { congestion_control }, Role::Send) => {
            tcp::send(job, congestion_control, watch, facts).await
        }
        (Kind::Tcp { .. }, Role::Receive) => tcp::receive(job, clock, watch, facts).await,
        (&Kind::Udp { rate, packet }, role) => {
            let schedule = Schedule::new(job, rate, packet)?;
            match role {
                Role::Send => udp::send(job, schedule, watch, facts).await,
                Role::Receive => udp::receive(job, schedule, watch, facts).await,
            }
        }
        (Kind::Web { congestion_control, .. }, Role::Send) => {
            web::send(job, congestion_control, clock, watch, facts).await
        }
        (&Kind::Web { size, pause, .. }, Role::Receive) => {
            ensure!(size > Bytes::ZERO, "objects of {size}");
            web::receive(job, User::new(job.seed, size, pause), watch, facts).await
        }
    }
}
