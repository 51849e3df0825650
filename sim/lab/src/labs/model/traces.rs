//! The traces of a plan, as links carry them.

use crate::store::inputs::Input;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use weir_base::{hex, sha256_of_file};
use weir_plan::{LabName, NamedFile, Plan, Rate as Limit, Traced};
use weir_trace::{Builder, Kind, Rate, Step, Trace};
use weir_units::BitRate;

/// What of a full frame is payload of TCP: 1,448 of 1,514 bytes. The rest are headers of Ethernet
/// (14 bytes), IPv4 (20) and TCP with timestamps (32, RFC 7323).
pub(crate) const PAYLOAD: (u128, u128) = (1448, 1514);

/// What TCP carries of a rate over Ethernet frames, rounded down to a millionth of a bit per
/// second.
pub(crate) fn payload(rate: Rate) -> Rate {
    let (payload, frame) = PAYLOAD;
    let micro = u128::from(rate.micro_bps()) * payload / frame;
    // It is less than what it was.
    u64::try_from(micro).ok().and_then(Rate::from_micro_bps).unwrap_or(Rate::MAX)
}

/// The same of a constant rate, which no reader lets exceed a trace's.
pub(crate) fn payload_of(rate: BitRate) -> Rate {
    Rate::try_from(rate).map_or(Rate::MAX, payload)
}

/// A trace, and what flows get of it.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// As its file has it.
    pub asked: Arc<Trace>,
    /// What TCP carries: the same, if that is what the file tells.
    pub carried: Arc<Trace>,
    /// The highest rate of that.
    pub most: Rate,
}

impl Loaded {
    fn new(asked: Trace) -> Result<Self> {
        let asked = Arc::new(asked);
        let carried = match asked.about().kind {
            Kind::Goodput => Arc::clone(&asked),
            Kind::Capacity => Arc::new(scaled(&asked, payload)?),
        };
        let most = carried.steps().iter().map(|step| step.rate).max().unwrap_or(Rate::ZERO);
        Ok(Self { asked, carried, most })
    }
}

/// A trace with other rates.
pub(crate) fn scaled(trace: &Trace, rate: impl Fn(Rate) -> Rate) -> Result<Trace> {
    let mut builder = Builder::new(trace.about().clone());
    for step in trace.steps() {
        builder.push(Step { rate: rate(step.rate), ..*step }).context("scale a trace")?;
    }
    builder.finish().context("scale a trace")
}

/// All traces of a plan.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    all: BTreeMap<Traced, Loaded>,
    inputs: Vec<Input>,
}

impl Traces {
    /// Reads those that cells in the lab `model` follow, each once.
    ///
    /// # Errors
    /// If one cannot be read, or is none; the error points to the line of the experiment that names
    /// it.
    pub fn load(plan: &Plan) -> Result<Self> {
        let mut all = BTreeMap::new();
        let mut hashes = BTreeMap::new();
        for traced in &followed(plan, |lab| lab == LabName::Model) {
            let loaded = plan.trace(traced).map_err(anyhow::Error::new)?;
            all.insert(traced.clone(), Loaded::new(loaded)?);
            if let Some(file) = plan.trace_files.get(traced) {
                // One file may be several traces.
                hashes.insert(format!("the trace {}", traced.trace), hash(file)?);
            }
        }
        let inputs = hashes.into_iter().map(|(name, hash)| Input::new(name, hash)).collect();
        Ok(Self { all, inputs })
    }

    /// One of them.
    ///
    /// # Errors
    /// If it was not loaded.
    pub fn get(&self, traced: &Traced) -> Result<&Loaded> {
        self.all.get(traced).with_context(|| format!("the trace {} was not read", traced.trace))
    }

    /// The hashes of their files.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }
}

/// The traces that links of a plan follow in some labs.
pub(crate) fn followed(plan: &Plan, of_lab: impl Fn(LabName) -> bool) -> BTreeSet<Traced> {
    let mut followed = BTreeSet::new();
    for cell in plan.cells().filter(|cell| of_lab(cell.setup.lab)) {
        let links = cell.setup.topology.links.iter();
        for rate in links.flat_map(|link| [&link.forward.rate, &link.backward.rate]).flatten() {
            if let Limit::Trace(traced) = rate
                && !followed.contains(traced)
            {
                followed.insert(traced.clone());
            }
        }
    }
    followed
}

/// The hash of a file, or of the text that comes with the program in its place.
pub(crate) fn hash(file: &NamedFile) -> Result<String> {
    match file.text {
        Some(text) => Ok(hex(&Sha256::digest(text))),
        None => sha256_of_file(&file.path),
    }
}
