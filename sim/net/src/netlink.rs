//! The netlink requests that a network is built with, each with what it was about in its error.

use crate::qdisc::{Bfifo, Htb, Netem};
use anyhow::{Context, Result, anyhow, ensure};
use futures_util::{StreamExt, TryStreamExt};
use netlink_packet_core::{
    DefaultNla, Emitable, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoData, InfoVeth, LinkAttribute, LinkMessage};
use netlink_packet_route::route::{RouteAttribute, RouteMetric};
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage, TcOption, TcStats2};
use rtnetlink::{Handle, LinkUnspec, LinkVeth, RouteMessageBuilder};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

const TCA_OPTIONS: u16 = 2;
/// The handle that every root qdisc of ours gets: `1:`.
const ROOT: TcHandle = TcHandle { major: 1, minor: 0 };

/// A hardware address.
pub type Mac = [u8; 6];

/// Netlink in one namespace.
#[derive(Clone)]
pub struct Netlink {
    handle: Handle,
}

/// What an interface has carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InterfaceCounters {
    /// Packets that it sent.
    pub sent_packets: u64,
    /// Bytes that it sent, Ethernet headers included.
    pub sent_bytes: u64,
    /// Packets that it received.
    pub received_packets: u64,
    /// Bytes that it received, Ethernet headers included.
    pub received_bytes: u64,
}

/// What a qdisc has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QdiscCounters {
    /// Packets that it did not keep.
    pub drops: u64,
    /// Bytes that wait in it.
    pub backlog: u64,
}

/// A qdisc or class as the kernel reports it.
struct Reported {
    kind: String,
    handle: TcHandle,
    options: Vec<u8>,
    counters: QdiscCounters,
}

/// One end of a virtual Ethernet pair.
#[derive(Debug, Clone)]
pub struct End {
    /// The interface's name in its namespace.
    pub name: String,
    /// Its hardware address.
    pub mac: Mac,
    /// Segments per packet: 1 keeps TCP from handing over more than a frame at once.
    pub gso_segments: Option<u32>,
}

impl End {
    fn attributes(&self) -> Vec<LinkAttribute> {
        let gso = self.gso_segments.map(LinkAttribute::GsoMaxSegs);
        std::iter::once(LinkAttribute::Address(self.mac.to_vec())).chain(gso).collect()
    }
}

impl Netlink {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// Makes a virtual Ethernet pair: `here` in this namespace, `there` in the one behind `into`,
    /// or in this one as well.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub async fn veth(&self, here: &End, there: &End, into: Option<BorrowedFd<'_>>) -> Result<()> {
        let mut peer = LinkMessage::default();
        peer.attributes.push(LinkAttribute::IfName(there.name.clone()));
        peer.attributes.extend(there.attributes());
        // The kernel looks the descriptor up while it handles the request.
        peer.attributes.extend(into.map(|into| LinkAttribute::NetNsFd(into.as_raw_fd())));
        let mut message = LinkVeth::new(&here.name, &there.name)
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)));
        for attribute in here.attributes() {
            message = message.append_extra_attribute(attribute);
        }
        self.handle.link().add(message.build()).execute().await.with_context(|| {
            format!("make the virtual Ethernet pair {} - {}", here.name, there.name)
        })
    }

    /// The index of an interface.
    ///
    /// # Errors
    /// If there is none of this name.
    pub async fn index(&self, name: &str) -> Result<u32> {
        Ok(self.interface(name).await?.header.index)
    }

    async fn interface(&self, name: &str) -> Result<LinkMessage> {
        let found = self.handle.link().get().match_name(name.to_owned()).execute();
        let found = std::pin::pin!(found).try_next().await;
        found
            .with_context(|| format!("look up the interface {name}"))?
            .with_context(|| format!("there is no interface {name}"))
    }

    /// Brings an interface up.
    ///
    /// # Errors
    /// If there is none of this name, or the kernel refuses.
    pub async fn set_up(&self, name: &str) -> Result<()> {
        let message = LinkUnspec::new_with_index(self.index(name).await?).up().build();
        let set = self.handle.link().set(message).execute().await;
        set.with_context(|| format!("bring {name} up"))
    }

    /// Gives the loopback interface another address, which is how a node is known in its network.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub async fn add_node_address(&self, address: Ipv4Addr) -> Result<()> {
        let index = self.index("lo").await?;
        let added = self.handle.address().add(index, IpAddr::V4(address), 32).execute().await;
        added.with_context(|| format!("add the address {address}"))
    }

    /// Tells where a neighbour is, so that no packet ever waits for ARP.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub async fn add_neighbour(&self, name: &str, address: Ipv4Addr, mac: Mac) -> Result<()> {
        let index = self.index(name).await?;
        let request = self.handle.neighbours().add(index, IpAddr::V4(address));
        let added = request.link_layer_address(&mac).execute().await;
        added.with_context(|| format!("add the neighbour {address} at {name}"))
    }

    /// Routes packets for `to` over the interface `name` to the neighbour `via`.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub async fn add_route(
        &self,
        name: &str,
        to: Ipv4Addr,
        via: Ipv4Addr,
        from: Ipv4Addr,
        initial_window: u32,
    ) -> Result<()> {
        let mut route = RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(to, 32)
            .output_interface(self.index(name).await?)
            .gateway(via)
            .pref_source(from)
            .onlink()
            .build();
        let window = RouteMetric::InitCwnd(initial_window);
        route.attributes.push(RouteAttribute::Metrics(vec![window]));
        let added = self.handle.route().add(route).execute().await;
        added.with_context(|| format!("add a route to {to} by {via} at {name}"))
    }

    /// Sends all that arrives at interface `from` out of interface `to`, untouched.
    ///
    /// # Errors
    /// If the kernel refuses, for instance because it has neither `cls_u32` nor `act_mirred`.
    pub async fn redirect(&self, from: &str, to: &str) -> Result<()> {
        const ALL_PROTOCOLS: u16 = 0x0300; // ETH_P_ALL in network byte order
        let what = || format!("send what arrives at {from} to {to}");
        let source = i32::try_from(self.index(from).await?)?;
        let target = self.index(to).await?;
        self.handle.qdisc().add(source).ingress().execute().await.with_context(what)?;
        let filter = self.handle.traffic_filter(source).add().parent(0xffff_0000);
        let filter = filter.protocol(ALL_PROTOCOLS).redirect(target).with_context(what)?;
        filter.execute().await.with_context(what)
    }

    /// Puts a netem at the root of an interface, and verifies it.
    ///
    /// # Errors
    /// If the kernel has no netem, refuses the values, or sets other ones.
    pub async fn set_netem(&self, name: &str, netem: &Netem) -> Result<()> {
        let what = || format!("set netem at {name}");
        let index = i32::try_from(self.index(name).await?)?;
        let message = traffic(index, TcHandle::ROOT, ROOT, Netem::KIND, netem.encode()?);
        self.request(RouteNetlinkMessage::NewQueueDiscipline(message)).await.with_context(what)?;
        let found = self.qdiscs(index).await.with_context(what)?;
        netem.verify(&one_of(&found, Netem::KIND)?.options).with_context(what)
    }

    /// Puts a token bucket with a byte-limited queue at the root of an interface, and verifies
    /// both.
    ///
    /// # Errors
    /// If the kernel has no htb, refuses the values, or sets other ones.
    pub async fn set_bottleneck(&self, name: &str, htb: &Htb, queue: &Bfifo) -> Result<()> {
        let what = || format!("set htb with bfifo at {name}");
        let index = i32::try_from(self.index(name).await?)?;
        let class = TcHandle { major: ROOT.major, minor: Htb::CLASS };
        let leaf = TcHandle { major: 2, minor: 0 };
        let root = traffic(index, TcHandle::ROOT, ROOT, Htb::KIND, htb.encode_root());
        let only = traffic(index, ROOT, class, Htb::KIND, htb.encode_class()?);
        let fifo = traffic(index, class, leaf, Bfifo::KIND, queue.encode()?);
        for message in [
            RouteNetlinkMessage::NewQueueDiscipline(root),
            RouteNetlinkMessage::NewTrafficClass(only),
            RouteNetlinkMessage::NewQueueDiscipline(fifo),
        ] {
            self.request(message).await.with_context(what)?;
        }
        let found = self.qdiscs(index).await.with_context(what)?;
        queue.verify(&one_of(&found, Bfifo::KIND)?.options).with_context(what)?;
        let classes = TcMessage::with_index(index);
        let classes = self.dump(RouteNetlinkMessage::GetTrafficClass(classes)).await;
        let classes = classes.with_context(what)?;
        let found = classes.iter().find(|found| found.handle == class);
        let found = found.context("the kernel does not report the class")?;
        htb.verify_class(&found.options).with_context(what)
    }

    /// The counters of the first qdisc of a kind at an interface.
    ///
    /// # Errors
    /// If there is none.
    pub async fn qdisc_counters(&self, name: &str, kind: &str) -> Result<QdiscCounters> {
        let index = i32::try_from(self.index(name).await?)?;
        let found = self.qdiscs(index).await?;
        Ok(one_of(&found, kind).with_context(|| format!("at {name}"))?.counters)
    }

    /// The counters of an interface.
    ///
    /// # Errors
    /// If there is none of this name.
    pub async fn interface_counters(&self, name: &str) -> Result<InterfaceCounters> {
        let message = self.interface(name).await?;
        let stats = message.attributes.iter().find_map(|attribute| match attribute {
            LinkAttribute::Stats64(stats) => Some(stats),
            _ => None,
        });
        let stats = stats.with_context(|| format!("the kernel reports no counters of {name}"))?;
        Ok(InterfaceCounters {
            sent_packets: stats.tx_packets,
            sent_bytes: stats.tx_bytes,
            received_packets: stats.rx_packets,
            received_bytes: stats.rx_bytes,
        })
    }

    /// The segments per packet that an interface takes.
    ///
    /// # Errors
    /// If there is none of this name.
    pub async fn gso_segments(&self, name: &str) -> Result<u32> {
        let message = self.interface(name).await?;
        let found = message.attributes.iter().find_map(|attribute| match attribute {
            LinkAttribute::GsoMaxSegs(segments) => Some(*segments),
            _ => None,
        });
        found.with_context(|| format!("the kernel reports no gso_max_segs of {name}"))
    }

    async fn qdiscs(&self, index: i32) -> Result<Vec<Reported>> {
        let mut found = Vec::new();
        let answers = self.handle.qdisc().get().index(index).execute();
        let mut answers = std::pin::pin!(answers);
        while let Some(message) = answers.try_next().await.context("list the qdiscs")? {
            if message.header.index == index {
                found.push(reported(&message));
            }
        }
        Ok(found)
    }

    async fn dump(&self, message: RouteNetlinkMessage) -> Result<Vec<Reported>> {
        let mut found = Vec::new();
        let mut request = NetlinkMessage::from(message);
        request.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        let mut answers = self.handle.clone().request(request)?;
        while let Some(answer) = answers.next().await {
            match answer.payload {
                NetlinkPayload::Error(error) if error.code.is_some() => {
                    return Err(anyhow!(error.to_io()));
                }
                NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewTrafficClass(message)) => {
                    found.push(reported(&message));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    async fn request(&self, message: RouteNetlinkMessage) -> Result<()> {
        let mut request = NetlinkMessage::from(message);
        request.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        let mut answers = self.handle.clone().request(request)?;
        while let Some(answer) = answers.next().await {
            if let NetlinkPayload::Error(error) = answer.payload
                && error.code.is_some()
            {
                return Err(anyhow!(error.to_io()));
            }
        }
        Ok(())
    }
}

fn traffic(
    index: i32,
    parent: TcHandle,
    handle: TcHandle,
    kind: &str,
    options: Vec<u8>,
) -> TcMessage {
    let mut message = TcMessage::with_index(index);
    message.header.parent = parent;
    message.header.handle = handle;
    message.attributes.push(TcAttribute::Kind(kind.to_owned()));
    message.attributes.push(TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, options)));
    message
}

fn reported(message: &TcMessage) -> Reported {
    let mut found = Reported {
        kind: String::new(),
        handle: message.header.handle,
        options: Vec::new(),
        counters: QdiscCounters::default(),
    };
    for attribute in &message.attributes {
        match attribute {
            TcAttribute::Kind(kind) => found.kind.clone_from(kind),
            // A kind that the library does not know comes as one raw attribute, head included.
            TcAttribute::Options(options) => {
                if let [TcOption::Other(raw)] = options.as_slice() {
                    let mut bytes = vec![0; raw.buffer_len()];
                    raw.emit(&mut bytes);
                    found.options = bytes.split_off(4.min(bytes.len()));
                }
            }
            TcAttribute::Stats2(stats) => {
                for stat in stats {
                    if let TcStats2::Queue(queue) = stat {
                        found.counters = QdiscCounters {
                            drops: queue.drops.into(),
                            backlog: queue.backlog.into(),
                        };
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn one_of<'a>(found: &'a [Reported], kind: &str) -> Result<&'a Reported> {
    let mut matching = found.iter().filter(|reported| reported.kind == kind);
    let first = matching.next().with_context(|| format!("there is no {kind}"))?;
    ensure!(matching.next().is_none(), "there is more than one {kind}");
    Ok(first)
}
