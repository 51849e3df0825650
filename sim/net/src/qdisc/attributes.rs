//! Netlink attributes as bytes: length (with the 4 bytes of the head), type, value, padding to 4;
//! all in the machine's own byte order.

use anyhow::{Context, Result, bail, ensure};

/// The flag on the type of an attribute that contains attributes.
const NESTED: u16 = 0x8000;
/// The two highest bits of the type are flags.
const TYPE: u16 = 0x3fff;

/// A list of attributes that is being written.
#[derive(Default)]
pub(crate) struct Attributes(pub Vec<u8>);

impl Attributes {
    /// Adds a bare number.
    pub fn word(&mut self, word: u32) {
        self.0.extend_from_slice(&word.to_ne_bytes());
    }

    /// Adds an attribute.
    pub fn attribute(&mut self, kind: u16, value: &[u8]) {
        // All values here are shorter than 256 bytes.
        let length = (value.len() + 4) as u16;
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Adds an attribute that contains attributes.
    pub fn nested(&mut self, kind: u16, inner: &Attributes) {
        self.attribute(kind | NESTED, &inner.0);
    }
}

/// The types and values of a list of attributes.
pub(crate) fn attributes(mut rest: &[u8]) -> Result<Vec<(u16, &[u8])>> {
    let mut found = Vec::new();
    while let [l0, l1, k0, k1, ..] = *rest {
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let kind = u16::from_ne_bytes([k0, k1]) & TYPE;
        let Some(value) = rest.get(4..length) else { bail!("a netlink attribute is cut short") };
        found.push((kind, value));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    ensure!(rest.is_empty(), "a netlink attribute is cut short");
    Ok(found)
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

pub(crate) fn word_at(bytes: &[u8], at: usize) -> Result<u32> {
    let word = bytes.get(at..at + 4).context("the kernel's answer is cut short")?;
    Ok(u32::from_ne_bytes(word.try_into()?))
}

pub(crate) fn number_at(bytes: &[u8], at: usize) -> Result<u64> {
    let number = bytes.get(at..at + 8).context("the kernel's answer is cut short")?;
    Ok(u64::from_ne_bytes(number.try_into()?))
}
