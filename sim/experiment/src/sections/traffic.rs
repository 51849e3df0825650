//! `[[traffic]]`: what shares the network with the viewers.

use crate::document::section::{Field, Section};
use crate::sections::members::Network;
use crate::sections::tcp::congestion_control;
use weir_plan::{Error, Players, TcpProfile, Traffic, TrafficKind, limits};
use weir_units::{Bytes, Span};

/// A median page has 2,652 kB in 71 requests (HTTP Archive's Web Almanac 2024, desktop).
const SIZE: Bytes = Bytes::new(37_000);
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
    for item in field.items("tables [[traffic]]", limits::MAX_TABLES)? {
        let traffic = item.section("[[traffic]]", "experiments [[traffic]]", |section| {
            let traffic = traffic(section, network, tcp)?;
            section.check(traffic.check_start(players))?;
            count += traffic.count;
            if count > limits::MAX_TRAFFIC {
                let problem = format!("{count} in all are too many");
                return Err(section
                    .refuse(&["count"], problem)
                    .hint(format!("at most {}", limits::MAX_TRAFFIC)));
            }
            Ok(traffic)
        })?;
        all.push(traffic);
    }
    Ok(all)
}

fn traffic(section: &Section<'_>, network: &Network, tcp: &TcpProfile) -> Result<Traffic, Error> {
    let names = KINDS.map(|(name, _)| (name, name));
    let kind = section.need("kind", "expected tcp, udp or web")?.one_of(&names)?;
    let hint = "traffic goes from one node to another";
    let (from, to) = (section.need("from", hint)?, section.need("to", hint)?);
    let (from, to) = (network.node_named(&from)?.to_owned(), network.node_named(&to)?.to_owned());
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
        start: section.read("start", |f| f.quantity(limits::TRAFFIC_STARTS))?.unwrap_or(Span::ZERO),
        length: section.read("length", |f| f.quantity(limits::TRAFFIC_LENGTHS))?,
        count: section.read("count", |f| f.count(limits::TRAFFIC_COUNTS))?.unwrap_or(1),
        kind: self::kind(kind, section, tcp)?,
    })
}

fn kind(kind: &str, section: &Section<'_>, tcp: &TcpProfile) -> Result<TrafficKind, Error> {
    let control = section.read("congestion_control", congestion_control)?;
    let control = control.unwrap_or_else(|| tcp.congestion_control.clone());
    let rate = section.read("rate", |f| f.quantity(limits::RATES))?;
    let packet = section.read("packet", |f| f.quantity(limits::PACKETS))?;
    let size = section.read("size", |f| f.quantity(limits::OBJECTS))?;
    let pause = section.read("pause", |f| f.quantity(limits::PAUSES))?;
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
            packet: packet.unwrap_or(*limits::PACKETS.end()),
        },
        _ => TrafficKind::Web {
            size: size.unwrap_or(SIZE),
            pause: pause.unwrap_or(PAUSE),
            congestion_control: control,
        },
    })
}
