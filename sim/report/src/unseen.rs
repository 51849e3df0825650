//! Cells in which nobody ever saw a picture: whatever else their numbers say, nothing worked there.

use crate::print::shortened;
use crate::sweep::CellTrials;

/// The most of them that are named.
const NAMED: usize = 3;

/// These cells, while cells come.
#[derive(Debug, Default)]
pub(crate) struct Unseen {
    named: Vec<String>,
    more: u64,
}

impl Unseen {
    /// Adds the cell that comes next.
    pub(crate) fn add(&mut self, cell: &CellTrials<'_>) {
        if cell.cell.sessions == 0 || cell.never_started() < cell.cell.sessions {
            return;
        }
        if self.named.len() == NAMED {
            self.more += 1;
            return;
        }
        let axes = cell.sweep.axes.iter().zip(cell.sweep.params(cell.cell));
        let words = axes.map(|(axis, level)| format!("{} = {}", axis.axis.path, level.text));
        let name = words.collect::<Vec<_>>().join(", ");
        let whole = name.is_empty();
        self.named.push(if whole { "the whole run".to_owned() } else { shortened(&name) });
    }

    /// A line about them, if there are any.
    pub(crate) fn line(self) -> Option<String> {
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
