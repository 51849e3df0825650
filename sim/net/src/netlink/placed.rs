//! Qdiscs at their places: setting them, changing them, and reading them back.

use super::socket::{Netlink, Request};
use super::traffic::{NEW, QdiscReport, get_class, list_qdiscs};
use crate::qdisc::{CLASS, Qdisc};
use anyhow::{Context, Result, ensure};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage};
use std::collections::BTreeMap;

/// A qdisc at its place: it gets what leaves an interface.
#[derive(Clone, Copy)]
pub(crate) struct PlacedQdisc<'a> {
    /// The interface.
    pub index: u32,
    /// Where it is there.
    pub level: Level,
    pub qdisc: &'a dyn Qdisc,
}

/// Where a qdisc is at its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// It is the first: `1:`.
    Root,
    /// It is below the only class of the first: `2:`.
    Leaf,
}

impl Level {
    const ROOT: TcHandle = TcHandle { major: 1, minor: 0 };
    const LEAF: TcHandle = TcHandle { major: 2, minor: 0 };

    fn handle(self) -> TcHandle {
        match self {
            Self::Root => Self::ROOT,
            Self::Leaf => Self::LEAF,
        }
    }

    fn parent(self) -> TcHandle {
        match self {
            Self::Root => TcHandle::ROOT,
            Self::Leaf => TcHandle { minor: CLASS, ..Self::ROOT },
        }
    }
}

/// The qdiscs of a namespace.
pub(crate) struct Qdiscs(BTreeMap<(u32, u32), QdiscReport>);

impl Qdiscs {
    /// Asks the kernel for all of them.
    pub fn list(netlink: &mut Netlink) -> Result<Self> {
        Ok(Self::of(netlink.list(list_qdiscs())?))
    }

    fn of(found: Vec<QdiscReport>) -> Self {
        Self(found.into_iter().map(|qdisc| ((qdisc.index, qdisc.handle), qdisc)).collect())
    }

    /// What the kernel reports of a qdisc.
    pub fn find(&self, place: &PlacedQdisc<'_>) -> Result<&QdiscReport> {
        let name = place.name();
        let found = self.0.get(&(place.index, place.level.handle().into()));
        let found = found.with_context(|| format!("the kernel reports no {name}"))?;
        ensure!(found.kind == name, "the kernel reports {} instead of {name}", found.kind);
        Ok(found)
    }
}

impl PlacedQdisc<'_> {
    fn name(&self) -> &'static str {
        self.qdisc.info().name
    }

    /// The class of the qdisc, as the parent or the child of another thing.
    fn class(&self) -> TcHandle {
        TcHandle { minor: CLASS, ..self.level.handle() }
    }

    /// Sets it, and makes its class if it needs to be made.
    pub fn add(&self) -> Result<Vec<Request>> {
        let mut requests = vec![self.request("set", NEW)?];
        requests.extend(self.request_for_class("set", NEW)?);
        Ok(requests)
    }

    /// Changes the values of one that is there, or of its class if that was made; its packets and
    /// its counters stay.
    pub fn change(&self) -> Result<Request> {
        self.request_for_class("change", 0)?.map_or_else(|| self.request("change", 0), Ok)
    }

    fn request(&self, verb: &str, flags: u16) -> Result<Request> {
        let (parent, handle) = (self.level.parent(), self.level.handle());
        let message = self.message(parent, handle, self.qdisc.options()?);
        let message = RouteNetlinkMessage::NewQueueDiscipline(message);
        Ok(Request::new(format!("{verb} {}", self.name()), message, flags))
    }

    fn request_for_class(&self, verb: &str, flags: u16) -> Result<Option<Request>> {
        Ok(self.qdisc.class()?.map(|options| {
            let message = self.message(self.level.handle(), self.class(), options);
            let message = RouteNetlinkMessage::NewTrafficClass(message);
            Request::new(format!("{verb} a class of {}", self.name()), message, flags)
        }))
    }

    fn message(&self, parent: TcHandle, handle: TcHandle, options: TcAttribute) -> TcMessage {
        let mut message = TcMessage::with_index(self.index.cast_signed());
        (message.header.parent, message.header.handle) = (parent, handle);
        message.attributes = vec![TcAttribute::Kind(self.name().to_owned()), options];
        message
    }
}

/// Reads qdiscs back and compares, each with what it is part of, for the error.
pub(crate) fn verify(netlink: &mut Netlink, set: &[(&str, PlacedQdisc<'_>)]) -> Result<()> {
    let qdiscs = Qdiscs::list(netlink)?;
    let mut asked = Vec::new();
    for (_, place) in set {
        if place.qdisc.class()?.is_some() {
            asked.push(get_class(place.index, place.class(), place.name()));
        }
    }
    let classes = Qdiscs::of(netlink.get(asked)?);
    for (what, place) in set {
        let compare = || {
            place.qdisc.verify(&qdiscs.find(place)?.options)?;
            let class = classes.0.get(&(place.index, place.class().into()));
            place.qdisc.verify_class(class.map(|class| &class.options[..]).unwrap_or_default())
        };
        compare().with_context(|| format!("verify {what}"))?;
    }
    Ok(())
}
