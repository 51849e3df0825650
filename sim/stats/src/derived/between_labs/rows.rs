//! The rows of trials, cell by cell, as far as labs are compared by them. Cells come in the order
//! of the plan, and only those of one are in memory.

use anyhow::{Result, ensure};
use std::path::Path;
use std::sync::Arc;
use weir_records::Verdict;
use weir_tables::{ByTrial, TrialHead, Trials, table_row};

table_row! {
    /// A segment request; see [`weir_records::Segment`].
    pub(super) struct RequestRow of Segment {
        pub session: u64,
        pub request: u64,
        pub segment: u64,
        pub rung: u64,
        pub bytes: u64,
        pub request_us: u64,
        pub download_us: u64,
        pub sender_cwnd: Option<u64>,
        pub sender_srtt_us: Option<u64>,
        pub sender_retransmits: Option<u64>,
        pub err: Option<String>,
    }
}

table_row! {
    /// An interval of one direction of a link; see [`weir_records::Link`].
    pub(super) struct LinkRow of Link {
        pub link: Arc<str>,
        pub from: Arc<str>,
        pub to: Arc<str>,
        pub rate_bps: Option<u64>,
        pub delay_us: u64,
        pub jitter_us: u64,
        pub bytes: u64,
        /// Packets lost at random.
        pub losses: u64,
    }
}

table_row! {
    /// How TCP is set on a node; see [`weir_records::Node`].
    pub(super) struct NodeRow of Node {
        pub node: String,
        pub congestion_control: String,
        pub initial_window: u64,
        pub slow_start_after_idle: bool,
    }
}

table_row! {
    /// Where a session ran.
    pub(super) struct ViewerRow of Session {
        pub node: String,
    }
}

table_row! {
    /// Something else on the network.
    struct FlowRow of Flow {
        flow: u64,
    }
}

/// A trial with its rows.
#[derive(Debug)]
pub(super) struct TrialRows {
    pub head: TrialHead,
    pub requests: Vec<RequestRow>,
    pub links: Vec<LinkRow>,
    pub nodes: Vec<NodeRow>,
    pub viewers: Vec<ViewerRow>,
    /// Whether anything else was on the network.
    pub has_flows: bool,
}

/// A reader that visits cells in order.
pub(super) struct Cells {
    trials: Trials,
    requests: ByTrial<RequestRow>,
    links: ByTrial<LinkRow>,
    nodes: ByTrial<NodeRow>,
    viewers: ByTrial<ViewerRow>,
    flows: ByTrial<FlowRow>,
}

impl Cells {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        Ok(Self {
            trials: Trials::open(dir)?,
            requests: ByTrial::open(dir)?,
            links: ByTrial::open(dir)?,
            nodes: ByTrial::open(dir)?,
            viewers: ByTrial::open(dir)?,
            flows: ByTrial::open(dir)?,
        })
    }

    /// The valid trials of this cell, which comes after those that were asked for before.
    pub(super) fn valid(&mut self, cell: u64) -> Result<Vec<TrialRows>> {
        let mut found = Vec::new();
        while let Some(head) = self.trials.next_if(|head| head.cell <= cell)? {
            ensure!(head.cell == cell || found.is_empty(), "{} is not in order", head.id);
            let rows = TrialRows {
                requests: self.requests.of(&head.id)?,
                links: self.links.of(&head.id)?,
                nodes: self.nodes.of(&head.id)?,
                viewers: self.viewers.of(&head.id)?,
                has_flows: !self.flows.of(&head.id)?.is_empty(),
                head,
            };
            if rows.head.cell == cell && rows.head.verdict == Verdict::Valid {
                found.push(rows);
            }
        }
        Ok(found)
    }
}
