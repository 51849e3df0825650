//! The rows of trials, cell by cell, as far as labs are compared by them. Cells come in the order of
//! the plan, and only those of one are in memory.

use super::path::LinkSeen;
use crate::columns::{bools, ints, texts};
use crate::files::Groups;
use crate::trials::{ByTrial, TrialHead};
use anyhow::{Result, ensure};
use polars::prelude::DataFrame;
use std::collections::VecDeque;
use std::path::Path;
use weir_records::{Flow, Link, Node, Row, Segment, Session, Trial, Verdict};
use weir_units::{BitRate, Span};

/// A segment request; see [`Segment`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Requested {
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

/// How TCP is set on a node; see [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NodeSeen {
    pub node: String,
    pub congestion_control: String,
    pub initial_window: u64,
    pub slow_start_after_idle: bool,
}

/// A trial with its rows.
#[derive(Debug)]
pub(super) struct TrialRows {
    pub head: TrialHead,
    pub requests: Vec<Requested>,
    pub links: Vec<LinkSeen>,
    pub nodes: Vec<NodeSeen>,
    /// The node of each session.
    pub viewers: Vec<String>,
    /// Whether anything else was on the network.
    pub has_flows: bool,
}

/// A reader that visits cells in order.
pub(super) struct Cells {
    trials: Groups,
    heads: VecDeque<TrialHead>,
    requests: ByTrial<Requested>,
    links: ByTrial<LinkSeen>,
    nodes: ByTrial<NodeSeen>,
    viewers: ByTrial<String>,
    flows: ByTrial<()>,
}

impl Cells {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        Ok(Self {
            trials: Groups::open(dir, Trial::TABLE.name, &TrialHead::COLUMNS)?,
            heads: VecDeque::new(),
            requests: ByTrial::open(dir, Segment::TABLE.name, &REQUESTED, requested)?,
            links: ByTrial::open(dir, Link::TABLE.name, &LINK_SEEN, link_seen)?,
            nodes: ByTrial::open(dir, Node::TABLE.name, &NODE_SEEN, node_seen)?,
            viewers: ByTrial::open(dir, Session::TABLE.name, &["node"], viewers)?,
            flows: ByTrial::open(dir, Flow::TABLE.name, &["flow"], flows)?,
        })
    }

    /// The valid trials of this cell, which comes after those that were asked for before.
    pub(super) fn valid(&mut self, cell: u64) -> Result<Vec<TrialRows>> {
        let mut found = Vec::new();
        loop {
            if self.heads.is_empty() {
                let Some(frame) = self.trials.next()? else { return Ok(found) };
                self.heads = TrialHead::read(&frame)?.into();
                continue;
            }
            let Some(head) = self.heads.pop_front_if(|head| head.cell <= cell) else {
                return Ok(found);
            };
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
    }
}

const REQUESTED: [&str; 11] = [
    "session",
    "request",
    "segment",
    "rung",
    "bytes",
    "request_us",
    "download_us",
    "sender_cwnd",
    "sender_srtt_us",
    "sender_retransmits",
    "err",
];

fn requested(frame: &DataFrame) -> Result<Vec<Requested>> {
    let int = |name| ints(frame, name);
    let (session, request, segment) = (int("session")?, int("request")?, int("segment")?);
    let (rung, bytes) = (int("rung")?, int("bytes")?);
    let (request_us, download_us) = (int("request_us")?, int("download_us")?);
    let (cwnd, srtt) = (int("sender_cwnd")?, int("sender_srtt_us")?);
    let retransmits = int("sender_retransmits")?;
    let errs = texts(frame, "err")?;
    let row = |at: usize| Requested {
        session: session[at].unwrap_or_default(),
        request: request[at].unwrap_or_default(),
        segment: segment[at].unwrap_or_default(),
        rung: rung[at].unwrap_or_default(),
        bytes: bytes[at].unwrap_or_default(),
        request_us: request_us[at].unwrap_or_default(),
        download_us: download_us[at].unwrap_or_default(),
        sender_cwnd: cwnd[at],
        sender_srtt_us: srtt[at],
        sender_retransmits: retransmits[at],
        err: errs[at].map(str::to_owned),
    };
    Ok((0..frame.height()).map(row).collect())
}

const LINK_SEEN: [&str; 8] =
    ["link", "from", "to", "rate_bps", "delay_us", "jitter_us", "bytes", "losses"];

fn link_seen(frame: &DataFrame) -> Result<Vec<LinkSeen>> {
    let (link, from, to) = (texts(frame, "link")?, texts(frame, "from")?, texts(frame, "to")?);
    let (rate, delay) = (ints(frame, "rate_bps")?, ints(frame, "delay_us")?);
    let (jitter, bytes) = (ints(frame, "jitter_us")?, ints(frame, "bytes")?);
    let losses = ints(frame, "losses")?;
    let span = |us: Option<u64>| Span::from_us(us.unwrap_or_default());
    let row = |at: usize| LinkSeen {
        link: link[at].unwrap_or_default().to_owned(),
        from: from[at].unwrap_or_default().to_owned(),
        to: to[at].unwrap_or_default().to_owned(),
        rate: rate[at].map(BitRate::from_bps),
        delay: span(delay[at]),
        jitter: span(jitter[at]),
        bytes: bytes[at].unwrap_or_default(),
        losses: losses[at].unwrap_or_default(),
    };
    Ok((0..frame.height()).map(row).collect())
}

const NODE_SEEN: [&str; 4] =
    ["node", "congestion_control", "initial_window", "slow_start_after_idle"];

fn node_seen(frame: &DataFrame) -> Result<Vec<NodeSeen>> {
    let (nodes, controls) = (texts(frame, "node")?, texts(frame, "congestion_control")?);
    let windows = ints(frame, "initial_window")?;
    let restarts = bools(frame, "slow_start_after_idle")?;
    let row = |at: usize| NodeSeen {
        node: nodes[at].unwrap_or_default().to_owned(),
        congestion_control: controls[at].unwrap_or_default().to_owned(),
        initial_window: windows[at].unwrap_or_default(),
        slow_start_after_idle: restarts[at].unwrap_or_default(),
    };
    Ok((0..frame.height()).map(row).collect())
}

fn viewers(frame: &DataFrame) -> Result<Vec<String>> {
    let nodes = texts(frame, "node")?.into_iter();
    Ok(nodes.map(|node| node.unwrap_or_default().to_owned()).collect())
}

fn flows(frame: &DataFrame) -> Result<Vec<()>> {
    Ok(vec![(); frame.height()])
}
