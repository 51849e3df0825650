//! `[[traffic]]`: what shares the network with the viewers.

use crate::Error;
use crate::members::Network;
use crate::plan::{Players, TcpProfile, Traffic, TrafficKind};
use crate::players::node;
use crate::section::{Field, Section};
use crate::shape::RATES;
use crate::tcp::congestion_control;
use std::ops::RangeInclusive;
use weir_units::{Bytes, Span};

/// The most tables.
pub(crate) const MAX_TABLES: usize = 16;
/// How many one table can stand for, and the most of all: each has sockets at both ends.
pub(crate) const COUNTS: RangeInclusive<u64> = 1..=64;
pub(crate) const MAX_COUNT: u64 = 256;

pub(crate) const STARTS: RangeInclusive<Span> = Span::ZERO..=Span::from_s(24 * 3600);
pub(crate) const LENGTHS: RangeInclusive<Span> = Span::from_ms(1)..=Span::from_s(24 * 3600);
/// From what Ethernet pads short frames to, to a full frame.
pub(crate) const PACKETS: RangeInclusive<Bytes> = Bytes::new(64)..=Bytes::new(1514);

pub(crate) const SIZES: RangeInclusive<Bytes> = Bytes::new(1_000)..=Bytes::new(1_000_000_000);
/// A median page has 2,652 kB in 71 requests (HTTP Archive's Web Almanac 2024, desktop).
const SIZE: Bytes = Bytes::new(37_000);
pub(crate) const PAUSES: RangeInclusive<Span> = Span::from_ms(1)..=Span::from_s(3600);
/// With the mean size this makes about 0.3 Mbit/s of a user, so that a few load an access link.
const PAUSE: Span = Span::from_s(1);

/// The kinds, and the keys that only they have.
const KINDS: [(&str, &[&str]); 3] = [
    ("tcp", &["congestion_control"]),
    ("udp", &["rate", "packet"]),
    ("web", &["size", "pause", "congestion_control"]),
];

/// The traffic of an experiment; there is none if nothing is said.
pub(crate) fn read(
    field: Option<Field<'_>>,
    network: &Network,
    tcp: &TcpProfile,
    players: &[Players],
) -> Result<Vec<Traffic>, Error> {
    let Some(field) = field else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    let mut count = 0;
    for item in field.items("tables [[traffic]]", MAX_TABLES)? {
        let traffic = item.section("[[traffic]]", "experiments [[traffic]]", |section| {
            let traffic = traffic(section, network, tcp)?;
            check_start(traffic.start, players)
                .map_err(|problem| section.refuse(&["start"], problem))?;
            count += traffic.count;
            if count > MAX_COUNT {
                let problem = format!("{count} in all are too many");
                return Err(section
                    .refuse(&["count"], problem)
                    .hint(format!("at most {MAX_COUNT}")));
            }
            Ok(traffic)
        })?;
        all.push(traffic);
    }
    Ok(all)
}

/// Refuses traffic that begins when nobody is there any more: a trial ends with its last viewer.
pub(crate) fn check_start(start: Span, players: &[Players]) -> Result<(), String> {
    let longest = players.iter().map(|group| group.viewing.watch).max().unwrap_or(Span::ZERO);
    if start < longest {
        return Ok(());
    }
    Err(format!("{start} is too late: nobody watches for longer than {longest}"))
}

fn traffic(section: &Section<'_>, network: &Network, tcp: &TcpProfile) -> Result<Traffic, Error> {
    let names = KINDS.map(|(name, _)| (name, name));
    let kind = section.need("kind", "expected tcp, udp or web")?.one_of(&names)?;
    let hint = "traffic goes from one node to another";
    let (from, to) = (section.need("from", hint)?, section.need("to", hint)?);
    let (from, to) = (node(&from, network)?.to_owned(), node(&to, network)?.to_owned());
    if from == to {
        let problem = format!("{to:?} is where it comes from");
        return Err(section.refuse(&["to"], problem));
    }
    if !network.reaches(&from, &to) {
        let problem = format!("there is no path from {from:?} to {to:?}");
        return Err(section.refuse(&["from", "to"], problem));
    }
    Ok(Traffic {
        from,
        to,
        start: section.read("start", |f| f.quantity(STARTS))?.unwrap_or(Span::ZERO),
        length: section.read("length", |f| f.quantity(LENGTHS))?,
        count: section.read("count", |f| f.count(COUNTS))?.unwrap_or(1),
        kind: self::kind(kind, section, tcp)?,
    })
}

fn kind(kind: &str, section: &Section<'_>, tcp: &TcpProfile) -> Result<TrafficKind, Error> {
    let control = section.read("congestion_control", congestion_control)?;
    let control = control.unwrap_or_else(|| tcp.congestion_control.clone());
    let rate = section.read("rate", |f| f.quantity(RATES))?;
    let packet = section.read("packet", |f| f.quantity(PACKETS))?;
    let size = section.read("size", |f| f.quantity(SIZES))?;
    let pause = section.read("pause", |f| f.quantity(PAUSES))?;
    let own = KINDS.iter().filter(|(name, _)| *name == kind).flat_map(|(_, keys)| *keys);
    let own: Vec<&str> = own.copied().collect();
    for key in KINDS.iter().flat_map(|(_, keys)| *keys) {
        if !own.contains(key) && section.get(key).is_some() {
            let of = KINDS.iter().filter(|(_, keys)| keys.contains(key)).map(|(name, _)| *name);
            let of: Vec<&str> = of.collect();
            let problem = format!("this is {kind}, and only {} has it", of.join(" or "));
            return Err(section.refuse(&[key], problem));
        }
    }
    Ok(match kind {
        "tcp" => TrafficKind::Tcp { congestion_control: control },
        "udp" => TrafficKind::Udp {
            rate: rate.ok_or_else(|| {
                section.missing("rate").hint("udp traffic goes at a constant rate")
            })?,
            packet: packet.unwrap_or(*PACKETS.end()),
        },
        _ => TrafficKind::Web {
            size: size.unwrap_or(SIZE),
            pause: pause.unwrap_or(PAUSE),
            congestion_control: control,
        },
    })
}
