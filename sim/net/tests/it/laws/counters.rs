//! What links count.

use super::Law;
use crate::setups::{FRAME, PLAIN, direct, queue, setup, shape};
use crate::traffic::{download, one_way, pause, stream};
use anyhow::{Result, ensure};
use std::fmt::Write;
use weir_net::Network;
use weir_plan::{Discipline, GilbertElliott, Loss, Setup, Shape};
use weir_units::{Bytes, Ratio, Seed, Span};

pub const LAWS: [(&str, Law); 2] = [
    ("every_packet_meets_exactly_one_fate", fates),
    ("a_link_that_does_nothing_delivers_what_it_is_offered", plain),
];

fn fates() -> Result<String> {
    let base = Shape { queue: queue(20 * FRAME), ..shape(5) };
    let loss = Loss::Independent(Ratio::from_ppb(20_000_000));
    let bursts = Loss::GilbertElliott(GilbertElliott {
        p: Ratio::from_ppb(10_000_000),
        r: Ratio::from_ppb(300_000_000),
        loss_bad: Ratio::ONE,
        loss_good: Ratio::ZERO,
    });
    let jitter = Span::from_ms(10);
    let fq_codel = Discipline::FqCodel;
    let shapes = [
        ("a queue", base.clone()),
        ("loss", Shape { loss, ..base.clone() }),
        ("bursts", Shape { loss: bursts, ..base.clone() }),
        ("jitter", Shape { jitter, ..base.clone() }),
        ("reordering jitter", Shape { reordering_jitter: jitter, ..base.clone() }),
        ("fq_codel", Shape { discipline: fq_codel, ..base.clone() }),
        (
            "fq_codel, bursts and jitter",
            Shape { discipline: fq_codel, loss: bursts, jitter, ..base },
        ),
        ("loss and jitter without a rate", Shape { loss, jitter, ..PLAIN }),
    ];
    let mut said = String::new();
    for (name, shape) in shapes {
        let setup = setup(shape);
        let network = Network::build(&setup, Seed::new(3))?;
        download(&network, "left", "right", Bytes::new(1_000_000))?;
        one_way(&network, "right", "left", 100, Span::ZERO)?;
        // Until nothing is under way.
        pause(Span::from_s(2));
        settled(name, &setup, &network, &mut said)?;
    }
    Ok(said)
}

fn settled(name: &str, setup: &Setup, network: &Network, said: &mut String) -> Result<()> {
    for counted in network.link_counters()? {
        let (link, to) = (&counted.link, &counted.to);
        let fates = [counted.packets, counted.queue_drops, counted.aqm_drops, counted.losses];
        ensure!(
            counted.offered_packets == fates.iter().sum::<u64>() && counted.backlog == 0,
            "{name}, {link} to {to}: {counted:?}"
        );
        ensure!(counted.offered_packets > 100, "{name}, {link} to {to}: {counted:?}");
        if link == "far" {
            let [passed, full, managed, lost] = fates;
            let _ = writeln!(
                said,
                "{name}, to {to}: {passed} passed, {full} full, {managed} managed, {lost} lost"
            );
            let shape = &setup.topology.links[1].forward;
            ensure!((lost > 0) != shape.loss.is_none(), "{name}, to {to}: {counted:?}");
        }
    }
    Ok(())
}

/// Between two readings only what passed in between is counted, in both directions.
fn plain() -> Result<String> {
    let network = Network::build(&direct(PLAIN), Seed::new(1))?;
    let count = |network: &Network| -> Result<Vec<_>> {
        let counters = network.link_counters()?;
        Ok(counters.iter().map(|c| (c.offered_packets, c.packets, c.bytes)).collect())
    };
    ensure!(count(&network)? == [(0, 0, 0), (0, 0, 0)], "{:?}", count(&network)?);
    stream(&network, ("left", "right"), 100, Span::from_ms(1), 58)?;
    ensure!(count(&network)? == [(100, 100, 10_000), (0, 0, 0)], "{:?}", count(&network)?);
    stream(&network, ("right", "left"), 10, Span::from_ms(1), 58)?;
    ensure!(count(&network)? == [(100, 100, 10_000), (10, 10, 1_000)], "{:?}", count(&network)?);
    Ok(String::new())
}
