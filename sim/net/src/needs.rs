//! What a plan asks of a kernel, and what this machine's kernel lacks.

use crate::link::{DirectionQdiscs, changing};
use crate::namespace::{Namespace, on_a_thread};
use crate::netlink::{Level, Netlink, PlacedQdisc, VethEnd, redirect, veth};
use crate::network::processing_times;
use crate::node::{allowed_congestion_controls, set_congestion_control};
use crate::qdisc::QdiscKind;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::sockopt::TcpCongestion;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socket};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use weir_plan::{Setup, Shape, TrafficKind};
use weir_units::{Bytes, Seed, Span};

/// What the setups of a plan ask of a kernel, and what of each asks for it first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs(BTreeMap<Need, String>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Veth,
    Redirect,
    Qdisc(QdiscKind),
    /// As the default of all connections of a node.
    CongestionControl(String),
    /// Chosen by a program for its own connections.
    ChosenCongestionControl(String),
}

impl Needs {
    /// What a setup asks for.
    pub fn of(setup: &Setup) -> Self {
        let mut needs = Self::default();
        needs.add(setup);
        needs
    }

    /// All that a setup can ask for.
    pub fn everything() -> Self {
        let mut needs = Self::default();
        needs.need(Need::Veth, || "links are made of it".to_owned());
        needs.need(Need::Redirect, || "for links that shape packets".to_owned());
        for kind in QdiscKind::ALL {
            needs.need(Need::Qdisc(*kind), || kind.info().purpose.to_owned());
        }
        for control in ["bbr", "cubic", "reno"] {
            needs.need(Need::CongestionControl(control.to_owned()), || "for tcp".to_owned());
        }
        needs
    }

    /// Adds what another setup asks for.
    pub fn add(&mut self, setup: &Setup) {
        let control = setup.tcp.congestion_control.clone();
        self.need(Need::CongestionControl(control), || "tcp asks for it".to_owned());
        for link in &setup.topology.links {
            self.need(Need::Veth, || format!("links.{} is made of it", link.name));
            for shape in [&link.forward, &link.backward] {
                self.add_shape(&link.name, shape);
            }
        }
        // What a fault cannot be about is refused by who builds the network.
        for position in changing(setup).unwrap_or_default() {
            let Some(link) = setup.topology.links.get(position) else { continue };
            for need in [Need::Redirect, Need::Qdisc(QdiscKind::Netem)] {
                self.need(need, || format!("a fault changes links.{}", link.name));
            }
        }
        // A link with a rate needs netem anyway.
        for (endpoint, most) in processing_times(setup) {
            if most > Span::ZERO {
                self.need(Need::Qdisc(QdiscKind::Netem), || {
                    format!("the node {endpoint} takes a random time for each packet")
                });
            }
        }
        for (number, traffic) in setup.traffic.iter().enumerate() {
            match &traffic.kind {
                TrafficKind::Tcp { congestion_control }
                | TrafficKind::Web { congestion_control, .. } => {
                    let control = Need::ChosenCongestionControl(congestion_control.clone());
                    self.need(control, || format!("traffic number {number} asks for it"));
                }
                TrafficKind::Udp { .. } => {}
            }
        }
    }

    fn add_shape(&mut self, link: &str, shape: &Shape) {
        let asks = |what: &str| format!("links.{link} asks for {what}");
        // The depth and the seed make no difference to what is needed.
        let qdiscs = DirectionQdiscs::new(shape, Some(Bytes::ZERO), false, Seed::new(0));
        let Ok(qdiscs) = qdiscs else { return };
        if qdiscs.is_plain() {
            return;
        }
        self.need(Need::Redirect, || format!("links.{link} shapes packets"));
        if let Some(bottleneck) = &qdiscs.bottleneck {
            for qdisc in [&bottleneck.htb, bottleneck.buffer.qdisc()] {
                let Some(kind) = QdiscKind::of(qdisc) else { continue };
                self.need(Need::Qdisc(kind), || asks(kind.info().asked_as));
            }
        }
        if qdiscs.netems().next().is_some() {
            let what = if shape.delay > Span::ZERO {
                "a delay"
            } else if qdiscs.jitter.is_some() {
                "a jitter"
            } else if !shape.loss.is_none() {
                "a loss"
            } else {
                "a rate"
            };
            self.need(Need::Qdisc(QdiscKind::Netem), || asks(what));
        }
    }

    fn need(&mut self, need: Need, why: impl FnOnce() -> String) {
        self.0.entry(need).or_insert_with(why);
    }

    /// What this kernel lacks of it, each with what asks for it; empty if it has everything. It is
    /// tried out, in a namespace of its own that is gone afterwards.
    ///
    /// # Errors
    /// If the kernel refuses for another reason than that it has no such thing.
    pub fn lacking(&self) -> Result<Vec<String>> {
        on_a_thread(|| self.lacking_here())
    }

    fn lacking_here(&self) -> Result<Vec<String>> {
        let scratch = match Namespace::enter_new("a trial of the kernel") {
            Ok(scratch) => scratch,
            Err(error) if errno(&error) == Some(Errno::EPERM) => {
                return Ok(vec!["CAP_SYS_ADMIN (networks are made of namespaces)".to_owned()]);
            }
            Err(error) => return Err(error),
        };
        let mut netlink = Netlink::open()?;
        let mut lacking = Vec::new();
        for (number, (need, why)) in (0..).zip(&self.0) {
            if let Some(name) = need.lacks(&mut netlink, number).context("try out the kernel")? {
                lacking.push(format!("{name} ({why})"));
            }
        }
        drop(scratch);
        Ok(lacking)
    }
}

impl Need {
    /// The name of what the kernel lacks, if it does. It is tried out at a pair of interfaces of
    /// its own, of this number.
    fn lacks(&self, netlink: &mut Netlink, number: u32) -> Result<Option<String>> {
        match self {
            Self::CongestionControl(name) => return lacks_default(name),
            Self::ChosenCongestionControl(name) => return lacks_choice(name),
            Self::Veth | Self::Redirect | Self::Qdisc(_) => {}
        }
        let index = 1_000 + 2 * number;
        let end = |number: u32| VethEnd {
            name: format!("try{number}"),
            index: number,
            mac: [2, 2, 0, 0, 0, (number & 0xff) as u8],
            gso_segments: None,
        };
        if let Err(error) = netlink.execute(vec![veth(&end(index), &end(index + 1), None)]) {
            let veth = matches!(self, Self::Veth);
            // Where there is no pair, that is the one thing to say.
            return absent(error).map(|()| veth.then(|| "veth".to_owned()));
        }
        let (name, requests) = match self {
            Self::Redirect => {
                let name = "sch_ingress, cls_u32 or act_mirred";
                (name, redirect(index, index + 1).into_iter().collect())
            }
            Self::Qdisc(kind) => {
                let qdisc = kind.sample();
                let place = PlacedQdisc { index, level: Level::Root, qdisc: qdisc.as_ref() };
                (kind.info().module, place.add()?)
            }
            _ => return Ok(None),
        };
        match netlink.execute(requests) {
            Ok(()) => Ok(None),
            Err(error) => absent(error).map(|()| Some(name.to_owned())),
        }
    }
}

fn errno(error: &anyhow::Error) -> Option<Errno> {
    error.chain().find_map(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error);
        io.map(Errno::from_raw).or_else(|| cause.downcast_ref::<Errno>().copied())
    })
}

/// Whether an error says that the kernel has no such thing.
fn absent(error: anyhow::Error) -> Result<()> {
    match errno(&error) {
        Some(Errno::ENOENT | Errno::EOPNOTSUPP | Errno::EPERM) => Ok(()),
        _ => Err(error),
    }
}

fn lacks_default(name: &str) -> Result<Option<String>> {
    let named = format!("the congestion control \"{name}\"");
    match set_congestion_control(name) {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some(named)),
        // It has it, but only the first namespace may make it the default.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(Some(format!(
            "{named} for namespaces: sysctl net.ipv4.tcp_allowed_congestion_control has only \"{}\"",
            allowed_congestion_controls()?
        ))),
        Err(error) => Err(error).with_context(|| format!("try {named}")),
    }
}

fn lacks_choice(name: &str) -> Result<Option<String>> {
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)
        .context("open a socket")?;
    match setsockopt(&socket, TcpCongestion, &OsString::from(name)) {
        Ok(()) => Ok(None),
        Err(Errno::ENOENT | Errno::EPERM) => Ok(Some(format!("the congestion control \"{name}\""))),
        Err(error) => Err(error).with_context(|| format!("try the congestion control \"{name}\"")),
    }
}
