//! A whole plan: content first, then every trial, as many at a time as there are CPUs.

use crate::content::{self, Content};
use crate::facts;
use crate::store::Store;
use crate::trial::{Assignment, Findings};
use crate::uml::{Trialled, UmlLab};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use weir_experiment::{Plan, Trial};
use weir_records::{Record, TrialResult, Verdict};
use weir_uml::Cancel;
use weir_units::Bytes;

/// How to run a plan.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the results.
    pub out: PathBuf,
    /// Trials at a time; `None` is one for each CPU.
    pub jobs: Option<usize>,
    /// Where guest kernels and content are kept between runs.
    pub cache: PathBuf,
}

/// What is going on, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Content is being prepared.
    Content(weir_media::Progress),
    /// Something about the content that its user should know.
    Warning(String),
    /// Trials begin.
    Trials {
        /// How many.
        total: u64,
        /// How many at a time.
        jobs: usize,
    },
    /// A trial is finished, and kept.
    Finished {
        /// It.
        result: &'a TrialResult,
        /// How many are finished.
        done: u64,
        /// Of how many.
        total: u64,
        /// The time left, estimated from those that are done.
        left: Duration,
    },
}

/// A plan that has been run. Its folder still has a temporary name: tables come first.
#[derive(Debug)]
pub struct Run {
    /// The run's name: a hash of all that its results depend on.
    pub id: String,
    /// Its folder.
    pub store: Store,
    /// Every trial's result, in the order of the plan.
    pub trials: Vec<TrialResult>,
    /// What the content is, in a word, for titles.
    pub content: String,
}

/// Runs every trial of `plan`.
///
/// # Errors
/// If the run cannot begin or its results cannot be kept, and when it was cancelled. A trial that
/// fails is a result like any other.
pub fn run(
    plan: &Plan,
    options: &Options,
    cancel: &Cancel,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Run> {
    let store = Store::create(&options.out)?;
    let text = plan.to_toml();
    write(&store, "plan.toml", &text)?;

    let stage = store.folder().join("stage");
    // What may be missing comes before what takes minutes.
    let lab = UmlLab::new(&options.cache, &stage)?;
    let services = facts::services(plan)?;
    let contents = content::prepare(plan, &options.cache, &stage, watch)?;
    let id = run_id(&text, &lab, &services, &contents, plan);
    write(&store, "host.toml", &facts::host(&lab, &services, &contents)?)?;

    let cpus = weir_uml::boot::cpus()?;
    let jobs = options.jobs.unwrap_or(cpus.len()).clamp(1, cpus.len().max(1));
    watch(Progress::Trials { total: plan.len(), jobs });
    let mut trials = run_trials(plan, &contents, &lab, &store, &cpus[..jobs], cancel, watch)?;
    if cancel.is_cancelled() {
        bail!(
            "interrupted; {} of {} trials are kept in {}",
            trials.len(),
            plan.len(),
            store.folder().display()
        );
    }
    trials.sort_by_key(|(index, _)| *index);
    fs::remove_dir_all(&stage).with_context(|| format!("remove {}", stage.display()))?;
    let trials = trials.into_iter().map(|(_, result)| result).collect();
    Ok(Run { id, store, trials, content: content::kind(plan).to_owned() })
}

/// Results by their place in the plan.
type Results = Vec<(usize, TrialResult)>;

fn run_trials(
    plan: &Plan,
    contents: &content::Contents,
    lab: &UmlLab,
    store: &Store,
    cpus: &[usize],
    cancel: &Cancel,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Results> {
    let queue = Mutex::new(plan.trials().enumerate());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let (finished, results) = channel();
    let started = now();
    let mut kept = Results::new();
    std::thread::scope(|scope| {
        for &cpu in cpus {
            let (finished, next) = (finished.clone(), &next);
            // A guest dies with the thread that started it, so each thread stays until all is done.
            scope.spawn(move || {
                while !cancel.is_cancelled()
                    && let Some((index, trial)) = next()
                {
                    let result = run_trial(plan, trial, contents, lab, store, cpu, cancel);
                    if finished.send((index, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(finished);
        let mut outcome = Ok(());
        for (index, result) in results {
            // What was cancelled half-way is no result.
            let Some(result) = result else { continue };
            if let Err(error) = store.keep(&result) {
                cancel.cancel();
                outcome = Err(error);
                continue;
            }
            let done = kept.len() as u64 + 1;
            let left = started.elapsed().mul_f64((plan.len() - done) as f64 / done as f64);
            watch(Progress::Finished { result: &result, done, total: plan.len(), left });
            kept.push((index, result));
        }
        outcome
    })?;
    Ok(kept)
}

fn run_trial(
    plan: &Plan,
    trial: Trial,
    contents: &content::Contents,
    lab: &UmlLab,
    store: &Store,
    cpu: usize,
    cancel: &Cancel,
) -> Option<TrialResult> {
    let started = now();
    let content = contents.get(&trial);
    let ended = content.and_then(|content| {
        let assignment = Assignment {
            trial: trial.clone(),
            segments: content.segments,
            segment: content.segment,
        };
        let logs = store.folder().join("logs").join(&trial.id);
        Ok((lab.run(&assignment, content, cpu, &logs, cancel)?, content))
    });
    let (findings, err, memory) = match ended {
        Ok(((Trialled::Found(findings), memory), content)) => {
            (Some(with_rungs(findings, content)), None, Some(memory))
        }
        Ok(((Trialled::Failed(why), memory), _)) => (None, Some(why), Some(memory)),
        Ok(((Trialled::Cancelled, _), _)) => return None,
        Err(error) => (None, Some(format!("{error:#}")), None),
    };
    let doubts = findings.as_ref().map(|findings| findings.doubts.join("; "));
    let broken = findings.as_ref().and_then(|findings| first_session_error(&findings.records));
    let (verdict, err) = match (err.or(broken), doubts) {
        (Some(err), _) => (Verdict::Failed, Some(err)),
        (None, Some(doubts)) if !doubts.is_empty() => (Verdict::Invalid, Some(doubts)),
        (None, _) => (Verdict::Valid, None),
    };
    let cell = usize::try_from(trial.cell).ok().and_then(|cell| plan.cells.get(cell));
    let (virtual_us, records) =
        findings.map_or((0, Vec::new()), |findings| (findings.duration.us(), findings.records));
    Some(TrialResult {
        id: trial.id,
        params: cell.map(|cell| cell.params.clone()).unwrap_or_default(),
        row: weir_records::Trial {
            cell: trial.cell,
            repeat: trial.repeat,
            seed: trial.seed.get(),
            lab: facts::lab_name(plan.lab).to_owned(),
            verdict,
            err,
            virtual_us,
            memory_bytes: memory.map(Bytes::get),
            wall_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        },
        records,
    })
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

/// The run's name: 16 hexadecimal digits of the SHA-256 of all that its results depend on.
fn run_id(
    plan: &str,
    lab: &UmlLab,
    services: &[facts::ServiceFacts],
    contents: &content::Contents,
    example: &Plan,
) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        // Its length first, so that no two lists of inputs look alike.
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    };
    add(plan);
    add(&lab.kernel().sha256);
    add(lab.program_sha256());
    for service in services {
        add(&service.sha256);
    }
    for content in contents.all() {
        add(&content.hash);
    }
    // Memory is a function of the plan, but one that another version of this program may change.
    for trial in example.trials().take(1) {
        add(&UmlLab::memory(&trial).to_string());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn write(store: &Store, name: &str, text: &str) -> Result<()> {
    let path = store.folder().join(name);
    fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "wall-clock facts of trials and the time left")]
fn now() -> Instant {
    Instant::now()
}
