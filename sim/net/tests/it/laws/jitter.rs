//! Jitter, with and without reordering.

use super::Law;
use crate::setups::{FRAME, PAYLOAD_SHARE, PLAIN, build, direct, queue, rate, setup, shape};
use crate::traffic::{
    Arrival, CLOCK, FULL, UDP_HEADERS, connection, one_way, overtaken, stream, transfer,
};
use anyhow::{Result, ensure};
use nix::libc;
use std::fmt::Write;
use std::os::fd::AsRawFd;
use weir_net::Network;
use weir_plan::{Loss, Rate, Shape};
use weir_units::{Bytes, Ratio, Seed, Span};

pub const LAWS: [(&str, Law); 6] = [
    ("jitter_reorders_nothing_at_the_receiver", no_reordering),
    ("reordering_jitter_reorders", reordering),
    ("a_jittered_delay_is_uniform_from_the_delay_to_delay_plus_jitter", uniform),
    ("jitter_takes_no_bandwidth", bandwidth),
    ("jitter_follows_the_seed", seeds),
    ("jitter_does_not_change_which_packets_are_lost", same_losses),
];

const DELAY: Span = Span::from_ms(20);
const JITTER: Span = Span::from_ms(50);
/// What may pass beside the link itself: the clock, and the nodes.
const SLACK: Span = Span::from_us(100);

fn jittery(shape: Shape) -> Shape {
    Shape { delay: DELAY, jitter: JITTER, ..shape }
}

fn no_reordering() -> Result<String> {
    let mut said = String::new();
    let mut none = |what: &str, sent: u32, arrived: &[u32]| {
        let overtaken = overtaken(arrived);
        let _ = writeln!(said, "{what}: {overtaken} of {} overtaken", arrived.len());
        ensure!(arrived.len() == sent as usize, "{what}: {} of {sent} arrived", arrived.len());
        ensure!(overtaken == 0, "{what}: {overtaken} overtaken");
        Ok(())
    };
    // 20,000 packets each second, a thousand within the jitter.
    let network = Network::build(&direct(jittery(PLAIN)), Seed::new(3))?;
    let fast = stream(&network, ("left", "right"), 100_000, Span::from_us(50), 100)?;
    none("20,000 datagrams a second", 100_000, &numbers(&fast))?;
    // Bursts, and a bottleneck before the jitter.
    let deep = Shape { queue: queue(10_000_000), ..jittery(shape(20)) };
    let network = build(deep)?;
    let burst = one_way(&network, "left", "right", 3_000, Span::ZERO)?;
    none("a burst through 20 Mbit/s", 3_000, &burst)?;
    // What TCP itself says.
    let (source, sink) = connection(&network, "left", "right")?;
    transfer(&source, &sink, Bytes::new(20_000_000))?;
    let (seen, late) = (tcp_info(&source)?.tcpi_reord_seen, tcp_info(&sink)?.tcpi_rcv_ooopack);
    ensure!((seen, late) == (0, 0), "TCP saw {seen} reorderings, and {late} packets out of order");
    Ok(said + "TCP at 20 Mbit/s: none\n")
}

fn numbers(arrived: &[Arrival]) -> Vec<u32> {
    arrived.iter().map(|arrival| arrival.number).collect()
}

pub fn tcp_info(socket: &impl AsRawFd) -> Result<libc::tcp_info> {
    // SAFETY: an all-zero tcp_info is a valid value of a plain C struct.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the pointers are to live values, and the kernel is told how long the first one is.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    ensure!(done == 0, "TCP_INFO: {}", std::io::Error::last_os_error());
    Ok(info)
}

fn reordering() -> Result<String> {
    let reordering = Shape { delay: DELAY, reordering_jitter: Span::from_ms(10), ..PLAIN };
    let network = Network::build(&direct(reordering), Seed::new(3))?;
    let arrived = stream(&network, ("left", "right"), 5_000, Span::from_ms(1), 100)?;
    let overtaken = overtaken(&numbers(&arrived));
    ensure!(arrived.len() == 5_000, "{} arrived", arrived.len());
    ensure!(overtaken > 1_000, "{overtaken} overtaken");
    let range = Span::from_ms(10)..=Span::from_ms(30).saturating_add(SLACK);
    ensure!(arrived.iter().all(|a| range.contains(&a.took)), "a delay outside of {range:?}");
    Ok(format!("{overtaken} of 5000 overtaken\n"))
}

/// Far apart, no packet is held back by the one before it.
fn uniform() -> Result<String> {
    let mut said = String::new();
    for (name, shape, payload) in [
        ("no rate", PLAIN, 100),
        ("5 Mbit/s", Shape { rate: Some(Rate::Constant(rate(5))), ..PLAIN }, FULL),
    ] {
        let rate = shape.constant_rate();
        let network = Network::build(&direct(jittery(shape)), Seed::new(3))?;
        let n = 2_000;
        let arrived = stream(&network, ("left", "right"), n, Span::from_ms(60), payload)?;
        ensure!(arrived.len() == n as usize, "{name}: {} arrived", arrived.len());
        let frame = Bytes::new(payload as u64 + UDP_HEADERS);
        let once = rate.map_or(Ok(Span::ZERO), |rate| rate.time_for(frame))?;
        let least = DELAY.saturating_add(once);
        let most = least.saturating_add(JITTER).saturating_add(SLACK);
        let mut shares = Vec::new();
        for arrival in &arrived {
            let took = arrival.took;
            ensure!((least..=most).contains(&took), "{name}: {took}, not {least} to {most}");
            shares.push(took.saturating_sub(least).as_secs_f64() / JITTER.as_secs_f64());
        }
        shares.sort_by(f64::total_cmp);
        let mean = shares.iter().sum::<f64>() / f64::from(n);
        // Kolmogorov and Smirnov: beyond 1.95 / sqrt(n) with a probability of 0.1 %.
        let distance = (0..).zip(&shares).map(|(at, share)| {
            let (low, high) = (f64::from(at) / f64::from(n), f64::from(at + 1) / f64::from(n));
            (share - low).abs().max((high - share).abs())
        });
        let distance = distance.fold(0.0, f64::max);
        let (first, last) = (shares[0], shares[shares.len() - 1]);
        let _ = writeln!(
            said,
            "{name}: of the jitter {first:.4} to {last:.4}, mean {mean:.4}, distance {distance:.4}"
        );
        ensure!(first < 0.005 && last > 0.995 && (mean - 0.5).abs() < 0.03, "{said}");
        ensure!(distance < 1.95 / f64::from(n).sqrt(), "{said}");
    }
    Ok(said)
}

/// The link carries all that its rate allows, and so does TCP once it has found out how much that
/// is: with this jitter its slow start ends early, and the first ten seconds say nothing of the
/// link.
fn bandwidth() -> Result<String> {
    let mut said = String::new();
    for mbps in [5, 20] {
        let network = build(jittery(Shape { queue: queue(1_000_000), ..shape(mbps) }))?;
        // Half as many again as fit, for ten seconds.
        let fit = rate(mbps).time_for(Bytes::new(FRAME))?;
        let gap = Span::from_ns(fit.ns() * 2 / 3);
        let n = u32::try_from(Span::from_s(10).ns() / gap.ns())?;
        let arrived = stream(&network, ("left", "right"), n, gap, FULL)?;
        let (first, last) = (arrived[0].at, arrived[arrived.len() - 1].at);
        let took = last.saturating_sub(first).as_secs_f64();
        let share = (arrived.len() - 1) as f64 * fit.as_secs_f64() / took;
        let _ = writeln!(said, "{mbps} Mbit/s with jitter: datagrams get {share:.4} of the rate");
        ensure!((0.98..=1.01).contains(&share), "{said}");

        let (source, sink) = connection(&network, "left", "right")?;
        transfer(&source, &sink, Bytes::new(mbps * 1_250_000))?;
        let (took, received) = transfer(&source, &sink, Bytes::new(mbps * 6_250_000))?;
        let goodput = received.get() as f64 * 8.0 / took.as_secs_f64();
        let share = goodput / (mbps as f64 * 1e6 * PAYLOAD_SHARE);
        let _ = writeln!(said, "{mbps} Mbit/s with jitter: TCP gets {share:.4} of what is allowed");
        ensure!((0.98..=1.005).contains(&share), "{said}");
    }
    Ok(said)
}

fn seeds() -> Result<String> {
    let mut found = Vec::new();
    for seed in [1, 1, 2] {
        let network = Network::build(&direct(jittery(PLAIN)), Seed::new(seed))?;
        found.push(stream(&network, ("left", "right"), 200, Span::from_ms(60), 100)?);
    }
    let same = |a: &[Arrival], b: &[Arrival]| {
        let pairs = a.iter().zip(b);
        pairs.filter(|(a, b)| a.took.ns().abs_diff(b.took.ns()) <= CLOCK.ns()).count()
    };
    ensure!(same(&found[0], &found[1]) == 200, "the same seed drew other delays");
    let same = same(&found[0], &found[2]);
    ensure!(same < 5, "another seed drew the same delay {same} times of 200");
    Ok(String::new())
}

fn same_losses() -> Result<String> {
    let lossy = Shape { loss: Loss::Independent(Ratio::from_ppb(20_000_000)), ..PLAIN };
    let mut found = Vec::new();
    for jitter in [Span::ZERO, Span::from_ms(5)] {
        let network = Network::build(&setup(Shape { jitter, ..lossy.clone() }), Seed::new(1))?;
        found.push(one_way(&network, "left", "right", 2_000, Span::from_us(200))?);
    }
    ensure!(found[0] == found[1], "{} and {} arrived", found[0].len(), found[1].len());
    ensure!(found[0].len() < 2_000, "nothing was lost");
    Ok(String::new())
}
