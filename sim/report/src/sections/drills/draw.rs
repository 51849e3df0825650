//! The timeline of a drill: lanes of faults and failovers, a panel for each viewer, and the age of
//! playlists, over one axis of time.

use super::lanes::{DATA, FAULT, LEFT, Lanes};
use super::timeline::{DrillTimeline, Viewer};
use crate::plot::canvas::{Canvas, Painting};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::{PADDING, TOP, draw_head};
use crate::plot::key::{self, Key, Sign};
use crate::plot::look::{self, PALETTE};
use crate::plot::marks::draw_line;
use crate::plot::ticks;
use crate::plot::time::{
    BELOW, KEYS, LEVEL, STALLED, STARTING, THUMBNAIL, TITLE, WIDTH, cross, draw_level, pixels,
    time_axis, title,
};
use anyhow::Result;
use plotters::prelude::*;

/// Between panels.
const GAP: f64 = 16.0;
/// The heights of the panels' data.
const VIEWER: f64 = 104.0;
const AGE: f64 = 84.0;
/// Below a viewer's data: the ticks of its segments.
const SERVED: f64 = 16.0;
/// Strokes and gaps of the latency.
const LATENCY_DASHES: [f64; 2] = [5.0, 3.0];
/// As many keys have room beside a viewer.
const KEYS_SHOWN: usize = 8;

const LATENCY: RGBColor = look::INK;
/// Of the origins, in turn.
const ORIGINS: [RGBColor; 4] = [PALETTE[0], PALETTE[4], PALETTE[5], PALETTE[6]];
const UNKNOWN: RGBColor = STARTING;

/// The picture of a drill.
pub(crate) struct DrillPicture<'a>(pub &'a DrillTimeline);

/// The same, small and without a word: faults, and what the first viewer saw.
pub(crate) struct DrillThumbnail<'a>(pub &'a DrillTimeline);

impl Painting for DrillPicture<'_> {
    fn size(&self) -> (f64, f64) {
        let viewers = self.0.viewers.len() as f64 * (GAP + TITLE + VIEWER + SERVED);
        let age = if self.has_ages() { GAP + TITLE + AGE } else { 0.0 };
        let lanes = TITLE + Lanes::of(self.0).height();
        (WIDTH, TOP + lanes + viewers + age + BELOW + PADDING)
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let timeline = self.0;
        draw_head(canvas, &timeline.head, WIDTH - 2.0 * PADDING)?;
        let level = timeline.viewers.iter().map(highest).fold(1.0, f64::max);
        let (level_ticks, level_top) = ticks::from_zero(level, 4.0);
        let ages = || timeline.viewers.iter().flat_map(|viewer| &viewer.ages);
        let oldest = ages().map(|(_, age, _)| *age).fold(1.0, f64::max);
        let (age_ticks, age_top) = ticks::from_zero(oldest, 3.0);
        let frame = |top: f64, height: f64, high: f64| Frame {
            left: LEFT,
            top,
            width: DATA,
            height,
            x: Scale { low: timeline.span.0, high: timeline.span.1 },
            y: Scale { low: 0.0, high },
        };

        let lanes = Lanes::of(timeline);
        let above = frame(TOP + TITLE, lanes.height(), 1.0);
        title(canvas, &above, "Faults, and what the switcher did")?;
        lanes.draw(canvas, timeline, &above)?;
        let mut last = above;
        for (index, viewer) in timeline.viewers.iter().enumerate() {
            let here = frame(last.bottom() + GAP + TITLE, VIEWER, level_top);
            let whole = Frame { height: VIEWER + SERVED, ..here };
            title(canvas, &here, &format!("{} (s)", viewer.name))?;
            here.y_axis(canvas, &level_ticks);
            shades(canvas, timeline, Some(viewer), &whole);
            draw_viewer(canvas, viewer, &here);
            draw_served(canvas, viewer, &whole);
            if index == 0 {
                key::draw(canvas, &here, KEYS, &viewer_keys(timeline))?;
            }
            last = whole;
        }
        if self.has_ages() {
            let here = frame(last.bottom() + GAP + TITLE, AGE, age_top);
            title(canvas, &here, "Age of the playlists that viewers got (s)")?;
            here.y_axis(canvas, &age_ticks);
            shades(canvas, timeline, None, &here);
            for viewer in &timeline.viewers {
                draw_ages(canvas, viewer, &here);
            }
            key::draw(canvas, &here, KEYS, &origin_keys(timeline))?;
            last = here;
        }
        time_axis(canvas, &last);
        Ok(())
    }
}

impl DrillPicture<'_> {
    fn has_ages(&self) -> bool {
        self.0.viewers.iter().any(|viewer| !viewer.ages.is_empty())
    }
}

impl Painting for DrillThumbnail<'_> {
    fn size(&self) -> (f64, f64) {
        THUMBNAIL
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let timeline = self.0;
        let Some(viewer) = timeline.viewers.first() else { return Ok(()) };
        let frame = Frame {
            left: 6.0,
            top: 8.0,
            width: THUMBNAIL.0 - 12.0,
            height: THUMBNAIL.1 - 16.0 - SERVED,
            x: Scale { low: timeline.span.0, high: timeline.span.1 },
            y: Scale { low: 0.0, high: highest(viewer).max(1.0) * 1.05 },
        };
        let whole = Frame { height: frame.height + SERVED, ..frame };
        shades(canvas, timeline, Some(viewer), &whole);
        draw_viewer(canvas, viewer, &frame);
        draw_served(canvas, viewer, &whole);
        Ok(())
    }
}

/// Shades the faults, and when this viewer waited.
fn shades(canvas: &Canvas, timeline: &DrillTimeline, viewer: Option<&Viewer>, frame: &Frame) {
    let within = |(from, to): (f64, f64)| {
        let (low, high) = timeline.span;
        (from.clamp(low, high), to.clamp(low, high))
    };
    for fault in &timeline.faults {
        frame.shade(canvas, within((fault.from, fault.to)), FAULT.mix(0.13));
        let x = canvas.px(frame.x_of(within((fault.from, fault.to)).0));
        let line = vec![(x, canvas.px(frame.top)), (x, canvas.px(frame.bottom()))];
        canvas.line(line, canvas.stroke(FAULT, 1.2));
    }
    let Some(viewer) = viewer else { return };
    if let Some(starting) = viewer.starting {
        frame.shade(canvas, within(starting), STARTING.mix(0.22));
    }
    for stall in &viewer.stalled {
        frame.shade(canvas, within(*stall), STALLED.mix(0.32));
    }
}

/// The highest value of a viewer's panel.
fn highest(viewer: &Viewer) -> f64 {
    let lines = viewer.latency.iter().flatten().chain(&viewer.buffer);
    lines.map(|(_, seconds)| *seconds).fold(0.0, f64::max)
}

/// Buffer and latency.
fn draw_viewer(canvas: &Canvas, viewer: &Viewer, frame: &Frame) {
    draw_level(canvas, &viewer.buffer, frame);
    for line in &viewer.latency {
        let style = canvas.stroke(LATENCY, 1.4);
        draw_line(canvas, &pixels(line, canvas, frame), &LATENCY_DASHES, style);
    }
}

/// A tick for each segment, in the colour of its origin, at the bottom of the frame; and failures.
fn draw_served(canvas: &Canvas, viewer: &Viewer, frame: &Frame) {
    frame.across(canvas, frame.bottom(), canvas.stroke(look::AXIS, 1.0));
    for (time, origin) in &viewer.served {
        let x = canvas.px(frame.x_of(time.clamp(frame.x.low, frame.x.high)));
        let (top, bottom) = (frame.bottom() - SERVED + 3.0, frame.bottom() - 1.0);
        let line = vec![(x, canvas.px(top)), (x, canvas.px(bottom))];
        canvas.line(line, canvas.stroke(of_origin(*origin), 2.6));
    }
    for time in &viewer.failures {
        let x = frame.x_of(time.clamp(frame.x.low, frame.x.high));
        cross(canvas, canvas.at((x, frame.bottom() - SERVED - 6.0)));
    }
}

fn draw_ages(canvas: &Canvas, viewer: &Viewer, frame: &Frame) {
    let place =
        |time: f64, age: f64| frame.pixel(canvas, time.clamp(frame.x.low, frame.x.high), age);
    let line: Vec<(i32, i32)> = viewer.ages.iter().map(|(t, age, _)| place(*t, *age)).collect();
    canvas.line(line, canvas.stroke(look::SOFT.mix(0.35), 0.8));
    for (time, age, origin) in &viewer.ages {
        canvas.circle(place(*time, *age), 1.8, of_origin(*origin).filled());
    }
}

fn of_origin(origin: Option<usize>) -> RGBColor {
    origin.map_or(UNKNOWN, |origin| ORIGINS[origin % ORIGINS.len()])
}

fn viewer_keys(timeline: &DrillTimeline) -> Vec<Key> {
    let mut keys = vec![
        Key::new(Sign::Line(LEVEL, &[]), "media in the buffer"),
        Key::new(Sign::Line(LATENCY, &LATENCY_DASHES), "behind the live edge"),
    ];
    let any = |has: fn(&Viewer) -> bool| timeline.viewers.iter().any(has);
    if any(|viewer| viewer.starting.is_some()) {
        keys.push(Key::new(Sign::Shade(STARTING.mix(0.22)), "before playback"));
    }
    if any(|viewer| !viewer.stalled.is_empty()) {
        keys.push(Key::new(Sign::Shade(STALLED.mix(0.32)), "stalled"));
    }
    if any(|viewer| !viewer.failures.is_empty()) {
        keys.push(Key::new(Sign::Cross, "failed request"));
    }
    keys.extend(origin_keys(timeline));
    // No more than there is room for beside the panel.
    keys.truncate(KEYS_SHOWN);
    keys
}

fn origin_keys(timeline: &DrillTimeline) -> Vec<Key> {
    let origins = timeline.origins.iter().enumerate();
    let key = |(at, name): (usize, &String)| Key::new(Sign::Dot(of_origin(Some(at))), name);
    origins.take(ORIGINS.len()).map(key).collect()
}
