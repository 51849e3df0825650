//! Jobs as text.

use crate::common::{end, free, tcp, udp, web};
use weir_traffic::{FlowJob, Job, MAX_FLOWS, Role, run};
use weir_units::Span;

#[test]
fn a_job_survives_its_text() {
    let kinds = [tcp("bbr"), udp(5_000, 1_000), web(100_000, Span::from_s(2))];
    let flows = kinds.map(|kind| end(Role::Receive, kind, free())).to_vec();
    let job = Job { epoch: u64::MAX, flows };
    let text = serde_json::to_string(&job).unwrap();
    assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
}

#[test]
fn unknown_words_are_refused_everywhere() {
    let flow = end(Role::Send, udp(5_000, 1_000), "127.0.0.1:1".parse().unwrap());
    let text = serde_json::to_string(&flow).unwrap();
    serde_json::from_str::<FlowJob>(&text).unwrap();
    for (word, other) in [("\"seed\"", "\"sed\""), ("\"udp\"", "\"quic\""), ("send", "sends")] {
        let wrong = text.replace(word, other);
        assert_ne!(wrong, text);
        serde_json::from_str::<FlowJob>(&wrong).unwrap_err();
    }
    let wrong = text.replace("\"rate\"", "\"burst\":1,\"rate\"");
    let error = serde_json::from_str::<FlowJob>(&wrong).unwrap_err().to_string();
    assert!(error.contains("unknown field `burst`"), "{error}");
}

#[test]
fn too_many_flows_are_refused() {
    let flow = end(Role::Receive, tcp("cubic"), free());
    let job = Job { epoch: 0, flows: vec![flow; MAX_FLOWS + 1] };
    let error = run(&job, &mut Vec::new()).unwrap_err().to_string();
    assert_eq!(error, "201 ends of flows (at most 200 in one process)");
}
