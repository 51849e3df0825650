//! The dynamic program: backward over the segments, forward for a plan.

use crate::Problem;
use crate::grid::Grid;
use crate::layers::Layer;
use crate::linear::Linear;
use crate::simulate::{Head, times};
use crate::startup::Start;
use weir_units::Span;

/// A layer before a segment: which points of the grid its cells stand for.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// The point of the first cell. An earlier one is the same: there is no room in the buffer
    /// before; or it is out of reach.
    start: usize,
    /// The last point at which a session of this layer can be; `None` if there is none.
    last: Option<usize>,
    cells: usize,
    /// The cells of the layers before it.
    before: usize,
    shift: u32,
    round: Round,
}

impl Window {
    fn cell(&self, point: usize) -> usize {
        let cell = self.round.cells(point.saturating_sub(self.start), self.shift);
        cell.min(self.cells.saturating_sub(1))
    }

    /// Where its numbers are: rung by rung, and of each rung cell by cell.
    fn block(&self, rungs: usize) -> std::ops::Range<usize> {
        self.before * rungs..(self.before + self.cells) * rungs
    }

    /// Where the number of a cell and a rung is.
    fn at(&self, rungs: usize, rung: usize, cell: usize) -> usize {
        self.before * rungs + rung * self.cells + cell
    }
}

/// Which way moments are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// To earlier moments: the values are upper bounds.
    Early,
    /// To later moments: a real session is never worse off than the one that is counted with, so
    /// that following the best rungs reaches the value at least.
    Late,
}

impl Round {
    fn cells(self, points: usize, shift: u32) -> usize {
        match self {
            Self::Early => points >> shift,
            Self::Late => (points + ((1 << shift) - 1)) >> shift,
        }
    }

    /// A moment as a point of the grid.
    fn point(self, ns: u64, step: u64) -> usize {
        let point = match self {
            Self::Early => ns / step,
            Self::Late => ns.div_ceil(step),
        };
        usize::try_from(point).unwrap_or(usize::MAX)
    }

    /// A point before the end of a download as the point that stands for the end.
    fn end(self, before: usize) -> usize {
        match self {
            Self::Early => before,
            Self::Late => before + 1,
        }
    }

    /// The layer of a session that is behind schedule by `late`.
    fn layer(self, layers: &[Layer], late: u64) -> Option<usize> {
        match self {
            Self::Early => layers.partition_point(|layer| layer.from <= late).checked_sub(1),
            Self::Late => Some(layers.partition_point(|layer| layer.from < late)),
        }
    }
}

/// A moment before a segment is requested.
#[derive(Debug, Default)]
struct Stage {
    windows: Vec<Window>,
    cells: usize,
    /// The best rung by cell and by the last segment's rung, as an index into the rising order.
    best: Vec<u8>,
}

/// All that the program is about.
pub(crate) struct Program<'a> {
    problem: &'a Problem<'a>,
    linear: Linear,
    round: Round,
    grid: Grid,
    layers: Vec<Layer>,
    /// The earliest startup in nanoseconds: being behind schedule is counted from it.
    base: u64,
    /// The rungs in order of rising utility.
    order: Vec<usize>,
    /// From the first segment that playback does not wait for.
    first: usize,
    stages: Vec<Stage>,
}

impl<'a> Program<'a> {
    /// Lays out the cells; nothing is computed yet.
    pub(crate) fn new(
        problem: &'a Problem,
        linear: Linear,
        starts: &[Start],
        layers: Vec<Layer>,
        step: u64,
        round: Round,
    ) -> Self {
        let mut order: Vec<usize> = (0..problem.rungs()).collect();
        let utility = |rung: &usize| problem.qoe.utilities[*rung];
        order.sort_by(|a, b| utility(a).total_cmp(&utility(b)));
        let base = starts.iter().map(|start| start.head.startup.ns()).min().unwrap_or(0);
        let most = layers.last().map_or(0, |layer| layer.to);
        let first = problem.startup_segments();
        let mut program = Self {
            problem,
            linear,
            round,
            grid: Grid::new(problem, step, 0),
            layers,
            base,
            order,
            first,
            stages: Vec::new(),
        };
        let end = program.schedule(problem.segments()).saturating_add(most) / step;
        // A grid beyond all bounds is left empty: the caller sees it in the work.
        let points = usize::try_from(end + 2).unwrap_or(usize::MAX);
        if points > MAX_POINTS {
            return program;
        }
        program.grid = Grid::new(problem, step, points);
        let began = |start: &Start| program.clock(&start.head) / step;
        let mut earliest = starts.iter().map(began).min().unwrap_or(0) as usize;
        for done in first..=problem.segments() {
            let stage = program.stage(done, earliest);
            if let Some(sizes) = problem.sizes.get(done) {
                let least = sizes.iter().min().copied().unwrap_or_default();
                let room = stage.windows.first().map_or(0, |window| window.start);
                earliest = program.grid.end(earliest.max(room), least.femtobits());
            }
            program.stages.push(stage);
        }
        program
    }

    /// When all media is played that is downloaded after `done` segments, of a session that is not
    /// behind schedule: on the clock of the trace, in nanoseconds.
    fn schedule(&self, done: usize) -> u64 {
        let segment = self.problem.segment.saturating_sub(self.problem.beside());
        self.base.saturating_add(times(segment, done).ns())
    }

    /// Now, on the clock of the trace.
    fn clock(&self, head: &Head) -> u64 {
        head.now.ns().saturating_sub(times(self.problem.beside(), head.done).ns())
    }

    fn stage(&self, done: usize, earliest: usize) -> Stage {
        let (segment, step) = (self.problem.segment.ns(), self.grid.step);
        let room = self.problem.max_buffer.ns() - segment;
        let schedule = self.schedule(done);
        let (mut windows, mut cells) = (Vec::with_capacity(self.layers.len()), 0);
        for layer in &self.layers {
            let fits = schedule.saturating_add(layer.from).saturating_sub(room);
            let start = earliest.max(self.round.point(fits, step));
            // Up to here a session is not late enough for the next layer.
            let until = match self.round {
                Round::Early => layer.to,
                Round::Late => layer.from,
            };
            let last = (schedule.saturating_add(until).saturating_sub(segment) / step) as usize;
            let (last, own) = if earliest > last {
                (None, 0)
            } else {
                (Some(last), self.round.cells(last.saturating_sub(start), layer.shift) + 1)
            };
            let (before, shift, round) = (cells, layer.shift, self.round);
            windows.push(Window { start, last, cells: own, before, shift, round });
            cells += own;
        }
        Stage { windows, cells, best: Vec::new() }
    }

    /// The first and the last point at which this stage's sessions can be.
    fn span(stage: &Stage) -> Option<(usize, usize)> {
        let used = || stage.windows.iter().filter(|window| window.cells > 0);
        let first = used().map(|window| window.start).min()?;
        let last =
            used().map(|window| window.start + ((window.cells - 1) << window.shift)).max()?;
        Some((first, last))
    }

    /// How many numbers have to be computed.
    pub(crate) fn work(&self) -> u64 {
        if self.stages.is_empty() {
            return u64::MAX;
        }
        let stage = |stage: &Stage| {
            let range = Self::span(stage).map_or(0, |(first, last)| last - first + 1);
            (stage.cells + range) as u64
        };
        // A point of the grid costs two searches in the trace: about as much as 16 cells.
        self.stages.iter().map(stage).sum::<u64>() * self.order.len() as u64
            + 16 * self.grid.points() as u64
    }

    /// Computes everything, and returns for each start an upper bound of the sum that it can reach.
    pub(crate) fn run(&mut self, starts: &[Start]) -> Vec<f64> {
        let rungs = self.order.len();
        let Some(end) = self.stages.last() else { return Vec::new() };
        let mut values = vec![f64::NEG_INFINITY; end.cells * rungs];
        for (window, layer) in end.windows.iter().zip(&self.layers) {
            let paid = -self.linear.stall * (layer.from as f64 / 1e9);
            values[window.block(rungs)].fill(paid);
        }
        for index in (0..self.stages.len() - 1).rev() {
            let (stage, next) = (&self.stages[index], &self.stages[index + 1]);
            let (before, best) = self.backward(self.first + index, stage, next, &values);
            values = before;
            self.stages[index].best = best;
        }
        starts.iter().map(|start| self.value(start, &values)).collect()
    }

    /// The values and the best rungs before a segment, from the values after it.
    fn backward(
        &self,
        segment: usize,
        stage: &Stage,
        next: &Stage,
        after: &[f64],
    ) -> (Vec<f64>, Vec<u8>) {
        let rungs = self.order.len();
        let mut values = vec![f64::NEG_INFINITY; stage.cells * rungs];
        let mut best = vec![0u8; stage.cells * rungs];
        let Some((first, last)) = Self::span(stage) else { return (values, best) };
        let switches = Switches::new(self);
        let width = last - first + 1;
        let ends = self.ends(segment, first, width);
        let mut gains = Vec::new();
        for (number, window) in stage.windows.iter().enumerate().filter(|(_, w)| w.cells > 0) {
            gains.clear();
            for (rung, utility) in switches.utilities.iter().enumerate() {
                let ends = &ends[rung * width + window.start - first..(rung + 1) * width];
                let ends = ends.iter().step_by(1 << window.shift).take(window.cells);
                self.gains(number, ends, next, after, (rung, *utility), &mut gains);
            }
            let block = window.block(rungs);
            switches.spread(&gains, &mut values[block.clone()], &mut best[block]);
        }
        (values, best)
    }

    /// What a rung gains from here on in each cell of a layer, where its downloads end there.
    fn gains<'e>(
        &self,
        layer: usize,
        ends: impl Iterator<Item = &'e u32>,
        next: &Stage,
        after: &[f64],
        (rung, utility): (usize, f64),
        gains: &mut Vec<f64>,
    ) {
        // A later request ends later: the layer that it leads to only rises.
        let mut leads = next.windows.iter().skip(layer);
        let mut into = leads.next();
        gains.extend(ends.map(|&before| {
            let end = self.round.end(before as usize);
            while into.is_some_and(|window| window.last.is_none_or(|last| last < end)) {
                into = leads.next();
            }
            match into {
                Some(window) => {
                    utility + after[window.at(self.order.len(), rung, window.cell(end))]
                }
                None => f64::NEG_INFINITY,
            }
        }));
    }

    /// The points before the ends of a segment's downloads: for each rung, by the point at which
    /// they are requested, `width` of them from `first` on.
    fn ends(&self, segment: usize, first: usize, width: usize) -> Vec<u32> {
        let mut ends = Vec::with_capacity(width * self.order.len());
        for (place, rung) in self.order.iter().enumerate() {
            let size = self.problem.sizes[segment][*rung].femtobits();
            ends.extend(self.grid.ends(first, size).take(width).map(|end| end as u32));
            // Points beyond the grid are beyond all layers.
            ends.resize((place + 1) * width, u32::MAX - 1);
        }
        ends
    }

    /// An upper bound of the sum that a start can reach.
    fn value(&self, start: &Start, values: &[f64]) -> f64 {
        let Some(stage) = self.stages.first() else { return f64::INFINITY };
        let late = start.head.startup.ns() - self.base;
        let Some(at) = self.at(stage, late, &start.head, start.rungs.last()) else {
            return f64::NEG_INFINITY;
        };
        let Linear { stall, startup, constant } = self.linear;
        start.quality + values[at] + stall * (late as f64 / 1e9)
            - startup * start.head.startup.as_secs_f64()
            - constant
    }

    /// Where a rung is in the order of utilities.
    fn place(&self, rung: Option<&usize>) -> Option<usize> {
        self.order.iter().position(|other| Some(other) == rung)
    }

    /// Where the number is that stands for a session.
    fn at(&self, stage: &Stage, late: u64, head: &Head, last: Option<&usize>) -> Option<usize> {
        let from = self.round.layer(&self.layers, late)?;
        let window = stage.windows.iter().skip(from).find(|window| window.cells > 0)?;
        let cell = window.cell(self.round.point(self.clock(head), self.grid.step));
        Some(window.at(self.order.len(), self.place(last)?, cell))
    }

    /// Follows the best rungs from a start, as the exact session goes.
    pub(crate) fn follow(&self, start: &Start) -> Option<Vec<usize>> {
        let (mut rungs, mut head) = (start.rungs.clone(), start.head);
        for stage in self.stages.iter().take(self.problem.segments() - self.first) {
            let late = head.startup.saturating_add(head.stalled).ns().saturating_sub(self.base);
            let chosen = stage.best[self.at(stage, late, &head, rungs.last())?];
            let rung = self.order[usize::from(chosen)];
            head.fetch(self.problem, rung, Span::ZERO)?;
            rungs.push(rung);
        }
        Some(rungs)
    }

    /// The layer in which the best counted session from a start ends.
    pub(crate) fn lands(&self, start: &Start) -> Option<Layer> {
        let late = start.head.startup.ns().checked_sub(self.base)?;
        let mut layer = self.round.layer(&self.layers, late)?;
        let mut point = self.round.point(self.clock(&start.head), self.grid.step);
        let mut place = self.place(start.rungs.last())?;
        for (index, stage) in self.stages.iter().enumerate() {
            layer += stage.windows.get(layer..)?.iter().position(|window| {
                window.cells > 0 && window.last.is_some_and(|last| point <= last)
            })?;
            let window = stage.windows.get(layer)?;
            let cell = window.cell(point);
            let Some(sizes) = self.problem.sizes.get(self.first + index) else { break };
            place = usize::from(*stage.best.get(window.at(self.order.len(), place, cell))?);
            let from = window.start + (cell << window.shift);
            point = self.round.end(self.grid.end(from, sizes[self.order[place]].femtobits()));
        }
        self.layers.get(layer).copied()
    }
}

/// The most points of a grid; they are numbered in 32 bits, and each takes 32 bytes.
const MAX_POINTS: usize = 4_000_000;

/// The price of switches, for all pairs of rungs in linear time: what a switch costs is a distance
/// on a line, so that the best way up and the best way down are running maxima.
struct Switches {
    utilities: Vec<f64>,
    scaled: Vec<f64>,
}

impl Switches {
    fn new(program: &Program) -> Self {
        let qoe = &program.problem.qoe;
        let utilities: Vec<f64> = program.order.iter().map(|&rung| qoe.utilities[rung]).collect();
        let scaled = utilities.iter().map(|utility| utility * qoe.switch).collect();
        Self { utilities, scaled }
    }

    /// The best of `gains` less the switch, for every last rung; all of them rung by rung, and of
    /// each rung cell by cell.
    fn spread(&self, gains: &[f64], values: &mut [f64], best: &mut [u8]) {
        let cells = gains.len() / self.scaled.len();
        let mut above = vec![(f64::NEG_INFINITY, 0u8); cells];
        let rows = gains.chunks_exact(cells).zip(&self.scaled).enumerate();
        let own = values.chunks_exact_mut(cells).zip(best.chunks_exact_mut(cells));
        for ((rung, (gains, scaled)), (values, best)) in rows.zip(own) {
            for (((gain, value), best), above) in gains.iter().zip(values).zip(best).zip(&mut above)
            {
                if gain + scaled > above.0 {
                    *above = (gain + scaled, rung as u8);
                }
                (*value, *best) = (above.0 - scaled, above.1);
            }
        }
        above.fill((f64::NEG_INFINITY, 0));
        let rows = gains.chunks_exact(cells).zip(&self.scaled).enumerate().rev();
        let own = values.chunks_exact_mut(cells).zip(best.chunks_exact_mut(cells)).rev();
        for ((rung, (gains, scaled)), (values, best)) in rows.zip(own) {
            for (((gain, value), best), above) in gains.iter().zip(values).zip(best).zip(&mut above)
            {
                if gain - scaled > above.0 {
                    *above = (gain - scaled, rung as u8);
                }
                if above.0 + scaled > *value {
                    (*value, *best) = (above.0 + scaled, above.1);
                }
            }
        }
    }
}
