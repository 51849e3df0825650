//! What the rates of a run's links are: what the link carries, or what one flow gets.

use anyhow::Result;
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::sync::Arc;
use weir_stats::Sweep;
use weir_tables::{TableReader, table_row};

/// What one flow gets, and what the link carries.
const GOODPUT: &str = "goodput";
const CAPACITY: &str = "capacity";

table_row! {
    /// The kind of a rate.
    struct RateRow of Link {
        rate_kind: Option<Arc<str>>,
    }
}

/// What a page says of them, where they are not what a link carries.
pub(crate) fn note(sweep: &Sweep) -> Result<Markup> {
    let mut kinds: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut rows = TableReader::<RateRow>::open(sweep.dir())?;
    // There are no more than these.
    while ![GOODPUT, CAPACITY].iter().all(|kind| kinds.contains(*kind))
        && let Some(rows) = rows.next_rows()?
    {
        kinds.extend(rows.into_iter().filter_map(|row| row.rate_kind));
    }
    let some = if kinds.contains(CAPACITY) { "Some rates" } else { "Rates" };
    Ok(html! {
        @if kinds.contains(GOODPUT) {
            p {
                (some) " of links are the " em { "goodput" } " of one flow, as it was measured: it \
                 contains what that flow's congestion control left unused, and says nothing of what \
                 several would get."
            }
        }
    })
}
