//! Whether a player may rely on content.

use super::Problem;
use super::measures::measure;
use super::rung::{Rung, Segment, milliseconds};
use weir_units::{BitRate, Span};

/// The share, in percent, by which a rate may be above what is declared: Apple's "HLS Authoring
/// Specification for Apple Devices" asks for 10 % both of the mean and of the peak.
const TOLERANCE: u64 = 10;

/// All that is wrong with these rungs, rung by rung.
pub(super) fn problems(rungs: &[Rung]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let read = || rungs.iter().enumerate().filter(|(_, rung)| !rung.segments.is_empty());
    for (number, rung) in read() {
        let mut say = |segment: Option<usize>, what: String| {
            let segment = segment.map(|segment| segment as u64);
            problems.push(Problem { rung: Some(number as u64), segment, what });
        };
        rates(number, rung, &mut |what| say(None, what));
        if let Some((other, first)) = read().next()
            && first.segments.len() != rung.segments.len()
        {
            let (here, there) = (rung.segments.len(), first.segments.len());
            say(None, format!("it has {here} segments where rung {other} has {there}"));
        }
        let mut before: Option<&Segment> = None;
        for (index, segment) in rung.segments.iter().enumerate() {
            let mut say = |what| say(Some(index), what);
            one(segment, rung.target_duration, &mut say);
            if let Some(before) = before {
                follows(segment, before, &mut say);
            }
            aligned(segment, rungs.get(..number).unwrap_or_default(), index, &mut say);
            before = Some(segment);
        }
    }
    problems
}

fn rates(number: usize, rung: &Rung, say: &mut dyn FnMut(String)) {
    let measured = measure(number, rung);
    if measured.mean.is_none() {
        say("nothing of it can be measured".to_owned());
    }
    // What was asked of an encoder is not a promise; what a master playlist declares is.
    let Some(peak) = rung.declared_peak else { return };
    let kbps = |rate: BitRate| rate.bps() / 1000;
    for (what, found, declared) in
        [("mean", measured.mean, rung.target), ("peak", measured.peak, Some(peak))]
    {
        let (Some(found), Some(declared)) = (found, declared) else { continue };
        let allowed = u128::from(declared.bps()) * u128::from(100 + TOLERANCE);
        if u128::from(found.bps()) * 100 > allowed {
            let (found, declared) = (kbps(found), kbps(declared));
            say(format!("its {what} of {found} kbit/s is above the declared {declared} kbit/s"));
        }
    }
}

/// What can be seen on a segment alone.
fn one(segment: &Segment, target: Option<Span>, say: &mut dyn FnMut(String)) {
    if let Some(problem) = &segment.problem {
        say(problem.clone());
    }
    let declared = segment.declared;
    // RFC 8216, section 4.3.3.1: rounded to the nearest whole second.
    let rounded = Span::from_s(declared.ns().saturating_add(500_000_000) / 1_000_000_000);
    if let Some(target) = target
        && rounded > target
        && declared > target
    {
        let declared = milliseconds(declared.ns().into());
        say(format!("it is declared to last {declared}, with a target duration of {target}"));
    }
    let Some(frames) = segment.frames else { return };
    if !frames.key {
        say("it does not begin with a key frame".to_owned());
    }
    let lasts = frames.span();
    if lasts.ns().abs_diff(declared.ns()) > frames.frame().ns() {
        let (lasts, declared) =
            (milliseconds(lasts.ns().into()), milliseconds(declared.ns().into()));
        say(format!("it lasts {lasts} where {declared} are declared"));
    }
}

/// Whether timestamps go on where the segment before ends.
fn follows(segment: &Segment, before: &Segment, say: &mut dyn FnMut(String)) {
    let (Some(frames), Some(before)) = (segment.frames, before.frames) else { return };
    if segment.discontinuity {
        return;
    }
    let gap = frames.gap_after(&before);
    if gap > 0 {
        say(format!("a gap of {} before it", milliseconds(gap)));
    } else if gap < 0 {
        say(format!("it overlaps the segment before by {}", milliseconds(gap)));
    }
}

/// Whether a segment begins when that of the rungs below does: a player changes from one to the
/// other there.
fn aligned(segment: &Segment, below: &[Rung], index: usize, say: &mut dyn FnMut(String)) {
    let Some(frames) = segment.frames else { return };
    let known = below
        .iter()
        .enumerate()
        .find_map(|(number, rung)| Some((number, rung.segments.get(index)?.frames?)));
    let Some((number, other)) = known else { return };
    let late = frames.shown_after(&other);
    if late != 0 {
        let word = if late > 0 { "later" } else { "earlier" };
        let late = milliseconds(late);
        say(format!("its first frame is shown {late} {word} than that of rung {number}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::rung::Frames;
    use super::*;
    use weir_units::Bytes;

    /// A rung of segments of 2 s, of 48 frames each.
    fn rung(segments: i64, timescale: u32) -> Rung {
        let lasts = i64::from(timescale) * 2;
        let segment = |index: i64| Segment {
            bytes: Some(Bytes::new(250_000)),
            declared: Span::from_s(2),
            frames: Some(Frames {
                timescale,
                begins: index * lasts,
                lasts: lasts as u64,
                shows: index * lasts + 100 * lasts,
                key: true,
                count: 48,
                slack: 0,
            }),
            ..Segment::default()
        };
        Rung {
            name: "rung".to_owned(),
            picture: None,
            target: Some(BitRate::from_bps(1_000_000)),
            declared_peak: Some(BitRate::from_bps(1_000_000)),
            target_duration: Some(Span::from_s(2)),
            peak_over: Some(Span::from_s(2)),
            segments: (0..segments).map(segment).collect(),
        }
    }

    /// What is said of two rungs after some harm to the second: rung, segment, words.
    fn said(harm: impl FnOnce(&mut Rung)) -> Vec<(u64, Option<u64>, String)> {
        let mut rungs = [rung(4, 12_288), rung(4, 90_000)];
        harm(&mut rungs[1]);
        let all = problems(&rungs).into_iter();
        all.map(|problem| (problem.rung.unwrap(), problem.segment, problem.what)).collect()
    }

    fn frames(rung: &mut Rung, segment: usize) -> &mut Frames {
        rung.segments[segment].frames.as_mut().unwrap()
    }

    fn text(list: &[(u64, Option<u64>, &str)]) -> Vec<(u64, Option<u64>, String)> {
        list.iter().map(|&(rung, segment, what)| (rung, segment, what.to_owned())).collect()
    }

    #[test]
    fn content_in_order_has_no_problems_whatever_its_clocks() {
        assert_eq!(said(|_| {}), []);
        assert_eq!(problems(&[]), []);
    }

    #[test]
    fn a_segment_without_a_key_frame_is_named() {
        let expected = text(&[(1, Some(2), "it does not begin with a key frame")]);
        assert_eq!(said(|rung| frames(rung, 2).key = false), expected);
    }

    #[test]
    fn one_tick_is_a_gap_on_one_side_and_an_overlap_on_the_other() {
        let expected = text(&[
            (1, Some(2), "a gap of 0.011 ms before it"),
            (1, Some(3), "it overlaps the segment before by 0.011 ms"),
        ]);
        assert_eq!(said(|rung| frames(rung, 2).begins += 1), expected);
        // Where times were rounded, that much is none.
        assert_eq!(
            said(|rung| {
                frames(rung, 2).begins += 1;
                frames(rung, 2).slack = 1;
            }),
            []
        );
    }

    #[test]
    fn a_discontinuity_allows_a_jump_and_not_more() {
        let jump = |rung: &mut Rung| {
            frames(rung, 2).begins -= 500_000;
            frames(rung, 3).begins -= 500_000;
            rung.segments[2].discontinuity = true;
        };
        assert_eq!(said(jump), []);
    }

    #[test]
    fn rungs_that_do_not_align_are_named() {
        let expected =
            text(&[(1, Some(0), "its first frame is shown 41.667 ms later than that of rung 0")]);
        assert_eq!(said(|rung| frames(rung, 0).shows += 3_750), expected);
        let expected = text(&[(1, None, "it has 3 segments where rung 0 has 4")]);
        assert_eq!(said(|rung| rung.segments.truncate(3)), expected);
    }

    #[test]
    fn durations_are_held_against_frames_and_the_target() {
        let expected = text(&[
            (1, Some(3), "it is declared to last 2500.000 ms, with a target duration of 2 s"),
            (1, Some(3), "it lasts 2000.000 ms where 2500.000 ms are declared"),
        ]);
        assert_eq!(said(|rung| rung.segments[3].declared = Span::from_ms(2_500)), expected);
        let rounded_down = |rung: &mut Rung| {
            rung.segments[3].declared = Span::from_ms(2_499);
            frames(rung, 3).lasts = 90_000 * 2_499 / 1_000;
        };
        assert_eq!(said(rounded_down), []);
    }

    #[test]
    fn rates_may_be_ten_percent_above_what_is_declared() {
        let of = |bytes: u64| said(move |rung| rung.segments[1].bytes = Some(Bytes::new(bytes)));
        assert_eq!(of(275_000), []);
        let peak = "its peak of 1100 kbit/s is above the declared 1000 kbit/s";
        assert_eq!(of(275_001), text(&[(1, None, peak)]));
        assert_eq!(of(1_000_000).len(), 2, "mean and peak");
    }

    #[test]
    fn a_missing_segment_is_not_held_against_its_neighbours() {
        let missing = |rung: &mut Rung| {
            let problem = Some("it is missing".to_owned());
            rung.segments[1] =
                Segment { bytes: None, frames: None, problem, ..rung.segments[1].clone() };
        };
        assert_eq!(said(missing), text(&[(1, Some(1), "it is missing")]));
    }
}
