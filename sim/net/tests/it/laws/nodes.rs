//! Nodes: profiles, programs, routes.

use super::Law;
use crate::setups::{PLAIN, build, direct, link, setup, setup_of, shape};
use crate::traffic::round_trips;
use anyhow::{Result, bail, ensure};
use std::path::PathBuf;
use weir_net::{Command, Needs, Network, Process};
use weir_plan::{Phase, Shape, Traffic, TrafficKind};
use weir_units::{Seed, Span};

pub const LAWS: [(&str, Law); 7] = [
    ("the_tcp_profile_is_what_the_kernel_holds", tcp_profile),
    ("a_service_that_ends_early_is_quoted", early_end),
    ("many_nodes_come_up_and_reach_each_other", many_nodes),
    ("the_first_packet_arrives_on_each_of_many_shaped_links", first_packets),
    ("packets_take_the_fewest_links_through_circles", circles),
    ("nodes_that_nothing_connects_come_up_as_well", islands),
    ("a_kernel_that_has_everything_lacks_nothing", needs),
];

fn tcp_profile() -> Result<String> {
    let mut wanted = setup(shape(5));
    wanted.tcp.congestion_control = "bbr".to_owned();
    wanted.tcp.slow_start_after_idle = false;
    wanted.tcp.initial_window = 4;
    let network = Network::build(&wanted, Seed::new(3))?;
    for (name, node) in network.nodes() {
        let tcp = node.tcp();
        ensure!(tcp.congestion_control == "bbr", "{name}: {tcp:?}");
        ensure!(!tcp.slow_start_after_idle && tcp.no_metrics_save, "{name}: {tcp:?}");
        ensure!(tcp.rmem == "4096\t131072\t6000000", "{name}: {tcp:?}");
    }
    ensure!(network.node("left")?.gso_segments() == 1, "an endpoint may send more than a frame");
    let set = weir_net::set_kernel_limits()?;
    ensure!(set.contains('\t') && set == weir_net::kernel_limits(), "tcp_mem is {set:?}");
    Ok(String::new())
}

fn early_end() -> Result<String> {
    let network = build(shape(5))?;
    let node = network.node("left")?;
    let command = |script: &str| Command {
        name: "the server".to_owned(),
        argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        log: PathBuf::from("/tmp/server.log"),
        keeps: Vec::new(),
    };
    let address = (node.address(), 80).into();
    let mut process = Process::spawn(node.namespace(), &command("echo no such file >&2; exit 3"))?;
    let Err(error) = process.wait_until_accepting(node.namespace(), address, Span::from_s(5))
    else {
        bail!("it was never ready");
    };
    let error = format!("{error:#}");
    ensure!(error.contains("no such file") && error.contains("status 3"), "{error}");
    let mut process = Process::spawn(node.namespace(), &command("exec sleep 1000"))?;
    let Err(error) = process.wait_until_accepting(node.namespace(), address, Span::from_ms(100))
    else {
        bail!("it was never ready");
    };
    ensure!(format!("{error:#}").contains("not ready within 100 ms"), "{error:#}");
    Ok(String::new())
}

/// A chain of 64 nodes: the ends reach each other over 63 links, and the first packet arrives.
fn many_nodes() -> Result<String> {
    let names: Vec<_> = (0..64).map(|n| format!("n{n}")).collect();
    let nodes: Vec<_> = names.iter().map(String::as_str).collect();
    let links = nodes.windows(2).map(|pair| link(pair[0], pair[0], pair[1], PLAIN));
    let network = Network::build(&setup_of(&nodes, links.collect()), Seed::new(1))?;
    let times = round_trips(&network, "n0", "n63", 100, 3)?;
    ensure!(times.iter().all(|time| *time < Span::from_ms(1)), "{times:?}");
    Ok(String::new())
}

/// A star of 63 links that shape one direction only, so that not every interface has a qdisc of its
/// own: the first packet arrives at each node.
fn first_packets() -> Result<String> {
    let names: Vec<_> = (0..64).map(|n| format!("n{n}")).collect();
    let nodes: Vec<_> = names.iter().map(String::as_str).collect();
    let links = nodes[1..].iter().map(|node| {
        let shaped = link(node, "n0", node, PLAIN);
        weir_plan::Link { forward: shape(5), ..shaped }
    });
    let network = Network::build(&setup_of(&nodes, links.collect()), Seed::new(1))?;
    for node in &nodes[1..] {
        let time = round_trips(&network, "n0", node, 100, 1)?[0];
        ensure!((Span::from_ms(15)..Span::from_ms(16)).contains(&time), "{node}: {time}");
    }
    Ok(String::new())
}

/// ```text
///   a --10-- b --10-- c      a to c by b (20 ms) or by d (2 ms), which is as many links;
///   a -- 1-- d -- 1-- c      e hangs at a by a slow link, and at c by two fast ones over f
///   a --30-- e -- 1-- f --1-- c
/// ```
fn circles() -> Result<String> {
    let delayed = |name: &str, ms| {
        let (a, b) = name.split_at(1);
        link(name, a, b, Shape { delay: Span::from_ms(ms), ..PLAIN })
    };
    let links = [("ab", 10), ("bc", 10), ("ad", 1), ("dc", 1), ("ae", 30), ("ef", 1), ("fc", 1)];
    let links = links.map(|(name, ms)| delayed(name, ms)).to_vec();
    let network = Network::build(&setup_of(&["a", "b", "c", "d", "e", "f"], links), Seed::new(1))?;
    for (from, to, ms) in [("a", "c", 4), ("a", "e", 60), ("b", "d", 22), ("e", "c", 4)] {
        for time in round_trips(&network, from, to, 10, 3)? {
            let off = time.ns().abs_diff(Span::from_ms(ms).ns());
            ensure!(off < 100_000, "{from} to {to}: {time} instead of {ms} ms");
        }
    }
    Ok(String::new())
}

fn islands() -> Result<String> {
    let links = vec![link("ab", "a", "b", PLAIN), link("cd", "c", "d", shape(5))];
    let network = Network::build(&setup_of(&["c", "a", "b", "d"], links), Seed::new(1))?;
    ensure!(round_trips(&network, "a", "b", 10, 1)?[0] < Span::from_ms(1), "a to b");
    ensure!(round_trips(&network, "c", "d", 10, 1)?[0] > Span::from_ms(30), "c to d");
    Ok(String::new())
}

fn needs() -> Result<String> {
    let jitter = Shape { jitter: Span::from_ms(5), ..shape(5) };
    let managed = Shape { discipline: weir_plan::Discipline::FqCodel, ..jitter.clone() };
    let mut all = Needs::of(&direct(PLAIN));
    for shape in [jitter, managed] {
        all.add(&weir_plan::Setup { phase: Phase::Random, ..setup(shape) });
    }
    ensure!(all.lacking()?.is_empty(), "{:?}", all.lacking()?);

    let mut odd = direct(PLAIN);
    odd.tcp.congestion_control = "no-such".to_owned();
    odd.traffic.push(Traffic {
        from: "left".to_owned(),
        to: "right".to_owned(),
        start: Span::ZERO,
        length: None,
        count: 1,
        kind: TrafficKind::Tcp { congestion_control: "nor-this".to_owned() },
    });
    let lacking = Needs::of(&odd).lacking()?;
    ensure!(
        lacking
            == [
                "the congestion control \"no-such\" (tcp asks for it)",
                "the congestion control \"nor-this\" (traffic number 0 asks for it)"
            ],
        "{lacking:?}"
    );
    Ok(String::new())
}
