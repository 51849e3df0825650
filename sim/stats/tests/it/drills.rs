//! What counts as the consequence of a fault.

use proptest::prelude::*;
use weir_records::Drill;
use weir_stats::derived::drills::drill::drills;
use weir_stats::derived::drills::rows::{
    DrillTrial, EventRow, MomentRow, RequestRow, StallRow, ViewingRow,
};

const S: u64 = 1_000_000;

fn event(at: u64, service: &str, event: &str, detail: Option<&str>) -> EventRow {
    EventRow {
        at_us: at * S,
        node: "node".into(),
        service: service.into(),
        event: event.into(),
        detail: detail.map(Into::into),
    }
}

fn kill(at: u64, target: &str) -> EventRow {
    event(at, target, "fault", Some("kill"))
}

fn answer(session: u64, at: u64, origin: &str) -> RequestRow {
    RequestRow {
        session,
        is_segment: true,
        end_us: at * S,
        origin: Some(origin.into()),
        failed: false,
        cut_off: false,
        age_us: None,
    }
}

fn refused(session: u64, at: u64) -> RequestRow {
    RequestRow { failed: true, origin: None, ..answer(session, at, "") }
}

fn moment(session: u64, at: u64, latency: u64) -> MomentRow {
    MomentRow {
        session,
        at_us: at * S,
        phase: "playing".into(),
        buffer_us: 0,
        latency_us: Some(latency * S),
    }
}

/// A trial of 100 s in which so many sessions watch to the end.
fn trial(sessions: u64, events: Vec<EventRow>, requests: Vec<RequestRow>) -> DrillTrial {
    let session = |session| ViewingRow {
        session,
        node: "viewer".into(),
        start_us: 0,
        session_us: 100 * S,
        err: None,
    };
    let sessions = (0..sessions).map(session).collect();
    let (stalls, moments) = (vec![], vec![]);
    DrillTrial { end_us: 100 * S, events, requests, stalls, moments, sessions }
}

fn only(seen: &DrillTrial) -> Drill {
    let mut found = drills("c0000-r0", seen);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_trial_without_faults_has_no_drill() {
    let seen = trial(1, vec![event(5, "front", "failover", None)], vec![]);
    assert_eq!(drills("c0000-r0", &seen), []);
}

#[test]
fn a_fault_that_nobody_noticed_has_no_detection_and_a_recovery_of_zero() {
    let requests = vec![answer(0, 8, "a"), answer(0, 12, "a")];
    let found = only(&trial(1, vec![kill(10, "b")], requests));
    assert_eq!((found.detection_us, found.switch_us), (None, None));
    assert_eq!((found.recovery_us, found.recovered), (0, true));
    assert_eq!((found.stall_us, found.stalls, found.failures), (0, 0, 0));
    assert_eq!((found.at_us, found.until_us), (10 * S, 100 * S));
}

#[test]
fn where_a_switcher_speaks_its_failover_is_the_detection() {
    let events =
        vec![event(4, "front", "failover", None), kill(10, "a"), event(13, "front", "bad", None)];
    let requests = vec![answer(0, 9, "a"), answer(0, 11, "b")];
    let silent = only(&trial(1, events.clone(), requests.clone()));
    assert_eq!(silent.detection_us, None, "it called the origin bad, and did not leave it");
    assert_eq!(silent.switch_us, Some(S));
    let failover = vec![event(14, "front", "failover", Some("a -> b"))];
    let found = only(&trial(1, [events, failover].concat(), requests));
    assert_eq!(found.detection_us, Some(4 * S));
}

#[test]
fn where_none_speaks_the_first_answer_of_another_origin_is_the_detection() {
    let playlist = RequestRow { is_segment: false, ..answer(1, 13, "b") };
    let requests = vec![
        answer(0, 8, "a"),
        answer(1, 9, "a"),
        refused(0, 11),
        answer(0, 12, "a"),
        playlist,
        answer(1, 14, "b"),
        answer(0, 16, "b"),
    ];
    let found = only(&trial(2, vec![kill(10, "a")], requests));
    assert_eq!(found.detection_us, Some(3 * S));
    assert_eq!(found.switch_us, Some(6 * S), "the last session to get a segment counts");
    assert_eq!((found.failures, found.recovery_us), (1, S));
}

#[test]
fn a_session_of_the_struck_origin_that_never_changes_leaves_no_switch() {
    let requests =
        vec![answer(0, 8, "a"), answer(1, 9, "a"), answer(0, 12, "b"), answer(1, 13, "a")];
    assert_eq!(only(&trial(2, vec![kill(10, "a")], requests.clone())).switch_us, None);
    // Of another service, or of a link, it need not have changed.
    let found = only(&trial(2, vec![kill(10, "packager-a")], requests));
    assert_eq!(found.switch_us, Some(2 * S));
}

#[test]
fn what_follows_ends_with_the_next_fault_and_faults_of_one_moment_share_it() {
    let events = vec![kill(10, "a"), kill(10, "b"), kill(50, "a")];
    let mut seen = trial(1, events, vec![refused(0, 20), refused(0, 50), refused(0, 60)]);
    let stall = |start: u64, length: u64| StallRow {
        session: 0,
        start_us: start * S,
        duration_us: length * S,
    };
    seen.stalls = vec![stall(2, 3), stall(45, 10), stall(70, 1)];
    let found = drills("c0000-r0", &seen);
    assert_eq!(found[0].until_us, 50 * S);
    assert_eq!(Drill { target: "a".into(), fault: 0, ..found[1].clone() }, found[0]);
    // The stall counts with all its time, and disturbs both.
    let of = |drill: &Drill| (drill.stalls, drill.stall_us, drill.failures, drill.recovery_us);
    assert_eq!(of(&found[0]), (1, 10 * S, 1, 40 * S));
    assert!(!found[0].recovered);
    assert_eq!(of(&found[2]), (1, S, 2, 21 * S));
    assert!(found[2].recovered);
}

#[test]
fn a_viewer_is_late_who_is_more_than_two_segments_behind_what_was_usual() {
    let mut seen = trial(1, vec![kill(40, "a")], vec![]);
    seen.moments = (0..100)
        .map(|at| match at {
            // Long ago is not what was usual.
            0..10 => moment(0, at, 90),
            10..40 => moment(0, at, 6),
            40..60 => moment(0, at, 11),
            _ => moment(0, at, 10),
        })
        .collect();
    let found = only(&seen);
    assert_eq!((found.recovery_us, found.recovered), (19 * S, true));
    seen.moments.retain(|moment| moment.at_us >= 40 * S);
    assert_eq!(only(&seen).recovery_us, 0, "nobody knows what was usual");
}

#[test]
fn a_session_that_gave_up_is_lost_and_what_the_end_cut_off_is_no_failure() {
    let mut seen = trial(2, vec![kill(40, "a")], vec![refused(1, 44)]);
    seen.requests.push(RequestRow { failed: false, cut_off: true, ..refused(0, 100) });
    seen.sessions[1] =
        ViewingRow { session_us: 45 * S, err: Some("gone".into()), ..seen.sessions[1].clone() };
    let found = only(&seen);
    assert_eq!((found.lost, found.failures, found.recovery_us), (1, 1, 4 * S));
    assert!(!found.recovered);
}

#[test]
fn the_oldest_playlist_counts_that_viewers_got() {
    let aged = |at, age| RequestRow { is_segment: false, age_us: Some(age), ..answer(0, at, "a") };
    let seen = trial(1, vec![kill(10, "a")], vec![aged(5, 99), aged(12, 7), aged(13, 9)]);
    assert_eq!(only(&seen).age_max_us, Some(9));
}

proptest! {
    #[test]
    fn every_failure_and_stall_after_the_first_fault_has_one_drill(
        faults in proptest::collection::btree_set(0u64..100, 1..6),
        failures in proptest::collection::vec(0u64..100, 0..20),
        stalls in proptest::collection::vec((0u64..100, 1u64..20), 0..10),
    ) {
        let first = *faults.first().unwrap();
        let events = faults.iter().map(|at| kill(*at, "a")).collect();
        let requests = failures.iter().map(|at| refused(0, *at)).collect();
        let mut seen = trial(1, events, requests);
        let stall = |&(start, length): &(u64, u64)| {
            StallRow { session: 0, start_us: start * S, duration_us: length * S }
        };
        seen.stalls = stalls.iter().map(stall).collect();
        let found = drills("c0000-r0", &seen);
        let sum = |of: fn(&Drill) -> u64| found.iter().map(of).sum::<u64>();
        let after = failures.iter().filter(|at| **at >= first).count() as u64;
        prop_assert_eq!(sum(|drill| drill.failures), after);
        let after = stalls.iter().filter(|(start, _)| *start >= first);
        prop_assert_eq!(sum(|drill| drill.stall_us), after.map(|(_, l)| l * S).sum::<u64>());
        for drill in &found {
            prop_assert!(drill.recovery_us <= drill.until_us - drill.at_us);
            prop_assert!(drill.detection_us.is_none() && drill.switch_us.is_none());
        }
    }
}
