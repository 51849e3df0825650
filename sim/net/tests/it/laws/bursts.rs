//! Loss in bursts.

use super::Law;
use crate::setups::{PLAIN, direct};
use crate::traffic::one_way;
use anyhow::{Result, ensure};
use std::fmt::Write;
use weir_net::Network;
use weir_plan::{GilbertElliott, Loss, Shape};
use weir_units::{Ratio, Seed, Span};

pub const LAWS: [(&str, Law); 2] = [
    ("losses_come_in_bursts_as_long_and_as_often_as_gilbert_and_elliott_say", gilbert),
    ("a_bad_link_loses_its_share_and_a_good_one_too", elliott),
];

const N: u32 = 40_000;

/// Which of the datagrams were lost.
fn lost(model: GilbertElliott) -> Result<Vec<bool>> {
    let shape = Shape { loss: Loss::GilbertElliott(model), ..PLAIN };
    let network = Network::build(&direct(shape), Seed::new(3))?;
    let arrived = one_way(&network, "left", "right", N, Span::from_us(200))?;
    let mut lost = vec![true; N as usize];
    arrived.iter().for_each(|number| lost[*number as usize] = false);
    Ok(lost)
}

fn percent(percent: u64) -> Ratio {
    Ratio::from_ppb(percent * 10_000_000)
}

/// Bad links lose all, good ones nothing: bursts are stays in the bad state. A share of p / (p + r)
/// is lost, in bursts of 1 / r packets on average, whose lengths are geometric.
fn gilbert() -> Result<String> {
    let mut said = String::new();
    for (p, r) in [(1, 20), (2, 50)] {
        let model = GilbertElliott {
            p: percent(p),
            r: percent(r),
            loss_bad: Ratio::ONE,
            loss_good: Ratio::ZERO,
        };
        let lost = lost(model)?;
        let count = lost.iter().filter(|lost| **lost).count() as f64;
        let starts = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        let bursts = (starts + usize::from(lost[0])) as f64;
        let (p, r, n) = (p as f64 / 100.0, r as f64 / 100.0, f64::from(N));
        let (share, length) = (p / (p + r), 1.0 / r);
        // A Markov chain of two states: the correlation of neighbours is 1 - p - r.
        let memory = (2.0 - p - r) / (p + r);
        let share_sigma = (share * (1.0 - share) * memory / n).sqrt();
        let length_sigma = ((1.0 - r) / (r * r) / bursts).sqrt();
        let (found_share, found_length) = (count / n, count / bursts);
        let share_off = (found_share - share) / share_sigma;
        let length_off = (found_length - length) / length_sigma;
        let _ = writeln!(
            said,
            "p {p}, r {r}: {found_share:.4} lost ({share_off:+.1} sigma), in bursts of \
             {found_length:.3} ({length_off:+.1} sigma)"
        );
        ensure!(share_off.abs() < 5.0 && length_off.abs() < 5.0, "{said}");
    }
    Ok(said)
}

fn elliott() -> Result<String> {
    let model = GilbertElliott {
        p: percent(10),
        r: percent(30),
        loss_bad: percent(60),
        loss_good: percent(1),
    };
    let lost = lost(model)?;
    let found = lost.iter().filter(|lost| **lost).count() as f64 / f64::from(N);
    let bad = 0.1 / (0.1 + 0.3);
    let expected = bad * 0.6 + (1.0 - bad) * 0.01;
    // Losses given the states, and the states themselves, which weigh by the difference.
    let given = bad * 0.6 * 0.4 + (1.0 - bad) * 0.01 * 0.99;
    let states = 0.59f64.powi(2) * bad * (1.0 - bad) * (2.0 - 0.4) / 0.4;
    let sigma = ((given + states) / f64::from(N)).sqrt();
    let off = (found - expected) / sigma;
    ensure!(off.abs() < 5.0, "{found:.4} lost instead of {expected:.4}: {off:+.1} sigma");
    Ok(format!("{found:.4} lost, {expected:.4} expected ({off:+.1} sigma)\n"))
}
