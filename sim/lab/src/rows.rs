//! What a trial reads from the kernel when it is over: the rows of links and nodes, and whether the
//! result can be trusted.

use anyhow::Result;
use weir_net::LinkCounters;
use weir_records::{Event, Link, Node, Record};
use weir_units::{Bytes, Span};

/// The largest frame on a wire: 1,500 bytes and an Ethernet header.
const FRAME: u64 = 1_514;

/// The checks that a trial makes of itself. A result that fails one is kept, and counts nowhere.
pub fn doubts(counters: &[LinkCounters], records: &[Record], duration: Span) -> Vec<String> {
    let mut doubts = Vec::new();
    for record in records {
        if let Record::Event(Event { node, event, detail, .. }) = record
            && event == weir_http::LATE_EVENT
        {
            doubts
                .push(format!("a player on {node} was late: {}", detail.as_deref().unwrap_or("")));
        }
    }
    for counted in counters {
        let LinkCounters { link, from, to, .. } = counted;
        let mut doubt = |what: String| doubts.push(format!("link {link}, {from} to {to}: {what}"));
        if counted.bytes > counted.packets.saturating_mul(FRAME) {
            doubt(format!(
                "{} bytes in {} packets: larger than a frame",
                counted.bytes, counted.packets
            ));
        }
        if counted.shape.loss.is_none() && counted.losses > 0 {
            doubt(format!("{} packets lost where none should be", counted.losses));
        }
        let allowed = counted.shape.rate.and_then(|rate| rate.bytes_in(duration).ok());
        // The token bucket begins full: one frame more.
        if allowed.is_some_and(|allowed| counted.bytes > allowed.get() + 2 * FRAME) {
            doubt(format!("{} bytes are more than its rate allows", counted.bytes));
        }
    }
    doubts
}

/// The row of one direction of a link over the whole trial.
pub fn link_row(counted: &LinkCounters, duration: Span) -> Link {
    let allowed = counted.shape.rate.and_then(|rate| rate.bytes_in(duration).ok());
    Link {
        link: counted.link.clone(),
        from: counted.from.clone(),
        to: counted.to.clone(),
        start_us: 0,
        end_us: duration.us(),
        rate_bps: counted.shape.rate.map(|rate| rate.bps()),
        delay_us: counted.shape.delay.us(),
        jitter_us: counted.shape.jitter.max(counted.shape.reordering_jitter).us(),
        queue_bytes: counted.queue.map(Bytes::get),
        offered_packets: counted.packets + counted.queue_drops + counted.losses,
        packets: counted.packets,
        bytes: counted.bytes,
        queue_drops: counted.queue_drops,
        aqm_drops: 0,
        marks: 0,
        losses: counted.losses,
        backlog_bytes: counted.backlog,
        utilisation: allowed
            .filter(|allowed| *allowed != Bytes::ZERO)
            .map(|allowed| counted.bytes as f64 / allowed.get() as f64),
    }
}

/// The row of a node.
pub fn node_row(name: &str, node: &weir_net::Node, tcp_mem: &str) -> Result<Node> {
    let tcp = node.tcp();
    Ok(Node {
        node: name.to_owned(),
        congestion_control: tcp.congestion_control.clone(),
        rmem_bytes: tcp.rmem.replace('\t', " "),
        wmem_bytes: tcp.wmem.replace('\t', " "),
        tcp_mem_pages: tcp_mem.replace('\t', " "),
        initial_window: node.initial_window(),
        slow_start_after_idle: tcp.slow_start_after_idle,
        metrics_cache: !tcp.no_metrics_save,
        ecn: tcp.ecn,
        sack: tcp.sack,
        gso_segments: node.gso_segments()?,
    })
}
