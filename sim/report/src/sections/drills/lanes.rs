//! The lanes of a drill's timeline: its faults, and below them what the switcher did.

use super::timeline::{DrillTimeline, MarkKind};
use crate::plot::canvas::{Canvas, anchor};
use crate::plot::frame::Frame;
use crate::plot::heading::PADDING;
use crate::plot::key::{self, Key, Sign};
use crate::plot::look::{self, PALETTE};
use crate::plot::time::{KEYS, LEVEL, STALLED, WIDTH};
use anyhow::Result;
use plotters::prelude::*;

/// A row of labels in the lanes.
const ROW: f64 = 17.0;
/// The most rows of a lane; labels beyond are left out.
const ROWS: usize = 4;
/// Between two labels of a row, the sign before one included.
const APART: f64 = 18.0;
/// About the width of a character of a label, and the most that a label may have.
const CHARACTER: f64 = 7.0;
const LABEL: f64 = 300.0;
/// Where data begin, and their width.
pub(super) const LEFT: f64 = PADDING + 40.0;
pub(super) const DATA: f64 = WIDTH - PADDING - LEFT - KEYS;

pub(super) const FAULT: RGBColor = PALETTE[3];

/// The rows of faults, and below them those of what the switcher did. A row is used again where
/// what stands in it has ended; where all rows are taken, the last one has to do, without a label.
pub(super) struct Lanes<'t> {
    faults: Vec<Placed<'t>>,
    marks: Vec<Placed<'t>>,
}

/// A row, and the label if there is room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Placed<'t> {
    row: usize,
    label: &'t str,
}

impl<'t> Lanes<'t> {
    pub(super) fn of(timeline: &'t DrillTimeline) -> Self {
        let (low, high) = timeline.span;
        let x = |time: f64| (time - low) / (high - low) * DATA;
        // What happens again and again is named once.
        let mut named: Vec<&str> = Vec::new();
        let mut once = |label: &'t str| -> &'t str {
            if named.contains(&label) {
                return "";
            }
            named.push(label);
            label
        };
        let faults: Vec<_> =
            timeline.faults.iter().map(|f| (x(f.from), x(f.to), once(&f.label))).collect();
        let marks: Vec<_> =
            timeline.marks.iter().map(|m| (x(m.at), x(m.at), once(&m.label))).collect();
        Self { faults: rows(&faults), marks: rows(&marks) }
    }

    /// As many rows as there are of faults, and of marks.
    fn counts(&self) -> [usize; 2] {
        [&self.faults, &self.marks].map(|all| all.iter().map(|p| p.row + 1).max().unwrap_or(0))
    }

    pub(super) fn height(&self) -> f64 {
        self.counts().iter().sum::<usize>().max(1) as f64 * ROW
    }

    pub(super) fn draw(
        &self,
        canvas: &Canvas,
        timeline: &DrillTimeline,
        frame: &Frame,
    ) -> Result<()> {
        let row_top = |row: usize| frame.top + row as f64 * ROW;
        let within = |time: f64| frame.x_of(time.clamp(frame.x.low, frame.x.high));
        for (fault, placed) in timeline.faults.iter().zip(&self.faults) {
            let top = row_top(placed.row);
            let lane = Frame { top: top + 1.0, height: ROW - 2.0, ..*frame };
            let [from, to] =
                [fault.from, fault.to].map(|time| time.clamp(frame.x.low, frame.x.high));
            lane.shade(canvas, (from, to), FAULT.mix(0.35));
            write(canvas, placed.label, (frame.x_of(from) + 4.0, top))?;
        }
        let [below, _] = self.counts();
        for (mark, placed) in timeline.marks.iter().zip(&self.marks) {
            let (x, top) = (within(mark.at), row_top(below + placed.row));
            draw_mark(canvas, mark.kind, (x, top + ROW / 2.0));
            write(canvas, placed.label, (x + 9.0, top))?;
        }
        let mut keys = vec![Key::new(Sign::Shade(FAULT.mix(0.35)), "fault in force")];
        for (kind, text) in MARKS {
            if timeline.marks.iter().any(|mark| mark.kind == kind) {
                keys.push(Key::new(Sign::Shape(shape(kind), colour(kind)), text));
            }
        }
        key::draw(canvas, &Frame { top: frame.top - 8.0, ..*frame }, KEYS, &keys)
    }
}

/// Writes a label with its left end here, or further left where it would leave the lane.
fn write(canvas: &Canvas, text: &str, (x, top): (f64, f64)) -> Result<()> {
    let text = canvas.fit(text, &look::TICK, LABEL)?;
    let x = x.min(LEFT + DATA - canvas.width(&text, &look::TICK)?).max(LEFT);
    canvas.write(&text, &look::TICK, (x, top + ROW / 2.0), anchor::LEFT);
    Ok(())
}

/// The rows of things that begin and end at these places and have these labels.
fn rows<'t>(things: &[(f64, f64, &'t str)]) -> Vec<Placed<'t>> {
    let mut ends: Vec<f64> = Vec::new();
    let mut place = |&(from, to, label): &(f64, f64, &'t str)| {
        let width = (label.chars().count() as f64 * CHARACTER).min(LABEL) + APART;
        let begin = from.min(DATA - width);
        let end = to.max(begin + width);
        match ends.iter().position(|taken| *taken <= begin) {
            Some(row) => {
                ends[row] = end;
                Placed { row, label }
            }
            None if ends.len() < ROWS => {
                ends.push(end);
                Placed { row: ends.len() - 1, label }
            }
            None => Placed { row: ROWS - 1, label: "" },
        }
    };
    things.iter().map(&mut place).collect()
}

/// What the switcher does, in words.
const MARKS: [(MarkKind, &str); 3] = [
    (MarkKind::Failover, "failover"),
    (MarkKind::Switchback, "switchback"),
    (MarkKind::NoneGood, "none is good"),
];

fn colour(kind: MarkKind) -> RGBColor {
    match kind {
        MarkKind::Failover => STALLED,
        MarkKind::Switchback => LEVEL,
        MarkKind::NoneGood => look::INK,
    }
}

/// The corners of a sign, in its half width: a triangle to the right, one to the left, a square.
fn shape(kind: MarkKind) -> &'static [(f64, f64)] {
    match kind {
        MarkKind::Failover => &[(-0.8, -1.0), (1.0, 0.0), (-0.8, 1.0)],
        MarkKind::Switchback => &[(0.8, -1.0), (-1.0, 0.0), (0.8, 1.0)],
        MarkKind::NoneGood => &[(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
    }
}

fn draw_mark(canvas: &Canvas, kind: MarkKind, (x, y): (f64, f64)) {
    key::shape(canvas, canvas.at((x, y)), shape(kind), colour(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_no_free_row_has_no_label() {
        let placed = rows(&[(5.0, 9.0, "one"); ROWS + 1]);
        let seen: Vec<(usize, &str)> = placed.iter().map(|p| (p.row, p.label)).collect();
        let expected: Vec<(usize, &str)> = (0..ROWS).map(|row| (row, "one")).collect();
        assert_eq!(seen[..ROWS], expected);
        assert_eq!(seen[ROWS], (ROWS - 1, ""));
    }

    proptest! {
        #[test]
        fn labels_of_a_row_do_not_overlap(
            things in proptest::collection::vec((0.0f64..DATA, 0.0f64..200.0, 0usize..30), 0..40)
        ) {
            let texts: Vec<String> = things.iter().map(|(.., length)| "x".repeat(*length)).collect();
            let mut all: Vec<(f64, f64, &str)> = things
                .iter()
                .zip(&texts)
                .map(|((from, length, _), text)| (*from, from + length, text.as_str()))
                .collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut ends = [f64::NEG_INFINITY; ROWS];
            for (placed, (from, _, label)) in rows(&all).iter().zip(&all) {
                if placed.label.is_empty() {
                    continue;
                }
                let width = label.chars().count() as f64 * CHARACTER;
                let begin = from.min(DATA - width);
                prop_assert!(begin + APART >= ends[placed.row], "{placed:?}");
                ends[placed.row] = begin + width;
            }
        }
    }
}
