//! One link: two directions, each shaped between its ends, in a namespace of its own.
//!
//! ```text
//!   node a          the link's namespace                    node b
//!   [port] ── [a]  ->  [x: htb, bfifo] ── [y]  ->  [b: netem] ── [port]     forward
//!   [port] ── [a: netem]  <-  [x] ── [y: htb, bfifo]  <-  [b] ── [port]     backward
//! ```
//!
//! `──` is a virtual Ethernet pair, `->` a redirection. In each direction a packet meets first the
//! buffer (bfifo, a limit in bytes) in front of the token bucket (htb), and then netem, which loses
//! packets, serializes at the same rate, and delays. Two elements, because one netem would count
//! packets under way against the depth of the buffer; and netem's own rate behind the token bucket,
//! because a token bucket lets a packet on an idle link through in no time.
//!
//! Nothing is shaped in an endpoint's namespace: there TCP sees the queue of its own machine and
//! keeps it short (TCP small queues), and the bottleneck would not be one.

use crate::netlink::{End, Mac};
use crate::qdisc::{Bfifo, Htb, Netem};
use crate::{Namespace, Netlink};
use anyhow::{Context, Result, bail};
use std::os::fd::AsFd;
use weir_experiment::{Loss, Shape};
use weir_units::{Bytes, Ratio, Seed, Span};

/// Frames on a link of 10 Gbit/s and 10 s of delay: netem must never be what drops packets.
const NETEM_LIMIT: u32 = 10_000_000;

/// One direction as it is set in the kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    bottleneck: Option<(Htb, Bfifo)>,
    netem: Option<Netem>,
}

impl Lane {
    /// `queue` is the depth of the buffer in bytes, needed where there is a rate.
    pub fn new(shape: &Shape, queue: Option<Bytes>, seed: Seed) -> Result<Self> {
        let bottleneck = match shape.rate {
            None => None,
            Some(rate) => {
                let limit = queue.context("a link with a rate needs the depth of its buffer")?;
                Some((Htb { rate }, Bfifo { limit }))
            }
        };
        let Loss::Independent(loss) = shape.loss else {
            bail!("bursty loss is not built yet");
        };
        let netem = Netem {
            delay: shape.delay,
            rate: shape.rate,
            loss,
            limit: NETEM_LIMIT,
            seed: seed.get(),
        };
        let does_nothing =
            netem.delay == Span::ZERO && netem.rate.is_none() && netem.loss == Ratio::ZERO;
        Ok(Self { bottleneck, netem: (!does_nothing).then_some(netem) })
    }

    fn is_plain(&self) -> bool {
        self.bottleneck.is_none() && self.netem.is_none()
    }
}

/// What one direction has done since it was made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LaneCounters {
    pub delivered_packets: u64,
    pub delivered_bytes: u64,
    pub queue_drops: u64,
    pub backlog: u64,
    pub losses: u64,
}

/// A link that is up. A link that shapes nothing is a plain virtual Ethernet pair.
pub(crate) struct Wire {
    middle: Option<Namespace>,
    lanes: [Lane; 2],
}

/// Hardware addresses inside a link's namespace: locally administered, and seen by nobody.
const INSIDE: [Mac; 4] =
    [[2, 1, 0, 0, 0, 0], [2, 1, 0, 0, 0, 1], [2, 1, 0, 0, 0, 2], [2, 1, 0, 0, 0, 3]];

impl Wire {
    /// Makes the link and brings it up, its ends included. `lanes` are forward and backward.
    pub fn new(
        name: &str,
        (node_a, a): (&Namespace, End),
        (node_b, b): (&Namespace, End),
        lanes: [Lane; 2],
    ) -> Result<Self> {
        let what = || format!("make the link {name}");
        if lanes.iter().all(Lane::is_plain) {
            pair(node_a, a, node_b, b).with_context(what)?;
            return Ok(Self { middle: None, lanes });
        }
        let middle = Namespace::new(&format!("link {name}")).with_context(what)?;
        let inner = |name: &str, mac| End { name: name.to_owned(), mac, gso_segments: None };
        let [mac_a, mac_b, mac_x, mac_y] = INSIDE;
        pair(&middle, inner("a", mac_a), node_a, a).with_context(what)?;
        pair(&middle, inner("b", mac_b), node_b, b).with_context(what)?;
        let [forward, backward] = lanes;
        middle
            .run(async move |netlink| {
                if forward.bottleneck.is_some() || backward.bottleneck.is_some() {
                    netlink.veth(&inner("x", mac_x), &inner("y", mac_y), None).await?;
                    netlink.set_up("x").await?;
                    netlink.set_up("y").await?;
                }
                lay(netlink, forward, ["a", "x", "y", "b"]).await?;
                lay(netlink, backward, ["b", "y", "x", "a"]).await
            })
            .with_context(what)?;
        Ok(Self { middle: Some(middle), lanes })
    }

    /// Counters of forward and backward; `None` for a plain link, which counts nothing itself.
    pub fn counters(&self) -> Result<Option<[LaneCounters; 2]>> {
        let Some(middle) = &self.middle else { return Ok(None) };
        let [forward, backward] = self.lanes;
        middle
            .run(async move |netlink| {
                Ok(Some([
                    count(netlink, forward, "x", "b").await?,
                    count(netlink, backward, "y", "a").await?,
                ]))
            })
            .context("read a link's counters")
    }
}

/// Lays one direction along `[in, bottleneck, behind it, out]`.
async fn lay(netlink: &Netlink, lane: Lane, path: [&str; 4]) -> Result<()> {
    let [entry, before, behind, exit] = path;
    if let Some((htb, queue)) = &lane.bottleneck {
        netlink.set_bottleneck(before, htb, queue).await?;
        netlink.redirect(entry, before).await?;
        netlink.redirect(behind, exit).await?;
    } else {
        netlink.redirect(entry, exit).await?;
    }
    if let Some(netem) = &lane.netem {
        netlink.set_netem(exit, netem).await?;
    }
    Ok(())
}

async fn count(
    netlink: &Netlink,
    lane: Lane,
    bottleneck: &str,
    exit: &str,
) -> Result<LaneCounters> {
    let delivered = netlink.interface_counters(exit).await?;
    let mut counters = LaneCounters {
        delivered_packets: delivered.sent_packets,
        delivered_bytes: delivered.sent_bytes,
        ..LaneCounters::default()
    };
    if lane.bottleneck.is_some() {
        let queue = netlink.qdisc_counters(bottleneck, Bfifo::KIND).await?;
        (counters.queue_drops, counters.backlog) = (queue.drops, queue.backlog);
    }
    if lane.netem.is_some() {
        counters.losses = netlink.qdisc_counters(exit, Netem::KIND).await?.drops;
    }
    Ok(counters)
}

/// A virtual Ethernet pair across two namespaces, both ends up.
fn pair(here: &Namespace, a: End, there: &Namespace, b: End) -> Result<()> {
    let into = there.descriptor().try_clone_to_owned().context("hold a namespace")?;
    let far_end = b.name.clone();
    here.run(async move |netlink| {
        netlink.veth(&a, &b, Some(into.as_fd())).await?;
        netlink.set_up(&a.name).await
    })?;
    there.run(async move |netlink| netlink.set_up(&far_end).await)
}
