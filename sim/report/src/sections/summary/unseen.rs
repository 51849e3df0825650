//! Cells in which nobody ever saw a picture: whatever else their numbers say, nothing worked there.

use crate::kit::head::params;
use crate::kit::print::shortened;
use weir_stats::sweep::cells::CellTrials;

/// The most of them that are named.
const NAMED: usize = 3;

/// These cells, while cells come.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    named: Vec<String>,
    more: u64,
}

impl Unseen {
    /// Adds the cell that comes next.
    pub(super) fn add(&mut self, cell: &CellTrials<'_>) {
        if cell.cell.sessions == 0 || cell.never_started() < cell.cell.sessions {
            return;
        }
        if self.named.len() == NAMED {
            self.more += 1;
            return;
        }
        let name = params(cell.sweep, cell.cell);
        let whole = name.is_empty();
        self.named.push(if whole { "the whole run".to_owned() } else { shortened(&name) });
    }

    /// A line about them, if there are any.
    pub(super) fn line(self) -> Option<String> {
        if self.named.is_empty() {
            return None;
        }
        let more = match self.more {
            0 => String::new(),
            more => format!("; and in {more} more"),
        };
        Some(format!("nobody ever saw a picture in: {}{more}", self.named.join("; ")))
    }
}
