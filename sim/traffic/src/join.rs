//! One row per flow, of what both ends wrote.

use std::collections::BTreeMap;
use weir_records::{Flow, Record};

/// Joins the rows that [`crate::run`] wrote for the two ends of each flow: one row for each flow,
/// ordered by traffic and flow, behind all other records in the order in which they came.
///
/// A flow ends with the end that ends first, and fails with it. One of which only one end wrote
/// has an error that says so.
pub fn join(records: impl IntoIterator<Item = Record>) -> Vec<Record> {
    let mut joined = Vec::new();
    let mut flows: BTreeMap<_, Vec<Flow>> = BTreeMap::new();
    for record in records {
        match record {
            Record::Flow(half) => flows.entry((half.traffic, half.flow)).or_default().push(half),
            other => joined.push(other),
        }
    }
    joined.extend(flows.into_values().filter_map(flow).map(Record::Flow));
    joined
}

/// The row of a flow.
fn flow(mut halves: Vec<Flow>) -> Option<Flow> {
    // Stable: of two that end at once, the one that was written first counts.
    halves.sort_by_key(|half| (half.end_us, half.err.is_none()));
    let ends = halves.len();
    let mut row = halves.into_iter().reduce(|first, second| Flow {
        bytes: first.bytes + second.bytes,
        congestion_control: first.congestion_control.or(second.congestion_control),
        sent_packets: first.sent_packets.or(second.sent_packets),
        packets: first.packets.or(second.packets),
        retransmits: first.retransmits.or(second.retransmits),
        objects: first.objects.or(second.objects),
        object_mean_us: first.object_mean_us.or(second.object_mean_us),
        err: first.err.or(second.err),
        ..first
    })?;
    if ends != 2 {
        let problem = format!("{ends} of its 2 ends left a record");
        row.err = Some(row.err.map_or(problem.clone(), |err| format!("{err} ({problem})")));
    }
    let lasted_us = row.end_us.saturating_sub(row.start_us);
    row.goodput_bps = (lasted_us > 0).then(|| row.bytes as f64 * 8.0 * 1e6 / lasted_us as f64);
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(flow: u64, end_us: u64, err: Option<&str>) -> Flow {
        Flow {
            traffic: 1,
            flow,
            kind: "tcp".to_owned(),
            from: "a".to_owned(),
            to: "b".to_owned(),
            congestion_control: None,
            start_us: 1_000_000,
            end_us,
            bytes: 0,
            goodput_bps: None,
            sent_packets: None,
            packets: None,
            retransmits: None,
            objects: None,
            object_mean_us: None,
            err: err.map(str::to_owned),
        }
    }

    fn joined(halves: &[Flow]) -> Vec<Flow> {
        let flow = |record| match record {
            Record::Flow(flow) => flow,
            other => panic!("{other:?}"),
        };
        join(halves.iter().cloned().map(Record::Flow)).into_iter().map(flow).collect()
    }

    #[test]
    fn a_row_has_what_both_ends_know_whichever_comes_first() {
        let sender = Flow {
            congestion_control: Some("bbr".to_owned()),
            retransmits: Some(3),
            ..half(0, 3_000_000, None)
        };
        let receiver = Flow { bytes: 500_000, ..half(0, 3_000_000, None) };
        let rows = joined(&[sender.clone(), receiver.clone()]);
        assert_eq!(rows, joined(&[receiver, sender]));
        let row = &rows[0];
        assert_eq!((row.bytes, row.retransmits, row.err.as_deref()), (500_000, Some(3), None));
        assert_eq!((row.congestion_control.as_deref(), row.goodput_bps), (Some("bbr"), Some(2e6)));
    }

    #[test]
    fn a_flow_fails_with_the_end_that_fails_first() {
        let ends = [half(0, 3_000_000, Some("nobody connected")), half(0, 1_000_000, Some("no"))];
        let row = &joined(&ends)[0];
        assert_eq!(
            (row.end_us, row.err.as_deref(), row.goodput_bps),
            (1_000_000, Some("no"), None)
        );
        let ends = [half(0, 3_000_000, None), half(0, 3_000_000, Some("reset"))];
        assert_eq!(joined(&ends)[0].err.as_deref(), Some("reset"));
    }

    #[test]
    fn a_flow_with_one_end_is_an_error_and_flows_are_in_order() {
        let rows = joined(&[half(2, 2_000_000, Some("x")), half(1, 2_000_000, None)]);
        assert_eq!(rows.iter().map(|row| row.flow).collect::<Vec<_>>(), [1, 2]);
        let missing = "1 of its 2 ends left a record";
        assert_eq!(rows[0].err.as_deref(), Some(missing));
        assert_eq!(rows[1].err, Some(format!("x ({missing})")));
    }
}
