//! Drills by fault and mechanism. The sweep's axes below `events.` say what goes wrong; what is
//! left of them, traces apart, tells the mechanisms.

use std::collections::{BTreeMap, BTreeSet};
use weir_records::{Alarm, Drill};
use weir_stats::sweep::dimension::{Dimension, Dimensions, last_word};
use weir_stats::sweep::{Sweep, SweepCell};

/// Rows, each with its cell.
pub(super) type OfCells<T> = Vec<(u64, T)>;

/// A combination of values on the axes that are not faults: a place in each dimension.
pub(super) type Mechanism = Vec<usize>;

/// Drills and what else is known of their trials.
pub(super) struct Groups<'a> {
    /// What the mechanisms differ in.
    dimensions: Vec<&'a Dimension>,
    /// The faults, in the order of the plan, then of time.
    pub faults: Vec<String>,
    /// By fault and mechanism.
    pub found: BTreeMap<(usize, Mechanism), Found>,
    /// By mechanism.
    pub alarms: BTreeMap<Mechanism, Alarms>,
}

/// The drills of one fault with one mechanism.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub drills: Vec<Drill>,
    /// The share of segments that each session could get at once.
    pub availability: Vec<f64>,
}

/// What switchers did in the trials of a mechanism.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Alarms {
    pub trials: u64,
    pub observed_us: u64,
    pub bad: u64,
    pub failovers: u64,
    pub false_failovers: u64,
}

/// What tells faults apart: the places on the axes below `events.`, what happened, and to whom.
type FaultKey = (Vec<usize>, String, String);

impl<'a> Groups<'a> {
    /// Of these, each with its cell. `availability` is that of the sessions of each cell.
    pub(super) fn of(
        sweep: &Sweep,
        dimensions: &'a Dimensions,
        (drills, alarms): (OfCells<Drill>, OfCells<Alarm>),
        availability: &BTreeMap<u64, Vec<f64>>,
    ) -> Self {
        let (of_faults, others): (Vec<&Dimension>, Vec<&Dimension>) =
            dimensions.apart.iter().partition(|dimension| dimension.is_of_faults(sweep));
        let places = |dimensions: &[&Dimension], cell: &SweepCell| -> Vec<usize> {
            dimensions.iter().map(|dimension| dimension.place_of(cell)).collect()
        };
        let mut keys: Vec<FaultKey> = Vec::new();
        let mut known: BTreeMap<FaultKey, usize> = BTreeMap::new();
        let mut found: BTreeMap<(usize, Mechanism), Found> = BTreeMap::new();
        let mut cells: BTreeSet<(usize, u64)> = BTreeSet::new();
        for (cell, row) in drills {
            let Some(here) = sweep.cell(cell) else { continue };
            let key = (places(&of_faults, here), row.kind.clone(), row.target.clone());
            let fault = *known.entry(key.clone()).or_insert(keys.len());
            if fault == keys.len() {
                keys.push(key);
            }
            let found = found.entry((fault, places(&others, here))).or_default();
            found.drills.push(row);
            if cells.insert((fault, cell)) {
                found.availability.extend(availability.get(&cell).into_iter().flatten());
            }
        }
        let mut by_mechanism: BTreeMap<Mechanism, Alarms> = BTreeMap::new();
        for (cell, row) in alarms {
            let Some(here) = sweep.cell(cell) else { continue };
            let sum = by_mechanism.entry(places(&others, here)).or_default();
            sum.trials += 1;
            sum.observed_us = sum.observed_us.saturating_add(row.observed_us);
            sum.bad = sum.bad.saturating_add(row.bad);
            sum.failovers = sum.failovers.saturating_add(row.failovers);
            sum.false_failovers = sum.false_failovers.saturating_add(row.false_failovers);
        }
        let faults = labels(&of_faults, &keys);
        Self { dimensions: others, faults, found, alarms: by_mechanism }
    }

    /// The names of what mechanisms differ in; of a path its last word, where that tells it apart.
    pub(super) fn titles(&self) -> Vec<&str> {
        let names = || self.dimensions.iter().map(|dimension| dimension.name.as_str());
        let title = |name| {
            let alike = names().filter(|other| last_word(other) == last_word(name)).count();
            if alike == 1 { last_word(name) } else { name }
        };
        names().map(title).collect()
    }

    /// Whether mechanisms differ in how a service is set.
    pub(super) fn sets_services(&self) -> bool {
        self.dimensions.iter().any(|dimension| dimension.name.starts_with("services."))
    }

    /// A mechanism in words, one for each title.
    pub(super) fn words(&self, mechanism: &Mechanism) -> Vec<&'a str> {
        let places = self.dimensions.iter().zip(mechanism);
        places.map(|(dimension, &place)| dimension.places[place].text.as_str()).collect()
    }

    /// The same as one text, with the names of numbers.
    pub(super) fn name(&self, mechanism: &Mechanism) -> String {
        let words = self.dimensions.iter().zip(self.words(mechanism));
        // Numbers alone would not say of what.
        let words = words.map(|(dimension, word)| match dimension.is_numeric() {
            true => format!("{} {word}", last_word(&dimension.name)),
            false => word.to_owned(),
        });
        match words.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "all".to_owned(),
            name => name,
        }
    }

    /// The mechanisms that met this fault, in the order of the plan.
    pub(super) fn of_fault(&self, fault: usize) -> impl Iterator<Item = (&Mechanism, &Found)> {
        let all = self.found.iter().filter(move |((other, _), _)| *other == fault);
        all.map(|((_, mechanism), found)| (mechanism, found))
    }
}

/// What happened and to whom; where that is not enough to tell faults apart, with their places.
fn labels(dimensions: &[&Dimension], keys: &[FaultKey]) -> Vec<String> {
    let short = |(_, kind, target): &FaultKey| format!("{target}: {kind}");
    let alike = |key: &FaultKey| keys.iter().filter(|other| short(other) == short(key)).count();
    let label = |key: &FaultKey| {
        if alike(key) <= 1 {
            return short(key);
        }
        let words = dimensions.iter().zip(&key.0);
        let words = words.map(|(dimension, &place)| dimension.places[place].text.as_str());
        format!("{} ({})", short(key), words.collect::<Vec<_>>().join(", "))
    };
    keys.iter().map(label).collect()
}
