//! What a run's results depend on. The run's name is a hash of it, and a run goes on only where all
//! of it is the same.

use crate::store::checksummed::{read_text, write_durably};
use crate::store::listing;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;
use weir_base::hex;

/// The input that stands for all files of the copy.
pub(crate) const BESIDE: &str = "the files beside the programs";

/// The file of them in a run's folder.
const FILE: &str = "inputs.toml";
/// A file of more than this is none of ours.
const FILE_LIMIT: u64 = 1 << 20;

/// The listing of the files that programs see, in a run's folder: for `sha256sum --check`.
const LISTING: &str = "experiment.sha256";
/// One of more than this is none of ours.
const LISTING_LIMIT: u64 = 1 << 28;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// What it is called in messages.
    pub name: String,
    /// Its hash, or all of it where it is short.
    pub value: String,
}

impl Input {
    /// One that is short.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// The hash of a text.
    pub fn hashed(name: impl Into<String>, text: &str) -> Self {
        Self::new(name, hex(&Sha256::digest(text)))
    }
}

/// All of them, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inputs {
    /// They.
    pub input: Vec<Input>,
    /// The listing of the files that programs see, of which one of them is the hash.
    #[serde(skip)]
    pub listing: Option<String>,
}

impl Inputs {
    /// The run's name: 16 hexadecimal digits of the SHA-256 of all of them.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for text in self.input.iter().flat_map(|input| [&input.name, &input.value]) {
            // Its length first, so that no two lists of inputs look alike.
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        hex(&hash.finalize()).chars().take(16).collect()
    }

    /// The value of the one of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let found = self.input.iter().find(|input| input.name == name);
        found.map(|input| input.value.as_str())
    }

    /// They, in a line.
    pub fn in_words(&self) -> String {
        let one = |input: &Input| format!("{} {}", input.name, clip(&input.value));
        self.input.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Which of these are others in `earlier`, in words. What `earlier` has besides is left out: it
    /// may not be known yet here.
    pub fn others_than(&self, earlier: &Self) -> Vec<String> {
        let mut others = Vec::new();
        for Input { name, value } in &self.input {
            match earlier.value(name) {
                Some(was) if was == value => {}
                Some(_) if name == BESIDE && self.difference(earlier).is_some() => {
                    let files = self.difference(earlier).unwrap_or_default();
                    others.push(format!("{name} ({files})"));
                }
                Some(was) => {
                    others.push(format!("{name} (was {}, is {})", clip(was), clip(value)));
                }
                None => others.push(format!("{name} (was not there, is {})", clip(value))),
            }
        }
        others
    }

    /// Which of the files that programs see are others in `earlier`.
    fn difference(&self, earlier: &Self) -> Option<String> {
        let (is, was) = (self.listing.as_ref()?, earlier.listing.as_ref()?);
        listing::difference(was, is)
    }

    /// These, and those of `earlier` that are not among them, in the order of `earlier`.
    pub fn over(mut self, earlier: Self) -> Self {
        let mut all = earlier;
        for input in &mut all.input {
            if let Some(at) = self.input.iter().position(|own| own.name == input.name) {
                *input = self.input.remove(at);
            }
        }
        all.input.append(&mut self.input);
        all.listing = self.listing.or(all.listing);
        all
    }

    /// Those of the run in `folder`; `None` if it does not say.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let what = || format!("read {}", path.display());
        let text = match read_text(&path, FILE_LIMIT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(what)?,
        };
        let mut inputs: Self = toml::from_str(&text).with_context(what)?;
        // It only serves to say more than that something differs.
        inputs.listing = read_text(&folder.join(LISTING), LISTING_LIMIT).ok();
        Ok(Some(inputs))
    }

    /// Writes them into the run's folder.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        if let Some(listing) = &self.listing {
            write_durably(&folder.join(LISTING), listing.as_bytes())?;
        }
        let text = toml::to_string(self).context("write the inputs")?;
        write_durably(&folder.join(FILE), text.as_bytes())
    }
}

/// The beginning of a hash says which it is.
fn clip(value: &str) -> &str {
    const ENOUGH: usize = 12;
    let is_hash = value.len() > 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { value.get(..ENOUGH).unwrap_or(value) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(values: &[(&str, &str)]) -> Inputs {
        let input = values.iter().map(|(name, value)| Input::new(*name, *value)).collect();
        Inputs { input, listing: None }
    }

    #[test]
    fn the_name_follows_from_names_and_values() {
        let id = inputs(&[("a", "b"), ("c", "d")]).id();
        assert_eq!(id.len(), 16);
        for other in [&[("a", "b")][..], &[("a", "bc"), ("", "d")], &[("c", "d"), ("a", "b")]] {
            assert_ne!(inputs(other).id(), id);
        }
    }

    #[test]
    fn another_input_is_named_and_one_that_is_not_known_yet_is_none() {
        let earlier = inputs(&[("the plan", "1"), ("the program", "2"), ("content 0", "3")]);
        assert!(inputs(&[("the plan", "1")]).others_than(&earlier).is_empty());
        let others = inputs(&[("the plan", "1"), ("the program", "7"), ("the lab", "uml")]);
        assert_eq!(
            others.others_than(&earlier),
            ["the program (was 2, is 7)", "the lab (was not there, is uml)"]
        );
    }

    #[test]
    fn files_that_are_others_are_named() {
        let with = |value, listing: &str| Inputs {
            listing: Some(listing.to_owned()),
            ..inputs(&[(BESIDE, value)])
        };
        let earlier = with("1", "a1  abr.py\na2  policy.py\n# link  x -> y\n");
        let now = with("2", "a1  abr.py\na3  new.py\na4  policy.py\n# link  x -> z\n");
        let named = "the files beside the programs (new.py was not there, policy.py is another, x is \
                     another)";
        assert_eq!(now.others_than(&earlier), [named]);
        let gone = with("2", "");
        assert!(
            gone.others_than(&earlier)[0]
                .ends_with("(abr.py is gone, policy.py is gone, x is gone)")
        );
        let unknown = Inputs { listing: None, ..earlier };
        assert_eq!(now.others_than(&unknown), ["the files beside the programs (was 1, is 2)"]);
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Inputs::read(folder.path()).unwrap(), None);
        let listing = Some("00  a\n".to_owned());
        let written = Inputs { listing, ..inputs(&[("the plan", "1"), ("a \"name\"", "2\n")]) };
        written.write(folder.path()).unwrap();
        assert_eq!(Inputs::read(folder.path()).unwrap(), Some(written));
        std::fs::write(folder.path().join(FILE), "input = 3").unwrap();
        Inputs::read(folder.path()).unwrap_err();
    }
}
