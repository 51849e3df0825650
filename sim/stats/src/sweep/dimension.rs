//! The directions in which a sweep goes: its axes, each zipped one counted once.

use super::whole::{Level, Sweep, SweepAxis, SweepCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use weir_tables::AxisKind;

/// An axis, or several that vary together.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// Its name: the path, the paths joined by ` + `, or the name that the experiment gives a zip.
    pub name: String,
    /// Its name, and what varies under the name of a zip.
    pub label: String,
    /// What its numbers are, if they are numbers.
    pub kind: AxisKind,
    /// Its places: numbers ascending, else in the order of the plan.
    pub places: Vec<Place>,
    /// Whether its places are traces.
    pub traces: bool,
    /// The axes of the sweep that it consists of.
    axes: Vec<usize>,
    /// Where each place is, by its level on each of these axes.
    by_levels: BTreeMap<Vec<usize>, usize>,
}

/// The dimensions of a sweep, by what becomes of them in figures.
///
/// Figures and tables for people pool over traces: nobody asks how an algorithm does on trace 17.
/// The replicates are then the traces, each with all its sessions: sessions over one trace have
/// much in common, and a bootstrap that resampled them would take a few traces for many (the
/// cluster bootstrap: see [`bootstrap`](crate::methods::bootstrap)). Two cells that are pooled
/// differ in the trace, so that each is one.
#[derive(Debug, Clone)]
pub struct Dimensions {
    /// All, in the order of the plan.
    pub all: Vec<Dimension>,
    /// Those whose places are told apart.
    pub apart: Vec<Dimension>,
    /// The axes of the others.
    pooled: Vec<usize>,
    /// How many traces those have.
    traces: usize,
}

impl Dimensions {
    /// Those of this sweep.
    pub fn of(sweep: &Sweep) -> Self {
        let all = Dimension::all(sweep);
        let (traces, apart): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|d| d.traces);
        Self {
            apart,
            pooled: traces.iter().flat_map(|dimension| dimension.axes.clone()).collect(),
            traces: traces.iter().map(|dimension| dimension.places.len()).product(),
            all,
        }
    }

    /// How many traces are pooled; `None` if the sweep has none.
    pub fn trace_count(&self) -> Option<usize> {
        (!self.pooled.is_empty()).then_some(self.traces)
    }

    /// Which trace a cell has, by its level on each of the axes that are pooled.
    pub fn trace_of(&self, cell: &SweepCell) -> Vec<usize> {
        self.pooled.iter().map(|&axis| cell.levels[axis]).collect()
    }

    /// Whether this axis of the sweep is pooled.
    pub fn is_pooled(&self, axis: usize) -> bool {
        self.pooled.contains(&axis)
    }
}

/// A value of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// As people write it; the values of a zip are joined.
    pub text: String,
    /// As a number, in the unit of the axis's column.
    pub number: Option<f64>,
}

/// How the paths and values of a zip are joined where they are of a kind, such as the algorithms of
/// two groups of players.
const PLUS: &str = " + ";

impl Dimension {
    /// The dimensions of a sweep that have more than one place, in the order of the plan.
    pub fn all(sweep: &Sweep) -> Vec<Self> {
        let zip_of = |path: &str| {
            let mut zips = sweep.info.zips.iter();
            zips.find(|(_, paths)| paths.iter().any(|p| p == path)).map(|(name, _)| name)
        };
        let mut groups: Vec<(Option<&String>, Vec<usize>)> = Vec::new();
        for (index, axis) in sweep.axes.iter().enumerate() {
            let zip = zip_of(&axis.axis.path);
            match groups.iter_mut().find(|(name, _)| zip.is_some() && *name == zip) {
                Some((_, axes)) => axes.push(index),
                None => groups.push((zip, vec![index])),
            }
        }
        let dimensions = groups.into_iter().map(|(zip, axes)| Self::of(zip, axes, sweep));
        dimensions.filter(|dimension| dimension.places.len() > 1).collect()
    }

    fn of(zip: Option<&String>, axes: Vec<usize>, sweep: &Sweep) -> Self {
        // A part of a zip that never varies tells nothing.
        let varying: Vec<usize> =
            axes.iter().copied().filter(|&axis| sweep.axes[axis].levels.len() > 1).collect();
        let axes = if varying.is_empty() { axes } else { varying };
        let paths: Vec<&str> = axes.iter().map(|&i| sweep.axes[i].axis.path.as_str()).collect();
        let alike = alike(&paths);
        let (name, label) = match zip {
            Some(name) if axes.len() > 1 && !alike => {
                (name.clone(), format!("{name} ({})", paths.join(", ")))
            }
            _ => (paths.join(PLUS), paths.join(PLUS)),
        };
        let mut by_levels = BTreeMap::new();
        let mut levels_of = Vec::new();
        for cell in &sweep.cells {
            let levels: Vec<usize> = axes.iter().map(|&axis| cell.levels[axis]).collect();
            if let Entry::Vacant(new) = by_levels.entry(levels) {
                levels_of.push(new.key().clone());
                new.insert(levels_of.len() - 1);
            }
        }

        let kinds: Vec<AxisKind> = axes.iter().map(|&axis| sweep.axes[axis].axis.kind).collect();
        let sums = alike && paths.iter().all(|path| last_word(path) == "count");
        let place = |levels: &Vec<usize>| {
            let values: Vec<&Level> =
                axes.iter().zip(levels).map(|(&a, &l)| &sweep.axes[a].levels[l]).collect();
            let number = match values[..] {
                [only] => only.number(),
                // Groups of viewers: what matters is how many there are in all.
                _ if sums => values.iter().map(|level| level.number()).sum(),
                _ => None,
            };
            Place { text: joined(&values, alike), number }
        };
        let mut places: Vec<Place> = levels_of.iter().map(place).collect();
        if !alike && places.iter().any(|place| place.text.chars().count() > LONG) {
            let text =
                |levels: &Vec<usize>, at: usize| &*sweep.axes[axes[at]].levels[levels[at]].text;
            let texts: Vec<Vec<&str>> = levels_of
                .iter()
                .map(|levels| (0..axes.len()).map(|at| text(levels, at)).collect())
                .collect();
            if let Some(names) = names(&texts) {
                places.iter_mut().zip(names).for_each(|(place, name)| place.text = name);
            }
        }
        let numbers: Option<Vec<f64>> = places.iter().map(|place| place.number).collect();
        let mut kind = AxisKind::Text;
        if let (Some(numbers), Some(first)) = (numbers, kinds.first())
            && distinct(&numbers)
        {
            let mut order: Vec<usize> = (0..places.len()).collect();
            order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
            for (place, at) in order.iter().enumerate() {
                by_levels.insert(levels_of[*at].clone(), place);
            }
            places = order.into_iter().map(|at| places[at].clone()).collect();
            kind = *first;
        } else {
            // Numbers that name several places are names.
            places.iter_mut().for_each(|place| place.number = None);
        }
        let traces = axes.iter().any(|&axis| is_of_traces(&sweep.axes[axis]));
        Self { name, label, kind, places, traces, axes, by_levels }
    }

    /// The place of this cell.
    pub fn place_of(&self, cell: &SweepCell) -> usize {
        let levels: Vec<usize> = self.axes.iter().map(|&axis| cell.levels[axis]).collect();
        // Places are those of the cells.
        self.by_levels.get(&levels).copied().unwrap_or_default()
    }

    /// Whether its places are numbers.
    pub fn is_numeric(&self) -> bool {
        self.places.iter().all(|place| place.number.is_some())
    }

    /// Whether its places are compared with each other: names of what can be chosen, and no traces.
    pub fn is_compared(&self) -> bool {
        !self.is_numeric() && !self.traces
    }

    /// Whether it says which algorithm decides.
    pub fn is_algorithm(&self) -> bool {
        self.name.split(PLUS).all(|path| last_word(path) == "abr")
    }

    /// Whether it says what goes wrong: all of its axes are values of the experiment's events.
    pub fn is_of_faults(&self, sweep: &Sweep) -> bool {
        let path = |&axis: &usize| sweep.axes[axis].axis.path.as_str();
        self.axes.iter().map(path).all(|path| path == "events" || path.starts_with("events."))
    }

    /// Whether it says how many viewers there are.
    pub fn is_viewers(&self) -> bool {
        self.is_numeric() && self.name.split(PLUS).all(is_count_of_players)
    }
}

/// Whether the values of this axis are traces: the rates of a link that are no quantities.
fn is_of_traces(axis: &SweepAxis) -> bool {
    let path = &axis.axis.path;
    path.starts_with("links.") && last_word(path) == "rate" && axis.axis.kind == AxisKind::Text
}

fn is_count_of_players(path: &str) -> bool {
    path.starts_with("players.") && last_word(path) == "count"
}

/// The part of a path behind its last dot.
pub fn last_word(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether these are the same value of several things, such as `players.0.abr` and `players.1.abr`.
fn alike(paths: &[&str]) -> bool {
    let ends = |path: &&str| {
        let root = path.split('.').next().unwrap_or_default().to_owned();
        (root, last_word(path).to_owned())
    };
    paths.len() > 1 && paths.windows(2).all(|pair| ends(&pair[0]) == ends(&pair[1]))
}

/// Joined values of more characters than this are no names.
const LONG: usize = 24;

/// Short names for the places of a zip, from the first axis that tells all of them apart. Where it
/// says that there is nothing, the others say what there is instead.
fn names(places: &[Vec<&str>]) -> Option<Vec<String>> {
    let axes = places.first()?.len();
    let apart = |at: &usize| {
        let texts: BTreeSet<&str> = places.iter().map(|texts| texts[*at]).collect();
        texts.len() == places.len()
    };
    let at = (0..axes).find(apart)?;
    let says = |text: &&str| !["none", "{}"].contains(text);
    let name = |texts: &Vec<&str>| match texts[at] {
        "none" => texts.iter().copied().filter(says).collect::<Vec<_>>().join(", "),
        text => text.to_owned(),
    };
    let names: Vec<String> = places.iter().map(name).collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    (distinct.len() == names.len() && !names.contains(&String::new())).then_some(names)
}

fn joined(values: &[&Level], alike: bool) -> String {
    let texts: Vec<&str> = values.iter().map(|level| level.text.as_str()).collect();
    texts.join(if alike { PLUS } else { ", " })
}

fn distinct(numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.windows(2).all(|pair| pair[0] < pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_a_zip_is_named_by_what_tells_it_apart() {
        let places = [vec!["switcher", "{ probes = 2 }", "front"], vec!["none", "{}", "a+b"]];
        assert_eq!(names(&places).unwrap(), ["switcher", "a+b"]);
        let places = [vec!["freeze", "origin-a"], vec!["freeze", "packager-a"]];
        assert_eq!(names(&places).unwrap(), ["origin-a", "packager-a"]);
        let places = [vec!["freeze", "a"], vec!["freeze", "b"], vec!["kill", "a"]];
        assert_eq!(names(&places), None);
    }
}
