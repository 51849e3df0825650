//! What is measured on a rung.

use super::RungInspection;
use super::rung::{Rung, Segment};
use weir_units::{BitRate, Bytes, Span};

/// The most segments of a set over which a peak is taken: such short ones are nobody's.
const MAX_SET: usize = 1_000;

/// Measures the rung of this number.
pub(super) fn measure(number: usize, rung: &Rung) -> RungInspection {
    let sizes: Vec<u64> =
        rung.segments.iter().filter_map(|segment| segment.bytes.map(Bytes::get)).collect();
    let lengths =
        || rung.segments.iter().filter(|segment| segment.bytes.is_some()).map(Segment::length);
    RungInspection {
        rung: number as u64,
        name: rung.name.clone(),
        width: rung.picture.map(|(width, _)| width),
        height: rung.picture.map(|(_, height)| height),
        target: rung.target,
        declared_peak: rung.declared_peak,
        mean: mean(&rung.segments),
        peak: peak(&rung.segments, rung.peak_over),
        segments: rung.segments.len() as u64,
        smallest: sizes.iter().min().copied().map(Bytes::new),
        largest: sizes.iter().max().copied().map(Bytes::new),
        variation: variation(&sizes),
        shortest: lengths().min(),
        longest: lengths().max(),
        target_duration: rung.target_duration,
    }
}

impl Segment {
    /// By its frames, or by what is declared where there are none.
    fn length(&self) -> Span {
        self.frames.map_or(self.declared, |frames| frames.span())
    }
}

/// Of bits and declared durations of the segments that are there.
fn rate<'a>(segments: impl Iterator<Item = &'a Segment>) -> Option<(BitRate, Span)> {
    let (mut bytes, mut span) = (Bytes::ZERO, Span::ZERO);
    for segment in segments {
        bytes = bytes.checked_add(segment.bytes?)?;
        span = span.checked_add(segment.declared)?;
    }
    Some((BitRate::of(bytes, span)?, span))
}

fn mean(segments: &[Segment]) -> Option<BitRate> {
    rate(segments.iter().filter(|segment| segment.bytes.is_some())).map(|(rate, _)| rate)
}

fn peak(segments: &[Segment], over: Option<Span>) -> Option<BitRate> {
    let of_sets = over.and_then(|over| {
        let (least, most) = (over.ns() / 2, over.ns().saturating_add(over.ns() / 2));
        let from = |start: usize| {
            let rest = segments.get(start..).unwrap_or_default();
            let mut declared = 0u64;
            let fits = rest.iter().take(MAX_SET).take_while(move |segment| {
                declared = declared.saturating_add(segment.declared.ns());
                declared <= most
            });
            let sets = 1..=fits.count();
            sets.filter_map(move |count| rate(rest.get(..count)?.iter()))
        };
        let sets = (0..segments.len()).flat_map(from);
        sets.filter(|(_, span)| span.ns() >= least).map(|(rate, _)| rate).max()
    });
    of_sets.or_else(|| {
        segments.iter().filter_map(|one| rate(std::iter::once(one))).map(|(rate, _)| rate).max()
    })
}

fn variation(sizes: &[u64]) -> Option<f64> {
    let count = sizes.len() as f64;
    let mean = sizes.iter().map(|size| *size as f64).sum::<f64>() / count;
    let squares = sizes.iter().map(|size| (*size as f64 - mean).powi(2)).sum::<f64>();
    (mean > 0.0).then(|| (squares / count).sqrt() / mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(list: &[(u64, u64)]) -> Vec<Segment> {
        let segment = |&(bytes, ms)| Segment {
            bytes: Some(Bytes::new(bytes)),
            declared: Span::from_ms(ms),
            ..Segment::default()
        };
        list.iter().map(segment).collect()
    }

    fn peak_of(list: &[(u64, u64)], target_s: u64) -> u64 {
        peak(&segments(list), Some(Span::from_s(target_s))).unwrap().bps()
    }

    #[test]
    fn a_mean_is_over_bytes_and_durations_not_over_rates() {
        let list = segments(&[(1_000, 2_000), (4_000, 1_000)]);
        assert_eq!(mean(&list).unwrap().bps(), 5_000 * 8 / 3);
    }

    #[test]
    fn a_peak_is_over_sets_of_half_to_one_and_a_half_target_durations() {
        // Alone, every segment is too short: pairs count.
        assert_eq!(peak_of(&[(100, 400), (900, 400), (500, 400)], 1), 1_400 * 8 * 10 / 8);
        // Alone or with a neighbour: alone is more.
        assert_eq!(peak_of(&[(100, 1_000), (900, 1_000)], 1), 7_200);
        // A short last segment does not count by itself, however high its rate.
        assert_eq!(peak_of(&[(1_000, 2_000), (900, 100)], 2), 1_900 * 8 * 10 / 21);
        // All are too long, which is another problem.
        assert_eq!(peak_of(&[(1_000, 2_000)], 1), 4_000);
        assert_eq!(peak(&[], Some(Span::from_s(1))), None);
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let mut list = segments(&[(1_000, 1_000), (0, 1_000), (3_000, 1_000)]);
        list[1].bytes = None;
        assert_eq!(mean(&list).unwrap().bps(), 16_000);
        assert_eq!(peak(&list, Some(Span::from_s(2))).unwrap().bps(), 24_000);
    }

    #[test]
    fn sizes_that_do_not_differ_do_not_vary() {
        assert_eq!(variation(&[5, 5, 5]), Some(0.0));
        assert_eq!(variation(&[1, 3]), Some(0.5));
        assert_eq!((variation(&[]), variation(&[0, 0])), (None, None));
    }
}
