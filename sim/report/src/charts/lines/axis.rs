//! The horizontal axis of a sweep's plots, laid out over a width.

use super::x::{Spacing, X};
use crate::plot::canvas::Canvas;
use crate::plot::frame::{LABEL_LINE, Scale};
use crate::plot::look;
use crate::plot::marks::MARKER_WIDTH;
use crate::plot::ticks::{self, Tick};
use anyhow::Result;

/// The axis's title.
pub(crate) const TITLE_HEIGHT: f64 = 20.0;
/// A line of labels and the room around it.
const LABELS_HEIGHT: f64 = 25.0;
/// The most lines of a name.
const NAME_LINES: usize = 3;
/// Between two labels.
const LABEL_GAP: f64 = 9.0;
/// Between the markers of a series whose points are too close for all to have one.
const SPARSE: f64 = 2.5 * MARKER_WIDTH;
/// Room beside the first and the last number, as a share of the axis.
const MARGIN: f64 = 0.03;

/// The axis.
pub(crate) struct Horizontal {
    pub scale: Scale,
    pub ticks: Vec<Tick>,
    /// The place of each value on the axis.
    pub places: Vec<f64>,
    /// The least distance between two markers of a series; zero where all have room.
    pub markers_apart: f64,
}

impl Horizontal {
    /// Lays out the axis over this width, with at least so much room beside the first and the last
    /// number.
    pub(crate) fn of(canvas: &Canvas, x: &X, width: f64, beside: f64) -> Result<Self> {
        match x {
            X::Names { names, .. } => Self::of_names(canvas, names, width),
            X::Numbers { values, spacing, .. } => {
                // A quarter of the width at most, whatever is asked for.
                let share = (beside / (width - 2.0 * beside).max(beside)).clamp(MARGIN, 0.5);
                Self::of_numbers(canvas, values, *spacing, (width, share))
            }
        }
    }

    /// The room below the axis for its labels.
    pub(crate) fn labels_height(&self) -> f64 {
        let lines = self.ticks.iter().map(|(_, label)| label.lines().count()).max().unwrap_or(1);
        LABELS_HEIGHT + LABEL_LINE * lines.saturating_sub(1) as f64
    }

    /// The least distance between two places where the axis is this wide.
    pub(crate) fn closest(&self, width: f64) -> f64 {
        let apart = self.places.windows(2).map(|pair| pair[1] - pair[0]);
        apart.fold(f64::INFINITY, f64::min).min(self.scale.high - self.scale.low) * width
            / (self.scale.high - self.scale.low)
    }

    fn of_names(canvas: &Canvas, names: &[String], width: f64) -> Result<Self> {
        let places: Vec<f64> = (0..names.len()).map(|i| i as f64).collect();
        let room = width / names.len().max(1) as f64 - LABEL_GAP;
        let wrapped = |name: &String| -> Result<String> {
            Ok(canvas.wrap(name, &look::TICK, room, NAME_LINES)?.join("\n"))
        };
        let labels: Result<Vec<String>> = names.iter().map(wrapped).collect();
        let ticks = places.iter().copied().zip(labels?).collect();
        let scale = Scale { low: -0.5, high: names.len() as f64 - 0.5 };
        Ok(Self { scale, ticks, places, markers_apart: 0.0 })
    }

    fn of_numbers(
        canvas: &Canvas,
        values: &[f64],
        spacing: Spacing,
        (width, margin): (f64, f64),
    ) -> Result<Self> {
        let places: Vec<f64> = match spacing {
            Spacing::Linear => values.to_vec(),
            Spacing::Logarithmic => values.iter().map(|value| libm::log10(*value)).collect(),
            Spacing::Even => (0..values.len()).map(|i| i as f64).collect(),
        };
        let (first, last) = match (places.first(), places.last()) {
            (Some(&first), Some(&last)) if first < last => (first, last),
            (Some(&only), _) => (only - 0.5, only + 0.5),
            _ => (0.0, 1.0),
        };
        let margin = (last - first) * margin;
        let scale = Scale { low: first - margin, high: last + margin };
        let unit = width / (scale.high - scale.low);

        // The values themselves if their labels fit, or else round numbers, as many as fit.
        let own = places.iter().copied().zip(values.iter().map(|v| ticks::label(*v))).collect();
        let mut chosen = Vec::new();
        for candidate in [own].into_iter().chain(round(values, spacing)) {
            chosen = candidate;
            if labels_fit(canvas, &chosen, unit)? {
                break;
            }
        }
        let mut axis = Self { scale, ticks: chosen, places, markers_apart: 0.0 };
        if axis.closest(width) < MARKER_WIDTH {
            axis.markers_apart = SPARSE;
        }
        Ok(axis)
    }
}

/// Round numbers within the values, from many to few, at their places on the axis.
fn round(values: &[f64], spacing: Spacing) -> Vec<Vec<Tick>> {
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return Vec::new() };
    match spacing {
        Spacing::Linear => {
            [12.0, 10.0, 8.0, 6.0, 4.0, 2.0].map(|n| ticks::between(first, last, n)).into()
        }
        Spacing::Logarithmic => {
            let multiples: [&[u32]; 3] = [&[1, 2, 5], &[1, 3], &[1]];
            let ticks = multiples.map(|multiples| ticks::decades(first, last, multiples));
            let placed = |ticks: Vec<Tick>| {
                ticks.into_iter().map(|(value, label)| (libm::log10(value), label)).collect()
            };
            ticks.map(placed).into()
        }
        // Every second value, every third, and so on.
        Spacing::Even => (2..=values.len())
            .map(|step| {
                let own = (0u32..).zip(values).step_by(step);
                own.map(|(i, value)| (f64::from(i), ticks::label(*value))).collect()
            })
            .collect(),
    }
}

/// Whether the labels keep their distance; `scale` is the width of one unit of the axis.
fn labels_fit(canvas: &Canvas, ticks: &[Tick], scale: f64) -> Result<bool> {
    let mut free_from = f64::NEG_INFINITY;
    for (place, label) in ticks {
        let half = canvas.width(label, &look::TICK)? / 2.0;
        if place * scale - half < free_from {
            return Ok(false);
        }
        free_from = place * scale + half + LABEL_GAP;
    }
    Ok(true)
}
