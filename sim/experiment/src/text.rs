//! The text of a plan: the same for the same plan, wherever and by whomever it was made.

use crate::plan::{
    Axis, LabName, Media, Origin, Phase, Plan, Players, TcpProfile, Topology, Traffic,
};
use serde::Serialize;
use std::collections::BTreeMap;
use weir_units::{Seed, Span};

/// A plan as it is written: cells refer to what they consist of by its position, so that what
/// many cells share stands there once.
#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    lab: LabName,
    seed: Seed,
    repeats: u64,
    axes: &'a [Axis],
    media: Vec<&'a Media>,
    topology: Vec<&'a Topology>,
    tcp: Vec<&'a TcpProfile>,
    origins: Vec<Group<'a, Origin>>,
    players: Vec<Group<'a, Players>>,
    traffic: Vec<Group<'a, Traffic>>,
    cell: Vec<CellText<'a>>,
}

/// TOML has no list of lists of tables.
#[derive(Serialize)]
struct Group<'a, T> {
    group: &'a [T],
}

fn groups<T>(lists: Vec<&Vec<T>>) -> Vec<Group<'_, T>> {
    lists.into_iter().map(|group| Group { group }).collect()
}

#[derive(Serialize)]
struct CellText<'a> {
    params: &'a [String],
    media: usize,
    topology: usize,
    tcp: usize,
    origins: usize,
    players: usize,
    traffic: usize,
    phase: Phase,
    interval: Span,
}

/// Different values, numbered in the order in which they came.
struct Pool<T> {
    numbers: BTreeMap<T, usize>,
    values: Vec<T>,
}

impl<T: Ord + Copy> Pool<T> {
    fn new() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }

    fn number(&mut self, value: T) -> usize {
        *self.numbers.entry(value).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

const HEADER: &str = "\
# The plan of an experiment: all that defines its trials, but the media's bytes and the programs.
# Each [[cell]] names what it consists of by its position in this file, counted from 0.

";

impl Plan {
    /// The whole plan as TOML. Equal plans give equal text.
    pub fn to_toml(&self) -> String {
        let (mut media, mut topology, mut tcp) = (Pool::new(), Pool::new(), Pool::new());
        let (mut origins, mut players, mut traffic) = (Pool::new(), Pool::new(), Pool::new());
        let cells = self.cells.iter().map(|cell| CellText {
            params: &cell.params,
            media: media.number(&cell.setup.media),
            topology: topology.number(&cell.setup.topology),
            tcp: tcp.number(&cell.setup.tcp),
            origins: origins.number(&cell.setup.origins),
            players: players.number(&cell.setup.players),
            traffic: traffic.number(&cell.setup.traffic),
            phase: cell.setup.phase,
            interval: cell.setup.interval,
        });
        let cell = cells.collect();
        let document = Document {
            name: &self.name,
            lab: self.lab,
            seed: self.seed,
            repeats: self.repeats,
            axes: &self.axes,
            media: media.values,
            topology: topology.values,
            tcp: tcp.values,
            origins: groups(origins.values),
            players: groups(players.values),
            traffic: groups(traffic.values),
            cell,
        };
        #[expect(clippy::expect_used, reason = "its paths were TOML texts, and all else is ASCII")]
        let text = toml::to_string(&document).expect("a plan can be written as TOML");
        HEADER.to_owned() + &text
    }
}
