//! What the rates of a run's links are.

use crate::files::Groups;
use crate::{columns::texts, sweep::Sweep};
use anyhow::Result;
use std::collections::BTreeSet;
use weir_records::{Link, Row};

/// What is said where rates are what one flow gets, and not what the link carries.
pub(crate) const GOODPUT: &str = "goodput";
pub(crate) const CAPACITY: &str = "capacity";

/// The kinds of rates that the links of a run have; none if nothing was kept of them.
pub(crate) fn kinds(sweep: &Sweep) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut groups = Groups::open(sweep.dir(), Link::TABLE.name, &["rate_kind"])?;
    while let Some(frame) = groups.next()? {
        for kind in texts(&frame, "rate_kind")?.into_iter().flatten() {
            if !found.contains(kind) {
                found.insert(kind.to_owned());
            }
        }
        // There are no more than these.
        if [GOODPUT, CAPACITY].iter().all(|kind| found.contains(*kind)) {
            break;
        }
    }
    Ok(found)
}
