//! Laws of every picture: nothing is drawn outside of it, whatever it shows.

use crate::charts::box_plot::{BoxPlot, BoxPlotPanel, BoxPlotPicture, Distribution};
use crate::charts::lines::figure::{Figure, Panel, Point};
use crate::charts::lines::picture::{Block, Picture};
use crate::charts::lines::x::{Spacing, X};
use crate::charts::pareto::{Better, ParetoPanel, ParetoPicture, ParetoPlot, ParetoPoint};
use crate::charts::scatter::{ScatterPicture, ScatterPlot, ScatterPoint};
use crate::kit::head::Head;
use crate::kit::metric_view::MetricView;
use crate::plot::canvas::Painting;
use crate::plot::heading::HEAD;
use crate::plot::render::{draw, draw_svg};
use crate::sections::drills::{
    DrillPicture, DrillThumbnail, DrillTimeline, FaultSpan, Mark, MarkKind, Viewer,
};
use crate::sections::plots::heatmap::{Heatmap, HeatmapPicture, Map, Side};
use crate::sections::plots::views::ALWAYS;
use crate::sections::timelines::{LinkUse, Step, Thumbnail, Timeline, TimelinePicture};
use proptest::prelude::*;
use weir_stats::methods::bootstrap::Interval;

fn head() -> Head {
    Head {
        title: "A title that is long enough to need all of the width ".repeat(4),
        subtitle: "n = 1 session <&>".into(),
        note: "Note.".into(),
    }
}

fn figure(x: X, series: usize, facets: usize, values: &[f64]) -> Figure {
    let mut values = values.iter().cycle();
    let mut next = || values.next().copied().unwrap_or_default();
    let mut point = || {
        let [low, mean, high] = [next(), next(), next()];
        let interval = (low <= mean && mean <= high).then_some(Interval { low, high });
        let replicates = if interval.is_none() { vec![low, mean, high] } else { vec![] };
        (low < 1e300).then_some(Point { mean, interval, replicates })
    };
    let places = x.len();
    let mut line = || (0..places).map(|_| point()).collect::<Vec<_>>();
    let mut panel = |view: &'static MetricView| Panel {
        view,
        title: view.title.to_owned(),
        facets: (0..facets).map(|_| (0..series).map(|_| line()).collect()).collect(),
    };
    Figure {
        panels: ALWAYS.iter().map(&mut panel).collect(),
        x,
        legend_title: "players.abr".into(),
        series: (0..series).map(|i| format!("algorithm {i} {}", "x".repeat(i * 9))).collect(),
        ordered: series.is_multiple_of(2),
        hidden: 0,
        facets: (0..facets).map(|i| "facet ".repeat(i * 9)).collect(),
    }
}

fn single<'a>(figure: &'a Figure, head: &'a Head) -> Picture<'a> {
    let block = Block { figure, panels: vec![0], columns: 1, height: 400.0 };
    Picture { head, width: 900.0, blocks: vec![block], for_files: vec![] }
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
        if let (Some(x), Some(y), Some(width), Some(height)) = (
            attribute(line, "x"),
            attribute(line, "y"),
            attribute(line, "width"),
            attribute(line, "height"),
        ) {
            found.push((number(&x) + number(&width), number(&y) + number(&height)));
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

fn check(picture: &impl Painting) -> Result<(), TestCaseError> {
    let (points, (width, height)) = coordinates(&draw_svg(picture).unwrap());
    for (x, y) in points {
        let inside = (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
        prop_assert!(inside, "{} {} of {} {}", x, y, width, height);
    }
    Ok(())
}

fn x() -> impl Strategy<Value = X> {
    let numbers = (proptest::collection::btree_set(1u64..1 << 40, 1..40), 0usize..3).prop_map(
        |(values, i)| {
            let spacing = [Spacing::Linear, Spacing::Logarithmic, Spacing::Even][i];
            let values: Vec<f64> = values.into_iter().map(|v| v as f64 / 1e6).collect();
            X::Numbers { label: "links.access.rate (Mbit/s)".into(), values, spacing }
        },
    );
    let names = proptest::collection::vec(any::<String>(), 1..20)
        .prop_map(|names| X::Names { label: "players.abr".into(), names });
    prop_oneof![numbers, names]
}

/// Numbers that were measured, and numbers that never will be.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..1e3f64, proptest::num::f64::POSITIVE]
}

prop_compose! {
    fn steps()(
        steps in proptest::collection::vec((0.0f64..9.0, 0.0f64..1.0, number()), 0..20),
    ) -> Vec<Step> {
        steps
            .into_iter()
            .map(|(from, length, value)| Step { from, to: from + length, value })
            .collect()
    }
}

prop_compose! {
    fn timeline()(
        begun in proptest::option::of(0.0f64..20.0),
        stalls in proptest::collection::vec((0.0f64..5.0, 5.0f64..10.0), 0..5),
        (link_rate, throughput, bitrate) in (steps(), steps(), steps()),
        failures in proptest::collection::vec(-1.0f64..20.0, 0..5),
        buffer in proptest::collection::vec((-1.0f64..20.0, number()), 0..30),
        utilisation in steps(),
        counts in proptest::collection::vec((0.0f64..10.0, any::<u64>()), 0..9),
        has_link in any::<bool>(),
    ) -> Timeline {
        let link = LinkUse {
            name: "access, router to viewer ".repeat(9),
            utilisation: utilisation.iter().map(|s| Step { value: s.value.min(100.0), ..*s }).collect(),
            queue: counts.iter().map(|(time, n)| (*time, (n % 101) as f64)).collect(),
            drops: counts.clone(),
            losses: counts,
        };
        Timeline {
            head: head(), span: (0.0, 10.0), begun, stalls, link_rate, throughput, bitrate, failures,
            buffer, link: has_link.then_some(link),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_plot_is_drawn_outside_its_picture(
        x in x(), series in 1usize..14, facets in 1usize..7,
        values in proptest::collection::vec(number(), 3..90),
    ) {
        let (figure, head) = (figure(x, series, facets, &values), head());
        check(&single(&figure, &head))?;
        let block = |columns| Block { figure: &figure, panels: vec![0, 1, 2, 3], columns, height: 290.0 };
        let blocks = vec![block(2)];
        check(&Picture { head: &head, width: 1200.0, blocks, for_files: vec![block(1)] })?;
    }

    #[test]
    fn no_heatmap_is_drawn_outside_its_picture(
        (width, height, maps) in (1usize..41, 1usize..41, 1usize..10), name in any::<String>(),
        values in proptest::collection::vec(proptest::option::of(number()), 1..90),
    ) {
        let mut values = values.into_iter().cycle();
        let mut row = || (0..width).map(|_| values.next().flatten()).collect::<Vec<_>>();
        let mut map = |_| Map { title: name.clone(), rows: (0..height).map(|_| row()).collect() };
        let maps: Vec<Map> = (0..maps).map(&mut map).collect();
        let side = |count| Side { label: "links.access.loss".into(), places: vec![name.clone(); count] };
        let (x, y) = (side(width), side(height));
        let heatmap = Heatmap { stem: "heatmap".into(), title: "Mean bitrate", x, y, maps };
        check(&HeatmapPicture { head: &head(), heatmap: &heatmap })?;
    }

    #[test]
    fn no_timeline_is_drawn_outside_its_picture(timeline in timeline()) {
        check(&TimelinePicture(&timeline))?;
        check(&Thumbnail(&timeline))?;
    }
}

#[test]
fn a_picture_says_what_it_shows() {
    let x = X::Numbers {
        label: "rate (Mbit/s)".into(),
        values: vec![1.0, 2.0],
        spacing: Spacing::Linear,
    };
    let (figure, head) = (figure(x, 2, 1, &[1.0, 2.0, 3.0]), head());
    let svg = draw_svg(&single(&figure, &head)).unwrap();
    for text in
        ["A title that", "Mean bitrate (Mbit/s)", "rate (Mbit/s)", "players.abr", "algorithm 1"]
    {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.contains("n = 1 session &lt;&amp;&gt;"));
}

#[test]
fn a_page_shows_a_picture_without_the_title_that_it_has_itself() {
    let x = X::Names { label: "players.abr".into(), names: vec!["bola".into()] };
    let (figure, head) = (figure(x, 1, 1, &[1.0, 2.0, 3.0]), head());
    let block = || Block { figure: &figure, panels: vec![0], columns: 1, height: 400.0 };
    let whole = Picture { head: &head, width: 900.0, blocks: vec![block()], for_files: vec![] };
    let (from, to) = whole.on_page();
    assert_eq!((from, to), (HEAD, whole.size().1));
    let (file, page) = (draw_svg(&whole).unwrap(), draw(&whole).unwrap().between((from, to)));
    let (frame, shapes) = page.split_once('\n').unwrap();
    assert!(frame.contains(&format!("height=\"{}\" viewBox=\"0 336 3600 ", to - from)), "{frame}");
    assert_eq!(file.split_once('\n').unwrap().1, shapes, "all else is the same text");
    // What is below is for the file alone.
    let more = Picture { for_files: vec![block()], ..whole };
    assert!(more.size().1 > to && more.on_page() == (from, to));
}

prop_compose! {
    fn distribution()(values in proptest::collection::vec(-1e3f64..1e4, 0..9)) -> Option<Distribution> {
        let interval = Some(Interval { low: -1e4, high: 2e4 });
        Distribution::of(values).map(|found| Distribution { mean: Some(0.0), interval, ..found })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_pareto_plot_is_drawn_outside_its_picture(
        points in proptest::collection::vec((number(), number(), any::<String>()), 0..30),
        panels in 1usize..4,
    ) {
        let at = |mean: f64| Point {
            mean: mean.min(1e9),
            interval: Some(Interval { low: 0.5 * mean.min(1e9), high: 2.0 * mean.min(1e9) }),
            replicates: vec![],
        };
        let points: Vec<ParetoPoint> = points
            .into_iter()
            .map(|(cost, gain, label)| ParetoPoint { label, cost: at(cost), gain: at(gain) })
            .collect();
        let panel = ParetoPanel { title: "players.max_buffer".into(), points };
        let panels = vec![panel; panels];
        let (cost, gain) = ("Stall ratio (%)".into(), "Bitrate".into());
        let pareto = ParetoPlot { cost, gain, better: Better::More, panels };
        check(&ParetoPicture { head: &head(), plot: &pareto })?;
    }

    #[test]
    fn no_drill_is_drawn_outside_its_picture(
        faults in proptest::collection::vec((-5.0f64..130.0, -9.0f64..60.0), 0..12),
        marks in proptest::collection::vec((-5.0f64..130.0, 0usize..3), 0..12),
        lines in proptest::collection::vec((0.0f64..120.0, 0.0f64..1e4), 0..30),
        viewers in 0usize..5,
    ) {
        let origin = |at: usize| (!at.is_multiple_of(5)).then_some(at % 7);
        let numbered = || lines.iter().enumerate();
        let viewer = |number: usize| Viewer {
            name: format!("Viewer {number} {}", "x".repeat(number * 60)),
            starting: lines.first().map(|(at, _)| (0.0, *at)),
            stalled: lines.iter().map(|(at, length)| (*at, at + length)).collect(),
            buffer: lines.clone(),
            latency: lines.chunks(3).map(<[_]>::to_vec).collect(),
            served: numbered().map(|(i, (at, _))| (*at, origin(i))).collect(),
            ages: numbered().map(|(i, (at, age))| (*at, *age, origin(i))).collect(),
            failures: lines.iter().map(|(at, _)| *at).collect(),
        };
        let fault = |(from, length): &(f64, f64)| FaultSpan {
            from: *from,
            to: from + length,
            label: "packager-a: status 503 for 50 % ".repeat(2),
        };
        let kinds = [MarkKind::Failover, MarkKind::Switchback, MarkKind::NoneGood];
        let mark = |(at, kind): &(f64, usize)| Mark {
            at: *at,
            kind: kinds[*kind],
            label: format!("origin-a -> origin-b {kind}"),
        };
        let drill = DrillTimeline {
            head: head(),
            span: (0.0, 120.0),
            faults: faults.iter().map(fault).collect(),
            marks: marks.iter().map(mark).collect(),
            origins: (0..7).map(|i| "origin ".repeat(i * 5)).collect(),
            viewers: (0..viewers).map(viewer).collect(),
        };
        check(&DrillPicture(&drill))?;
        check(&DrillThumbnail(&drill))?;
    }

    #[test]
    fn no_box_plot_is_drawn_outside_its_picture(
        boxes in proptest::collection::vec(distribution(), 1..30), panels in 1usize..6, name in any::<String>(),
    ) {
        let rows = vec![name.clone(); boxes.len()];
        let panel = BoxPlotPanel { title: name.clone(), axis: name.clone(), boxes };
        let plot = BoxPlot { rows_title: name, rows, panels: vec![panel; panels] };
        check(&BoxPlotPicture { head: &head(), plot: &plot })?;
    }

    #[test]
    fn no_scatter_plot_is_drawn_outside_its_picture(
        points in proptest::collection::vec((0usize..9, number(), -1e6f64..1e6), 0..50),
        name in any::<String>(), ordered in any::<bool>(),
    ) {
        let point = |(series, x, y)| ScatterPoint { series, x, y };
        let scatter = ScatterPlot {
            title: name.clone(), x: name.clone(), y: name.clone(), series_title: name.clone(),
            series: vec![name; 9], ordered, points: points.into_iter().map(point).collect(),
        };
        check(&ScatterPicture { head: &head(), plot: &scatter })?;
    }
}
