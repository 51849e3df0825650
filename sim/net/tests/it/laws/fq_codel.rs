//! Active queue management.

use super::Law;
use crate::setups::{FRAME, PLAIN, queue, rate, setup, shape};
use crate::traffic::{connection, one_way, round_trips, transfer};
use anyhow::{Context, Result, anyhow, ensure};
use weir_net::{LinkCounters, Network};
use weir_plan::{Discipline, Rate, Setup, Shape};
use weir_units::{Bytes, Seed, Span};

pub const LAWS: [(&str, Law); 3] = [
    ("a_sparse_flow_is_not_delayed_by_a_bulk_flow_in_fq_codel", sparse_flow),
    ("fq_codel_marks_instead_of_dropping_with_ecn", marks),
    ("what_a_full_fq_codel_drops_counts_as_drops_of_the_queue", full),
];

const FQ_CODEL: Shape = Shape { discipline: Discipline::FqCodel, ..PLAIN };

/// The direction in which the bulk flow goes.
fn far(network: &Network) -> Result<LinkCounters> {
    let mut counters = network.link_counters()?.into_iter();
    counters.find(|c| c.link == "far" && c.to == "right").context("no counters")
}

/// Round trips beside a download through 5 Mbit/s with a buffer of 200 kB, which is 320 ms, and
/// what the bottleneck counted.
fn beside_a_download(setup: &Setup) -> Result<(Vec<Span>, LinkCounters)> {
    let network = Network::build(setup, Seed::new(3))?;
    let (source, sink) = connection(&network, "left", "right")?;
    let bulk = std::thread::spawn(move || transfer(&source, &sink, Bytes::new(15_000_000)));
    // 40 ms on the way, and 50 ms after each: within the download's 24 s.
    let times = round_trips(&network, "right", "left", 100, 60)?;
    bulk.join().map_err(|_| anyhow!("the download panicked"))??;
    Ok((times, far(&network)?))
}

fn deep(discipline: Discipline) -> Setup {
    setup(Shape { queue: queue(200_000), discipline, ..shape(5) })
}

fn sparse_flow() -> Result<String> {
    let base = Span::from_ms(40);
    let mut medians = Vec::new();
    for discipline in [Discipline::Fifo, Discipline::FqCodel] {
        let (mut times, counted) = beside_a_download(&deep(discipline))?;
        times.sort();
        let waited = times[times.len() / 2].saturating_sub(base);
        medians.push((waited, times[times.len() - 1].saturating_sub(base), counted));
    }
    let [(fifo, _, plain), (fair, most, managed)] = &medians[..] else { unreachable!() };
    let said = format!(
        "behind a bulk flow a packet waits {fifo} in a fifo, {fair} in fq_codel (at most {most})\n\
         fifo: {} drops of the queue; fq_codel: {} by CoDel\n",
        plain.queue_drops, managed.aqm_drops
    );
    // Two frames of the bulk flow may be on their way out: one in the bucket, one on the line.
    let two = rate(5).time_for(Bytes::new(2 * FRAME))?.saturating_add(Span::from_ms(1));
    ensure!(*fifo > Span::from_ms(100), "{said}");
    ensure!(*most < two.saturating_add(two), "{said}");
    ensure!(plain.aqm_drops == 0 && plain.queue_drops > 0 && plain.marks == 0, "{plain:?}");
    ensure!(managed.aqm_drops > 0 && managed.queue_drops == 0, "{managed:?}");
    Ok(said)
}

fn marks() -> Result<String> {
    let mut setup = deep(Discipline::FqCodel);
    setup.tcp.ecn = true;
    let (_, counted) = beside_a_download(&setup)?;
    ensure!(counted.marks > 0 && counted.aqm_drops == 0, "{counted:?}");
    Ok(format!("{} marks\n", counted.marks))
}

fn full() -> Result<String> {
    let network = Network::build(
        &setup(Shape { queue: queue(50 * FRAME), rate: Some(Rate::Constant(rate(5))), ..FQ_CODEL }),
        Seed::new(3),
    )?;
    let arrived = one_way(&network, "left", "right", 200, Span::ZERO)?.len() as u64;
    let counted = far(&network)?;
    ensure!(counted.queue_drops > 0, "{counted:?}");
    let dropped = counted.queue_drops + counted.aqm_drops;
    ensure!(arrived + dropped == 200, "{arrived} arrived: {counted:?}");
    Ok(format!(
        "of 200: {} drops of the queue, {} by CoDel\n",
        counted.queue_drops, counted.aqm_drops
    ))
}
