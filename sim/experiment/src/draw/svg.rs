//! The picture as SVG text.

use super::labels::SEPARATOR;
use super::layout::{self, Item, Layout};
use super::{Line, Node, Picture, Role};
use std::fmt::Write as _;

/// Colours of fill and border, as in a legend: the first that fits is a node's.
const COLOURS: [(&str, &str, &str); 5] = [
    ("origin", "#d6e6f7", "#2f6ea8"),
    ("service", "#e6dcf3", "#7650a8"),
    ("viewers", "#dcefd9", "#3d8a3a"),
    ("traffic", "#fbe5cc", "#bf7419"),
    ("forwards", "#f1f1f1", "#8a8a8a"),
];

/// Sizes in pixels. A character is taken for wider than it is in any usual font.
const TEXT: f64 = 13.0;
const CHARACTER: f64 = 8.0;
const LINE: f64 = 17.0;
const MARGIN: f64 = 24.0;
/// How far the second and third box of a pile look out from behind the first.
const PILE: f64 = 5.0;

impl Role {
    fn colour(&self) -> usize {
        match self {
            Self { origin: true, .. } => 0,
            Self { services, .. } if !services.is_empty() => 1,
            Self { viewers: 1.., .. } => 2,
            Self { sends: 1.., .. } | Self { receives: 1.., .. } => 3,
            Self { .. } => 4,
        }
    }

    /// What it does, in words.
    fn text(&self) -> String {
        let mut words = Vec::new();
        if self.origin {
            words.push("origin".to_owned());
        }
        words.extend(self.services.iter().cloned());
        match self.viewers {
            0 => {}
            1 => words.push("1 viewer".to_owned()),
            viewers => words.push(format!("{viewers} viewers")),
        }
        match (self.sends, self.receives) {
            (0, 0) => {}
            (_, 0) => words.push("sends traffic".to_owned()),
            (0, _) => words.push("receives traffic".to_owned()),
            (..) => words.push("sends and receives traffic".to_owned()),
        }
        words.join(", ")
    }
}

/// The texts in a box: its name, and what it does.
fn box_texts(node: &Node) -> Vec<String> {
    let role = node.role.text();
    let count = (node.members > 1).then(|| format!("{} nodes", node.members));
    let second: Vec<String> = count.into_iter().chain((!role.is_empty()).then_some(role)).collect();
    let second = (!second.is_empty()).then(|| second.join(SEPARATOR));
    std::iter::once(node.name.clone()).chain(second).collect()
}

fn width(texts: &[String]) -> f64 {
    texts.iter().map(|text| text.chars().count()).max().unwrap_or(0) as f64 * CHARACTER
}

impl Picture<'_> {
    /// The room that a box takes.
    fn box_item(node: &Node) -> Item {
        let texts = box_texts(node);
        let half = (texts.len() as f64 * LINE + 14.0) / 2.0;
        let pile = if node.members > 1 { 2.0 * PILE } else { 0.0 };
        Item { width: width(&texts) + 24.0 + 2.0 * pile, above: half, below: half + pile }
    }

    /// The room that a link's texts take: its name above the line, and all else below.
    fn line_item(line: &Line) -> Item {
        let name = line.name.chars().count() as f64 * CHARACTER;
        let below = line.texts.len() as f64 * LINE + 4.0;
        Item { width: width(&line.texts).max(name) + 8.0, above: LINE + 2.0, below }
    }

    pub(super) fn to_svg(&self) -> String {
        let boxes = self.nodes.len();
        let items: Vec<Item> = self
            .nodes
            .iter()
            .map(Self::box_item)
            .chain(self.lines.iter().map(Self::line_item))
            .collect();
        let last = self.nodes.iter().map(|node| 2 * node.layer + 1).max().unwrap_or(0);
        let mut layers: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
        let mut joins = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            layers[2 * node.layer].push(at);
        }
        for (at, line) in self.lines.iter().enumerate() {
            layers[2 * self.nodes[line.from].layer + 1].push(boxes + at);
            joins.extend([(line.from, boxes + at), (boxes + at, line.to)]);
        }
        let layout = layout::place(&items, layers, &joins);
        self.write(&items, &layout)
    }

    fn write(&self, items: &[Item], layout: &Layout) -> String {
        let shown: Vec<usize> = (0..COLOURS.len())
            .filter(|colour| self.nodes.iter().any(|node| node.role.colour() == *colour))
            .collect();
        let top = MARGIN + 2.0 * LINE;
        let legend: f64 = shown.iter().map(|colour| legend_width(*colour)).sum();
        let title = self.title.chars().count() as f64 * CHARACTER * 1.3;
        let width = layout.width.max(legend).max(title) + 2.0 * MARGIN;
        let height = top + layout.height + 2.0 * LINE + MARGIN;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" \
             font-size=\"{TEXT}\" fill=\"#222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        let bold = "font-size=\"17\" font-weight=\"bold\"";
        text(&mut svg, (MARGIN, MARGIN + 12.0), "start", bold, self.title);

        let _ = writeln!(svg, "<g transform=\"translate({MARGIN} {top})\">");
        for (number, line) in self.lines.iter().enumerate() {
            self.write_line(&mut svg, line, items, self.nodes.len() + number, layout);
        }
        for (number, node) in self.nodes.iter().enumerate() {
            write_box(&mut svg, node, items[number], layout.at[number]);
        }
        svg += "</g>\n";
        let mut x = MARGIN;
        for colour in shown {
            let (name, fill, border) = COLOURS[colour];
            let y = height - MARGIN;
            rect(&mut svg, (x, y - 11.0), (14.0, 14.0), 3.0, fill, border);
            text(&mut svg, (x + 20.0, y), "start", "fill=\"#555\"", name);
            x += legend_width(colour);
        }
        svg + "</svg>\n"
    }

    fn write_line(
        &self,
        svg: &mut String,
        line: &Line,
        items: &[Item],
        number: usize,
        layout: &Layout,
    ) {
        let half = items[number].width / 2.0;
        let beside = self.nodes[line.from].layer == self.nodes[line.to].layer;
        // The side of a box, and the side of its layer: between them a line is level.
        let side = |node: usize, right: bool| {
            let pile = if self.nodes[node].members > 1 { 2.0 * PILE } else { 0.0 };
            let ((x, y), (left, end)) = (layout.at[node], layout.layer[node]);
            let half = items[node].width / 2.0 - pile;
            if right { (x + half + pile, end, y) } else { (x - half, left, y) }
        };
        let ((x, y), (left, right)) = (layout.at[number], layout.layer[number]);
        let mut path = String::new();
        bend(&mut path, side(line.from, true), (x - half, left, y));
        if beside {
            bend(&mut path, side(line.to, true), (x - half, left, y));
        } else {
            bend(&mut path, (x - half, right, y), side(line.to, false));
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#777\" stroke-width=\"1.5\"/>"
        );
        let bold = "font-weight=\"bold\"";
        text(svg, (x, y - 6.0), "middle", bold, &line.name);
        for (row, line) in line.texts.iter().enumerate() {
            let y = y + LINE * (row as f64 + 1.0) - 1.0;
            text(svg, (x, y), "middle", "fill=\"#444\"", line);
        }
    }
}

fn write_box(svg: &mut String, node: &Node, item: Item, (x, y): (f64, f64)) {
    let (_, fill, border) = COLOURS[node.role.colour()];
    let pile = if node.members > 1 { 2.0 * PILE } else { 0.0 };
    let size = (item.width - 2.0 * pile, 2.0 * item.above);
    let corner = (x - size.0 / 2.0, y - item.above);
    let back = if node.members > 1 { 2 } else { 0 };
    for behind in (0..=back).rev() {
        let shift = f64::from(behind) * PILE;
        rect(svg, (corner.0 + shift, corner.1 + shift), size, 7.0, fill, border);
    }
    let texts = box_texts(node);
    let first = y - (texts.len() as f64 - 1.0) * LINE / 2.0 + 4.5;
    for (row, line) in texts.iter().enumerate() {
        let style = if row == 0 { "font-weight=\"bold\"" } else { "fill=\"#444\"" };
        text(svg, (x, first + row as f64 * LINE), "middle", style, line);
    }
}

fn legend_width(colour: usize) -> f64 {
    COLOURS[colour].0.chars().count() as f64 * CHARACTER + 44.0
}

/// A line from one height to another: level up to the side of its layer, bent between the layers,
/// and level again. An end is where it is, the side of its layer, and its height.
fn bend(
    path: &mut String,
    (start, side, from): (f64, f64, f64),
    (end, other, to): (f64, f64, f64),
) {
    let middle = (side + other) / 2.0;
    let _ = write!(
        path,
        "M{start:.1} {from:.1}H{side:.1}C{middle:.1} {from:.1} {middle:.1} {to:.1} {other:.1} \
         {to:.1}H{end:.1}"
    );
}

fn rect(svg: &mut String, at: (f64, f64), size: (f64, f64), round: f64, fill: &str, border: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round}\" \
         fill=\"{fill}\" stroke=\"{border}\"/>",
        at.0, at.1, size.0, size.1
    );
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, style: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" {style}>{text}</text>",
        at.0, at.1
    );
}
