//! Two metrics of several things against each other, each point with its name.

use super::frame::{Frame, Scale};
use super::labels::{Labelling, Rectangle};
use super::look::{self, Area, Backend, Look, PALETTE, Painting};
use super::marks::{MARKER_WIDTH, Pixel};
use super::picture::{PADDING, draw_head};
use super::ticks::{self, Tick};
use crate::figure::Point;
use crate::head::Head;
use crate::tradeoff::{Tradeoff, TradeoffPanel, TradeoffPoint};
use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

const WIDTH: f64 = 1200.0;
/// The height of title and notes.
const HEAD: f64 = 84.0;
/// Above a panel: its title.
const TITLE: f64 = 28.0;
/// Below a panel: labels and title of its axis.
const BELOW: f64 = 46.0;
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

/// A picture of all panels, one below the other: names need the width.
pub(crate) struct TradeoffPicture<'a> {
    /// Title and notes; a page has them already.
    pub head: Option<&'a Head>,
    pub tradeoff: &'a Tradeoff,
}

impl TradeoffPicture<'_> {
    fn panel_height(&self) -> f64 {
        let most = self.tradeoff.panels.iter().map(|panel| panel.points.len()).max().unwrap_or(0);
        let (height, few, each) = HEIGHT;
        height + each * most.saturating_sub(few).min(40) as f64
    }

    fn top(&self) -> f64 {
        PADDING + if self.head.is_some() { HEAD } else { 0.0 }
    }
}

impl Painting for TradeoffPicture<'_> {
    fn size(&self) -> (f64, f64) {
        let panels = self.tradeoff.panels.len() as f64;
        let panel = TITLE + self.panel_height() + BELOW;
        (WIDTH, self.top() + panels * panel + (panels - 1.0).max(0.0) * GAP + PADDING)
    }

    fn paint<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        let inner = WIDTH - 2.0 * PADDING;
        if let Some(head) = self.head {
            draw_head(area, look, head, inner)?;
        }
        // One horizontal axis for all panels, so that they can be compared.
        let cost = Cost::of(self.tradeoff);
        let mut top = self.top();
        for panel in &self.tradeoff.panels {
            self.panel(area, look, panel, &cost, top)?;
            top += TITLE + self.panel_height() + BELOW + GAP;
        }
        Ok(())
    }
}

impl TradeoffPicture<'_> {
    fn panel<B: Backend>(
        &self,
        area: &Area<B>,
        look: &Look,
        panel: &TradeoffPanel,
        cost: &Cost,
        top: f64,
    ) -> Result<()> {
        let (y_ticks, y) = gain_axis(self.tradeoff);
        let left = PADDING + Frame::label_room(look, &y_ticks)?;
        let frame = Frame {
            left,
            top: top + TITLE,
            width: WIDTH - PADDING - left,
            height: self.panel_height(),
            x: cost.scale,
            y,
        };
        let title = match panel.title.as_str() {
            "" => self.tradeoff.gain.clone(),
            title => format!("{}, {title}", self.tradeoff.gain),
        };
        let title = look.fit(&title, &look::PANEL, WIDTH - 2.0 * PADDING)?;
        look.write(area, &title, &look::PANEL, (PADDING, top), (HPos::Left, VPos::Top))?;
        frame.y_axis(area, look, &y_ticks)?;
        frame.x_axis(area, look, &cost.ticks, true)?;
        let label = match cost.roots {
            true => format!("{}, axis of square roots", self.tradeoff.cost),
            false => self.tradeoff.cost.clone(),
        };
        let below = (frame.left + frame.width / 2.0, frame.bottom() + BELOW);
        look.write(area, &label, &look::AXIS_TITLE, below, (HPos::Center, VPos::Bottom))?;

        let place = |point: &TradeoffPoint| {
            (frame.x_of(cost.place(point.cost.mean)), frame.y_of(point.gain.mean))
        };
        let points: Vec<(f64, f64)> = panel.points.iter().map(place).collect();
        let mut bars = Vec::new();
        for point in &panel.points {
            bars.extend(bars_of(point, cost, &frame));
        }
        let style = look.stroke(look::AXIS.mix(0.45), 1.2);
        for bar in &bars {
            let line = [(bar.left, bar.top), (bar.right, bar.bottom)];
            let line: Vec<Pixel> = line.iter().map(|(x, y)| (look.px(*x), look.px(*y))).collect();
            area.draw(&PathElement::new(line, style))?;
        }
        labels(area, look, panel, &points, (&bars, &frame))?;
        for (index, at) in points.iter().enumerate() {
            let at = (look.px(at.0), look.px(at.1));
            let colour = PALETTE[usize::from(panel.is_best(index, self.tradeoff.better))];
            area.draw(&Circle::new(at, look.px(MARKER_WIDTH / 2.0), WHITE.filled()))?;
            area.draw(&Circle::new(at, look.px(MARKER_WIDTH / 2.0 - 1.0), colour.filled()))?;
        }
        Ok(())
    }
}

/// Writes the names of points, with a line to each that stands apart.
fn labels<B: Backend>(
    area: &Area<B>,
    look: &Look,
    panel: &TradeoffPanel,
    points: &[(f64, f64)],
    (bars, frame): (&[Rectangle], &Frame),
) -> Result<()> {
    let mut texts = Vec::new();
    let mut sizes = Vec::new();
    for point in &panel.points {
        let text = look.fit(&point.label, &look::KEY, frame.width / 3.0)?;
        sizes.push((look.width(&text, &look::KEY)? + AROUND.0, LINE_HEIGHT + AROUND.1));
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
            let line = [*point, end].map(|(x, y)| (look.px(x), look.px(y)));
            let style = look.stroke(look::AXIS.mix(0.7), 0.7);
            area.draw(&PathElement::new(line.to_vec(), style))?;
        }
    }
    for (place, text) in places.iter().zip(&texts) {
        // What is behind it must not strike it through.
        let corners = [(place.left, place.top), (place.right, place.bottom)];
        let corners = corners.map(|(x, y)| (look.px(x), look.px(y)));
        area.draw(&plotters::element::Rectangle::new(corners, WHITE.mix(0.7).filled()))?;
        let middle = place.middle();
        look.write(area, text, &look::KEY, middle, (HPos::Center, VPos::Center))?;
    }
    Ok(())
}

/// The intervals of a point: across, and upright.
fn bars_of(point: &TradeoffPoint, cost: &Cost, frame: &Frame) -> Vec<Rectangle> {
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
    fn of(tradeoff: &Tradeoff) -> Self {
        let points = || tradeoff.panels.iter().flat_map(|panel| &panel.points).map(|p| &p.cost);
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

/// The vertical axis: from a little below the lowest point to a little above the highest. It need not
/// begin at zero, for points have no length.
fn gain_axis(tradeoff: &Tradeoff) -> (Vec<Tick>, Scale) {
    let points = || tradeoff.panels.iter().flat_map(|panel| &panel.points).map(|p| &p.gain);
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
