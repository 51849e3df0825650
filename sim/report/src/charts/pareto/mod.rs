//! Pareto plots: two metrics of several things against each other, each point with its name. What
//! one gains in the first costs it in the second; points that no other beats in both are marked.

mod labels;

use crate::charts::lines::figure::Point;
use crate::kit::head::Head;
use crate::plot::canvas::{Canvas, Painting, anchor};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::{BELOW, HEAD, PADDING, TITLE, TOP, WIDE, draw_head};
use crate::plot::look::{self, PALETTE};
use crate::plot::marks::MARKER_WIDTH;
use crate::plot::ticks::{self, Tick};
use anyhow::Result;
use labels::{Labelling, Rectangle};
use plotters::prelude::*;

/// Of a panel with this many points or fewer, and what each further one adds.
const HEIGHT: (f64, usize, f64) = (360.0, 8, 11.0);
/// The title of the vertical axis stands above it.
const GAP: f64 = 30.0;
/// Room beside the outermost points, as a share of the axis.
const MARGIN: f64 = 0.05;
/// About as many intervals between the ticks of the horizontal axis.
const INTERVALS: f64 = 9.0;
/// An axis is of square roots where its largest value is this many times the middle one.
const UNEVEN: f64 = 6.0;
/// The line from a label to its point is drawn from this length on.
const LEADER: f64 = 11.0;
/// The width and height around a label's text.
const AROUND: (f64, f64) = (4.0, 1.0);
const LINE_HEIGHT: f64 = 13.0;

/// Panels with the same axes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParetoPlot {
    /// The title of the horizontal axis, of which less is better.
    pub cost: String,
    /// The title of the vertical axis.
    pub gain: String,
    /// What is better of it.
    pub better: Better,
    pub panels: Vec<ParetoPanel>,
}

/// What is better of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// One panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParetoPanel {
    /// What is the same for all its points; empty if it is the only one.
    pub title: String,
    pub points: Vec<ParetoPoint>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParetoPoint {
    pub label: String,
    pub cost: Point,
    pub gain: Point,
}

impl ParetoPanel {
    /// Whether no other point is better in one of the two and no worse in the other.
    pub(crate) fn is_best(&self, index: usize, better: Better) -> bool {
        let Some(here) = self.points.get(index) else { return false };
        let (cost, gain) = (here.cost.mean, here.gain.mean);
        let beats = |other: &ParetoPoint| {
            let (less, more) = (other.cost.mean, other.gain.mean);
            let (more, gain) = match better {
                Better::More => (more, gain),
                Better::Less => (-more, -gain),
            };
            less <= cost && more >= gain && (less < cost || more > gain)
        };
        !self.points.iter().any(beats)
    }
}

/// A picture of all panels, one below the other: names need the width.
pub(crate) struct ParetoPicture<'a> {
    /// Title and notes.
    pub head: &'a Head,
    pub plot: &'a ParetoPlot,
}

impl ParetoPicture<'_> {
    fn panel_height(&self) -> f64 {
        let most = self.plot.panels.iter().map(|panel| panel.points.len()).max().unwrap_or(0);
        let (height, few, each) = HEIGHT;
        height + each * most.saturating_sub(few).min(40) as f64
    }
}

impl Painting for ParetoPicture<'_> {
    fn size(&self) -> (f64, f64) {
        let panels = self.plot.panels.len() as f64;
        let panel = TITLE + self.panel_height() + BELOW;
        (WIDE, TOP + panels * panel + (panels - 1.0).max(0.0) * GAP + PADDING)
    }

    fn on_page(&self) -> (f64, f64) {
        (HEAD, self.size().1)
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let inner = WIDE - 2.0 * PADDING;
        draw_head(canvas, self.head, inner)?;
        // One horizontal axis for all panels, so that they can be compared.
        let cost = Cost::of(self.plot);
        let mut top = TOP;
        for panel in &self.plot.panels {
            self.panel(canvas, panel, &cost, top)?;
            top += TITLE + self.panel_height() + BELOW + GAP;
        }
        Ok(())
    }
}

impl ParetoPicture<'_> {
    fn panel(&self, canvas: &Canvas, panel: &ParetoPanel, cost: &Cost, top: f64) -> Result<()> {
        let (y_ticks, y) = gain_axis(self.plot);
        let left = PADDING + Frame::label_room(canvas, &y_ticks)?;
        let frame = Frame {
            left,
            top: top + TITLE,
            width: WIDE - PADDING - left,
            height: self.panel_height(),
            x: cost.scale,
            y,
        };
        let title = match panel.title.as_str() {
            "" => self.plot.gain.clone(),
            title => format!("{}, {title}", self.plot.gain),
        };
        canvas.write_fit(
            &title,
            &look::PANEL,
            (PADDING, top),
            anchor::TOP_LEFT,
            WIDE - 2.0 * PADDING,
        )?;
        frame.y_axis(canvas, &y_ticks);
        frame.x_axis(canvas, &cost.ticks, true);
        let label = match cost.roots {
            true => format!("{}, axis of square roots", self.plot.cost),
            false => self.plot.cost.clone(),
        };
        let below = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
        canvas.write(&label, &look::AXIS_TITLE, below, anchor::BOTTOM);

        let place = |point: &ParetoPoint| {
            (frame.x_of(cost.place(point.cost.mean)), frame.y_of(point.gain.mean))
        };
        let points: Vec<(f64, f64)> = panel.points.iter().map(place).collect();
        let mut bars = Vec::new();
        for point in &panel.points {
            bars.extend(bars_of(point, cost, &frame));
        }
        let style = canvas.stroke(look::AXIS.mix(0.45), 1.2);
        for bar in &bars {
            canvas.line(
                [(bar.left, bar.top), (bar.right, bar.bottom)].map(|at| canvas.at(at)),
                style,
            );
        }
        labels(canvas, panel, &points, (&bars, &frame))?;
        for (index, at) in points.iter().enumerate() {
            let at = canvas.at(*at);
            let colour = PALETTE[usize::from(panel.is_best(index, self.plot.better))];
            canvas.circle(at, MARKER_WIDTH / 2.0, WHITE.filled());
            canvas.circle(at, MARKER_WIDTH / 2.0 - 1.0, colour.filled());
        }
        Ok(())
    }
}

/// Writes the names of points, with a line to each that stands apart.
fn labels(
    canvas: &Canvas,
    panel: &ParetoPanel,
    points: &[(f64, f64)],
    (bars, frame): (&[Rectangle], &Frame),
) -> Result<()> {
    let mut texts = Vec::new();
    let mut sizes = Vec::new();
    for point in &panel.points {
        let text = canvas.fit(&point.label, &look::KEY, frame.width / 3.0)?;
        sizes.push((canvas.width(&text, &look::KEY)? + AROUND.0, LINE_HEIGHT + AROUND.1));
        texts.push(text);
    }
    // Thin lines have an area too.
    let lines: Vec<Rectangle> = bars
        .iter()
        .map(|bar| Rectangle { right: bar.right + 1.0, bottom: bar.bottom + 1.0, ..*bar })
        .collect();
    let within = Rectangle {
        left: frame.left,
        top: frame.top,
        right: frame.right(),
        bottom: frame.bottom(),
    };
    let labelling =
        Labelling { points, sizes: &sizes, marker: MARKER_WIDTH, lines: &lines, within };
    let places = labelling.place();
    for (place, point) in places.iter().zip(points) {
        let end = place.nearest(*point);
        if libm::hypot(end.0 - point.0, end.1 - point.1) > LEADER {
            let line = [*point, end].map(|at| canvas.at(at));
            let style = canvas.stroke(look::AXIS.mix(0.7), 0.7);
            canvas.line(line, style);
        }
    }
    for (place, text) in places.iter().zip(&texts) {
        // What is behind it must not strike it through.
        let corners = [(place.left, place.top), (place.right, place.bottom)];
        let corners = corners.map(|at| canvas.at(at));
        canvas.rectangle(corners, WHITE.mix(0.7).filled());
        let middle = place.middle();
        canvas.write(text, &look::KEY, middle, anchor::MIDDLE);
    }
    Ok(())
}

/// The intervals of a point: across, and upright.
fn bars_of(point: &ParetoPoint, cost: &Cost, frame: &Frame) -> Vec<Rectangle> {
    let (x, y) = (frame.x_of(cost.place(point.cost.mean)), frame.y_of(point.gain.mean));
    let across = point.cost.interval.map(|interval| Rectangle {
        left: frame.x_of(cost.place(interval.low)),
        right: frame.x_of(cost.place(interval.high)),
        top: y,
        bottom: y,
    });
    let upright = point.gain.interval.map(|interval| Rectangle {
        left: x,
        right: x,
        top: frame.y_of(interval.high),
        bottom: frame.y_of(interval.low),
    });
    across.into_iter().chain(upright).collect()
}

/// The horizontal axis.
struct Cost {
    /// Whether places are square roots, which set small values apart and have a place for zero.
    roots: bool,
    ticks: Vec<Tick>,
    scale: Scale,
}

impl Cost {
    fn of(plot: &ParetoPlot) -> Self {
        let points = || plot.panels.iter().flat_map(|panel| &panel.points).map(|p| &p.cost);
        let mut means: Vec<f64> = points().map(|point| point.mean).collect();
        means.sort_by(f64::total_cmp);
        let middle = means.get(means.len() / 2).copied().unwrap_or(0.0);
        let highest = points().map(Point::highest).fold(0.0, f64::max);
        let highest = if highest > 0.0 { highest } else { 1.0 };
        let largest = means.last().copied().unwrap_or(0.0);
        let roots = largest > UNEVEN * middle;
        let place = |value: f64| if roots { value.max(0.0).sqrt() } else { value };
        let high = place(highest) * (1.0 + MARGIN);
        let ticks = match roots {
            true => root_ticks(highest),
            false => ticks::between(0.0, highest * (1.0 + MARGIN), INTERVALS),
        };
        Self { roots, ticks, scale: Scale { low: -MARGIN * high, high } }
    }

    fn place(&self, value: f64) -> f64 {
        if self.roots { value.max(0.0).sqrt() } else { value }
    }
}

/// Zero and round numbers, about equally far apart where places are square roots.
fn root_ticks(highest: f64) -> Vec<Tick> {
    let mut found: Vec<Tick> = vec![(0.0, "0".to_owned())];
    let least = highest.sqrt() / INTERVALS;
    for (value, label) in ticks::decades(highest * 1e-4, highest, &[1, 2, 5]) {
        let place = value.sqrt();
        if found.last().is_none_or(|(before, _)| place - before >= 0.6 * least) {
            found.push((place, label));
        }
    }
    found
}

/// The vertical axis: from a little below the lowest point to a little above the highest. It need
/// not begin at zero, for points have no length.
fn gain_axis(plot: &ParetoPlot) -> (Vec<Tick>, Scale) {
    let points = || plot.panels.iter().flat_map(|panel| &panel.points).map(|p| &p.gain);
    let lowest = points().map(Point::lowest).fold(f64::INFINITY, f64::min);
    let highest = points().map(Point::highest).fold(f64::NEG_INFINITY, f64::max);
    let (lowest, highest) = match highest > lowest {
        true => (lowest, highest),
        false if highest.is_finite() => (highest - 0.5, highest + 0.5),
        false => (0.0, 1.0),
    };
    let margin = (highest - lowest) * MARGIN;
    let scale = Scale { low: lowest - margin, high: highest + margin };
    (ticks::between(scale.low, scale.high, 2.0 * ticks::VERTICAL_INTERVALS), scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(cost: f64, gain: f64) -> ParetoPoint {
        let [cost, gain] = [cost, gain].map(Point::of_mean);
        ParetoPoint { label: String::new(), cost, gain }
    }

    #[test]
    fn the_best_are_those_that_nobody_beats_in_both() {
        let points = vec![
            point(0.0, 1.0),
            point(1.0, 3.0),
            point(1.0, 2.0),
            point(2.0, 3.0),
            point(0.0, 1.0),
        ];
        let panel = ParetoPanel { title: String::new(), points };
        let best: Vec<bool> = (0..5).map(|i| panel.is_best(i, Better::More)).collect();
        assert_eq!(best, [true, true, false, false, true], "equal ones do not beat each other");
        let best: Vec<bool> = (0..5).map(|i| panel.is_best(i, Better::Less)).collect();
        assert_eq!(best, [true, false, false, false, true]);
    }
}
