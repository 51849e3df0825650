//! The trials of a plan, as many at a time as each lab has room for.

use crate::content::contents::{Content, Contents};
use crate::labs::lab::{Lab, Ran, Task, TrialOutcome};
use crate::labs::machine::Labs;
use crate::progress::Progress;
use crate::store::checksummed::seal;
use crate::store::chunks::{Chunk, blocks};
use crate::store::completed::{Completed, params};
use crate::store::folder::Store;
use crate::trial::assignment::Assignment;
use crate::trial::logs::Logs;
use anyhow::{Context, Result};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};
use weir_plan::{Keep, LabName, Plan, Trial};
use weir_process::Cancel;
use weir_records::{Record, TrialResult, Verdict};
use weir_units::Bytes;

/// What trials have in common.
pub(crate) struct Trials<'a> {
    pub plan: &'a Plan,
    pub contents: &'a Contents,
    pub labs: &'a Labs,
    pub logs: Logs,
    pub cancel: &'a Cancel,
}

/// A lab whose turn it is.
struct Turn<'a> {
    name: LabName,
    lab: &'a dyn Lab,
    slots: Vec<usize>,
}

/// A block that was run, as its results are kept.
struct Finished {
    block: Chunk,
    results: Vec<TrialResult>,
    sealed: Result<String>,
}

/// How far a run is.
struct Count {
    /// Trials that are finished, those of an interrupted run included.
    done: u64,
    total: u64,
    /// What is to be done in the lab whose turn it is, how much of it is done, and since when.
    here: (u64, u64, Instant),
}

impl Count {
    /// The time left in the present lab. Those that come later take next to no time.
    fn left(&self) -> Duration {
        let (todo, done, since) = self.here;
        since.elapsed().mul_f64(todo.saturating_sub(done) as f64 / done.max(1) as f64)
    }
}

impl Trials<'_> {
    /// Runs all that `kept` has not, lab by lab, and keeps each block in `store` the moment it is
    /// finished. Returns how many trials are finished then.
    ///
    /// # Errors
    /// If a result cannot be kept. A trial that fails is a result like any other.
    pub fn run_all(
        &self,
        kept: &Completed,
        store: &Store,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<u64> {
        let mut turns = Vec::new();
        for (name, lab) in self.labs.all() {
            turns.push(Turn { name, lab, slots: lab.slots()? });
        }
        let total = self.plan.len();
        let jobs = turns.iter().map(|turn| turn.slots.len()).max().unwrap_or(0);
        let done = kept.trials.values().sum();
        watch(Progress::Trials { total, finished: done, jobs });
        let mut count = Count { done, total, here: (0, 0, now()) };
        for turn in &turns {
            let cells = self.plan.cells().filter(|cell| cell.setup.lab == turn.name).count();
            let kept_here = kept.trials.get(&turn.name).copied().unwrap_or(0);
            let all = (cells as u64).saturating_mul(self.plan.repeats);
            count.here = (all.saturating_sub(kept_here), 0, now());
            self.run_in(turn, kept, store, &mut count, watch)?;
        }
        Ok(count.done)
    }

    /// Runs what is missing of one lab's trials.
    fn run_in(
        &self,
        turn: &Turn<'_>,
        kept: &Completed,
        store: &Store,
        count: &mut Count,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<()> {
        let Turn { name, lab, slots } = turn;
        let todo = blocks(self.plan)
            .filter(|block| block.lab() == Some(*name) && !kept.places.contains(&block.place));
        let queue = Mutex::new(todo);
        let next = || queue.lock().ok().and_then(|mut queue| queue.next());
        // Bounded: what is finished waits in memory until it is on the disk.
        let (finished, results) = sync_channel(slots.len());
        std::thread::scope(|scope| {
            let mut outcome = Ok(());
            for &slot in slots {
                let (finished, next) = (finished.clone(), &next);
                // What runs a trial dies with the thread that started it, so each stays until all
                // is done.
                let work = move || {
                    while let Some(block) = next()
                        && let Some(results) = self.run_block(&block, *lab, slot, store.folder())
                    {
                        let sealed = seal(&results);
                        if finished.send(Finished { block, results, sealed }).is_err() {
                            break;
                        }
                    }
                };
                if let Err(error) = std::thread::Builder::new().spawn_scoped(scope, work) {
                    self.cancel.cancel();
                    outcome = Err(error).context("start a thread for trials");
                    break;
                }
            }
            drop(finished);
            for Finished { block, results, sealed } in results {
                let failed = results.iter().any(|result| result.row.verdict == Verdict::Failed);
                let kept = sealed.and_then(|sealed| store.keep(&block.file(), &sealed, failed));
                if let Err(error) = kept {
                    self.cancel.cancel();
                    outcome = Err(error);
                    continue;
                }
                count.done += block.len();
                count.here.1 += block.len();
                let Count { done, total, .. } = *count;
                watch(Progress::Finished { results: &results, done, total, left: count.left() });
            }
            outcome
        })
    }

    /// Runs the trials of a block, one after the other; `None` if that was cancelled: what was
    /// cancelled half-way is no result.
    fn run_block(
        &self,
        block: &Chunk,
        lab: &dyn Lab,
        slot: usize,
        folder: &Path,
    ) -> Option<Vec<TrialResult>> {
        let logs = folder.join("logs");
        let run = |trial: &Trial| {
            if self.cancel.is_cancelled() {
                return None;
            }
            self.run(trial, lab, slot, &logs.join(&trial.id))
        };
        block.trials.iter().map(run).collect()
    }

    /// Runs one; `None` if it was cancelled.
    pub fn run(
        &self,
        trial: &Trial,
        lab: &dyn Lab,
        slot: usize,
        logs: &Path,
    ) -> Option<TrialResult> {
        let started = now();
        let content = self.contents.get(trial);
        let ended = content.and_then(|content| {
            let assignment = Assignment {
                trial: trial.clone(),
                segments: content.segments,
                segment: content.segment,
                rungs: content.rungs.clone(),
                kinds: self.plan.services.clone(),
                logs: self.logs,
            };
            let task = Task { assignment: &assignment, content, slot, logs };
            Ok((lab.run(&task, self.cancel)?, content))
        });
        let (findings, err, memory) = match ended {
            Ok((Ran { came: TrialOutcome::Found(mut findings), memory }, content)) => {
                self.keep(&mut findings.records, trial, content);
                (Some(findings), None, memory)
            }
            Ok((Ran { came: TrialOutcome::Failed(why), memory }, _)) => (None, Some(why), memory),
            Ok((Ran { came: TrialOutcome::Cancelled, .. }, _)) => return None,
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
            params: params(self.plan, trial),
            row: weir_records::Trial {
                cell: trial.cell,
                repeat: trial.repeat,
                seed: trial.seed.get(),
                lab: trial.setup.lab.to_string(),
                verdict,
                err,
                virtual_us,
                memory_bytes: memory.map(Bytes::get),
                wall_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            },
            id: trial.id.clone(),
            records,
        })
    }

    /// Adds what is known of the content, and leaves out what the experiment does not want kept.
    fn keep(&self, records: &mut Vec<Record>, trial: &Trial, content: &Content) {
        let all = self.plan.record == Keep::Segments;
        if !all {
            records.retain(|record| {
                !matches!(record, Record::Segment(_) | Record::Stall(_) | Record::Link(_))
            });
        }
        // A million sessions may watch one film.
        if all || content.first == (trial.cell, trial.repeat) {
            records.extend(content.rungs.iter().cloned().map(Record::Rung));
        }
    }
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
