//! A video file: one rung, whose segments are its groups of pictures.

use super::frames::Stream;
use super::rung::{Rung, Segment, milliseconds, span};
use super::{Inspection, Kind, Problem, measures};
use crate::probe::probe;
use anyhow::Result;
use std::path::Path;
use weir_units::{Bytes, Span};

/// Groups of pictures may be as short as a frame, whose rate is nobody's peak: sets of them that
/// last about as long as a segment are.
const PEAK_OVER: Span = Span::from_s(2);

/// Looks at a video file.
///
/// # Errors
/// If it is not one that ffprobe understands.
pub(super) fn inspect(file: &Path) -> Result<Inspection> {
    probe(file)?;
    let stream = Stream::read(file)?;
    let mut notes = Vec::new();
    let step = stream.step();
    if step.is_none() {
        notes.push("its frame rate varies: a gap cannot be told from a slow frame".to_owned());
    }
    let (segments, problems) = groups(&stream, step);
    let rung = Rung {
        name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        picture: stream.picture,
        target: None,
        declared_peak: None,
        target_duration: None,
        peak_over: Some(PEAK_OVER),
        segments,
    };
    let rungs = vec![measures::measure(0, &rung)];
    Ok(Inspection { kind: Kind::Video, rungs, notes, problems })
}

/// The groups of pictures, and what is wrong with the frames' times.
fn groups(stream: &Stream, step: Option<i64>) -> (Vec<Segment>, Vec<Problem>) {
    let time = |ticks: i64| span(u128::try_from(ticks).unwrap_or(0), stream.timescale);
    let mut segments: Vec<Segment> = Vec::new();
    let mut problems = Vec::new();
    // The last frame is as long as most.
    let steps = stream.steps().map(Some).chain([None]);
    for (frame, next) in stream.frames.iter().zip(steps) {
        let first = segments.is_empty();
        if frame.key || first {
            segments.push(Segment { bytes: Some(Bytes::ZERO), ..Segment::default() });
        }
        let number = segments.len() as u64 - 1;
        let mut say = |what: String| {
            problems.push(Problem { rung: Some(0), segment: Some(number), what });
        };
        if first && !frame.key {
            say("it does not begin with a key frame".to_owned());
        }
        let lasts = next.or(step).unwrap_or(0);
        let at = milliseconds(time(frame.decoded).ns().into());
        match (next, step) {
            (Some(next), _) if next <= 0 => {
                say(format!("the frame after {at} is not decoded after it"));
            }
            (Some(next), Some(step)) if next > step + (step / 2).max(1) => {
                let gap = milliseconds(time(next - step).ns().into());
                say(format!("a gap of {gap} after the frame at {at}"));
            }
            _ => {}
        }
        if let Some(segment) = segments.last_mut() {
            let bytes = segment.bytes.unwrap_or_default();
            segment.bytes = bytes.checked_add(Bytes::new(frame.bytes));
            segment.declared = segment.declared.saturating_add(time(lasts));
        }
    }
    (segments, problems)
}
