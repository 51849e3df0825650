//! Requests about qdiscs, classes and filters, and what the kernel reports of them.

use super::socket::Request;
use netlink_packet_core::{
    DecodeError, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE, NetlinkDeserializable,
    NetlinkHeader, NlasIterator, ParseableParametrized,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{
    TcAction, TcActionAttribute, TcActionMirror, TcActionMirrorOption, TcActionOption,
    TcActionType, TcAttribute, TcFilterU32, TcFilterU32Option, TcHandle, TcHeader, TcMessage,
    TcMirror, TcMirrorActionType, TcOption, TcStats2, TcStatsQueue, TcU32Key, TcU32Selector,
    TcU32SelectorFlags, TcXstats,
};

pub(super) const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;
/// `struct tcmsg`.
const HEAD: usize = 20;
const INGRESS: TcHandle = TcHandle { major: 0xffff, minor: 0 };

/// A qdisc or class as the kernel reports it.
#[derive(Debug, Default)]
pub(crate) struct QdiscReport {
    /// The interface that it is at.
    pub index: u32,
    /// Its kind, such as `netem`.
    pub kind: String,
    /// Its handle.
    pub handle: u32,
    /// Its `TCA_OPTIONS`.
    pub options: Vec<TcOption>,
    /// What it counted as every qdisc does.
    pub queue: TcStatsQueue,
    /// What it counted beside it.
    pub own: Option<TcXstats>,
}

/// Gives an interface the qdisc that it would get by itself when the kernel gets to it.
pub(crate) fn activate(index: u32) -> Request {
    let mut message = TcMessage::with_index(index.cast_signed());
    message.header.parent = TcHandle::ROOT;
    message.attributes.push(TcAttribute::Kind("noqueue".to_owned()));
    let message = RouteNetlinkMessage::NewQueueDiscipline(message);
    // It may have got it meanwhile.
    let flags = NLM_F_CREATE | NLM_F_REPLACE;
    Request::new(format!("activate interface {index}"), message, flags)
}

/// Asks for all qdiscs of a namespace.
pub(crate) fn list_qdiscs() -> Request {
    let message = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
    Request::new("list the qdiscs".to_owned(), message, 0)
}

/// Asks for a class of a qdisc of this kind.
pub(crate) fn get_class(index: u32, class: TcHandle, kind: &str) -> Request {
    let mut message = TcMessage::with_index(index.cast_signed());
    message.header.handle = class;
    let what = format!("look at a class of {kind}");
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

impl NetlinkDeserializable for QdiscReport {
    type Error = DecodeError;

    fn deserialize(_: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let header = TcHeader::parse(payload)?;
        let (index, handle) = (header.index.cast_unsigned(), header.handle.into());
        let mut found = Self { index, handle, ..Self::default() };
        for nla in NlasIterator::new(payload.get(HEAD..).unwrap_or_default()) {
            let nla = nla?;
            // The kernel tells the same counters twice: the others are of an older form.
            if ![libc::TCA_KIND, libc::TCA_OPTIONS, libc::TCA_STATS2].contains(&nla.kind()) {
                continue;
            }
            match TcAttribute::parse_with_param(&nla, &found.kind)? {
                TcAttribute::Kind(kind) => found.kind = kind,
                TcAttribute::Options(options) => found.options = options,
                TcAttribute::Stats2(stats) => stats.into_iter().for_each(|stats| match stats {
                    TcStats2::Queue(queue) => found.queue = queue,
                    TcStats2::App(own) => found.own = Some(own),
                    _ => {}
                }),
                _ => {}
            }
        }
        Ok(found)
    }
}
