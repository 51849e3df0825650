//! Blocks: consecutive trials that are run one after the other, and kept in one file.
//!
//! A trial of real programs takes seconds, and is a block of its own. The lab `model` runs
//! thousands of trials in a second: a file that is safely on the disk for each of them would take
//! longer than they do. Which trials form a block follows from the plan alone.

use std::{fmt, iter};
use weir_plan::{Keep, LabName, Plan, Players, Setup, Trial};
use weir_units::Span;

/// What the trials of a block may take, in sessions of which only their own row is kept: some tens
/// of milliseconds of computing, and a megabyte.
const MOST: u64 = 1024;

/// How many rows of requests or links are as much as a session.
const ROWS: u64 = 16;

/// What a clairvoyant player's bound is next to a session, where one of many is computed anew. (Few
/// sessions in a block also means that threads seldom wait for the same bound.)
const ORACLE: u64 = 127;

/// Consecutive trials of one lab.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The place of the first in the plan, from 0.
    pub place: u64,
    /// They; at least one.
    pub trials: Vec<Trial>,
}

impl Chunk {
    /// The lab that they run in.
    pub fn lab(&self) -> Option<LabName> {
        self.trials.first().map(|trial| trial.setup.lab)
    }

    /// How many they are.
    pub fn len(&self) -> u64 {
        self.trials.len() as u64
    }

    /// The name of its file: that of its first trial, and how many there are if there are more.
    pub fn file(&self) -> String {
        let first = self.trials.first().map_or("", |trial| trial.id.as_str());
        match self.len() {
            1 => format!("{first}.json"),
            more => format!("{first}+{more}.json"),
        }
    }
}

/// How many trials are in the file of this name; `None` if it is none of a block.
pub(crate) fn trials_in(file: &str) -> Option<u64> {
    let name = file.strip_suffix(".json")?;
    name.split_once('+').map_or(Some(1), |(_, more)| more.parse().ok())
}

impl fmt::Display for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trials.as_slice() {
            [] => f.write_str("no trial"),
            [one] => write!(f, "trial {}", one.id),
            [first, .., last] => write!(f, "trials {} to {}", first.id, last.id),
        }
    }
}

/// The blocks of a plan, in its order.
pub(crate) fn blocks(plan: &Plan) -> impl Iterator<Item = Chunk> + '_ {
    let mut trials = plan.trials().peekable();
    let mut place = 0;
    iter::from_fn(move || {
        let first = trials.next()?;
        let lab = first.setup.lab;
        let mut left = MOST.saturating_sub(work(plan, &first));
        let mut block = vec![first];
        while lab == LabName::Model
            && let Some(next) =
                trials.next_if(|next| next.setup.lab == lab && work(plan, next) <= left)
        {
            left -= work(plan, &next);
            block.push(next);
        }
        let block = Chunk { place, trials: block };
        place += block.len();
        Some(block)
    })
}

/// What a trial takes, in sessions.
fn work(plan: &Plan, trial: &Trial) -> u64 {
    let Setup { media, players, interval, .. } = &*trial.setup;
    let of_group = |group: &Players| {
        let watched =
            if media.loops { group.viewing.watch } else { group.viewing.watch.min(media.length) };
        let times = |every: Span| watched.ns() / every.ns().max(1);
        let rows = match plan.record {
            Keep::Sessions => 0,
            Keep::Segments => (times(media.segment) + times(*interval)) / ROWS,
        };
        let bound = if plan.oracle.is_some() { ORACLE } else { 0 };
        group.count.saturating_mul(1 + rows + bound)
    };
    players.iter().map(of_group).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A plan that sweeps these labs, with so many repeats of each cell.
    fn plan(labs: &str, repeats: u64, head: &str) -> Plan {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let text = format!(
            "name = \"x\"\nrepeats = {repeats}\ntopology = \"one-origin\"\n{head}\n\
             [[players]]\nabr = \"bola\"\n[sweep]\nlab = [{labs}]\n\
             \"links.access.rate\" = [\"1 Mbit/s\", \"2 Mbit/s\"]\n"
        );
        std::fs::write(&path, text).unwrap();
        weir_experiment::load(&path).unwrap()
    }

    #[test]
    fn every_trial_is_in_one_block_in_the_order_of_the_plan() {
        for (labs, head) in [
            ("\"model\"", "record = \"sessions\""),
            ("\"model\", \"uml\"", ""),
            ("\"uml\", \"model\"", "oracle = \"sabre-score\""),
        ] {
            let plan = plan(labs, 700, head);
            let all: Vec<Chunk> = blocks(&plan).collect();
            let ids = |block: &Chunk| block.trials.iter().map(|t| t.id.clone()).collect::<Vec<_>>();
            let trials: Vec<String> = plan.trials().map(|trial| trial.id).collect();
            assert_eq!(all.iter().flat_map(ids).collect::<Vec<_>>(), trials);
            let mut place = 0;
            for block in &all {
                assert_eq!(block.place, place);
                place += block.len();
                let labs: BTreeSet<_> = block.trials.iter().map(|t| t.setup.lab).collect();
                assert!(labs.len() == 1 && labs.first().copied() == block.lab());
                assert!(block.len() == 1 || block.lab() == Some(LabName::Model));
                assert_eq!(trials_in(&block.file()), Some(block.len()));
            }
            let files: BTreeSet<String> = all.iter().map(Chunk::file).collect();
            assert_eq!(files.len(), all.len());
        }
    }

    #[test]
    fn a_block_holds_less_where_more_is_kept() {
        let first = |head| blocks(&plan("\"model\"", 700, head)).next().unwrap().len();
        assert_eq!(first("record = \"sessions\""), MOST);
        assert!(first("") < first("record = \"sessions\"") / 4);
        assert_eq!(["a+x.json", "c0000-r0.tmp"].map(trials_in), [None, None]);
    }
}
