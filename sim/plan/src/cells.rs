//! The cells of a plan, in little room: a sweep may have a million of them. Kept are the different
//! parts that setups consist of, each once, and for each cell the numbers of its parts; a setup is
//! put together when it is asked for.

use crate::faults::Fault;
use crate::media::Media;
use crate::players::Players;
use crate::services::{Live, Service};
use crate::setup::{LabName, Origin, Phase, Setup};
use crate::tcp::TcpProfile;
use crate::topology::{Host, Link, Shape, Topology};
use crate::traffic::Traffic;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;
use weir_units::Span;

/// One combination of the axes' values.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its number among all cells of the sweep, selected or not, from 0.
    pub index: u64,
    /// All that defines a trial except the seed.
    pub setup: Arc<Setup>,
}

/// The cells of a plan, or of a part of it, which shares what it has of them.
#[derive(Debug, Clone)]
pub struct Cells {
    pub(crate) parts: Arc<Parts>,
    pub(crate) rows: Vec<Row>,
}

/// A cell: what is a number here stands in [`Parts`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Its number among all cells of the sweep: there are fewer than [`crate::limits::MAX_TRIALS`].
    pub index: u32,
    pub lab: LabName,
    pub media: u32,
    pub hosts: u32,
    pub links: u32,
    pub tcp: u32,
    pub origins: u32,
    pub live: Option<u32>,
    pub services: u32,
    pub faults: u32,
    pub players: u32,
    pub traffic: u32,
    pub phase: Phase,
    pub interval: Span,
}

/// What cells consist of. A value that varies is often one of a link, so that topologies are taken
/// apart.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub media: Pool<Media>,
    /// The names of topologies, and their nodes.
    hosts: Pool<(String, Vec<Host>)>,
    /// The names of links, and the nodes at their ends.
    ends: Pool<(String, (String, String))>,
    shapes: Pool<Shape>,
    links: Pool<[Joint]>,
    pub tcp: Pool<TcpProfile>,
    pub origins: Pool<Vec<Origin>>,
    pub live: Pool<Live>,
    pub services: Pool<Vec<Service>>,
    pub faults: Pool<Vec<Fault>>,
    pub players: Pool<Vec<Players>>,
    pub traffic: Pool<Vec<Traffic>>,
}

/// A link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Joint {
    ends: u32,
    forward: u32,
    backward: u32,
}

/// Different values, numbered in the order in which they came.
#[derive(Debug)]
pub(crate) struct Pool<T: ?Sized> {
    numbers: BTreeMap<Arc<T>, u32>,
    values: Vec<Arc<T>>,
}

impl<T: ?Sized> Default for Pool<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T: Ord + ?Sized> Pool<T> {
    fn number(&mut self, value: impl Borrow<T> + Into<Arc<T>>) -> u32 {
        if let Some(number) = self.numbers.get(value.borrow()) {
            return *number;
        }
        let (number, value) = (self.values.len() as u32, value.into());
        self.values.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        number
    }
}

impl<T: ?Sized> Pool<T> {
    /// The value of a number that this pool gave.
    pub fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}

/// Cells that are still to be counted.
#[derive(Default)]
pub struct Draft {
    parts: Parts,
    rows: Vec<Row>,
}

impl Draft {
    /// Adds a cell; its number is greater than those before.
    pub fn push(&mut self, index: u64, setup: Setup) {
        let parts = &mut self.parts;
        let Topology { name, nodes, links } = setup.topology;
        let joint = |Link { name, between, forward, backward }| Joint {
            ends: parts.ends.number((name, between)),
            forward: parts.shapes.number(forward),
            backward: parts.shapes.number(backward),
        };
        let links: Vec<Joint> = links.into_iter().map(joint).collect();
        self.rows.push(Row {
            index: index as u32,
            lab: setup.lab,
            media: parts.media.number(setup.media),
            hosts: parts.hosts.number((name, nodes)),
            links: parts.links.number(links),
            tcp: parts.tcp.number(setup.tcp),
            origins: parts.origins.number(setup.origins),
            live: setup.live.map(|live| parts.live.number(live)),
            services: parts.services.number(setup.services),
            faults: parts.faults.number(setup.faults),
            players: parts.players.number(setup.players),
            traffic: parts.traffic.number(setup.traffic),
            phase: setup.phase,
            interval: setup.interval,
        });
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    /// All of them, as a plan has them.
    pub fn finish(self) -> Cells {
        Cells { parts: Arc::new(self.parts), rows: self.rows }
    }
}

impl Cells {
    /// All of them, in order.
    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter { parts: &self.parts, rows: self.rows.iter(), last: None }
    }

    /// The one of this number.
    pub(crate) fn get(&self, index: u64) -> Option<Cell> {
        let at = self.rows.binary_search_by_key(&index, |row| row.index.into()).ok()?;
        self.iter().nth(at)
    }
}

/// Puts cells together. Where nobody has the one before any more, only what is different in the
/// next one is made anew; equal ones that follow each other share their setup.
pub(crate) struct Iter<'c> {
    parts: &'c Parts,
    rows: slice::Iter<'c, Row>,
    last: Option<(Row, Arc<Setup>)>,
}

impl Iter<'_> {
    fn cell(&mut self, row: Row) -> Cell {
        let setup = match self.last.take() {
            None => Arc::new(self.parts.setup(&row)),
            Some((before, mut setup)) => {
                if !before.is_like(&row) {
                    self.parts.change(Arc::make_mut(&mut setup), &before, &row);
                }
                setup
            }
        };
        self.last = Some((row, Arc::clone(&setup)));
        Cell { index: row.index.into(), setup }
    }
}

impl Iterator for Iter<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        self.nth(0)
    }

    fn nth(&mut self, skipped: usize) -> Option<Cell> {
        let row = *self.rows.nth(skipped)?;
        Some(self.cell(row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl Row {
    /// Whether both are the same, but for their numbers.
    fn is_like(&self, other: &Self) -> bool {
        let words = |row: &Self| {
            let Self { media, hosts, links, tcp, origins, services, faults, .. } = *row;
            [media, hosts, links, tcp, origins, services, faults, row.players, row.traffic]
        };
        let rest = |row: &Self| (row.lab, row.live, row.phase, row.interval);
        words(self) == words(other) && rest(self) == rest(other)
    }
}

impl Parts {
    fn setup(&self, row: &Row) -> Setup {
        Setup {
            lab: row.lab,
            media: self.media.get(row.media).clone(),
            topology: self.topology(row.hosts, row.links),
            tcp: self.tcp.get(row.tcp).clone(),
            origins: self.origins.get(row.origins).clone(),
            live: row.live.map(|live| self.live.get(live).clone()),
            services: self.services.get(row.services).clone(),
            faults: self.faults.get(row.faults).clone(),
            players: self.players.get(row.players).clone(),
            traffic: self.traffic.get(row.traffic).clone(),
            phase: row.phase,
            interval: row.interval,
        }
    }

    /// The topology of these nodes and links.
    pub fn topology(&self, hosts: u32, links: u32) -> Topology {
        let (name, nodes) = self.hosts.get(hosts).clone();
        let links = self.links.get(links).iter().map(|joint| {
            let (name, between) = self.ends.get(joint.ends).clone();
            let (forward, backward) =
                (self.shapes.get(joint.forward), self.shapes.get(joint.backward));
            Link { name, between, forward: forward.clone(), backward: backward.clone() }
        });
        Topology { name, nodes, links: links.collect() }
    }

    /// Makes the setup of the cell `is` of that of `was`.
    fn change(&self, setup: &mut Setup, was: &Row, is: &Row) {
        fn renew<T: Clone>(pool: &Pool<T>, value: &mut T, was: u32, is: u32) {
            if was != is {
                pool.get(is).clone_into(value);
            }
        }
        renew(&self.media, &mut setup.media, was.media, is.media);
        renew(&self.tcp, &mut setup.tcp, was.tcp, is.tcp);
        renew(&self.origins, &mut setup.origins, was.origins, is.origins);
        renew(&self.services, &mut setup.services, was.services, is.services);
        renew(&self.faults, &mut setup.faults, was.faults, is.faults);
        renew(&self.players, &mut setup.players, was.players, is.players);
        renew(&self.traffic, &mut setup.traffic, was.traffic, is.traffic);
        if was.live != is.live {
            setup.live = is.live.map(|live| self.live.get(live).clone());
        }
        (setup.lab, setup.phase, setup.interval) = (is.lab, is.phase, is.interval);

        let (before, after) = (self.links.get(was.links), self.links.get(is.links));
        if was.hosts != is.hosts || before.len() != after.len() {
            setup.topology = self.topology(is.hosts, is.links);
            return;
        }
        for (link, (was, is)) in setup.topology.links.iter_mut().zip(before.iter().zip(after)) {
            if was.ends != is.ends {
                (link.name, link.between) = self.ends.get(is.ends).clone();
            }
            renew(&self.shapes, &mut link.forward, was.forward, is.forward);
            renew(&self.shapes, &mut link.backward, was.backward, is.backward);
        }
    }
}
