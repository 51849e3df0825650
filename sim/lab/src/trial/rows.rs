//! What a trial reads from the kernel when it is over: the rows of links and nodes, and whether the
//! result can be trusted.

use crate::trial::sampler::Reading;
use anyhow::Result;
use std::collections::BTreeSet;
use weir_net::LinkCounters;
use weir_records::{Event, EventKind, Flow, Link, Node, Record};
use weir_units::{Bytes, Span, Time};

/// The largest frame on a wire: 1,500 bytes and an Ethernet header.
const FRAME: u64 = 1_514;

/// The checks that a trial makes of itself. A result that fails one is kept, and counts nowhere.
/// `changed` links do not stay as they were asked for.
pub fn doubts(
    counters: &[LinkCounters],
    records: &[Record],
    duration: Span,
    changed: &BTreeSet<&str>,
) -> Vec<String> {
    let mut doubts = Vec::new();
    for record in records {
        if let Record::Event(Event { node, event, detail, .. }) = record
            && *event == EventKind::Late
        {
            let detail = detail.as_deref().unwrap_or_default();
            doubts.push(format!("a process on {node} was late: {detail}"));
        }
        if let Record::Flow(Flow { traffic, flow, err: Some(err), .. }) = record {
            doubts.push(format!("traffic {traffic} flow {flow}: {err}"));
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
        let fates = [counted.packets, counted.queue_drops, counted.aqm_drops, counted.losses];
        let fates = fates.into_iter().fold(0, u64::saturating_add);
        if fates > counted.offered_packets {
            doubt(format!("{fates} packets came out of {}", counted.offered_packets));
        }
        if changed.contains(link.as_str()) {
            continue;
        }
        if counted.shape.loss.is_none() && counted.losses > 0 {
            doubt(format!("{} packets lost where none should be", counted.losses));
        }
        let allowed = counted.shape.constant_rate().and_then(|rate| rate.bytes_in(duration).ok());
        // The token bucket begins full: one frame more.
        if allowed.is_some_and(|allowed| counted.bytes > allowed.get() + 2 * FRAME) {
            doubt(format!("{} bytes are more than its rate allows", counted.bytes));
        }
    }
    doubts
}

/// The rows of all links: one for each direction between two readings. Moments count from `epoch`.
pub fn link_rows(readings: &[Reading], epoch: Time) -> Vec<Link> {
    let pairs = readings.windows(2).filter_map(|pair| match pair {
        [from, to] if to.at > from.at => Some((from, to)),
        _ => None,
    });
    let directions = pairs.flat_map(|(from, to)| {
        let counters = from.counters.iter().zip(&to.counters);
        counters.map(move |(before, after)| link_row((from.at, before), (to.at, after), epoch))
    });
    directions.collect()
}

fn link_row(from: (Time, &LinkCounters), to: (Time, &LinkCounters), epoch: Time) -> Link {
    let ((start, before), (end, after)) = (from, to);
    let shape = &after.shape;
    let passed = |count: fn(&LinkCounters) -> u64| count(after).saturating_sub(count(before));
    let bytes = passed(|counted| counted.bytes);
    let allowed = shape.constant_rate().and_then(|rate| rate.bytes_in(end.since(start)).ok());
    Link {
        link: after.link.clone(),
        from: after.from.clone(),
        to: after.to.clone(),
        start_us: start.since(epoch).us(),
        end_us: end.since(epoch).us(),
        rate_bps: shape.constant_rate().map(|rate| rate.bps()),
        rate_kind: shape.rate.is_some().then(|| "capacity".to_owned()),
        delay_us: shape.delay.us(),
        jitter_us: shape.jitter.max(shape.reordering_jitter).us(),
        queue_bytes: after.queue.map(Bytes::get),
        offered_packets: Some(passed(|counted| counted.offered_packets)),
        packets: Some(passed(|counted| counted.packets)),
        bytes,
        queue_drops: Some(passed(|counted| counted.queue_drops)),
        aqm_drops: Some(passed(|counted| counted.aqm_drops)),
        marks: Some(passed(|counted| counted.marks)),
        losses: Some(passed(|counted| counted.losses)),
        backlog_bytes: Some(after.backlog),
        utilisation: allowed
            .filter(|allowed| *allowed != Bytes::ZERO)
            .map(|allowed| bytes as f64 / allowed.get() as f64),
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
        gso_segments: node.gso_segments(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_plan::Discipline;
    use weir_plan::Loss;
    use weir_plan::Queue;
    use weir_plan::Rate;
    use weir_plan::Shape;
    use weir_units::{BitRate, Ratio};

    fn reading(at: u64, packets: u64, bytes: u64, queue_drops: u64) -> Reading {
        let shape = Shape {
            rate: Some(Rate::Constant(BitRate::from_bps(10_000_000))),
            delay: Span::from_ms(5),
            jitter: Span::ZERO,
            reordering_jitter: Span::ZERO,
            queue: Queue::Bdp(Ratio::ONE),
            discipline: Discipline::Fifo,
            loss: Loss::NONE,
        };
        let counters = LinkCounters {
            link: "access".to_owned(),
            from: "router".to_owned(),
            to: "viewer".to_owned(),
            shape,
            queue: Some(Bytes::new(64_000)),
            offered_packets: packets + queue_drops,
            packets,
            bytes,
            queue_drops,
            aqm_drops: 0,
            marks: 0,
            losses: 0,
            backlog: 0,
        };
        Reading { at: Time::ZERO.after(Span::from_s(at)), counters: vec![counters] }
    }

    #[test]
    fn an_interval_holds_what_happened_in_it() {
        let readings = [reading(10, 5, 7_000, 0), reading(11, 705, 1_007_000, 3)];
        let rows = link_rows(&readings, Time::ZERO.after(Span::from_s(10)));
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((row.start_us, row.end_us), (0, 1_000_000));
        let packets = (row.packets, row.queue_drops, row.offered_packets);
        assert_eq!(packets, (Some(700), Some(3), Some(703)));
        // The example of METRICS.md: 1,000,000 bytes in a second of 10 Mbit/s.
        assert_eq!(row.utilisation, Some(0.8));
    }

    #[test]
    fn an_interval_of_no_length_is_none() {
        let readings = [reading(10, 5, 7_000, 0), reading(10, 5, 7_000, 0)];
        assert!(link_rows(&readings, Time::ZERO).is_empty());
    }

    #[test]
    fn more_packets_out_than_in_and_more_bytes_than_the_rate_allows_are_doubts() {
        let mut reading = reading(10, 5, 7_000, 0);
        assert_eq!(doubts(&reading.counters, &[], Span::from_s(1), &BTreeSet::new()), [""; 0]);
        reading.counters[0].offered_packets = 4;
        reading.counters[0].bytes = 7_570;
        let found = doubts(&reading.counters, &[], Span::from_ms(1), &BTreeSet::new());
        assert!(found[0].contains("5 packets came out of 4"), "{found:?}");
        assert!(found[1].contains("more than its rate allows"), "{found:?}");
    }
}
