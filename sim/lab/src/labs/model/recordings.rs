//! Decisions that were recorded and are taken once more: logs of Pensieve's simulator
//! (hongzimao/pensieve 1120bb1, `rl_test.py`), a line for each chunk:
//!
//! `time_s  kbit/s  buffer_s  rebuffer_s  bytes  delay_ms  reward`

use crate::store::checksummed::read_text;
use crate::store::inputs::Input;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use weir_abr::{Abr, Decision, Observation, Rung, TRACE};
use weir_base::sha256_of_file;
use weir_core::SessionMetrics;
use weir_plan::{LabName, Plan, Rate, Setup};
use weir_units::{BitRate, Bytes, Span};

/// A log of more than this is none: a day of chunks takes a tenth of it.
const LOG_LIMIT: u64 = 16 << 20;

/// A chunk of a log. Times are floating-point numbers as they were written: they are compared to
/// less than a nanosecond.
#[derive(Debug)]
struct Chunk {
    rate: BitRate,
    /// After the chunk arrived and the pause that followed.
    buffer_s: f64,
    stall_s: f64,
    bytes: Bytes,
    delay_s: f64,
}

/// A log.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    chunks: Vec<Chunk>,
}

/// All logs of a plan, by what the experiment calls each, and by the trace that goes with it.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    all: BTreeMap<(String, Option<String>), Recording>,
    inputs: Vec<Input>,
}

impl Recordings {
    /// Reads those that are replayed in the lab `model`, each once.
    ///
    /// # Errors
    /// If one cannot be read or is no log, and if a path depends on the trace where there is not
    /// one. The error points to the line of the experiment that names it.
    pub fn load(plan: &Plan) -> Result<Self> {
        let mut recordings = Self::default();
        for cell in plan.cells().filter(|cell| cell.setup.lab == LabName::Model) {
            let logs = cell.setup.players.iter().filter_map(|players| players.viewing.abr.replay());
            for log in logs {
                let refused =
                    |error: anyhow::Error| match plan.refuse_log(log, format!("{error:#}")) {
                        Some(refusal) => anyhow::Error::new(refusal),
                        None => error,
                    };
                recordings.add(plan, &cell.setup, log).map_err(refused)?;
            }
        }
        Ok(recordings)
    }

    fn add(&mut self, plan: &Plan, setup: &Setup, log: &str) -> Result<()> {
        let key = key(setup, log)?;
        if self.all.contains_key(&key) {
            return Ok(());
        }
        let named = plan.log_files.get(log).context("the plan has no file of it")?;
        let path = match &key.1 {
            None => named.path.clone(),
            Some(trace) => {
                let path = named.path.to_str().context("its path is no text")?;
                PathBuf::from(path.replacen(TRACE, trace, 1))
            }
        };
        let recording = Recording::read(&path)?;
        let name = match &key.1 {
            None => log.to_owned(),
            Some(trace) => log.replacen(TRACE, trace, 1),
        };
        self.inputs.push(Input::new(format!("the log {name}"), sha256_of_file(&path)?));
        self.all.insert(key, recording);
        Ok(())
    }

    /// The one that a player of a setup replays.
    ///
    /// # Errors
    /// If it was not read.
    pub fn get(&self, setup: &Setup, log: &str) -> Result<&Recording> {
        self.all.get(&key(setup, log)?).with_context(|| format!("the log {log} was not read"))
    }

    /// The hashes of their files.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }
}

/// Which log is meant: a path may depend on the trace of the network.
fn key(setup: &Setup, log: &str) -> Result<(String, Option<String>)> {
    if !log.contains(TRACE) {
        return Ok((log.to_owned(), None));
    }
    let links = setup.topology.links.iter();
    let rates = links.flat_map(|link| [&link.forward.rate, &link.backward.rate]).flatten();
    let mut traces: Vec<&str> = rates
        .filter_map(|rate| match rate {
            Rate::Constant(_) => None,
            Rate::Trace(traced) => Some(traced.name()),
        })
        .collect();
    traces.sort_unstable();
    traces.dedup();
    match traces[..] {
        [trace] => Ok((log.to_owned(), Some(trace.to_owned()))),
        _ => bail!(
            "{TRACE} stands for the trace of the network, which has {} (expected one)",
            traces.len()
        ),
    }
}

impl Recording {
    fn read(path: &Path) -> Result<Self> {
        let text =
            read_text(path, LOG_LIMIT).with_context(|| format!("read {}", path.display()))?;
        let lines = (1u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let chunk = |(number, line): (u64, &str)| {
            chunk(line).with_context(|| format!("{}:{number}", path.display()))
        };
        let chunks = lines.map(chunk).collect::<Result<Vec<_>>>()?;
        ensure!(!chunks.is_empty(), "{} is empty (expected a line for each chunk)", path.display());
        Ok(Self { path: path.to_owned(), chunks })
    }

    /// The algorithm that takes the same decisions on this ladder.
    ///
    /// # Errors
    /// If the log has a rate that no rung has, more chunks than there are segments, or another
    /// first rung than the one that the player begins with by itself.
    pub fn script(&self, ladder: &[Rung], segments: usize, first: Option<usize>) -> Result<Script> {
        let rung = |(number, chunk): (usize, &Chunk)| {
            let found = ladder.iter().position(|rung| rung.mean == chunk.rate);
            found.with_context(|| {
                let rates: Vec<_> = ladder.iter().map(|rung| rung.mean.to_string()).collect();
                let (path, rate) = (self.path.display(), chunk.rate);
                format!(
                    "{path}: chunk {number} is of {rate}, which is no rung ({})",
                    rates.join(", ")
                )
            })
        };
        let rungs: Vec<usize> = self.chunks.iter().enumerate().map(rung).collect::<Result<_>>()?;
        let (path, chunks) = (self.path.display(), rungs.len());
        ensure!(chunks <= segments, "{path} has {chunks} chunks of a film of {segments} segments");
        if let Some((first, logged)) = first.zip(rungs.first()) {
            let first = first.min(ladder.len().saturating_sub(1));
            ensure!(
                first == *logged,
                "{path} begins with rung {logged}, and the player of this preset with rung {first}"
            );
        }
        Ok(Script(rungs))
    }

    /// The worst deviation of a session from the log, in microseconds: of the delays, the stalls
    /// and the buffers of all its chunks, but for the buffer after the last segment of the film.
    ///
    /// # Errors
    /// If the session did not download the same chunks.
    pub fn deviation_us(&self, metrics: &SessionMetrics) -> Result<f64> {
        let seconds = |span: Span| span.as_secs_f64();
        let mut worst = 0.0f64;
        for (number, chunk) in self.chunks.iter().enumerate() {
            let request = metrics.segments.get(number).ok_or_else(|| {
                anyhow!("the session ended before chunk {number} of {}", self.path.display())
            })?;
            ensure!(
                request.bytes == chunk.bytes,
                "chunk {number} has {}, and {} in {}",
                request.bytes,
                chunk.bytes,
                self.path.display()
            );
            // The log has the buffer after the pause that follows. A player pauses before its next
            // request, and not after the last segment of the film.
            let next = metrics.segments.get(number + 1);
            let buffer = next.map_or(chunk.buffer_s, |next| seconds(next.buffer_before));
            // Before the first chunk there is nothing, and all of its delay counts as a stall.
            let before = if number == 0 { 0.0 } else { seconds(request.buffer_before) };
            let stall = (seconds(request.download) - before).max(0.0);
            for (found, logged) in [
                (seconds(request.download), chunk.delay_s),
                (stall, chunk.stall_s),
                (buffer, chunk.buffer_s),
            ] {
                worst = worst.max((found - logged).abs());
            }
        }
        Ok(worst * 1e6)
    }
}

fn chunk(line: &str) -> Result<Chunk> {
    let mut words = line.split_whitespace();
    let mut number = |what: &str| -> Result<f64> {
        let word = words.next().with_context(|| format!("no {what}"))?;
        let number: f64 = word.parse().with_context(|| format!("{what} is {word:.40?}"))?;
        ensure!(number.is_finite() && number >= 0.0, "{what} is {word:.40}");
        Ok(number)
    };
    number("time in seconds")?;
    let rate = number("bit rate in kbit/s")?;
    let (buffer_s, stall_s) = (number("buffer in seconds")?, number("stall in seconds")?);
    let (bytes, delay_ms) = (number("size in bytes")?, number("delay in milliseconds")?);
    Ok(Chunk {
        rate: BitRate::from_bps((rate * 1e3).round() as u64),
        buffer_s,
        stall_s,
        bytes: Bytes::new(bytes.round() as u64),
        delay_s: delay_ms / 1e3,
    })
}

/// Takes the rungs of a log, and its last one from there on.
pub(crate) struct Script(Vec<usize>);

impl Abr for Script {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let segment = usize::try_from(seen.segment).unwrap_or(usize::MAX);
        Decision::now(self.0.get(segment).or(self.0.last()).copied().unwrap_or(0))
    }

    fn abandons(&self) -> bool {
        false
    }
}
