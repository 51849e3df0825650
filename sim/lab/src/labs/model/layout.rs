//! What all trials of a setup have in common: which links the content of each viewer passes.

use crate::labs::model::traces::{Loaded, Traces, payload_of};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use weir_plan::{Direction, Link, Players, Rate as Limit, Setup, Shape};
use weir_trace::Rate;
use weir_units::{BitRate, Span};

/// The ways of a setup.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The directions of links that content passes.
    pub directions: Vec<Passed>,
    /// By the node of the origin and that of the viewer.
    ways: BTreeMap<(String, String), Way>,
}

/// A direction of a link that content passes.
#[derive(Debug)]
pub(crate) struct Passed {
    /// The link's place in the topology.
    pub link: usize,
    /// Which of the two directions.
    pub direction: Direction,
    /// How many viewers' content passes it.
    viewers: u64,
}

/// How content gets to a viewer.
#[derive(Debug)]
pub(crate) struct Way {
    /// The directions that it passes, by their places in [`Layout::directions`].
    pub passes: Vec<usize>,
    /// How long the request is under way before: the delays from the viewer to the origin.
    pub request: Span,
    /// How long the content is then.
    pub delay: Span,
}

impl Way {
    /// From the request to the first byte, but for what a trace adds.
    pub fn round_trip(&self) -> Span {
        self.request.saturating_add(self.delay)
    }
}

/// What limits a viewer who shares limits with nobody.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alone<'t> {
    /// Nothing.
    Unlimited,
    /// A constant rate.
    Constant(Rate),
    /// The trace of one of [`Layout::directions`].
    Trace(usize, &'t Loaded),
}

impl Passed {
    /// The link.
    ///
    /// # Errors
    /// If it is one of another setup.
    pub fn of<'s>(&self, setup: &'s Setup) -> Result<(&'s Link, &'s Shape)> {
        let link = setup.topology.links.get(self.link).context("no such link")?;
        Ok((link, link.shape(self.direction)))
    }
}

impl Layout {
    /// The ways of a setup's viewers.
    ///
    /// # Errors
    /// If there is none to a viewer.
    pub fn new(setup: &Setup) -> Result<Self> {
        let routes = setup.topology.routes();
        let mut layout = Self { directions: Vec::new(), ways: BTreeMap::new() };
        let mut places = BTreeMap::new();
        for players in &setup.players {
            for number in 0..players.count {
                let node = players.node(number);
                let key = (players.origin.clone(), node.to_owned());
                if !layout.ways.contains_key(&key) {
                    let none = || format!("no way from {} to {node}", players.origin);
                    let there = routes.path(node, &players.origin).with_context(none)?;
                    let back = routes.path(&players.origin, node).with_context(none)?;
                    let delay = |path: &[(usize, Direction)]| {
                        let link = |at: usize| setup.topology.links.get(at);
                        let delays =
                            path.iter().filter_map(|(at, d)| Some(link(*at)?.shape(*d).delay));
                        delays.fold(Span::ZERO, Span::saturating_add)
                    };
                    let (request, delay) = (delay(&there), delay(&back));
                    let mut passes = Vec::with_capacity(back.len());
                    for (link, direction) in back {
                        let next = layout.directions.len();
                        let place = *places.entry((link, direction)).or_insert(next);
                        if place == next {
                            layout.directions.push(Passed { link, direction, viewers: 0 });
                        }
                        passes.push(place);
                    }
                    layout.ways.insert(key.clone(), Way { passes, request, delay });
                }
                let Self { directions, ways } = &mut layout;
                for &place in ways.get(&key).iter().flat_map(|way| &way.passes) {
                    directions[place].viewers += 1;
                }
            }
        }
        Ok(layout)
    }

    /// The way to a viewer of this group on this node.
    ///
    /// # Errors
    /// If there is no such viewer in the setup.
    pub fn way(&self, players: &Players, node: &str) -> Result<&Way> {
        let key = (players.origin.clone(), node.to_owned());
        self.ways.get(&key).with_context(|| format!("no way from {} to {node}", players.origin))
    }

    /// What limits a viewer; `None` if others share it, or if it is more than one rate at different
    /// times.
    ///
    /// # Errors
    /// If a trace was not read.
    pub fn alone<'t>(
        &self,
        way: &Way,
        setup: &Setup,
        traces: &'t Traces,
    ) -> Result<Option<Alone<'t>>> {
        let mut least: Option<Rate> = None;
        let mut trace = None;
        for &place in &way.passes {
            let passed = &self.directions[place];
            let Some(limit) = &passed.of(setup)?.1.rate else { continue };
            if passed.viewers > 1 {
                return Ok(None);
            }
            match limit {
                Limit::Constant(rate) => {
                    let rate = payload_of(*rate);
                    least = Some(least.map_or(rate, |least| least.min(rate)));
                }
                Limit::Trace(_) if trace.is_some() => return Ok(None),
                Limit::Trace(traced) => trace = Some((place, traces.get(traced)?)),
            }
        }
        Ok(match (trace, least) {
            (None, None) => Some(Alone::Unlimited),
            (None, Some(rate)) => Some(Alone::Constant(rate)),
            (Some((_, loaded)), Some(rate)) if rate < loaded.most => None,
            (Some((place, loaded)), _) => Some(Alone::Trace(place, loaded)),
        })
    }
}

/// The rates of one direction, for tables: what was asked for, and what it is the rate of.
pub(crate) enum Asked<'t> {
    /// No limit.
    Nothing,
    /// The same always, over Ethernet frames.
    Constant(BitRate),
    /// A trace.
    Trace(&'t Loaded),
}

impl<'t> Asked<'t> {
    /// Of this direction.
    ///
    /// # Errors
    /// If its trace was not read.
    pub fn of(shape: &Shape, traces: &'t Traces) -> Result<Self> {
        Ok(match &shape.rate {
            None => Self::Nothing,
            Some(Limit::Constant(rate)) => Self::Constant(*rate),
            Some(Limit::Trace(traced)) => Self::Trace(traces.get(traced)?),
        })
    }
}

/// The trace that Pensieve's chunk model can be told on: the only thing on the way of the only
/// viewer.
///
/// # Errors
/// Says what is in its way.
pub(crate) fn chunked<'t>(
    layout: &Layout,
    way: &Way,
    setup: &Setup,
    traces: &'t Traces,
) -> Result<(usize, &'t Loaded)> {
    let own = weir_model::Pensieve::ROUND_TRIP;
    let round_trip = way.round_trip();
    if round_trip != Span::ZERO && round_trip != own {
        bail!(
            "it counts a round trip of its own, {own} (expected delays of 0 or of as much on the way, which has {round_trip})"
        );
    }
    match layout.alone(way, setup, traces)? {
        Some(Alone::Trace(place, loaded)) => Ok((place, loaded)),
        Some(Alone::Constant(_) | Alone::Unlimited) => {
            bail!("it needs a trace (expected one link on the way with rate = {{ trace = ... }})")
        }
        None => bail!("it knows one viewer and one trace (expected no other limit on the way)"),
    }
}
