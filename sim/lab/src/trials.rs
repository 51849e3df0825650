//! The trials of a plan, as many at a time as the lab has room for.

use crate::content::{Content, Contents};
use crate::facts;
use crate::lab::{Lab, Ran, Task, Trialled};
use crate::run::Progress;
use crate::services::Logs;
use crate::store::Store;
use crate::trial::{Assignment, Findings};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Instant;
use weir_experiment::{Plan, Trial};
use weir_process::Cancel;
use weir_records::{Record, TrialResult, Verdict};
use weir_units::Bytes;

/// Results by their place in the plan.
pub(crate) type Results = Vec<(usize, TrialResult)>;

/// What trials have in common.
pub(crate) struct Trials<'a> {
    pub plan: &'a Plan,
    pub contents: &'a Contents,
    pub lab: &'a dyn Lab,
    pub logs: Logs,
    pub cancel: &'a Cancel,
}

impl Trials<'_> {
    /// Runs all that `kept` has not, and keeps each in `store` the moment it is finished.
    ///
    /// # Errors
    /// If a result cannot be kept. A trial that fails is a result like any other.
    pub fn run_all(
        &self,
        mut kept: Results,
        store: &Store,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Results> {
        let slots = self.lab.slots()?;
        let known: BTreeSet<_> = kept.iter().map(|(place, _)| *place).collect();
        let todo = self.plan.trials().enumerate().filter(|(place, _)| !known.contains(place));
        let todo: Vec<_> = todo.collect();
        let count = todo.len() as u64;
        watch(Progress::Trials {
            total: self.plan.len(),
            finished: self.plan.len().saturating_sub(count),
            jobs: slots.len(),
        });
        let queue = Mutex::new(todo.into_iter());
        let next = || queue.lock().ok().and_then(|mut queue| queue.next());
        let (finished, results) = channel();
        let started = now();
        let mut done = 0;
        std::thread::scope(|scope| {
            for &slot in &slots {
                let (finished, next) = (finished.clone(), &next);
                // What runs a trial dies with the thread that started it, so each stays until all
                // is done.
                scope.spawn(move || {
                    while !self.cancel.is_cancelled()
                        && let Some((place, trial)) = next()
                    {
                        let logs = store.folder().join("logs").join(&trial.id);
                        let result = self.run(trial, slot, &logs);
                        if finished.send((place, result)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(finished);
            let mut outcome = Ok(());
            for (place, result) in results {
                // What was cancelled half-way is no result.
                let Some(result) = result else { continue };
                if let Err(error) = store.keep(&result) {
                    self.cancel.cancel();
                    outcome = Err(error);
                    continue;
                }
                done += 1;
                let left = started.elapsed().mul_f64((count - done) as f64 / done as f64);
                let total = self.plan.len();
                let finished = total.saturating_sub(count - done);
                watch(Progress::Finished { result: &result, done: finished, total, left });
                kept.push((place, result));
            }
            outcome
        })?;
        kept.sort_by_key(|(place, _)| *place);
        Ok(kept)
    }

    /// Runs one; `None` if it was cancelled.
    pub fn run(&self, trial: Trial, slot: usize, logs: &Path) -> Option<TrialResult> {
        let started = now();
        // What an interrupted attempt may have left.
        drop(std::fs::remove_dir_all(logs));
        let content = self.contents.get(&trial);
        let ended = content.and_then(|content| {
            let assignment = Assignment {
                trial: trial.clone(),
                segments: content.segments,
                segment: content.segment,
                logs: self.logs,
            };
            let task = Task { assignment: &assignment, content, slot, logs };
            Ok((self.lab.run(&task, self.cancel)?, content))
        });
        let (findings, err, memory) = match ended {
            Ok((Ran { came: Trialled::Found(findings), memory }, content)) => {
                (Some(with_rungs(findings, content)), None, memory)
            }
            Ok((Ran { came: Trialled::Failed(why), memory }, _)) => (None, Some(why), memory),
            Ok((Ran { came: Trialled::Cancelled, .. }, _)) => return None,
            Err(error) => (None, Some(format!("{error:#}")), None),
        };
        let doubts = findings.as_ref().map(|findings| findings.doubts.join("; "));
        let broken = findings.as_ref().and_then(|findings| first_session_error(&findings.records));
        let (verdict, err) = match (err.or(broken), doubts) {
            (Some(err), _) => (Verdict::Failed, Some(err)),
            (None, Some(doubts)) if !doubts.is_empty() => (Verdict::Invalid, Some(doubts)),
            (None, _) => (Verdict::Valid, None),
        };
        let (virtual_us, records) =
            findings.map_or((0, Vec::new()), |findings| (findings.duration.us(), findings.records));
        Some(TrialResult {
            params: params(self.plan, &trial),
            row: weir_records::Trial {
                cell: trial.cell,
                repeat: trial.repeat,
                seed: trial.seed.get(),
                lab: facts::lab_name(self.plan.lab).to_owned(),
                verdict,
                err,
                virtual_us,
                memory_bytes: memory.map(Bytes::get),
                wall_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            },
            id: trial.id,
            records,
        })
    }
}

/// The values of the axes for a trial.
pub(crate) fn params(plan: &Plan, trial: &Trial) -> Vec<String> {
    plan.cell(trial.cell).map(|cell| cell.params.clone()).unwrap_or_default()
}

fn with_rungs(mut findings: Findings, content: &Content) -> Findings {
    findings.records.extend(content.rungs.iter().cloned().map(Record::Rung));
    findings
}

/// A session that broke off makes the whole trial one that failed.
fn first_session_error(records: &[Record]) -> Option<String> {
    records.iter().find_map(|record| match record {
        Record::Session(session) => {
            session.err.as_ref().map(|err| format!("session {}: {err}", session.session))
        }
        _ => None,
    })
}

#[expect(clippy::disallowed_methods, reason = "wall-clock facts of trials and the time left")]
fn now() -> Instant {
    Instant::now()
}
