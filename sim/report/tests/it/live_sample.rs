//! Live trials to make reports of: viewers of a stream with two origins, of which one breaks. It
//! stands in for a lab, and knows how soon each mechanism reacts; its figures are plausible,
//! nothing more.

use crate::sample::{LADDER, trial_row};
use std::collections::BTreeMap;
use weir_records::tables::{Live, Moment, Playlist};
use weir_records::{Event, Record, Segment, Session, Stall, TrialResult};
use weir_tables::RunInfo;
use weir_units::Seed;

const S: u64 = 1_000_000;
const WATCH_S: u64 = 120;
const MEDIA_S: u64 = 2;

/// What stands between players and origins.
#[derive(Clone, Copy)]
pub struct Mechanism {
    pub run: &'static str,
    pub origin: &'static str,
    /// From a fault that answers show, and one that they do not, until it is noticed; `None`:
    /// never.
    pub notices_s: [Option<u64>; 2],
    /// Whether it says what it does.
    pub speaks: bool,
}

pub const MECHANISMS: [Mechanism; 4] = [
    Mechanism { run: "switcher", origin: "front", notices_s: [Some(2), Some(8)], speaks: true },
    Mechanism { run: "haproxy", origin: "front", notices_s: [Some(3), None], speaks: false },
    Mechanism { run: "nginx-proxy", origin: "front", notices_s: [Some(2), None], speaks: false },
    Mechanism {
        run: "none",
        origin: "origin-a + origin-b",
        notices_s: [Some(4), Some(14)],
        speaks: false,
    },
];

/// What goes wrong: in the experiment's words, and where; and whether answers show it.
pub const FAULTS: [(&str, &str, bool); 3] =
    [("kill", "origin-a", true), ("freeze", "packager-a", false), ("status", "origin-a", true)];

pub fn info(repeats: u64) -> RunInfo {
    let axes = ["services.front.run", "players.origin", "events.fault", "events.on"];
    let zips = [("mechanism", &axes[..2]), ("fault", &axes[2..])];
    let names = |axes: &[&str]| axes.iter().map(|axis| (*axis).to_owned()).collect();
    RunInfo {
        run: "77aa9a7be2d05836".into(),
        name: "failover-drill".into(),
        lab: "uml".into(),
        media: "scenes".into(),
        command: "weir run experiments/failover-drill.toml".into(),
        axes: names(&axes),
        repeats,
        zips: zips.into_iter().map(|(name, axes)| (name.to_owned(), names(axes))).collect(),
    }
}

/// Each fault with each mechanism.
pub fn drills(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let mut trials = Vec::new();
    let mut cell = 0;
    for mechanism in MECHANISMS {
        for (kind, target, shows) in FAULTS {
            for repeat in 0..repeats {
                let seed = Seed::new(repeat);
                let at = 40 * S + seed.derive("fault").below(10 * S);
                let notices = mechanism.notices_s[usize::from(!shows)];
                let failing = Failing {
                    at,
                    shows,
                    over: (kind == "status").then_some(at + 30 * S),
                    left: notices.map(|s| at + s * S + seed.derive(mechanism.run).below(S)),
                };
                let kind = if kind == "status" { "status 503 for 50 %" } else { kind };
                let mut records = failing.events(kind, target, mechanism.speaks);
                for session in 0..3 {
                    failing.watch(session, seed, &mut records);
                }
                let params = [mechanism.run, mechanism.origin, kind.split(' ').next().unwrap()];
                let params = params.into_iter().chain([target]).map(str::to_owned).collect();
                trials.push(TrialResult {
                    id: format!("c{cell:04}-r{repeat}"),
                    params,
                    row: trial_row(cell, repeat, repeat + 1, WATCH_S),
                    records,
                });
            }
            cell += 1;
        }
    }
    (info(repeats), trials)
}

/// A live stream at which nothing breaks: how late viewers are, by the length of segments and the
/// law of catching up.
pub fn latency(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let mut trials = Vec::new();
    let mut cell = 0;
    for segment in ["1 s", "2 s", "4 s"] {
        for law in ["none", "dashjs", "hlsjs"] {
            for repeat in 0..repeats {
                let mut records = Vec::new();
                let healthy = Failing { at: u64::MAX, shows: false, over: None, left: None };
                for session in 0..2 {
                    healthy.watch(session, Seed::new(repeat).derive(segment), &mut records);
                }
                let scale = segment.split(' ').next().unwrap().parse::<u64>().unwrap();
                for record in &mut records {
                    if let Record::Live(live) = record {
                        let off = if law == "none" { 2 } else { 1 };
                        live.latency_mean_us = live.latency_mean_us.map(|us| us * scale * off / 2);
                        live.rate_deviation = Some(if law == "none" { 0.0 } else { 0.012 });
                    }
                }
                trials.push(TrialResult {
                    id: format!("c{cell:04}-r{repeat}"),
                    params: vec![segment.to_owned(), law.to_owned()],
                    row: trial_row(cell, repeat, repeat + 1, WATCH_S),
                    records,
                });
            }
            cell += 1;
        }
    }
    let axes = vec!["media.segment".to_owned(), "players.catch_up".to_owned()];
    (RunInfo { axes, name: "live-latency".into(), zips: BTreeMap::new(), ..info(repeats) }, trials)
}

/// One cell without axes, in which origin-a dies again and again.
pub fn flap(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let trial = |repeat| {
        let mut records = Vec::new();
        let never = Failing { at: u64::MAX, shows: false, over: None, left: None };
        for second in (20..WATCH_S).step_by(12) {
            let failing = Failing {
                at: second * S + repeat,
                shows: true,
                over: Some((second + 3) * S),
                left: Some((second + 1) * S),
            };
            records.extend(failing.events("kill", "origin-a", true));
        }
        for session in 0..6 {
            never.watch(session, Seed::new(repeat), &mut records);
        }
        TrialResult {
            id: format!("c0000-r{repeat}"),
            params: Vec::new(),
            row: trial_row(0, repeat, repeat + 1, WATCH_S),
            records,
        }
    };
    let info =
        RunInfo { axes: vec![], name: "flap".into(), zips: BTreeMap::new(), ..info(repeats) };
    (info, (0..repeats).map(trial).collect())
}

/// A switcher with several settings: the quicker it is, the more often it is wrong.
pub fn tuning(repeats: u64) -> (RunInfo, Vec<TrialResult>) {
    let mut trials = Vec::new();
    let mut cell = 0;
    for interval in [1, 2, 5] {
        for probes in [1, 2, 3] {
            for repeat in 0..repeats {
                let mut records = Vec::new();
                let at = 90 * S;
                let left = Some(at + interval * probes * S);
                let failing = Failing { at, shows: false, over: None, left };
                failing.watch(0, Seed::new(repeat), &mut records);
                records.extend(failing.events("freeze", "packager-a", true));
                for alarm in 0..(6 / (interval * probes)) {
                    records.push(Record::Event(Event {
                        at_us: (20 + 10 * alarm) * S,
                        node: "front".into(),
                        service: "front".into(),
                        event: "failover".parse().unwrap(),
                        detail: None,
                    }));
                }
                trials.push(TrialResult {
                    id: format!("c{cell:04}-r{repeat}"),
                    params: vec![format!("{interval} s"), probes.to_string()],
                    row: trial_row(cell, repeat, repeat + 1, WATCH_S),
                    records,
                });
            }
            cell += 1;
        }
    }
    let axes = ["interval", "probes"].map(|key| format!("services.front.set.{key}")).into();
    (
        RunInfo { axes, name: "failover-tuning".into(), zips: BTreeMap::new(), ..info(repeats) },
        trials,
    )
}

/// When origin-a fails, and when the mechanism leaves it.
struct Failing {
    at: u64,
    shows: bool,
    over: Option<u64>,
    left: Option<u64>,
}

impl Failing {
    fn events(&self, kind: &str, target: &str, speaks: bool) -> Vec<Record> {
        let event = |at_us, service: &str, event: &str, detail: Option<&str>| {
            Record::Event(Event {
                at_us,
                node: "node".into(),
                service: service.into(),
                event: event.parse().unwrap(),
                detail: detail.map(Into::into),
            })
        };
        let mut events = vec![event(0, "front", "ready", None)];
        events.push(event(self.at, target, "fault", Some(kind)));
        if let Some(over) = self.over {
            events.push(event(over, target, "fault over", Some(kind)));
        }
        if let Some(left) = self.left.filter(|_| speaks) {
            events.push(event(left, "front", "bad", Some("origin-a")));
            events.push(event(left, "front", "failover", Some("origin-a -> origin-b")));
            if let Some(over) = self.over {
                let back = over + 7 * S;
                events.push(event(back, "front", "switchback", Some("origin-b -> origin-a")));
            }
        }
        events
    }

    fn origin(&self, now: u64) -> &'static str {
        let back = self.over.is_some_and(|over| now > over + 7 * S);
        let left = self.left.is_some_and(|left| now >= left);
        if left && !back { "origin-b" } else { "origin-a" }
    }

    /// Whether an answer of origin-a is bad.
    fn bad(&self, now: u64) -> bool {
        now >= self.at && self.over.is_none_or(|over| now < over)
    }

    fn watch(&self, session: u64, seed: Seed, records: &mut Vec<Record>) {
        let draw = |what: &str, bound| seed.derive(what).derive(&session.to_string()).below(bound);
        let (end, start) = (WATCH_S * S, draw("start", 2 * S));
        let startup = 1_400_000 + draw("startup", 400_000);
        let (mut now, mut buffer, mut stalled) = (start, 0u64, None::<u64>);
        let (mut number, mut playlist, mut played, mut stall_us) = (0u64, 0u64, 0u64, 0u64);
        let (mut segments, mut failures, mut stalls) = (0u64, 0u64, 0u64);
        let (mut behind, mut oldest) = (6 * S + draw("behind", S), None::<u64>);
        let mut last_stall = None;
        while now < end {
            // A second passes.
            let origin = self.origin(now);
            let struck = origin == "origin-a" && self.bad(now);
            let stale = struck && !self.shows;
            let refused = struck && self.shows;
            let age = match stale {
                true => now - *oldest.get_or_insert(self.at),
                false => 300_000 + seed.derive("age").below(1_700_000),
            };
            records.push(Record::Playlist(Playlist {
                session,
                request: playlist,
                rung: 3,
                request_us: now,
                download_us: 20_000 + draw("list", 9_000),
                source: Some("10.0.0.1:80".into()),
                origin: (!refused).then(|| origin.into()),
                status: Some(if refused { 503 } else { 200 }),
                first_sequence: Some(700),
                last_sequence: Some(700 + number),
                discontinuities: Some(0),
                age_us: (!refused).then_some(age),
                new: !stale && !refused,
                err: refused.then(|| "status 503".into()),
            }));
            playlist += 1;
            failures += u64::from(refused);
            let due = number * MEDIA_S * S + start;
            if !struck && now >= due {
                records.push(Record::Segment(segment(session, number, now, buffer, origin)));
                buffer += MEDIA_S * S;
                number += 1;
                segments += 1;
            }
            let plays = now >= start + startup;
            let mut phase = "starting";
            if plays && buffer >= S {
                phase = "playing";
                buffer -= S;
                played += S;
                if let Some(since) = stalled.take() {
                    let (stall, duration_us) = (stalls, now - since);
                    stall_us += duration_us;
                    stalls += 1;
                    let row = Stall {
                        session,
                        stall,
                        start_us: since,
                        duration_us,
                        played_us: played,
                        cut_off: false,
                    };
                    last_stall = Some(row.clone());
                    records.push(Record::Stall(row));
                }
            } else if plays {
                phase = "stalled";
                stalled.get_or_insert(now);
                behind += S;
            }
            records.push(Record::Moment(Moment {
                session,
                at_us: now,
                phase: phase.into(),
                buffer_us: buffer,
                latency_us: plays.then_some(behind),
                capture_latency_us: plays.then_some(behind + 1_200_000),
                rate: if phase == "playing" { 1.0 } else { 0.0 },
            }));
            now += S;
        }
        if let Some(since) = stalled {
            stall_us += end - since;
            let row = Stall {
                session,
                stall: stalls,
                start_us: since,
                duration_us: end - since,
                played_us: played,
                cut_off: true,
            };
            stalls += 1;
            last_stall = Some(row.clone());
            records.push(Record::Stall(row));
        }
        let announced = (WATCH_S / MEDIA_S).max(segments);
        records.push(Record::Live(Live {
            session,
            latency_mean_us: Some(behind - last_stall.map_or(0, |stall| stall.duration_us / 2)),
            latency_p95_us: Some(behind),
            capture_latency_mean_us: Some(behind + 1_200_000),
            capture_latency_p95_us: Some(behind + 1_300_000),
            rate_changed_us: 0,
            rate_deviation: Some(0.0),
            skips: 0,
            skipped_us: 0,
            announced,
            available: segments,
            availability: Some(segments as f64 / announced as f64),
            failures,
            failovers: 0,
        }));
        records.push(Record::Session(Session {
            session,
            node: format!("viewer-{session}"),
            abr: "throughput".into(),
            knows: "declared".into(),
            protocol: Some("HTTP/1.1".into()),
            start_us: start,
            first_segment: 0,
            startup_us: Some(startup),
            session_us: end - start,
            played_us: played,
            stalls,
            stall_us,
            stall_ratio: Some(stall_us as f64 / (stall_us + played) as f64),
            mean_bitrate_bps: Some(LADDER[3] as f64),
            settled_bitrate_bps: None,
            switches: 0,
            sabre_bitrate_bps: None,
            sabre_bitrate_change_bps: None,
            sabre_utility: None,
            sabre_rebuffer_ratio: None,
            sabre_score: None,
            pensieve_lin: None,
            pensieve_log: None,
            qoe: None,
            qoe_bound: None,
            regret: None,
            replay_deviation_us: None,
            segments,
            bytes: segments * 600_000,
            mean_throughput_bps: Some(9e6),
            mean_buffer_us: Some(6 * S),
            err: None,
        }));
    }
}

fn segment(session: u64, number: u64, now: u64, buffer: u64, origin: &str) -> Segment {
    Segment {
        session,
        request: number,
        segment: number,
        rung: 3,
        declared_bps: LADDER[3],
        bytes: 600_000,
        request_us: now,
        ttfb_us: Some(22_000),
        download_us: 400_000,
        throughput_bps: Some(12_000_000),
        reads: 40,
        buffer_before_us: buffer,
        buffer_after_us: buffer + MEDIA_S * S,
        estimate_bps: Some(11_000_000),
        wait_us: 0,
        source: Some("10.0.0.1:80".into()),
        origin: Some(origin.into()),
        sequence: Some(700 + number),
        status: Some(200),
        sender_cwnd: None,
        sender_srtt_us: None,
        sender_min_rtt_us: None,
        sender_retransmits: None,
        sender_delivery_rate_bps: None,
        err: None,
    }
}
