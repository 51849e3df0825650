//! Requests about qdiscs, classes and filters, and what the kernel reports of them.

use super::Request;
use crate::qdisc::attributes::{attributes, word_at};
use crate::qdisc::{FqCodel, Htb};
use anyhow::Result;
use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{
    TcAction, TcActionAttribute, TcActionMirror, TcActionMirrorOption, TcActionOption,
    TcActionType, TcAttribute, TcFilterU32, TcFilterU32Option, TcHandle, TcMessage, TcMirror,
    TcMirrorActionType, TcOption, TcU32Key, TcU32Selector, TcU32SelectorFlags,
};

const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_STATS2: u16 = 7;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_STATS_APP: u16 = 4;
/// `struct tcmsg`.
const HEAD: usize = 20;
const INGRESS: TcHandle = TcHandle { major: 0xffff, minor: 0 };

/// A qdisc or class as the kernel reports it.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    /// The interface that it is at.
    pub index: u32,
    /// Its kind, such as `netem`.
    pub kind: String,
    /// Its handle.
    pub handle: u32,
    /// Its `TCA_OPTIONS`.
    pub options: Vec<u8>,
    /// Packets that it did not keep.
    pub drops: u64,
    /// Bytes that wait in it.
    pub backlog: u64,
    /// Of those that it did not keep, packets that found it full. Only fq_codel drops others.
    pub over_limit: u64,
    /// Packets that it marked.
    pub marks: u64,
}

/// The class of a qdisc with this handle, of this minor number.
pub(crate) fn class_of(handle: TcHandle, minor: u16) -> TcHandle {
    TcHandle { major: handle.major, minor }
}

/// Adds a qdisc below `parent`.
pub(crate) fn add_qdisc(
    index: u32,
    parent: TcHandle,
    handle: TcHandle,
    kind: &str,
    options: Vec<u8>,
) -> Request {
    let message = traffic(index, parent, handle, kind, options);
    Request::new(format!("set {kind}"), RouteNetlinkMessage::NewQueueDiscipline(message), NEW)
}

/// Changes the values of a qdisc that is there; its packets and its counters stay.
pub(crate) fn change_qdisc(
    index: u32,
    parent: TcHandle,
    handle: TcHandle,
    kind: &str,
    options: Vec<u8>,
) -> Request {
    let message = traffic(index, parent, handle, kind, options);
    Request::new(format!("change {kind}"), RouteNetlinkMessage::NewQueueDiscipline(message), 0)
}

/// Gives an interface the qdisc that it would get by itself when the kernel gets to it.
pub(crate) fn activate(index: u32) -> Request {
    let mut message = TcMessage::with_index(index.cast_signed());
    message.header.parent = TcHandle::ROOT;
    message.attributes.push(TcAttribute::Kind("noqueue".to_owned()));
    let what = format!("activate interface {index}");
    // It may have got it meanwhile.
    Request::new(
        what,
        RouteNetlinkMessage::NewQueueDiscipline(message),
        NLM_F_CREATE | NLM_F_REPLACE,
    )
}

/// Adds a class below `parent`.
pub(crate) fn add_class(
    index: u32,
    parent: TcHandle,
    handle: TcHandle,
    kind: &str,
    options: Vec<u8>,
) -> Request {
    let message = traffic(index, parent, handle, kind, options);
    Request::new(
        format!("set a class of {kind}"),
        RouteNetlinkMessage::NewTrafficClass(message),
        NEW,
    )
}

/// Changes the values of a class that is there.
pub(crate) fn change_class(
    index: u32,
    parent: TcHandle,
    handle: TcHandle,
    kind: &str,
    options: Vec<u8>,
) -> Request {
    let message = traffic(index, parent, handle, kind, options);
    let what = format!("change a class of {kind}");
    Request::new(what, RouteNetlinkMessage::NewTrafficClass(message), 0)
}

/// Asks for all qdiscs of a namespace.
pub(crate) fn list_qdiscs() -> Request {
    let message = TcMessage::default();
    let message = RouteNetlinkMessage::GetQueueDiscipline(message);
    Request::new("list the qdiscs".to_owned(), message, 0)
}

/// Asks for a class.
pub(crate) fn get_class(index: u32, class: TcHandle) -> Request {
    let mut message = TcMessage::with_index(index.cast_signed());
    message.header.handle = class;
    let what = format!("look at a class of {}", Htb::KIND);
    // Without the flag the kernel tells others than who asked.
    Request::new(what, RouteNetlinkMessage::GetTrafficClass(message), NLM_F_ECHO)
}

/// Sends all that arrives at interface `from` out of interface `to`, untouched.
pub(crate) fn redirect(from: u32, to: u32) -> [Request; 2] {
    let mut ingress = TcMessage::with_index(from.cast_signed());
    ingress.header.parent = TcHandle::INGRESS;
    ingress.header.handle = INGRESS;
    ingress.attributes.push(TcAttribute::Kind("ingress".to_owned()));
    let ingress = RouteNetlinkMessage::NewQueueDiscipline(ingress);

    const ALL_PROTOCOLS: u32 = 0x0300; // ETH_P_ALL in network byte order
    let mut selector = TcU32Selector::default();
    selector.flags = TcU32SelectorFlags::Terminal;
    selector.nkeys = 1;
    // A key that compares no bit.
    selector.keys = vec![TcU32Key::default()];
    let mut mirror = TcMirror::default();
    mirror.generic.action = TcActionType::Stolen;
    mirror.eaction = TcMirrorActionType::EgressRedir;
    mirror.ifindex = to;
    let mut action = TcAction::default();
    action.attributes = vec![
        TcActionAttribute::Kind(TcActionMirror::KIND.to_owned()),
        TcActionAttribute::Options(vec![TcActionOption::Mirror(TcActionMirrorOption::Parms(
            mirror,
        ))]),
    ];
    let mut filter = TcMessage::with_index(from.cast_signed());
    filter.header.parent = INGRESS;
    filter.header.info = ALL_PROTOCOLS;
    filter.attributes.push(TcAttribute::Kind(TcFilterU32::KIND.to_owned()));
    filter.attributes.push(TcAttribute::Options(vec![
        TcOption::U32(TcFilterU32Option::Selector(selector)),
        TcOption::U32(TcFilterU32Option::Action(vec![action])),
    ]));
    let filter = RouteNetlinkMessage::NewTrafficFilter(filter);
    [
        Request::new("set ingress".to_owned(), ingress, NEW),
        Request::new("set a u32 filter that redirects by mirred".to_owned(), filter, NEW),
    ]
}

fn traffic(
    index: u32,
    parent: TcHandle,
    handle: TcHandle,
    kind: &str,
    options: Vec<u8>,
) -> TcMessage {
    let mut message = TcMessage::with_index(index.cast_signed());
    message.header.parent = parent;
    message.header.handle = handle;
    message.attributes.push(TcAttribute::Kind(kind.to_owned()));
    message.attributes.push(TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, options)));
    message
}

/// Reads a qdisc or a class out of its message.
pub(crate) fn reported(payload: &[u8]) -> Result<Reported> {
    // struct tcmsg: family and padding, interface, handle, parent, info.
    let mut found = Reported {
        index: word_at(payload, 4)?,
        handle: word_at(payload, 8)?,
        ..Reported::default()
    };
    for (kind, value) in attributes(payload.get(HEAD..).unwrap_or_default())? {
        match kind {
            TCA_KIND => {
                let name = value.split(|byte| *byte == 0).next().unwrap_or_default();
                found.kind = String::from_utf8_lossy(name).into_owned();
            }
            TCA_OPTIONS => found.options = value.to_vec(),
            TCA_STATS2 => counters(value, &mut found)?,
            _ => {}
        }
    }
    Ok(found)
}

fn counters(nested: &[u8], found: &mut Reported) -> Result<()> {
    for (kind, value) in attributes(nested)? {
        match kind {
            // struct gnet_stats_queue: qlen, backlog, drops.
            TCA_STATS_QUEUE => {
                found.backlog = word_at(value, 4)?.into();
                found.drops = word_at(value, 8)?.into();
            }
            TCA_STATS_APP if found.kind == FqCodel::KIND => {
                let own = FqCodel::counters(value)?;
                (found.over_limit, found.marks) = (own.over_limit, own.marks);
            }
            _ => {}
        }
    }
    if found.kind != FqCodel::KIND {
        found.over_limit = found.drops;
    }
    Ok(())
}
