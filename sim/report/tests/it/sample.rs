//! Trials to make reports of: a small streaming session over a noisy link, drawn from a seed. It
//! stands in for a lab; its figures are plausible, nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use weir_records::{
    Event, Link, Node, Record, Rung, Segment, Session, Stall, Trial, TrialResult, Verdict,
};
use weir_tables::RunInfo;
use weir_units::{BitRate, Seed};

/// Mean bit rates of the ladder in bit/s; each segment's size is within 20 % of it.
pub const LADDER: [u64; 6] = [350_000, 700_000, 1_400_000, 2_700_000, 4_800_000, 8_000_000];
/// The peak that the table `rungs` states for the lowest rung.
pub const LOWEST_PEAK: u64 = 420_000;
const SEGMENT_US: u64 = 2_000_000;
const MAX_BUFFER_US: u64 = 25_000_000;
const LEVEL_AT_TOP_US: u64 = 18_000_000;

/// What a sample run looks like.
pub struct Sample {
    pub rates: Vec<String>,
    pub algorithms: Vec<&'static str>,
    pub repeats: u64,
    pub watch_s: u64,
    pub seed: u64,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            rates: (1..=20).map(|mbit| format!("{mbit} Mbit/s")).collect(),
            algorithms: vec!["bola", "bba0", "throughput"],
            repeats: 3,
            watch_s: 120,
            seed: 7,
        }
    }
}

impl Sample {
    pub fn info(&self) -> RunInfo {
        RunInfo {
            run: "4f1c9a7be2d05836".into(),
            name: "bandwidth-sweep".into(),
            lab: "uml".into(),
            media: "synthetic film".into(),
            command: "weir run experiments/bandwidth-sweep.toml --seed 7".into(),
            axes: vec!["links.access.rate".into(), "players.abr".into()],
            repeats: self.repeats,
            zips: BTreeMap::new(),
        }
    }

    pub fn trials(&self) -> Vec<TrialResult> {
        let mut trials = Vec::new();
        let mut cell = 0;
        for rate in &self.rates {
            for abr in &self.algorithms {
                for repeat in 0..self.repeats {
                    let id = format!("c{cell:04}-r{repeat}");
                    let seed = Seed::new(self.seed).derive(&format!("repeat {repeat}"));
                    let bps = rate.parse::<BitRate>().unwrap().bps();
                    trials.push(TrialResult {
                        id,
                        params: vec![rate.clone(), (*abr).to_owned()],
                        row: trial_row(cell, repeat, seed.get(), self.watch_s),
                        records: records(bps, &[(bps, *abr)], seed, self.watch_s),
                    });
                }
                cell += 1;
            }
        }
        trials
    }
}

pub fn trial_row(cell: u64, repeat: u64, seed: u64, watch_s: u64) -> Trial {
    Trial {
        cell,
        repeat,
        seed,
        lab: "uml".into(),
        verdict: Verdict::Valid,
        err: None,
        virtual_us: watch_s * 1_000_000 + 1_500_000,
        wall_us: 900_000 + seed % 400_000,
        memory_bytes: None,
    }
}

/// Takes a trial's result away, as a failure does.
pub fn spoil(trial: &mut TrialResult, verdict: Verdict, err: &str) {
    trial.row.verdict = verdict;
    trial.row.err = Some(err.into());
    if verdict == Verdict::Failed {
        trial.records.clear();
    }
}

/// What a trial leaves where viewers with these algorithms get these rates of a link.
pub fn records(rate: u64, viewers: &[(u64, &str)], seed: Seed, watch_s: u64) -> Vec<Record> {
    let mut records: Vec<Record> = (0u64..)
        .zip(LADDER)
        .map(|(rung, bps)| {
            Record::Rung(Rung {
                rung,
                width: Some(320 + 320 * rung),
                height: Some(180 + 180 * rung),
                target_bps: bps,
                mean_bps: bps + bps / 50,
                peak_bps: bps * 12 / 10,
                target_missed: false,
            })
        })
        .collect();
    records.push(node());
    records.push(event());
    let mut transfers = Vec::new();
    for (session, (share, abr)) in (0u64..).zip(viewers) {
        let mut player = Player::new(*share, abr, seed.derive(&session.to_string()));
        player.watch(watch_s * 1_000_000);
        let numbered = Session { session, ..player.session(abr) };
        records.push(Record::Session(Session { node: format!("viewer-{session}"), ..numbered }));
        let transfer = |s: &Segment| {
            let begin = s.request_us + s.ttfb_us.unwrap();
            (begin, s.request_us + s.download_us, s.bytes)
        };
        transfers.extend(player.segments.iter().map(transfer));
        records.extend(
            player.segments.into_iter().map(|row| Record::Segment(Segment { session, ..row })),
        );
        records
            .extend(player.stalls.into_iter().map(|row| Record::Stall(Stall { session, ..row })));
    }
    for session in 0..viewers.len() {
        records.extend(links(
            "access",
            "router",
            &format!("viewer-{session}"),
            None,
            &transfers,
            watch_s,
        ));
    }
    records.extend(links("bottleneck", "origin", "router", Some(rate), &transfers, watch_s));
    records
}

struct Player<'a> {
    rate: u64,
    abr: &'a str,
    seed: Seed,
    now: u64,
    buffer: u64,
    played: u64,
    startup: Option<u64>,
    estimate: u64,
    segments: Vec<Segment>,
    stalls: Vec<Stall>,
}

impl<'a> Player<'a> {
    fn new(rate: u64, abr: &'a str, seed: Seed) -> Self {
        Self {
            rate,
            abr,
            seed,
            now: 0,
            buffer: 0,
            played: 0,
            startup: None,
            estimate: LADDER[0],
            segments: Vec::new(),
            stalls: Vec::new(),
        }
    }

    fn watch(&mut self, until: u64) {
        while self.now < until {
            let wait = (self.buffer + SEGMENT_US).saturating_sub(MAX_BUFFER_US);
            self.pass(wait);
            let rung = self.decide();
            let request = self.segments.len() as u64;
            let draw = |what: &str, bound| {
                self.seed.derive(what).derive(&request.to_string()).below(bound)
            };
            let bytes = LADDER[rung] * SEGMENT_US / 8_000_000 * (85 + draw("size", 31)) / 100;
            // Small transfers do not fill the link: TCP takes its time to open the window.
            // Now and then, somebody else fills it.
            let share = if draw("dip", 12) == 0 { 12 } else { 62 + draw("link", 34) };
            let full = self.rate * share / 100;
            let transfer = (bytes * 8_000_000 / full).max(20_000);
            let ttfb = 42_000 + draw("ttfb", 9_000);
            let (request_us, buffer_before_us) = (self.now, self.buffer);
            self.pass(ttfb + transfer);
            self.buffer += SEGMENT_US;
            if self.startup.is_none() && self.buffer >= 2 * SEGMENT_US {
                self.startup = Some(self.now);
            }
            let throughput = bytes * 8_000_000 / transfer;
            self.estimate = (self.estimate * 7 + throughput * 3) / 10;
            self.segments.push(Segment {
                session: 0,
                request,
                segment: request % 30,
                rung: rung as u64,
                declared_bps: LADDER[rung],
                bytes,
                request_us,
                ttfb_us: Some(ttfb),
                download_us: ttfb + transfer,
                throughput_bps: Some(throughput),
                reads: bytes / 16_000 + 1,
                buffer_before_us,
                buffer_after_us: self.buffer,
                estimate_bps: (self.abr == "throughput").then_some(self.estimate),
                wait_us: wait,
                source: Some("10.77.0.1:80".into()),
                origin: None,
                sequence: None,
                status: Some(200),
                sender_cwnd: Some(20),
                sender_srtt_us: Some(41_000),
                sender_min_rtt_us: Some(40_000),
                sender_retransmits: Some(0),
                sender_delivery_rate_bps: Some(throughput),
                err: None,
            });
        }
    }

    fn decide(&self) -> usize {
        let by_buffer = |reservoir: u64, top: u64| {
            let share = self.buffer.saturating_sub(reservoir) as f64 / (top - reservoir) as f64;
            let wanted = LADDER[0] as f64 + share.min(1.0) * (LADDER[5] - LADDER[0]) as f64;
            LADDER.iter().rposition(|&bps| bps as f64 <= wanted).unwrap_or(0)
        };
        match self.abr {
            "bba0" => by_buffer(5_000_000, LEVEL_AT_TOP_US),
            "bola" => {
                let by_level = by_buffer(3_000_000, 21_000_000);
                let cap = LADDER.iter().rposition(|&bps| bps <= self.estimate * 11 / 10);
                by_level.max(1).min(cap.unwrap_or(0))
            }
            _ => LADDER.iter().rposition(|&bps| bps * 10 <= self.estimate * 9).unwrap_or(0),
        }
    }

    /// Lets time pass: playback goes on while there is media.
    fn pass(&mut self, span: u64) {
        if self.startup.is_some() {
            let plays = span.min(self.buffer);
            if plays < span {
                self.stalls.push(Stall {
                    session: 0,
                    stall: self.stalls.len() as u64,
                    start_us: self.now + plays,
                    duration_us: span - plays,
                    played_us: self.played + plays,
                    cut_off: false,
                });
            }
            self.played += plays;
            self.buffer -= plays;
        }
        self.now += span;
    }

    fn session(&self, abr: &str) -> Session {
        let mean = |segments: &[Segment]| {
            let sum: u64 = segments.iter().map(|s| s.declared_bps).sum();
            (!segments.is_empty()).then(|| sum as f64 / segments.len() as f64)
        };
        let stall_us: u64 = self.stalls.iter().map(|s| s.duration_us).sum();
        let bytes: u64 = self.segments.iter().map(|s| s.bytes).sum();
        let busy: u64 = self.segments.iter().map(|s| s.download_us).sum();
        let changed = self.segments.windows(2).filter(|pair| pair[0].rung != pair[1].rung);
        Session {
            session: 0,
            node: "viewer".into(),
            abr: abr.into(),
            knows: "declared".into(),
            protocol: Some("HTTP/1.1".into()),
            start_us: 0,
            first_segment: 0,
            startup_us: self.startup,
            session_us: self.now,
            played_us: self.played,
            stalls: self.stalls.len() as u64,
            stall_us,
            stall_ratio: (self.played > 0)
                .then(|| stall_us as f64 / (stall_us + self.played) as f64),
            mean_bitrate_bps: mean(&self.segments),
            settled_bitrate_bps: self.segments.get(20..).and_then(mean),
            switches: changed.count() as u64,
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
            segments: self.segments.len() as u64,
            bytes,
            mean_throughput_bps: Some(bytes as f64 * 8e6 / busy as f64),
            mean_buffer_us: Some(self.buffer),
            err: None,
        }
    }
}

fn node() -> Record {
    Record::Node(Node {
        node: "viewer".into(),
        congestion_control: "cubic".into(),
        rmem_bytes: "4096 131072 6291456".into(),
        wmem_bytes: "4096 16384 4194304".into(),
        tcp_mem_pages: "9216 12288 18432".into(),
        initial_window: 10,
        slow_start_after_idle: true,
        metrics_cache: false,
        ecn: 2,
        sack: true,
        gso_segments: 1,
    })
}

fn event() -> Record {
    Record::Event(Event {
        at_us: 400_000,
        node: "origin".into(),
        service: "nginx".into(),
        event: "ready".parse().unwrap(),
        detail: None,
    })
}

/// A link's rows, one for each second, with the bytes of these transfers: begin, end and size.
fn links(
    link: &str,
    from: &str,
    to: &str,
    rate: Option<u64>,
    transfers: &[(u64, u64, u64)],
    watch_s: u64,
) -> Vec<Record> {
    let row = |second: u64| {
        let (start, end) = (second * 1_000_000, (second + 1) * 1_000_000);
        let bytes = |(from, to, bytes): &(u64, u64, u64)| {
            let here = end.min(*to).saturating_sub(start.max(*from));
            bytes * here / (to - from).max(1)
        };
        let bytes: u64 = transfers.iter().map(bytes).sum();
        let utilisation = rate.map(|rate| (bytes * 8) as f64 / rate as f64);
        let full = utilisation.is_some_and(|share| share > 0.85);
        let drops = if full { bytes / 40_000 % 7 } else { 0 };
        let losses = u64::from(rate.is_some() && bytes % 13 == 1);
        Link {
            link: link.into(),
            from: from.into(),
            to: to.into(),
            start_us: start,
            end_us: end,
            rate_bps: rate,
            rate_kind: rate.map(|_| "capacity".into()),
            delay_us: 20_000,
            jitter_us: 0,
            queue_bytes: rate.map(|_| 64_000),
            offered_packets: Some(bytes / 1_500 + drops + losses),
            packets: Some(bytes / 1_500),
            bytes,
            queue_drops: Some(drops),
            aqm_drops: Some(0),
            marks: Some(0),
            losses: Some(losses),
            backlog_bytes: Some(if rate.is_some() { bytes % 64_000 } else { 0 }),
            utilisation,
        }
    };
    (0..watch_s).map(|second| Record::Link(row(second))).collect()
}

/// Writes the tables of these trials, which are in the order of the plan.
pub fn write_run(dir: &Path, info: &RunInfo, trials: &[TrialResult]) -> anyhow::Result<()> {
    let values = (0..info.axes.len()).map(|axis| {
        let values = trials.iter().filter_map(|trial| trial.params.get(axis).cloned());
        values.collect::<BTreeSet<_>>().into_iter().collect()
    });
    let values: Vec<Vec<String>> = values.collect();
    weir_stats::write_run(dir, info, &values, trials.iter().cloned().map(Ok))
}

/// Two rates, two algorithms, three repeats, short sessions: enough for most laws.
pub fn small() -> Sample {
    Sample {
        rates: vec!["1 Mbit/s".into(), "2 Mbit/s".into()],
        algorithms: vec!["bola", "bba0"],
        watch_s: 60,
        ..Sample::default()
    }
}

/// Every file below `dir` with its bytes.
pub fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let below = files(&path);
            let name = PathBuf::from(path.file_name().unwrap());
            found.extend(below.into_iter().map(|(file, bytes)| (name.join(file), bytes)));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(PathBuf::from(path.file_name().unwrap()), bytes);
        }
    }
    found
}
