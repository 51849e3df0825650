//! Networks to test.

use anyhow::Result;
use weir_abr::Choice;
use weir_core::{Preset, Viewing};
use weir_net::Network;
use weir_plan::{
    Discipline, Host, LabName, Ladder, Link, Loss, Media, Origin, Phase, Players, Queue, Rate,
    Setup, Shape, Source, TcpProfile, Topology,
};
use weir_units::{BitRate, Bytes, Ratio, Seed, Span};

/// A direction that does nothing to packets.
pub const PLAIN: Shape = Shape {
    rate: None,
    delay: Span::ZERO,
    jitter: Span::ZERO,
    reordering_jitter: Span::ZERO,
    queue: Queue::Bdp(Ratio::ONE),
    discipline: Discipline::Fifo,
    loss: Loss::NONE,
};

/// A full Ethernet frame.
pub const FRAME: u64 = 1_514;

/// Payload of a full frame: 1,514 bytes less Ethernet (14), IP (20) and TCP with timestamps (32).
pub const PAYLOAD_SHARE: f64 = 1448.0 / 1514.0;

pub fn rate(mbps: u64) -> BitRate {
    BitRate::from_bps(mbps * 1_000_000)
}

pub fn shape(mbps: u64) -> Shape {
    Shape { rate: Some(Rate::Constant(rate(mbps))), delay: Span::from_ms(15), ..PLAIN }
}

pub fn queue(bytes: u64) -> Queue {
    Queue::Bytes(Bytes::new(bytes))
}

/// The same both ways.
pub fn link(name: &str, a: &str, b: &str, shape: Shape) -> Link {
    Link {
        name: name.to_owned(),
        between: (a.to_owned(), b.to_owned()),
        forward: shape.clone(),
        backward: shape,
    }
}

/// left - middle - right; the first link only delays, the second has the shape both ways.
pub fn setup(shape: Shape) -> Setup {
    let near = Shape { delay: Span::from_ms(5), ..PLAIN };
    setup_of(
        &["left", "middle", "right"],
        vec![link("near", "left", "middle", near), link("far", "middle", "right", shape)],
    )
}

/// left - right, and nothing between them.
pub fn direct(shape: Shape) -> Setup {
    setup_of(&["left", "right"], vec![link("far", "left", "right", shape)])
}

/// Viewers on the last node watch an origin on the first.
pub fn setup_of(nodes: &[&str], links: Vec<Link>) -> Setup {
    let first = nodes[0].to_owned();
    let last = nodes[nodes.len() - 1].to_owned();
    Setup {
        lab: LabName::Uml,
        media: Media {
            source: Source::Scenes,
            segment: Span::from_s(2),
            ladder: Ladder { name: "none".to_owned(), rungs: Vec::new() },
            length: Span::from_s(2),
            loops: true,
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
        live: None,
        services: Vec::new(),
        faults: Vec::new(),
        players: vec![Players {
            nodes: vec![last],
            origin: first,
            count: 1,
            streams: Vec::new(),
            viewing: Viewing::of(Preset::Weir, Choice::named("bola"), Span::from_s(10)),
        }],
        traffic: Vec::new(),
        phase: Phase::Fixed,
        interval: Span::from_s(1),
    }
}

pub fn build(shape: Shape) -> Result<Network> {
    Network::build(&setup(shape), Seed::new(3))
}
