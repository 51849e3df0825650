//! The random time that endpoints take for a packet.

use super::Law;
use crate::setups::{FRAME, build, queue, rate, setup, shape};
use crate::traffic::{self, CLOCK, UDP_HEADERS, goodput, one_way, round_trips};
use anyhow::{Result, ensure};
use std::fmt::Write;
use weir_net::Network;
use weir_plan::{Phase, Setup, Shape};
use weir_units::{Bytes, Seed, Span};

pub const LAWS: [(&str, Law); 3] = [
    ("endpoints_spread_round_trips_by_up_to_twice_a_packets_time", spread),
    ("endpoints_do_not_reorder", order),
    ("endpoints_take_no_bandwidth", bandwidth),
];

fn random(shape: Shape) -> Setup {
    Setup { phase: Phase::Random, ..setup(shape) }
}

/// The sum of two uniform times: half of the round trips lie within 0.29 of the range around its
/// middle.
fn spread() -> Result<String> {
    let mut said = String::new();
    for mbps in [1, 5, 20] {
        let network = Network::build(&random(shape(mbps)), Seed::new(3))?;
        let payload = 100;
        let once = rate(mbps).time_for(Bytes::new(payload as u64 + UDP_HEADERS))?;
        let least = Span::from_ms(40).saturating_add(once).saturating_add(once);
        let most = rate(mbps).time_for(Bytes::new(FRAME))?;
        let times = round_trips(&network, "left", "right", payload, 300)?;
        let slack = Span::from_us(100);
        let end = least.saturating_add(most).saturating_add(most).saturating_add(slack);
        let mut shares = Vec::new();
        for time in times {
            ensure!((least..=end).contains(&time), "{mbps} Mbit/s: {time}, not {least} to {end}");
            shares.push(time.saturating_sub(least).as_secs_f64() / most.as_secs_f64());
        }
        shares.sort_by(f64::total_cmp);
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let (first, last) = (shares[0], shares[shares.len() - 1]);
        let _ = writeln!(
            said,
            "{mbps} Mbit/s: round trips vary by {first:.2} to {last:.2} of {most}, mean {mean:.3}"
        );
        // The standard deviation of the mean is 0.024.
        ensure!((0.88..=1.14).contains(&mean) && first < 0.3 && last > 1.7, "{said}");
    }
    let network = build(shape(5))?;
    let times = round_trips(&network, "left", "right", 100, 20)?;
    let same = |time: &Span| time.ns().abs_diff(times[0].ns()) <= CLOCK.ns();
    ensure!(times.iter().all(same), "a fixed phase varies: {times:?}");
    Ok(said)
}

fn order() -> Result<String> {
    let deep = Shape { queue: queue(10_000_000), ..shape(5) };
    let network = Network::build(&random(deep), Seed::new(3))?;
    for (from, to, n, gap) in [
        ("left", "right", 3_000, Span::ZERO),
        ("right", "left", 3_000, Span::ZERO),
        // Closer to each other than what is drawn.
        ("left", "right", 5_000, Span::from_us(500)),
    ] {
        let arrived = one_way(&network, from, to, n, gap)?;
        ensure!(arrived.len() == n as usize, "{} of {n} arrived", arrived.len());
        let overtaken = traffic::overtaken(&arrived);
        ensure!(overtaken == 0, "{from} to {to}: {overtaken} overtaken");
    }
    Ok(String::new())
}

fn bandwidth() -> Result<String> {
    let mut said = String::new();
    for mbps in [1, 5, 20] {
        let bytes = Bytes::new(mbps * 7_500_000);
        let fixed = goodput(&build(shape(mbps))?, "left", "right", bytes)?;
        let network = Network::build(&random(shape(mbps)), Seed::new(3))?;
        let ratio = goodput(&network, "left", "right", bytes)? / fixed;
        let _ = writeln!(said, "{mbps} Mbit/s: {ratio:.4} of the goodput without");
        ensure!((0.99..=1.01).contains(&ratio), "{said}");
    }
    Ok(said)
}
