//! What is known of a trace that another program's file does not say.

use crate::{About, Kind, Position, Refusal};

/// What the file of another program does not say about its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What the trace is to be called.
    pub name: String,
    /// Capacity or goodput. Mahimahi's traces are of capacity; for all others it must be said.
    pub kind: Option<Kind>,
    /// Whether it repeats. All programs that are read here repeat their traces.
    pub repeats: bool,
    /// Who measured it.
    pub source: String,
    /// The licence of the data.
    pub licence: String,
    /// Where it was obtained.
    pub obtained: Option<String>,
}

impl Origin {
    /// What is known of the trace in `file`, which was converted so.
    pub(super) fn about(
        &self,
        file: &str,
        kind: Option<Kind>,
        conversion: String,
    ) -> Result<About, Refusal> {
        let problem = "its form does not say what the rates are (expected a kind: \"capacity\" of a \
                       link, or \"goodput\" of one flow)";
        let kind =
            self.kind.or(kind).ok_or_else(|| Refusal::new(file, Position::Whole, problem))?;
        Ok(About {
            name: self.name.clone(),
            kind,
            repeats: self.repeats,
            source: self.source.clone(),
            licence: self.licence.clone(),
            obtained: self.obtained.clone(),
            conversion: Some(conversion),
        })
    }
}
