//! The plots: one picture for each metric and an overview of all, each as SVG and as PNG.
//!
//! Both forms come from the same drawing commands with the same font metrics, so they agree; and
//! nothing in them depends on anything but the figure, so equal figures give equal bytes.

mod canvas;
mod legend;
mod look;
mod marks;
mod panel;
mod ticks;

use crate::figure::{Figure, METRICS};
use anyhow::{Context, Result};
use look::{Area, Backend, Look, Painting};
use plotters::style::text_anchor::{HPos, VPos};
use std::path::Path;

/// What one picture shows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Picture {
    /// One metric, an index into [`METRICS`].
    Single(usize),
    /// The same without title and notes, for a page that has them already.
    Plain(usize),
    /// All metrics as small multiples.
    Overview,
}

impl Picture {
    /// The pictures that are files.
    fn files() -> impl Iterator<Item = Self> {
        (0..METRICS.len()).map(Self::Single).chain([Self::Overview])
    }

    /// The stem of its files' name.
    fn stem(self) -> &'static str {
        match self {
            Self::Single(index) | Self::Plain(index) => METRICS[index].stem,
            Self::Overview => "overview",
        }
    }

    /// Width and height.
    fn size(self) -> (f64, f64) {
        match self {
            Self::Single(_) => (900.0, 520.0),
            Self::Plain(_) => (900.0, 436.0),
            Self::Overview => (1200.0, 860.0),
        }
    }

    /// The height of title and notes.
    fn head(self) -> f64 {
        match self {
            Self::Single(_) | Self::Overview => 84.0,
            Self::Plain(_) => 0.0,
        }
    }

    fn columns(self) -> usize {
        match self {
            Self::Single(_) | Self::Plain(_) => 1,
            Self::Overview => 2,
        }
    }

    /// The metrics that it shows, indices into [`METRICS`].
    fn metrics(self) -> Vec<usize> {
        match self {
            Self::Single(index) | Self::Plain(index) => vec![index],
            Self::Overview => (0..METRICS.len()).collect(),
        }
    }
}

/// The picture as the text of an SVG file.
///
/// # Errors
/// If the font is missing.
pub(crate) fn svg(figure: &Figure, picture: Picture) -> Result<String> {
    canvas::svg(picture.size(), &Composition { figure, picture })
}

/// Writes every picture into the folder `dir`, as `<stem>.svg` and `<stem>.png`.
///
/// # Errors
/// If the font is missing or a file cannot be written.
pub(crate) fn write_all(dir: &Path, figure: &Figure) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    for picture in Picture::files() {
        let write = |ending: &str, bytes: &[u8]| {
            let path = dir.join(format!("{}.{ending}", picture.stem()));
            std::fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))
        };
        write("svg", svg(figure, picture)?.as_bytes())?;
        write("png", &canvas::png(picture.size(), &Composition { figure, picture })?)?;
    }
    Ok(())
}

/// Around everything.
const PADDING: f64 = 22.0;
/// Between panels, and between panels and legend.
const GAP: f64 = 26.0;
/// The most of the width that the legend may take.
const LEGEND_SHARE: f64 = 0.22;

/// One picture of a figure.
struct Composition<'a> {
    figure: &'a Figure,
    picture: Picture,
}

impl Painting for Composition<'_> {
    /// Draws title, panels and legend.
    fn paint<B: Backend>(&self, area: &Area<B>, look: &Look) -> Result<()> {
        let Self { figure, picture } = self;
        let (width, height) = picture.size();
        let inner = width - 2.0 * PADDING;
        if picture.head() > 0.0 {
            self.head(area, look, inner)?;
        }
        if figure.is_empty() {
            let middle = (width / 2.0, (picture.head() + height) / 2.0);
            let anchor = (HPos::Center, VPos::Center);
            return look.write(area, "no valid trials", &look::TITLE, middle, anchor);
        }

        let top = PADDING + picture.head();
        let legend = legend::width(look, figure, inner * LEGEND_SHARE)?;
        let columns = picture.columns();
        let metrics = picture.metrics();
        let rows = metrics.len().div_ceil(columns);
        let panels_width = inner - if legend > 0.0 { legend + GAP } else { 0.0 };
        let panel_width = (panels_width - GAP * (columns - 1) as f64) / columns as f64;
        let panel_height = (height - top - PADDING - GAP * (rows - 1) as f64) / rows as f64;
        for (place, metric) in metrics.into_iter().enumerate() {
            let x = PADDING + (place % columns) as f64 * (panel_width + GAP);
            let y = top + (place / columns) as f64 * (panel_height + GAP);
            let size = (panel_width, panel_height);
            panel::draw(&look.part(area, (x, y), size), look, size, figure, metric)?;
        }
        if legend > 0.0 {
            legend::draw(area, look, figure, (width - PADDING - legend, top), legend)?;
        }
        Ok(())
    }
}

impl Composition<'_> {
    fn head<B: Backend>(&self, area: &Area<B>, look: &Look, width: f64) -> Result<()> {
        let Figure { title, subtitle, note, .. } = self.figure;
        let anchor = (HPos::Left, VPos::Top);
        for (text, role, y) in [
            (title, &look::TITLE, 0.0),
            (subtitle, &look::SUBTITLE, 30.0),
            (note, &look::SUBTITLE, 48.0),
        ] {
            let text = look.fit(text, role, width)?;
            look.write(area, &text, role, (PADDING, PADDING + y), anchor)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Panel, Point, X};
    use proptest::prelude::*;

    fn figure(x: X, series: usize, values: &[f64]) -> Figure {
        let mut values = values.iter().cycle();
        let mut next = || values.next().copied().unwrap_or_default();
        let mut point = || {
            let [low, mean, high] = [next(), next(), next()];
            (low <= mean && mean <= high).then_some(Point { mean, low, high })
        };
        let places = x.len();
        let mut panel = || Panel {
            points: (0..series).map(|_| (0..places).map(|_| point()).collect()).collect(),
        };
        Figure {
            title: "A title that is long enough to need all of the width ".repeat(4),
            subtitle: "n = 1 session <&>".into(),
            note: "Note.".into(),
            panels: METRICS.iter().map(|_| panel()).collect(),
            x,
            legend_title: "players.abr".into(),
            series: (0..series).map(|i| format!("algorithm {i} {}", "x".repeat(i * 9))).collect(),
        }
    }

    /// Every coordinate in the text of an SVG file, and the size that its `viewBox` states.
    fn coordinates(svg: &str) -> (Vec<(f64, f64)>, (f64, f64)) {
        let number = |text: &str| text.parse::<f64>().unwrap();
        let attribute = |line: &str, name: &str| {
            let (_, rest) = line.split_once(&format!(" {name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let mut found = Vec::new();
        for line in svg.lines() {
            for (x, y) in [("x", "y"), ("x1", "y1"), ("x2", "y2"), ("cx", "cy")] {
                if let (Some(x), Some(y)) = (attribute(line, x), attribute(line, y)) {
                    found.push((number(&x), number(&y)));
                }
            }
            for pair in attribute(line, "points").iter().flat_map(|p| p.split_whitespace()) {
                let (x, y) = pair.split_once(',').unwrap();
                found.push((number(x), number(y)));
            }
        }
        let view = attribute(svg.lines().next().unwrap(), "viewBox").unwrap();
        let view: Vec<f64> = view.split(' ').map(number).collect();
        (found, (view[2], view[3]))
    }

    fn x() -> impl Strategy<Value = X> {
        let numbers = proptest::collection::btree_set(1u64..1 << 40, 2..40).prop_map(|values| {
            let values: Vec<f64> = values.into_iter().map(|v| v as f64 / 1e6).collect();
            X::Numbers { label: "links.access.rate (Mbit/s)".into(), log: values[0] > 1.0, values }
        });
        let names = proptest::collection::vec(any::<String>(), 1..20)
            .prop_map(|names| X::Names { label: "players.abr".into(), names });
        prop_oneof![numbers, names]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn nothing_is_drawn_outside_the_picture(
            x in x(),
            series in 1usize..14,
            values in proptest::collection::vec(
                prop_oneof![Just(0.0), 0.0..1e3f64, proptest::num::f64::POSITIVE], 3..90
            ),
        ) {
            let figure = figure(x, series, &values);
            for picture in [Picture::Single(0), Picture::Plain(1), Picture::Overview] {
                let (points, (width, height)) = coordinates(&svg(&figure, picture).unwrap());
                for (x, y) in points {
                    prop_assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{} {}", x, y);
                }
            }
        }
    }

    #[test]
    fn a_picture_says_what_it_shows() {
        let x = X::Numbers { label: "rate (Mbit/s)".into(), values: vec![1.0, 2.0], log: false };
        let svg = svg(&figure(x, 2, &[1.0, 2.0, 3.0]), Picture::Single(0)).unwrap();
        for text in
            ["A title that", "Mean bitrate (Mbit/s)", "rate (Mbit/s)", "players.abr", "algorithm 1"]
        {
            assert!(svg.contains(text), "{text}");
        }
        assert!(svg.contains("n = 1 session &lt;&amp;&gt;"));
    }
}
