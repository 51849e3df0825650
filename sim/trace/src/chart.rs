//! A picture of a trace in text.

use crate::{Rate, Trace};
use std::fmt::Write;
use weir_units::Time;

/// A column's fill in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A picture of a trace in text: mean rates over equal times, `width` columns by `height` rows,
/// from zero to the highest of these means, with both axes named. Sizes are taken as 10 to 400
/// columns and 2 to 50 rows.
pub fn chart(trace: &Trace, width: usize, height: usize) -> String {
    let (width, height) = (width.clamp(10, 400), height.clamp(2, 50));
    let means = means(trace, width);
    let top = means.iter().copied().max().unwrap_or_default();
    let eighths = |mean: &Rate| {
        let full = (8 * height) as u128;
        let share = u128::from(mean.micro_bps()) * full;
        let share = share.checked_div(u128::from(top.micro_bps())).unwrap_or(0) as usize;
        // What is above zero is seen.
        if *mean > Rate::ZERO { share.max(1) } else { 0 }
    };
    let bars: Vec<usize> = means.iter().map(eighths).collect();
    let mut text = String::new();
    for row in (0..height).rev() {
        let label = match row {
            0 => "0".to_owned(),
            row if row + 1 == height => mbps(top),
            _ => String::new(),
        };
        let cell = |bar: &usize| EIGHTHS[bar.saturating_sub(8 * row).min(8)];
        let cells: String = bars.iter().map(cell).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{label:>14} |{}", cells.trim_end());
    }
    let end = format!("{:.1} s", trace.length().as_secs_f64());
    let _ = writeln!(text, "{:>14} +{}", "", "-".repeat(width));
    let _ = writeln!(text, "{:>14}  0 s{end:>rest$}", "", rest = width - 3);
    text
}

fn means(trace: &Trace, width: usize) -> Vec<Rate> {
    let length = u128::from(trace.length().ns());
    let edge = |column: usize| Time::from_ns((length * column as u128 / width as u128) as u64);
    let mean = |column: usize| {
        let (from, to) = (edge(column), edge(column + 1));
        Rate::of(trace.carried(from, to), to.since(from)).unwrap_or_default()
    };
    (0..width).map(mean).collect()
}

/// A rate for people: Mbit/s with three significant digits or so.
fn mbps(rate: Rate) -> String {
    format!("{:.2} Mbit/s", rate.as_bps_f64() / 1e6)
}
