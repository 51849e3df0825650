//! Options of qdiscs as bytes, in the machine's own byte order, where there are no types for them.
//!
//! Decision, 2026-12-01: netlink-packet-route (0.34) has types for the options of fq_codel, of
//! ingress and of filters, and these are used. It has none for netem, htb and bfifo, so theirs are
//! laid out here as `include/uapi/linux/pkt_sched.h` says, out of netlink-packet-core's attributes.

use anyhow::{Context, Result};
use netlink_packet_core::{DefaultNla, Emitable, Nla};
use netlink_packet_route::tc::{TcAttribute, TcOption};

const TCA_OPTIONS: u16 = 2;

/// Options that are these bytes.
pub(crate) fn options(bytes: Vec<u8>) -> TcAttribute {
    TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, bytes))
}

/// The bytes of options that the kernel reports; none if it reports none.
pub(crate) fn bytes(options: &[TcOption]) -> Vec<u8> {
    match options {
        [TcOption::Other(whole)] => {
            let mut bytes = vec![0; whole.value_len()];
            whole.emit_value(&mut bytes);
            bytes
        }
        _ => Vec::new(),
    }
}

/// An attribute of some numbers.
pub(crate) fn attribute(kind: u16, value: impl Into<Vec<u8>>) -> DefaultNla {
    DefaultNla::new(kind, value.into())
}

/// The bytes of a list of attributes.
pub(crate) fn list(attributes: &[DefaultNla]) -> Vec<u8> {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    bytes
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

pub(crate) fn word_at(bytes: &[u8], at: usize) -> Result<u32> {
    let word = bytes.get(at..at + 4).context("the kernel's answer is cut short")?;
    Ok(u32::from_ne_bytes(word.try_into()?))
}

/// Options as the kernel reports them that has set `options` of a qdisc of this kind.
#[cfg(test)]
pub(crate) fn reported(kind: &str, options: &[u8]) -> Result<Vec<TcOption>> {
    use netlink_packet_core::Parseable;
    use netlink_packet_route::tc::TcMessage;
    let mut message = TcMessage::default();
    message.attributes.push(TcAttribute::Kind(kind.to_owned()));
    message.attributes.push(self::options(options.to_vec()));
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    let found = TcMessage::parse(&bytes)?.attributes.into_iter().find_map(|found| match found {
        TcAttribute::Options(options) => Some(options),
        _ => None,
    });
    found.context("no options")
}
