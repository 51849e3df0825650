//! Rate, delay, buffer, independent loss.

use super::Law;
use crate::setups::{FRAME, PAYLOAD_SHARE, PLAIN, build, direct, queue, rate, setup, shape};
use crate::traffic::{self, download, one_way, round_trips};
use anyhow::{Context, Result, ensure};
use std::fmt::Write;
use weir_net::Network;
use weir_plan::{Loss, Phase, Setup, Shape};
use weir_units::{Bytes, Ratio, Seed, Span};

pub const LAWS: [(&str, Law); 7] = [
    ("a_long_download_gets_what_the_rate_leaves_after_headers", goodput),
    ("an_idle_round_trip_is_delay_plus_serialization", idle_round_trip),
    ("a_deep_buffer_fills_although_the_sender_is_on_the_same_machine", deep_buffer),
    ("a_deep_buffer_right_behind_the_sender_fills_as_well", deep_buffer_at_the_sender),
    ("the_depth_of_the_buffer_does_not_depend_on_the_delay", depth_and_delay),
    ("losses_follow_the_seed_and_come_at_the_rate_that_was_asked_for", losses),
    ("a_lossless_link_keeps_every_packet_and_their_order", order),
];

fn goodput() -> Result<String> {
    let mut said = String::new();
    for mbps in [1, 5, 10, 20] {
        let network = build(shape(mbps))?;
        // A minute of it.
        let goodput = traffic::goodput(&network, "left", "right", Bytes::new(mbps * 7_500_000))?;
        let allowed = mbps as f64 * 1e6 * PAYLOAD_SHARE;
        let _ = writeln!(
            said,
            "{mbps} Mbit/s: goodput {goodput:.0} bit/s, {:.4} of what is allowed",
            goodput / allowed
        );
        ensure!((0.99..=1.0005).contains(&(goodput / allowed)), "{said}");
    }
    Ok(said)
}

fn idle_round_trip() -> Result<String> {
    let mut said = String::new();
    for mbps in [1, 5, 20] {
        let network = build(shape(mbps))?;
        for payload in [56, 1400] {
            let frame = Bytes::new(payload as u64 + traffic::UDP_HEADERS);
            let once = rate(mbps).time_for(frame)?;
            let expected = Span::from_ms(40).saturating_add(once).saturating_add(once);
            for found in round_trips(&network, "left", "right", payload, 10)? {
                let off = found.ns().abs_diff(expected.ns());
                ensure!(
                    off < 100_000,
                    "{mbps} Mbit/s, {payload} bytes: {found} instead of {expected}"
                );
            }
            let _ = writeln!(said, "{mbps} Mbit/s, {payload} bytes: {expected}");
        }
    }
    Ok(said)
}

/// 1 MB in front of 20 Mbit/s is 400 ms. A sender that saw the queue would keep it short.
fn fills(setup: &Setup) -> Result<String> {
    let network = Network::build(setup, Seed::new(3))?;
    let (took, _) = download(&network, "left", "right", Bytes::new(30_000_000))?;
    let counters = network.link_counters()?;
    let far =
        counters.iter().find(|c| c.link == "far" && c.to == "right").context("no counters")?;
    ensure!(far.queue_drops > 0, "the buffer never filled: {far:?}");
    ensure!(far.bytes <= far.packets * FRAME, "packets larger than frames: {far:?}");
    Ok(format!("{:?}: {} drops in {took}\n", setup.phase, far.queue_drops))
}

fn deep() -> Shape {
    Shape { queue: queue(1_000_000), ..shape(20) }
}

fn deep_buffer() -> Result<String> {
    let said = fills(&setup(deep()))?;
    Ok(said + &fills(&Setup { phase: Phase::Random, ..setup(deep()) })?)
}

fn deep_buffer_at_the_sender() -> Result<String> {
    let said = fills(&direct(deep()))?;
    Ok(said + &fills(&Setup { phase: Phase::Random, ..direct(deep()) })?)
}

/// A burst of 200 frames in no time: as many as the buffer holds get through, and the one or two
/// that are being sent; whatever the delay.
fn depth_and_delay() -> Result<String> {
    let mut said = String::new();
    for delay in [0, 15, 500] {
        let shape = Shape { queue: queue(50 * FRAME), delay: Span::from_ms(delay), ..shape(5) };
        let network = build(shape)?;
        let arrived = one_way(&network, "left", "right", 200, Span::ZERO)?;
        let _ = writeln!(said, "{delay} ms: {} of 200 arrived", arrived.len());
        ensure!((50..=53).contains(&arrived.len()), "{said}");
    }
    Ok(said)
}

fn losses() -> Result<String> {
    let lossy = Shape { loss: Loss::Independent(Ratio::from_ppb(20_000_000)), ..PLAIN };
    let mut found = Vec::new();
    for seed in [1, 1, 2] {
        let network = Network::build(&setup(lossy.clone()), Seed::new(seed))?;
        found.push(one_way(&network, "left", "right", 5_000, Span::from_us(200))?);
    }
    let lost = 5_000 - found[0].len();
    // 100 expected; five standard deviations are 50.
    ensure!((50..=150).contains(&lost), "{lost} of 5000 lost at 2 %");
    ensure!(found[0] == found[1], "the same seed lost other packets");
    ensure!(found[0] != found[2], "another seed lost the same packets");
    Ok(format!("{lost} of 5000 lost at 2 %\n"))
}

fn order() -> Result<String> {
    let network = build(Shape { queue: queue(10_000_000), ..shape(5) })?;
    let arrived = one_way(&network, "left", "right", 3_000, Span::ZERO)?;
    ensure!(arrived.iter().copied().eq(0..3_000), "lost or reordered: {} arrived", arrived.len());
    Ok(String::new())
}
