//! A trace: its steps, and what is known about it.

use crate::{Rate, Volume};
use serde::{Deserialize, Serialize};
use weir_units::Span;

/// What the rate of a trace is the rate of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
#[strum(parse_err_ty = UnknownKind, parse_err_fn = UnknownKind::from)]
pub enum Kind {
    /// What a link could carry, whoever used it.
    Capacity,
    /// What one flow achieved on a link: a lower bound of the capacity, and already the result of a
    /// congestion control. Logs of downloads are of this kind.
    Goodput,
}

/// There is no kind of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no kind of trace (expected \"capacity\" or \"goodput\")")]
pub struct UnknownKind(String);

impl From<&str> for UnknownKind {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// What is known about a trace besides its rates: the head of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// Capacity or goodput.
    pub kind: Kind,
    /// Whether it begins again at its end. Otherwise its last step goes on for ever.
    pub repeats: bool,
    /// Who measured or made it: a publication, a data set, a model.
    pub source: String,
    /// The licence of the data, or what is known about it.
    pub licence: String,
    /// Where it was obtained: an address, with the commit or the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obtained: Option<String>,
    /// How it came into this form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<String>,
}

/// One piece of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// How long it lasts.
    pub span: Span,
    /// How fast it is.
    pub rate: Rate,
    /// The time from a request to its first byte, where the trace tells it.
    pub latency: Option<Span>,
}

/// A rate that is constant piece by piece.
///
/// Made by a [`Builder`](crate::Builder), which refuses what is no trace: every trace has a step,
/// a rate above zero somewhere, and stays within the bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    pub(crate) about: About,
    pub(crate) steps: Vec<Step>,
    /// Where each step begins, and the whole length: one more than there are steps.
    pub(crate) starts: Vec<u64>,
    /// What was carried before each step, and by the whole trace.
    pub(crate) sums: Vec<u128>,
}

impl Trace {
    /// What is known about it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Calls it by another name.
    pub fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.about.name);
    }

    /// Its pieces, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether it begins again at its end. Otherwise its last step goes on for ever.
    pub fn repeats(&self) -> bool {
        self.about.repeats
    }

    /// How long it is, without repetition.
    pub fn length(&self) -> Span {
        Span::from_ns(self.starts.last().copied().unwrap_or(0))
    }

    /// What it carries, without repetition.
    pub fn volume(&self) -> Volume {
        Volume::from_femtobits(self.sums.last().copied().unwrap_or(0))
    }
}
