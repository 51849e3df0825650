//! The directions in which a sweep goes: its axes, each zipped one counted once.

use crate::axis::AxisKind;
use crate::run::RunInfo;
use crate::sweep::{Level, Sweep, SweepCell};

/// An axis, or several that vary together.
#[derive(Debug, Clone)]
pub(crate) struct Dimension {
    /// Its name: the path, the paths joined by ` + `, or the name that the experiment gives a zip.
    pub name: String,
    /// Its name, and what varies under the name of a zip.
    pub label: String,
    /// What its numbers are, if they are numbers.
    pub kind: AxisKind,
    /// Its places: numbers ascending, else in the order of the plan.
    pub places: Vec<Place>,
    /// The axes of the sweep that it consists of.
    axes: Vec<usize>,
}

/// A value of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// As people write it; the values of a zip are joined.
    pub text: String,
    /// As a number, in the unit of the axis's column.
    pub number: Option<f64>,
    /// The level on each of the dimension's axes.
    levels: Vec<usize>,
}

/// How the paths and values of a zip are joined where they are of a kind, such as the algorithms of
/// two groups of players.
const PLUS: &str = " + ";

impl Dimension {
    /// The dimensions of a sweep that have more than one place, in the order of the plan.
    pub(crate) fn all(info: &RunInfo, sweep: &Sweep) -> Vec<Self> {
        let zip_of = |path: &str| {
            let mut zips = info.zips.iter();
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
        let mut places: Vec<Place> = Vec::new();
        for cell in &sweep.cells {
            let levels: Vec<usize> = axes.iter().map(|&axis| cell.levels[axis]).collect();
            if places.iter().all(|place| place.levels != levels) {
                let values: Vec<&Level> =
                    axes.iter().zip(&levels).map(|(&a, &l)| &sweep.axes[a].levels[l]).collect();
                places.push(Place { text: joined(&values, alike), number: None, levels });
            }
        }

        let kinds: Vec<AxisKind> = axes.iter().map(|&axis| sweep.axes[axis].axis.kind).collect();
        let sums = alike && paths.iter().all(|path| last_word(path) == "count");
        let number = |place: &Place| {
            let mut values =
                axes.iter().zip(&place.levels).map(|(&a, &l)| sweep.axes[a].levels[l].number());
            match axes.len() {
                1 => values.next().flatten(),
                // Groups of viewers: what matters is how many there are in all.
                _ if sums => values.sum(),
                _ => None,
            }
        };
        let numbers: Option<Vec<f64>> = places.iter().map(number).collect();
        let mut kind = AxisKind::Text;
        if let (Some(numbers), Some(first)) = (numbers, kinds.first())
            && distinct(&numbers)
        {
            for (place, number) in places.iter_mut().zip(numbers) {
                place.number = Some(number);
            }
            places.sort_by(|a, b| a.number.unwrap_or(0.0).total_cmp(&b.number.unwrap_or(0.0)));
            kind = *first;
        }
        Self { name, label, kind, places, axes }
    }

    /// The place of this cell.
    pub(crate) fn place_of(&self, cell: &SweepCell) -> usize {
        let here = |place: &Place| {
            self.axes.iter().zip(&place.levels).all(|(&axis, &level)| cell.levels[axis] == level)
        };
        // Places are those of the cells.
        self.places.iter().position(here).unwrap_or_default()
    }

    /// Whether its places are numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        self.places.iter().all(|place| place.number.is_some())
    }

    /// Whether it says which algorithm decides.
    pub(crate) fn is_algorithm(&self) -> bool {
        self.name.split(PLUS).all(|path| last_word(path) == "abr")
    }

    /// Whether it says how many viewers there are.
    pub(crate) fn is_viewers(&self) -> bool {
        self.is_numeric() && self.name.split(PLUS).all(is_count_of_players)
    }
}

fn is_count_of_players(path: &str) -> bool {
    path.starts_with("players.") && last_word(path) == "count"
}

fn last_word(path: &str) -> &str {
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

fn joined(values: &[&Level], alike: bool) -> String {
    let texts: Vec<&str> = values.iter().map(|level| level.text.as_str()).collect();
    texts.join(if alike { PLUS } else { ", " })
}

fn distinct(numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.windows(2).all(|pair| pair[0] < pair[1])
}
