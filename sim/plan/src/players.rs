//! Who watches, and how.

use crate::check::{Invalid, within};
use crate::limits;
use crate::media::Media;
use serde::{Deserialize, Serialize};
use weir_abr::SizeHints;
use weir_core::{LiveRules, Viewing};
use weir_units::Span;

/// A group of equal viewers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Players {
    /// The nodes that they run on, which they are dealt to in turn; at least one.
    pub nodes: Vec<String>,
    /// The node of the origin that they watch; of a live stream, that of the first of `streams`.
    pub origin: String,
    /// The services that they can watch a live stream at, the preferred one first; none of recorded
    /// content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<String>,
    /// How many.
    pub count: u64,
    /// How they watch.
    pub viewing: Viewing,
}

impl Players {
    /// The node of the viewer of this number, counted from 0.
    pub fn node(&self, number: u64) -> &str {
        let nodes = self.nodes.len() as u64;
        let at = number.checked_rem(nodes).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.nodes.get(at)).map_or("", String::as_str)
    }
}

impl Players {
    /// How long the last of some groups stays.
    pub fn longest_watch(groups: &[Self]) -> Span {
        groups.iter().map(|group| group.viewing.watch).max().unwrap_or(Span::ZERO)
    }

    /// Refuses viewers of this content that no experiment can ask for.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn check(&self, media: &Media) -> Result<(), Invalid> {
        within("count", &self.count, &limits::PLAYER_COUNTS)?;
        within("nodes", &(self.nodes.len() as u64), &(1..=self.count))?;
        let Viewing { abr, knows, watch, max_buffer, startup, resume, live, .. } = &self.viewing;
        abr.check().map_err(|error| Invalid::new(&["abr"], error))?;
        within("watch", watch, &limits::WATCHES)?;
        within("max_buffer", max_buffer, &limits::BUFFERS)?;
        if *max_buffer < media.segment {
            let problem = format!("{max_buffer} is less than a segment, {}", media.segment);
            return Err(Invalid::new(&["max_buffer"], problem));
        }
        for (key, needed) in [("startup", startup), ("resume", resume)] {
            if needed > max_buffer {
                let problem = format!("{needed} is more than max_buffer, {max_buffer}");
                return Err(Invalid::new(&[key, "max_buffer"], problem));
            }
        }
        let Some(rules) = live else { return Ok(()) };
        if *knows != SizeHints::Declared {
            let problem = "the sizes of segments that nobody has encoded yet cannot be known";
            return Err(Invalid::new(&["knows"], problem));
        }
        check_rules(rules)
    }
}

/// Refuses rules by which nobody can follow a live stream.
fn check_rules(rules: &LiveRules) -> Result<(), Invalid> {
    let LiveRules { catch_up: _, target, max_latency, stale } = rules;
    let keys = [("target_latency", target), ("max_latency", max_latency), ("stale", stale)];
    for (key, span) in keys {
        span.as_ref().map_or(Ok(()), |span| within(key, span, &limits::LATENCIES))?;
    }
    match (target, max_latency) {
        (Some(target), Some(most)) if most <= target => {
            let problem = format!("{most} is not above the target, {target}");
            Err(Invalid::new(&["max_latency"], problem))
        }
        _ => Ok(()),
    }
}
