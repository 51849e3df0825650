//! Links that change while packets pass.

use super::Law;
use crate::setups::{FRAME, PLAIN, direct, queue, rate, setup, shape};
use crate::traffic::{
    Arrival, FULL, clock, connection, one_way, overtaken, pause, round_trips, stream, transfer,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::fmt::Write;
use weir_net::{LinkChange, LinkCounters, Needs, Network};
use weir_plan::{Discipline, Fault, Loss, Moment, Setup, Shape, What};
use weir_units::{Bytes, Ratio, Seed, Span};

pub const LAWS: [(&str, Law); 7] = [
    ("while_a_link_is_down_nothing_arrives_and_afterwards_everything_does", down),
    ("a_connection_outlives_a_link_that_is_down", connection_stays),
    ("a_node_that_is_parted_is_reached_by_nobody", partition),
    ("a_link_does_what_it_was_changed_to_and_what_the_topology_says_once_restored", shapes),
    ("packets_keep_their_order_when_the_delay_becomes_shorter", order),
    ("counters_never_decrease_while_a_link_changes", counters),
    ("a_link_that_no_fault_is_about_cannot_change", refused),
];

const GAP: Span = Span::from_ms(5);

fn fault(what: What) -> Fault {
    Fault { at: Moment::Fixed(Span::ZERO), lasts: None, every: None, what }
}

/// The link "far" can change.
fn changing(mut setup: Setup) -> Setup {
    setup.faults.push(fault(What::Down("far".to_owned())));
    setup
}

fn built(setup: Setup) -> Result<Network> {
    Network::build(&changing(setup), Seed::new(3))
}

fn to(rate: Option<u64>, delay: Option<u64>, loss: Option<u64>) -> LinkChange {
    LinkChange::Shape {
        rate: rate.map(crate::setups::rate),
        delay: delay.map(Span::from_ms),
        loss: loss.map(|percent| Ratio::from_ppb(percent * 10_000_000)),
    }
}

/// A stream of `n` datagrams while `job` runs.
fn during<T>(
    network: &Network,
    n: u32,
    job: impl FnOnce() -> Result<T>,
) -> Result<(Vec<Arrival>, T)> {
    std::thread::scope(|scope| {
        let stream = scope.spawn(|| stream(network, ("left", "right"), n, GAP, 100));
        let done = job()?;
        let arrived = stream.join().map_err(|_| anyhow!("the stream panicked"))??;
        Ok((arrived, done))
    })
}

fn far(network: &Network) -> Result<LinkCounters> {
    let counters = network.link_counters()?;
    counters.into_iter().find(|c| c.link == "far" && c.to == "right").context("no link")
}

fn down() -> Result<String> {
    const N: u32 = 400;
    let mut said = String::new();
    let jitter = Shape { jitter: Span::from_ms(3), ..shape(5) };
    for (name, setup) in [
        ("plain", direct(PLAIN)),
        ("behind another", setup(PLAIN)),
        ("delay", direct(Shape { delay: Span::from_ms(20), ..PLAIN })),
        ("rate", direct(shape(5))),
        ("jitter", direct(jitter)),
    ] {
        let delay = setup.topology.links.last().context("no link")?.forward.delay;
        let network = built(setup)?;
        let (arrived, (cut, mended)) = during(&network, N, || {
            pause(Span::from_ms(500));
            network.change("far", &LinkChange::Down)?;
            let cut = clock()?;
            pause(Span::from_ms(700));
            let mended = clock()?;
            network.change("far", &LinkChange::Up)?;
            Ok((cut, mended))
        })?;
        // What had reached the wire before goes on.
        let on_the_wire = delay.saturating_add(Span::from_ms(5));
        for arrival in &arrived {
            let down = cut.saturating_add(on_the_wire)..mended;
            ensure!(!down.contains(&arrival.at), "{name}: {arrival:?} within {down:?}");
        }
        let numbers: Vec<_> = arrived.iter().map(|arrival| arrival.number).collect();
        let lost: Vec<_> = (0..N).filter(|number| !numbers.contains(number)).collect();
        let whole = lost.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        ensure!(whole && (136..=142).contains(&lost.len()), "{name}: {lost:?} of {N} are lost");
        let counted = far(&network)?;
        ensure!(counted.losses == lost.len() as u64, "{name}: {counted:?}");
        ensure!(counted.offered_packets == u64::from(N), "{name}: {counted:?}");
        let _ = writeln!(said, "{name}: {} of {N} lost in 700 ms", lost.len());
    }
    Ok(said)
}

/// Neither end hears of it: TCP sends again until it passes.
fn connection_stays() -> Result<String> {
    let network = built(setup(shape(5)))?;
    let (source, sink) = connection(&network, "left", "right")?;
    let size = Bytes::new(2_000_000);
    let (took, _) = std::thread::scope(|scope| {
        let transfer = scope.spawn(|| transfer(&source, &sink, size));
        pause(Span::from_s(1));
        network.change("far", &LinkChange::Down)?;
        pause(Span::from_s(3));
        network.change("far", &LinkChange::Up)?;
        transfer.join().map_err(|_| anyhow!("the transfer panicked"))?
    })?;
    // Without the fault it is 3.4 s. The timeout doubles, so it may wait as long again.
    ensure!((Span::from_s(6)..Span::from_s(12)).contains(&took), "{took}");
    Ok(format!("2 MB at 5 Mbit/s, 3 s without the link: {took}\n"))
}

fn partition() -> Result<String> {
    let mut setup = setup(shape(5));
    setup.faults.push(fault(What::Partition("middle".to_owned())));
    let network = Network::build(&setup, Seed::new(3))?;
    ensure!(network.links_of("middle") == ["near", "far"], "{:?}", network.links_of("middle"));
    ensure!(network.links_of("right") == ["far"], "{:?}", network.links_of("right"));
    let all = |change: &LinkChange| {
        network.links_of("middle").into_iter().try_for_each(|link| network.change(link, change))
    };
    let count = |from, to| one_way(&network, from, to, 10, Span::from_ms(1)).map(|all| all.len());
    all(&LinkChange::Down)?;
    for (from, to) in [("left", "middle"), ("middle", "left"), ("right", "middle")] {
        ensure!(count(from, to)? == 0, "{from} to {to}");
    }
    all(&LinkChange::Up)?;
    for (from, to) in [("left", "right"), ("right", "left")] {
        ensure!(count(from, to)? == 10, "{from} to {to}");
    }
    Ok(String::new())
}

/// The least round trip of small datagrams in ms, the rate of a burst in Mbit/s, and the share of
/// datagrams that is lost.
fn measured(network: &Network) -> Result<(f64, f64, f64)> {
    let arrived = one_way(network, "left", "right", 2_000, Span::from_ms(10))?;
    let lost = 1.0 - arrived.len() as f64 / 2_000.0;
    let burst = stream(network, ("left", "right"), 200, Span::ZERO, FULL)?;
    let (Some(first), Some(last)) = (burst.first(), burst.last()) else { bail!("all are lost") };
    // Those that are lost take their time as well; what comes last of a full buffer may be.
    let took = last.at.saturating_sub(first.at);
    let passed = (burst.len() as f64 - 1.0) / (1.0 - lost);
    let mbps = passed * FRAME as f64 * 8.0 / took.as_secs_f64() / 1e6;
    if lost > 0.0 {
        return Ok((f64::NAN, mbps, lost));
    }
    let times = round_trips(network, "left", "right", 10, 3)?;
    let least = times.iter().min().context("no round trip")?;
    Ok((least.as_secs_f64() * 1e3, mbps, lost))
}

fn shapes() -> Result<String> {
    let mut said = String::new();
    let jitter = Shape { jitter: Span::from_us(500), ..shape(4) };
    let fq_codel = Shape { discipline: Discipline::FqCodel, ..shape(4) };
    for (name, shape) in [("fifo", shape(4)), ("jitter", jitter), ("fq_codel", fq_codel)] {
        let network = built(direct(Shape { queue: queue(40 * FRAME), ..shape }))?;
        let mut step = |what: &str, ms: f64, mbps: f64, loss: f64| -> Result<()> {
            let found = measured(&network)?;
            let _ = writeln!(
                said,
                "{name}, {what}: {:.2} ms, {:.2} Mbit/s, {:.3} lost",
                found.0, found.1, found.2
            );
            // A small frame takes up to 0.2 ms each way, and a jitter up to 0.5 ms.
            let delayed = found.0.is_nan() || (ms..ms + 2.0).contains(&found.0);
            ensure!(delayed, "{name}, {what}: {} ms", found.0);
            // Of a burst of 40, some are lost: five standard deviations.
            let off = if loss > 0.0 { 0.5 } else { 0.02 };
            ensure!((found.1 / mbps - 1.0).abs() < off, "{name}, {what}: {} Mbit/s", found.1);
            ensure!((found.2 - loss).abs() <= 0.05, "{name}, {what}: {} lost", found.2);
            ensure!(loss > 0.0 || found.2 == 0.0, "{name}, {what}: {} lost", found.2);
            Ok(())
        };
        step("as built", 30.0, 4.0, 0.0)?;
        network.change("far", &to(None, Some(40), None))?;
        step("delay", 80.0, 4.0, 0.0)?;
        network.change("far", &to(Some(2), None, None))?;
        step("delay and rate", 80.0, 2.0, 0.0)?;
        network.change("far", &to(None, Some(5), Some(20)))?;
        step("loss", 10.0, 2.0, 0.2)?;
        let now = far(&network)?.shape;
        ensure!(now.constant_rate() == Some(rate(2)) && now.delay == Span::from_ms(5), "{now:?}");
        ensure!(now.loss == Loss::Independent(Ratio::from_ppb(200_000_000)), "{now:?}");
        network.change("far", &LinkChange::Restore)?;
        step("restored", 30.0, 4.0, 0.0)?;
    }
    Ok(said)
}

fn order() -> Result<String> {
    for shape in [PLAIN, Shape { delay: Span::from_ms(1), ..PLAIN }, shape(5)] {
        let network = built(direct(shape))?;
        network.change("far", &to(None, Some(60), None))?;
        let (arrived, ()) = during(&network, 200, || {
            pause(Span::from_ms(500));
            network.change("far", &to(None, Some(2), None))
        })?;
        let numbers: Vec<_> = arrived.iter().map(|arrival| arrival.number).collect();
        ensure!(numbers.len() == 200 && overtaken(&numbers) == 0, "{numbers:?}");
        let (first, last) = (arrived[0].took, arrived[199].took);
        ensure!(first >= Span::from_ms(60) && last < Span::from_ms(4), "{first}, {last}");
    }
    Ok(String::new())
}

fn counters() -> Result<String> {
    let fq_codel = Shape { discipline: Discipline::FqCodel, ..shape(2) };
    for shape in [PLAIN, Shape { queue: queue(10 * FRAME), ..shape(2) }, fq_codel] {
        let has_rate = shape.rate.is_some();
        let network = built(setup(shape))?;
        let mut before = network.link_counters()?;
        let (source, sink) = connection(&network, "left", "right")?;
        std::thread::scope(|scope| -> Result<()> {
            let transfer = scope.spawn(|| transfer(&source, &sink, Bytes::new(500_000)));
            during(&network, 600, || {
                (0..60).try_for_each(|round| {
                    pause(Span::from_ms(50));
                    let change = match round % 6 {
                        0 => to(None, Some(1 + round), None),
                        1 => LinkChange::Down,
                        2 => LinkChange::Up,
                        3 if has_rate => to(Some(1 + round / 6), None, None),
                        4 => to(None, None, Some(1)),
                        _ => LinkChange::Restore,
                    };
                    network.change("far", &change)?;
                    let now = network.link_counters()?;
                    for (before, now) in before.iter().zip(&now) {
                        let grown = all_of(now).zip(all_of(before)).all(|(a, b)| a >= b);
                        ensure!(grown, "{before:?}, {now:?}");
                    }
                    before = now;
                    Ok(())
                })
            })?;
            transfer.join().map_err(|_| anyhow!("the transfer panicked"))??;
            Ok(())
        })?;
        // Until nothing is under way.
        pause(Span::from_s(2));
        for counted in network.link_counters()? {
            let fates = [counted.packets, counted.queue_drops, counted.aqm_drops, counted.losses];
            ensure!(counted.offered_packets == fates.iter().sum::<u64>(), "{counted:?}");
        }
        let counted = far(&network)?;
        ensure!(counted.losses > 50 && counted.packets > 500, "{counted:?}");
    }
    Ok(String::new())
}

fn all_of(counted: &LinkCounters) -> impl Iterator<Item = u64> {
    let LinkCounters { offered_packets, packets, bytes, .. } = *counted;
    let LinkCounters { queue_drops, aqm_drops, marks, losses, .. } = *counted;
    [offered_packets, packets, bytes, queue_drops, aqm_drops, marks, losses].into_iter()
}

fn refused() -> Result<String> {
    let network = built(setup(PLAIN))?;
    let error = |link: &str, change: &LinkChange| match network.change(link, change) {
        Ok(()) => bail!("{link} changed"),
        Err(error) => Ok(format!("{error:#}")),
    };
    let near = error("near", &LinkChange::Down)?;
    ensure!(near.contains("no fault of the experiment is about it"), "{near}");
    let no_such = error("no-such", &LinkChange::Down)?;
    ensure!(no_such.contains("there is no link \"no-such\""), "{no_such}");
    let faster = error("far", &to(Some(1), None, None))?;
    ensure!(faster.contains("no rate in the topology"), "{faster}");
    ensure!(
        one_way(&network, "left", "right", 10, Span::ZERO)?.len() == 10,
        "it changed after all"
    );

    let about = |what: What| {
        let mut setup = setup(PLAIN);
        setup.faults.push(fault(what));
        Network::build(&setup, Seed::new(3)).err().map(|error| format!("{error:#}"))
    };
    let none = about(What::Down("no-such".to_owned())).unwrap_or_default();
    ensure!(none.contains("no-such"), "{none}");
    let change =
        What::Change { link: "far".to_owned(), rate: Some(rate(1)), delay: None, loss: None };
    let faster = about(change).unwrap_or_default();
    ensure!(faster.contains("the rate of the link far"), "{faster}");
    ensure!(Needs::of(&changing(direct(PLAIN))).lacking()?.is_empty(), "something is lacking");
    Ok(String::new())
}
