//! Where the labels of points go: near their points, over nothing.

/// A rectangle: left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// Directions from a point to its label, to the right first.
const DIRECTIONS: u32 = 32;
/// From a point to the edge of its label.
const DISTANCES: [f64; 11] = [8.0, 13.0, 20.0, 28.0, 38.0, 50.0, 66.0, 86.0, 110.0, 140.0, 180.0];
/// Rounds in which each label looks for a better place, given those of all others.
const ROUNDS: usize = 30;
/// Between labels.
const APART: f64 = 1.5;

/// What it costs to cover an area of another label, of a marker, or of a line, in distances.
const OVER_LABEL: f64 = 60.0;
const OVER_MARKER: f64 = 25.0;
const OVER_LINE: f64 = 0.7;
/// From this distance on, farther is worse than in proportion.
const FAR: f64 = 40.0;
/// What it costs to stand above or below, and at the left.
const ASIDE: f64 = 10.0;
/// What it costs that a label's line crosses another label, or another label's line.
const CROSSING: f64 = 60.0;

impl Rectangle {
    pub(super) fn around((x, y): (f64, f64), (width, height): (f64, f64)) -> Self {
        let (half, tall) = (width / 2.0, height / 2.0);
        Self { left: x - half, top: y - tall, right: x + half, bottom: y + tall }
    }

    pub(super) fn middle(&self) -> (f64, f64) {
        (self.left.midpoint(self.right), self.top.midpoint(self.bottom))
    }

    /// The place on its edge, or within, that is nearest to this one.
    pub(super) fn nearest(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom))
    }

    fn wider(&self, by: f64) -> Self {
        let Self { left, top, right, bottom } = *self;
        Self { left: left - by, top: top - by, right: right + by, bottom: bottom + by }
    }

    fn overlap(&self, other: &Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        if width > 0.0 && height > 0.0 { width * height } else { 0.0 }
    }

    fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && other.right <= self.right
            && other.bottom <= self.bottom
    }

    /// Whether a line between two places passes through it (the slabs of Kay and Kajiya, 1986).
    fn is_crossed_by(&self, from: (f64, f64), to: (f64, f64)) -> bool {
        let (mut enters, mut leaves) = (0.0f64, 1.0f64);
        for (from, to, low, high) in
            [(from.0, to.0, self.left, self.right), (from.1, to.1, self.top, self.bottom)]
        {
            let way = to - from;
            if way.abs() < 1e-9 {
                if from < low || high < from {
                    return false;
                }
                continue;
            }
            let (one, other) = ((low - from) / way, (high - from) / way);
            enters = enters.max(one.min(other));
            leaves = leaves.min(one.max(other));
        }
        enters < leaves
    }
}

/// A place for a label, and what its direction costs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    at: Rectangle,
    aside: f64,
}

/// What is to be labelled.
pub(super) struct Labelling<'a> {
    /// The points.
    pub points: &'a [(f64, f64)],
    /// The width and height of each label.
    pub sizes: &'a [(f64, f64)],
    /// The width of a point's marker.
    pub marker: f64,
    /// What may be covered if need be.
    pub lines: &'a [Rectangle],
    /// What no label leaves.
    pub within: Rectangle,
}

impl Labelling<'_> {
    /// A place for each label: chosen one after the other, those in a crowd first, and then changed
    /// as long as a change makes it better. The same for the same input.
    pub(super) fn place(&self) -> Vec<Rectangle> {
        let count = self.points.len().min(self.sizes.len());
        let mut places: Vec<Option<Place>> = vec![None; count];
        let mut order: Vec<usize> = (0..count).collect();
        let near = |i: usize| -> f64 {
            let far = |j: usize| distance(self.points[i], self.points[j]);
            (0..count).filter(|&j| j != i).map(|j| 1.0 / (20.0 + far(j))).sum()
        };
        order.sort_by(|&a, &b| near(b).total_cmp(&near(a)).then(a.cmp(&b)));
        for _ in 0..=ROUNDS {
            let mut changed = false;
            for &i in &order {
                let best = self.best(i, &places);
                changed |= places[i] != Some(best);
                places[i] = Some(best);
            }
            if !changed {
                break;
            }
        }
        places.into_iter().flatten().map(|place| place.at).collect()
    }

    /// The best place of a label, given those of others; its present one if none is better.
    fn best(&self, i: usize, places: &[Option<Place>]) -> Place {
        let others: Vec<(usize, Rectangle)> = places
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .filter_map(|(j, place)| Some((j, place.as_ref()?.at)))
            .collect();
        let mut best = places[i].map(|place| (self.cost(i, &place, &others), place));
        for candidate in self.candidates(i) {
            let cost = self.cost(i, &candidate, &others);
            if best.is_none_or(|(least, _)| cost < least - 1e-9) {
                best = Some((cost, candidate));
            }
        }
        let over = || Place { at: Rectangle::around(self.points[i], self.sizes[i]), aside: 0.0 };
        best.map_or_else(over, |(_, place)| place)
    }

    fn candidates(&self, i: usize) -> impl Iterator<Item = Place> {
        let ((x, y), size) = (self.points[i], self.sizes[i]);
        let inside = self.within;
        DISTANCES.into_iter().flat_map(move |far| {
            (0..DIRECTIONS).map(move |step| {
                let angle = std::f64::consts::TAU * f64::from(step) / f64::from(DIRECTIONS);
                let (dx, dy) = (libm::cos(angle), libm::sin(angle));
                let middle = (x + dx * (far + size.0 / 2.0), y + dy * (far + size.1 / 2.0));
                let aside = ASIDE * (dy.abs() + (1.0 - dx) / 4.0);
                Place { at: pushed_into(Rectangle::around(middle, size), inside), aside }
            })
        })
    }

    fn cost(&self, i: usize, place: &Place, others: &[(usize, Rectangle)]) -> f64 {
        let point = self.points[i];
        let Place { at: place, aside } = place;
        let end = place.nearest(point);
        let far = distance(point, end);
        let mut cost = far + far * far / FAR + aside;
        if !self.within.contains(&place.wider(-1e-6)) {
            cost += 1e6;
        }
        let padded = place.wider(APART);
        for (j, other) in others {
            cost += OVER_LABEL * padded.overlap(other);
            let far_end = other.nearest(self.points[*j]);
            if other.is_crossed_by(point, end) || place.is_crossed_by(self.points[*j], far_end) {
                cost += CROSSING;
            }
            if cross((point, end), (self.points[*j], far_end)) {
                cost += CROSSING;
            }
        }
        for marker in self.points {
            let marker = Rectangle::around(*marker, (self.marker, self.marker));
            cost += OVER_MARKER * padded.overlap(&marker);
        }
        cost + self.lines.iter().map(|line| OVER_LINE * place.overlap(line)).sum::<f64>()
    }
}

/// The rectangle, moved into another if it leaves it and fits.
fn pushed_into(place: Rectangle, within: Rectangle) -> Rectangle {
    let shift = |low: f64, high: f64, least: f64, most: f64| {
        (least - low).max(0.0) - (high - most).max(0.0)
    };
    let dx = shift(place.left, place.right, within.left, within.right);
    let dy = shift(place.top, place.bottom, within.top, within.bottom);
    Rectangle {
        left: place.left + dx,
        right: place.right + dx,
        top: place.top + dy,
        bottom: place.bottom + dy,
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    libm::hypot(a.0 - b.0, a.1 - b.1)
}

/// Whether two lines cross, and not just touch.
fn cross(a: ((f64, f64), (f64, f64)), b: ((f64, f64), (f64, f64))) -> bool {
    let side = |(from, to): ((f64, f64), (f64, f64)), at: (f64, f64)| {
        (to.0 - from.0) * (at.1 - from.1) - (to.1 - from.1) * (at.0 - from.0)
    };
    side(a, b.0) * side(a, b.1) < 0.0 && side(b, a.0) * side(b, a.1) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WITHIN: Rectangle = Rectangle { left: 0.0, top: 0.0, right: 1_000.0, bottom: 400.0 };

    fn placed(points: &[(f64, f64)]) -> Vec<Rectangle> {
        let sizes = vec![(90.0, 12.0); points.len()];
        Labelling { points, sizes: &sizes, marker: 9.0, lines: &[], within: WITHIN }.place()
    }

    fn overlapping(places: &[Rectangle]) -> usize {
        let pairs =
            places.iter().enumerate().flat_map(|(i, a)| places[..i].iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a.overlap(b) > 0.0).count()
    }

    #[test]
    fn a_label_alone_stands_at_the_right_of_its_point() {
        let [place] = placed(&[(500.0, 200.0)])[..] else { panic!("one") };
        assert_eq!((place.left, place.middle().1), (508.0, 200.0));
    }

    #[test]
    fn twenty_five_labels_in_one_corner_do_not_overlap() {
        let points: Vec<(f64, f64)> =
            (0..25).map(|i| (5.0 + f64::from(i % 7) * 6.0, 30.0 + f64::from(i) * 3.0)).collect();
        let places = placed(&points);
        assert_eq!(overlapping(&places), 0, "{places:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn every_label_has_a_place_within(
            points in proptest::collection::vec((0.0f64..1_000.0, 0.0f64..400.0), 0..30)
        ) {
            let places = placed(&points);
            prop_assert_eq!(places.len(), points.len());
            prop_assert!(places.iter().all(|place| WITHIN.wider(1e-6).contains(place)));
            prop_assert_eq!(overlapping(&places), 0);
            prop_assert_eq!(&places, &self::placed(&points));
        }
    }
}
