//! The timeline of a session: panels that share the axis of time.

use super::timeline::{LinkUse, Step, Timeline};
use crate::plot::canvas::{Canvas, Painting};
use crate::plot::frame::{Frame, Scale};
use crate::plot::heading::{PADDING, TOP, draw_head};
use crate::plot::key::{self, Key, Sign};
use crate::plot::look::{self, PALETTE};
use crate::plot::marks::draw_line;
use crate::plot::ticks;
use crate::plot::time::{
    BELOW, KEYS, LEVEL, STALLED, STARTING, THUMBNAIL, TITLE, WIDTH, cross, draw_level, time_axis,
    title,
};
use anyhow::Result;
use plotters::prelude::*;

/// Between panels.
const GAP: f64 = 18.0;
/// The heights of the panels' data.
const RATES: f64 = 210.0;
const BUFFER: f64 = 120.0;
const LINK: f64 = 96.0;
/// Above the bars of the link's use: where losses are marked.
const MARKS: f64 = 16.0;

/// The highest rate shown, over the highest bit rate that was chosen: a link far faster than the
/// media would press everything else to the ground.
const HEADROOM: f64 = 2.5;

const BITRATE: RGBColor = PALETTE[0];
const THROUGHPUT: RGBColor = PALETTE[4];
const LINK_RATE: RGBColor = look::SOFT;
const USED: RGBColor = PALETTE[5];
const QUEUED: RGBColor = RGBColor(26, 28, 32);
const LOST: RGBColor = PALETTE[3];

/// Strokes and gaps of the link's rate.
const LINK_DASHES: [f64; 2] = [7.0, 4.0];

/// The picture of a session.
pub(crate) struct TimelinePicture<'a>(pub &'a Timeline);

/// The same, small and without a word: rates and stalls.
pub(crate) struct Thumbnail<'a>(pub &'a Timeline);

impl Painting for TimelinePicture<'_> {
    fn size(&self) -> (f64, f64) {
        let link = self.0.link.as_ref().map_or(0.0, |_| GAP + TITLE + MARKS + LINK);
        let panels = TITLE + RATES + GAP + TITLE + BUFFER + link;
        (WIDTH, TOP + panels + BELOW + PADDING)
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let timeline = self.0;
        draw_head(canvas, &timeline.head, WIDTH - 2.0 * PADDING)?;
        let (rate_ticks, rate_top) = ticks::from_zero(highest_rate(timeline), 5.0);
        let level = timeline.buffer.iter().map(|(_, level)| *level).fold(0.0, f64::max);
        let (level_ticks, level_top) = ticks::from_zero(level.max(1.0), 4.0);
        let percent = [0.0, 50.0, 100.0].map(|v| (v, ticks::label(v)));
        let room = Frame::label_room(canvas, &rate_ticks)?
            .max(Frame::label_room(canvas, &level_ticks)?)
            .max(Frame::label_room(canvas, &percent)?);
        let frame = |top: f64, height: f64, high: f64| Frame {
            left: PADDING + room,
            top,
            width: WIDTH - 2.0 * PADDING - room - KEYS,
            height,
            x: Scale { low: timeline.span.0, high: timeline.span.1 },
            y: Scale { low: 0.0, high },
        };

        let top = TOP + TITLE;
        let rates = frame(top, RATES, rate_top);
        title(canvas, &rates, "Rates (Mbit/s)")?;
        rates.y_axis(canvas, &rate_ticks);
        shades(canvas, timeline, &rates);
        draw_rates(canvas, timeline, &rates);
        key::draw(canvas, &rates, KEYS, &rate_keys(timeline, rate_top))?;

        let buffer = frame(rates.bottom() + GAP + TITLE, BUFFER, level_top);
        title(canvas, &buffer, "Buffer (s)")?;
        buffer.y_axis(canvas, &level_ticks);
        shades(canvas, timeline, &buffer);
        draw_level(canvas, &timeline.buffer, &buffer);
        let mut keys = vec![Key::new(Sign::Line(LEVEL, &[]), "media in the buffer")];
        keys.push(Key::new(Sign::Shade(STARTING.mix(0.22)), "before playback"));
        if !timeline.stalls.is_empty() {
            keys.push(Key::new(Sign::Shade(STALLED.mix(0.28)), "stalled"));
        }
        key::draw(canvas, &buffer, KEYS, &keys)?;

        let mut last = buffer;
        if let Some(link) = &timeline.link {
            let used = frame(last.bottom() + GAP + TITLE + MARKS, LINK, 100.0);
            let above = Frame { top: used.top - MARKS, height: used.height + MARKS, ..used };
            title(canvas, &above, &format!("Link {} (%)", link.name))?;
            used.y_axis(canvas, &percent);
            shades(canvas, timeline, &above);
            draw_link(canvas, link, &used);
            key::draw(canvas, &above, KEYS, &link_keys(link))?;
            last = used;
        }
        time_axis(canvas, &last);
        Ok(())
    }
}

impl Painting for Thumbnail<'_> {
    fn size(&self) -> (f64, f64) {
        THUMBNAIL
    }

    fn paint(&self, canvas: &Canvas) -> Result<()> {
        let timeline = self.0;
        let frame = Frame {
            left: 6.0,
            top: 8.0,
            width: THUMBNAIL.0 - 12.0,
            height: THUMBNAIL.1 - 16.0,
            x: Scale { low: timeline.span.0, high: timeline.span.1 },
            y: Scale { low: 0.0, high: highest_rate(timeline) * 1.05 },
        };
        frame.across(canvas, frame.bottom(), canvas.stroke(look::AXIS, 1.0));
        shades(canvas, timeline, &frame);
        draw_rates(canvas, timeline, &frame);
        Ok(())
    }
}

/// The highest rate that has to be on the axis.
fn highest_rate(timeline: &Timeline) -> f64 {
    let highest = |steps: &[Step]| steps.iter().map(|step| step.value).fold(0.0, f64::max);
    let chosen = highest(&timeline.bitrate);
    let limit = if chosen > 0.0 { chosen * HEADROOM } else { f64::INFINITY };
    let link = highest(&timeline.link_rate);
    // Where the link has a rate, a throughput far above it comes from a segment of a few packets.
    let measured = highest(&timeline.throughput);
    let measured = if link > 0.0 { measured.min(link * 1.2) } else { measured };
    let shown = if link <= limit { link } else { 0.0 };
    let top = chosen.max(shown).max(measured.min(limit));
    if top > 0.0 && top.is_finite() { top } else { 1.0 }
}

/// Shades the time before playback, and the stalls.
fn shades(canvas: &Canvas, timeline: &Timeline, frame: &Frame) {
    let (start, end) = timeline.span;
    let begun = timeline.begun.unwrap_or(end).clamp(start, end);
    frame.shade(canvas, (start, begun), STARTING.mix(0.22));
    for stall in &timeline.stalls {
        frame.shade(canvas, *stall, STALLED.mix(0.28));
    }
}

fn draw_rates(canvas: &Canvas, timeline: &Timeline, frame: &Frame) {
    let top = frame.y.high;
    for run in runs(&timeline.link_rate) {
        // A rate above the axis is said in words.
        let corners = corners(&run, frame, canvas, |rate| rate.min(top));
        if run.iter().any(|step| step.value <= top) {
            draw_line(canvas, &corners, &LINK_DASHES, canvas.stroke(LINK_RATE, 1.6));
        }
    }
    for Step { from, to, value } in &timeline.throughput {
        let line = [*from, *to].map(|time| frame.pixel(canvas, time, value.min(top)));
        canvas.line(line, canvas.stroke(THROUGHPUT, 2.4));
        let middle = frame.pixel(canvas, from.midpoint(*to), value.min(top));
        canvas.circle(middle, 2.0, THROUGHPUT.filled());
    }
    for run in runs(&timeline.bitrate) {
        let corners = corners(&run, frame, canvas, |rate| rate);
        canvas.line(corners, canvas.stroke(BITRATE, 2.3));
    }
    for time in &timeline.failures {
        let (x, y) = frame.pixel(canvas, time.clamp(frame.x.low, frame.x.high), 0.0);
        cross(canvas, (x, y - canvas.px(6.0)));
    }
}

fn draw_link(canvas: &Canvas, link: &LinkUse, frame: &Frame) {
    for Step { from, to, value } in &link.utilisation {
        let corners = [frame.pixel(canvas, *from, *value), frame.pixel(canvas, *to, 0.0)];
        canvas.rectangle(corners, USED.mix(0.45).filled());
    }
    let queue: Vec<(i32, i32)> =
        link.queue.iter().map(|(time, share)| frame.pixel(canvas, *time, *share)).collect();
    canvas.line(queue, canvas.stroke(QUEUED, 1.3));
    for (counts, colour, y) in
        [(&link.drops, STALLED, frame.top - 10.0), (&link.losses, LOST, frame.top - 4.0)]
    {
        for (time, _) in counts {
            let at = canvas.at((frame.x_of(*time), y));
            canvas.circle(at, 2.3, colour.filled());
        }
    }
}

/// Steps without a gap between them.
fn runs(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut runs: Vec<Vec<Step>> = Vec::new();
    for step in steps {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| last.to == step.from) => run.push(*step),
            _ => runs.push(vec![*step]),
        }
    }
    runs
}

fn corners(
    run: &[Step],
    frame: &Frame,
    canvas: &Canvas,
    shown: impl Fn(f64) -> f64,
) -> Vec<(i32, i32)> {
    let ends =
        |step: &Step| [step.from, step.to].map(|t| frame.pixel(canvas, t, shown(step.value)));
    run.iter().flat_map(ends).collect()
}

fn rate_keys(timeline: &Timeline, top: f64) -> Vec<Key> {
    let mut keys = vec![
        Key::new(Sign::Line(BITRATE, &[]), "chosen bitrate"),
        Key::new(Sign::Stroke(THROUGHPUT), "measured throughput"),
    ];
    if timeline.throughput.iter().any(|step| step.value > top) {
        keys.push(Key::more("(cut at the top)"));
    }
    let rates = || timeline.link_rate.iter().map(|step| step.value);
    if timeline.link_rate.is_empty() {
        keys.push(Key::more("no link has a rate"));
    } else if rates().all(|rate| rate > top) {
        let least = rates().fold(f64::INFINITY, f64::min);
        keys.push(Key::more(&format!("link rate: {} Mbit/s", ticks::label(least))));
        keys.push(Key::more("(above the axis)"));
    } else {
        keys.push(Key::new(Sign::Line(LINK_RATE, &LINK_DASHES), "link rate"));
    }
    if !timeline.failures.is_empty() {
        keys.push(Key::new(Sign::Cross, "failed request"));
    }
    keys
}

fn link_keys(link: &LinkUse) -> Vec<Key> {
    let sum =
        |counts: &[(f64, u64)]| counts.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
    let mut keys = vec![Key::new(Sign::Shade(USED.mix(0.45)), "utilisation")];
    if !link.queue.is_empty() {
        keys.push(Key::new(Sign::Line(QUEUED, &[]), "queue fill"));
    }
    if !link.drops.is_empty() {
        keys.push(Key::new(Sign::Dot(STALLED), &format!("queue drops: {}", sum(&link.drops))));
    }
    if !link.losses.is_empty() {
        keys.push(Key::new(Sign::Dot(LOST), &format!("random losses: {}", sum(&link.losses))));
    }
    keys
}
