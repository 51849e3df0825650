//! What holds for every network. Each law runs in a guest, on a virtual clock, so that the numbers
//! are exact however busy the machine is.

use crate::traffic::{download, one_way, round_trips};
use anyhow::{Result, bail, ensure};
use std::fmt::Write;
use std::path::PathBuf;
use weir_experiment::{
    Discipline, Host, Knows, Ladder, Link, Loss, Media, Origin, Phase, Players, Queue, Setup,
    Shape, Source, TcpProfile, Topology,
};
use weir_net::{Command, Network, Process};
use weir_units::{BitRate, Bytes, Ratio, Seed, Span};

/// A direction that does nothing to packets.
const PLAIN: Shape = Shape {
    rate: None,
    delay: Span::ZERO,
    jitter: Span::ZERO,
    reordering_jitter: Span::ZERO,
    queue: Queue::Bdp(Ratio::ONE),
    discipline: Discipline::Fifo,
    loss: Loss::NONE,
};

pub type Law = fn() -> Result<String>;

pub const ALL: [(&str, Law); 9] = [
    ("a_long_download_gets_what_the_rate_leaves_after_headers", goodput),
    ("an_idle_round_trip_is_delay_plus_serialization", idle_round_trip),
    ("a_deep_buffer_fills_although_the_sender_is_on_the_same_machine", deep_buffer),
    ("the_depth_of_the_buffer_does_not_depend_on_the_delay", depth_and_delay),
    ("losses_follow_the_seed_and_come_at_the_rate_that_was_asked_for", losses),
    ("a_lossless_link_keeps_every_packet_and_their_order", order),
    ("the_tcp_profile_is_what_the_kernel_holds", tcp_profile),
    ("a_service_that_ends_early_is_quoted", early_end),
    ("many_nodes_come_up_and_reach_each_other", many_nodes),
];

/// left - middle - right; the first link only delays, the second is shaped both ways.
fn setup(shape: Shape) -> Setup {
    let link = |name: &str, a: &str, b: &str, shape| Link {
        name: name.to_owned(),
        between: (a.to_owned(), b.to_owned()),
        forward: shape,
        backward: shape,
    };
    let near = Shape { rate: None, delay: Span::from_ms(5), ..shape };
    setup_of(
        &["left", "middle", "right"],
        vec![link("near", "left", "middle", near), link("far", "middle", "right", shape)],
    )
}

fn setup_of(nodes: &[&str], links: Vec<Link>) -> Setup {
    let first = nodes[0].to_owned();
    let last = nodes[nodes.len() - 1].to_owned();
    Setup {
        media: Media {
            source: Source::Scenes,
            segment: Span::from_s(2),
            ladder: Ladder { name: "none".to_owned(), rungs: Vec::new() },
            length: Span::from_s(2),
        },
        topology: Topology {
            name: "test".to_owned(),
            nodes: nodes.iter().map(|name| Host { name: (*name).to_owned() }).collect(),
            links,
        },
        tcp: TcpProfile {
            congestion_control: "cubic".to_owned(),
            receive_buffer: Bytes::new(6_000_000),
            send_buffer: Bytes::new(4_000_000),
            initial_window: 10,
            slow_start_after_idle: true,
            ecn: false,
            sack: true,
        },
        origins: vec![Origin { node: first.clone(), service: "nginx".to_owned() }],
        players: vec![Players {
            nodes: vec![last],
            origin: first,
            count: 1,
            abr: weir_abr::Choice { name: "bola".to_owned(), params: Default::default() },
            knows: Knows::Declared,
            watch: Span::from_s(10),
            max_buffer: Span::from_s(25),
            startup: Span::from_s(2),
            resume: Span::from_s(2),
        }],
        traffic: Vec::new(),
        phase: Phase::Fixed,
        interval: Span::from_s(1),
    }
}

fn shape(mbps: u64) -> Shape {
    Shape { rate: Some(BitRate::from_bps(mbps * 1_000_000)), delay: Span::from_ms(15), ..PLAIN }
}

fn build(shape: Shape) -> Result<Network> {
    Network::build(&setup(shape), Seed::new(3))
}

/// Payload of a full frame: 1,514 bytes less Ethernet (14), IP (20) and TCP with timestamps (32).
const PAYLOAD_SHARE: f64 = 1448.0 / 1514.0;

fn goodput() -> Result<String> {
    let mut said = String::new();
    for mbps in [1, 5, 10, 20] {
        let network = build(shape(mbps))?;
        // A minute of it.
        let (took, bytes) = download(&network, "left", "right", Bytes::new(mbps * 7_500_000))?;
        let goodput = bytes.get() as f64 * 8.0 / took.as_secs_f64();
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
            // Ethernet 14, IP 20, UDP 8.
            let frame = Bytes::new(payload as u64 + 42);
            let once = BitRate::from_bps(mbps * 1_000_000).time_for(frame)?;
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
fn deep_buffer() -> Result<String> {
    let network = build(Shape { queue: Queue::Bytes(Bytes::new(1_000_000)), ..shape(20) })?;
    let (took, _) = download(&network, "left", "right", Bytes::new(30_000_000))?;
    let far = network.link_counters()?.into_iter().find(|c| c.link == "far" && c.from == "middle");
    let Some(far) = far else { bail!("no counters") };
    ensure!(far.queue_drops > 0, "the buffer never filled: {far:?}");
    ensure!(far.bytes <= far.packets * 1514, "packets larger than frames: {far:?}");
    Ok(format!("{} drops in {took}\n", far.queue_drops))
}

/// A burst of 200 frames in no time: as many as the buffer holds get through, and the one or two
/// that are being sent; whatever the delay.
fn depth_and_delay() -> Result<String> {
    let mut said = String::new();
    for delay in [0, 15, 500] {
        let shape = Shape {
            queue: Queue::Bytes(Bytes::new(50 * 1514)),
            delay: Span::from_ms(delay),
            ..shape(5)
        };
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
        let network = Network::build(&setup(lossy), Seed::new(seed))?;
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
    let network = build(Shape { queue: Queue::Bytes(Bytes::new(10_000_000)), ..shape(5) })?;
    let arrived = one_way(&network, "left", "right", 3_000, Span::ZERO)?;
    ensure!(arrived.iter().copied().eq(0..3_000), "lost or reordered: {} arrived", arrived.len());
    Ok(String::new())
}

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
    ensure!(network.node("left")?.gso_segments()? == 1, "an endpoint may send more than a frame");
    ensure!(weir_net::set_kernel_limits()?.contains('\t'), "tcp_mem");
    Ok(String::new())
}

fn early_end() -> Result<String> {
    let network = build(shape(5))?;
    let node = network.node("left")?;
    let command = |script: &str| Command {
        name: "the server".to_owned(),
        argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        log: PathBuf::from("/tmp/server.log"),
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

/// A chain of 20 nodes: the ends reach each other over 19 links.
fn many_nodes() -> Result<String> {
    let names: Vec<_> = (0..20).map(|n| format!("n{n}")).collect();
    let nodes: Vec<_> = names.iter().map(String::as_str).collect();
    let links = names.windows(2).map(|pair| Link {
        name: format!("l-{}", pair[0]),
        between: (pair[0].clone(), pair[1].clone()),
        forward: PLAIN,
        backward: PLAIN,
    });
    let network = Network::build(&setup_of(&nodes, links.collect()), Seed::new(1))?;
    let times = round_trips(&network, "n0", "n19", 100, 3)?;
    ensure!(times.iter().all(|time| *time < Span::from_ms(1)), "{times:?}");
    Ok(String::new())
}
