//! Published content, traces and sessions: none of them beats the bound.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use weir_core::{Qoe, QoePreset};
use weir_oracle::{Latency, Plan, Problem, Solution, simulate, solve};
use weir_trace::{Clock, Csv, Format, Kind, Origin, Reader, Trace, Volume};
use weir_units::{BitRate, Span, Time};

/// A file or folder of the reference data: beside the project, or where `WEIR_REFERENCE_DATA`
/// points. Where there are none, this is said past what a test harness hides.
fn reference(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WEIR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    if !folder.exists() {
        let line = format!("DID NOT RUN: {name}: there is no {}\n", folder.display());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    }
    let path = folder.join(name);
    assert!(path.exists(), "the reference data has no {}", path.display());
    Some(path)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn load(format: Format, path: &Path) -> Trace {
    let none = String::new;
    let reader = Reader {
        format,
        origin: Origin {
            name: none(),
            kind: Some(Kind::Goodput),
            repeats: true,
            source: none(),
            licence: none(),
            obtained: None,
        },
        csv: Csv {
            rate: none(),
            rate_unit: BitRate::from_bps(1),
            clock: Clock::Every(Span::from_s(1)),
            time_unit: Span::from_s(1),
            latency: None,
        },
        packet: Reader::PACKET,
    };
    weir_trace::load(&reader, path).unwrap()
}

/// A manifest of Sabre.
struct Film {
    ladder: Vec<BitRate>,
    segment: Span,
    sizes: Vec<Vec<Volume>>,
}

impl Film {
    fn read(path: &Path) -> Self {
        let film: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let numbers = |value: &Value| -> Vec<u64> {
            value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
        };
        let ladder = numbers(&film["bitrates_kbps"]);
        let sizes = |row: &Value| numbers(row).into_iter().map(Volume::from_bits).collect();
        Self {
            ladder: ladder.into_iter().map(|kbps| BitRate::from_bps(kbps * 1000)).collect(),
            segment: Span::from_ms(film["segment_duration_ms"].as_u64().unwrap()),
            sizes: film["segment_sizes_bits"].as_array().unwrap().iter().map(sizes).collect(),
        }
    }

    /// As Sabre plays it: the first segment at the lowest rung, playback at once.
    fn solve(&self, trace: &Trace, max_buffer: Span, preset: QoePreset) -> Solution {
        let problem = Problem {
            trace,
            start: Time::ZERO,
            sizes: &self.sizes,
            segment: self.segment,
            max_buffer,
            startup: Span::ZERO,
            first: Some(0),
            latency: Latency::Trace,
            qoe: preset.qoe(&self.ladder, self.segment).unwrap(),
        };
        solve(&problem).unwrap()
    }
}

#[test]
fn sabres_scores_on_4g_are_below_the_oracles() {
    let Some(traces) = reference("sabre/4Glogs") else { return };
    let film = Film::read(&reference("sabre/bbb4k.json").unwrap());
    // The best published mean score with each buffer: of BOLA-O and of dynamic.
    for (buffer, published) in [(25, 2.863001), (10, 2.681469)] {
        let (mut sum, mut count) = (0.0, 0.0);
        for file in files(&traces) {
            let trace = load(Format::Sabre, &file);
            let solution = film.solve(&trace, Span::from_s(buffer), QoePreset::SabreScore);
            assert!(solution.gap <= 0.01, "{}: {}", file.display(), solution.gap);
            if buffer == 25 && file.ends_with("report_bus_0001.json") {
                assert!(solution.qoe > 2.704631, "{}", solution.qoe);
            }
            (sum, count) = (sum + solution.qoe, count + 1.0);
        }
        let mean = sum / count;
        println!("buffer {buffer} s: the oracle {mean:.4}, published {published}");
        assert!(mean > published && mean < 1.25 * published, "{mean}");
    }
}

#[test]
fn sabres_demo_session_is_below_the_oracles() {
    let Some(network) = reference("sabre/network.json") else { return };
    let film = Film::read(&reference("sabre/movie.json").unwrap());
    let trace = load(Format::Sabre, &network);
    let solution = film.solve(&trace, Span::from_s(25), QoePreset::SabreScore);
    println!("the oracle {:.4} to {:.4}, BOLA-E 2.4360", solution.qoe, solution.bound);
    assert!(solution.gap <= 0.01 && solution.qoe > 2.435983, "{solution:?}");
}

/// The chunks of Pensieve, and how much of the trace they take: 95 % of its rate is payload.
fn chunks() -> Vec<Vec<Volume>> {
    let folder = reference("pensieve/size").unwrap();
    let mut sizes = vec![Vec::new(); 49];
    for rung in 0..6 {
        let text = std::fs::read_to_string(folder.join(format!("video_size_{rung}"))).unwrap();
        for (row, line) in sizes.iter_mut().zip(text.lines()) {
            let bytes = weir_units::Bytes::new(line.trim().parse().unwrap());
            let carried = Volume::from(bytes).femtobits() * 20;
            row.push(Volume::from_femtobits(carried.div_ceil(19)));
        }
    }
    sizes
}

/// The session of a log: its rungs, and its pauses of half a second each above 60 s.
fn logged(problem: &Problem, log: &str, ladder: &[BitRate]) -> Plan {
    let rungs = log.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let kbps: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        ladder.iter().position(|rung| rung.bps() == kbps as u64 * 1000).unwrap()
    });
    let mut plan = Plan::at_once(rungs.collect());
    let pause = Span::from_ms(500).ns();
    for segment in 1..plan.rungs.len() {
        let played = simulate(problem, &plan).unwrap();
        let above = played.segments[segment - 1].buffer.saturating_sub(Span::from_s(60)).ns();
        plan.waits[segment] = Span::from_ns(above.next_multiple_of(pause) - above);
    }
    plan
}

#[test]
fn pensieves_logged_sessions_are_played_alike_and_do_not_beat_the_bound() {
    let Some(logs) = reference("pensieve/logs") else { return };
    let traces = reference("pensieve/traces").unwrap();
    let ladder = [300, 750, 1200, 1850, 2850, 4300].map(|kbps| BitRate::from_bps(kbps * 1000));
    let all = chunks();
    let qoe: Qoe = QoePreset::PensieveLin.qoe(&ladder, Span::from_s(4)).unwrap();
    let (mut reached, mut best, mut worst, mut count) = (0.0, 0.0, 0.0f64, 0.0);
    for path in files(&logs) {
        let log = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let trace = load(Format::Pensieve, &traces.join(name.split_once('_').unwrap().1));
        let chunks = log.lines().filter(|line| !line.trim().is_empty()).count();
        let problem = Problem {
            trace: &trace,
            start: Time::ZERO,
            sizes: &all[..chunks],
            segment: Span::from_s(4),
            // A request is made when no more than 60 s are in the buffer.
            max_buffer: Span::from_s(64),
            startup: Span::ZERO,
            first: Some(1),
            latency: Latency::Beside(Span::from_ms(80)),
            qoe: qoe.clone(),
        };
        let played = simulate(&problem, &logged(&problem, &log, &ladder)).unwrap();
        let lines = log.lines().filter(|line| !line.trim().is_empty());
        for (number, (line, fetched)) in lines.zip(&played.segments).enumerate() {
            let values: Vec<f64> =
                line.split_whitespace().map(|value| value.parse().unwrap()).collect();
            let stall = if number == 0 { played.startup } else { fetched.stall };
            let off = (stall.as_secs_f64() - values[3]).abs();
            assert!(off < 1e-5, "{name}, chunk {number}: {stall} instead of {}", values[3]);
        }
        let solution = solve(&problem).unwrap();
        assert!(played.qoe <= solution.bound, "{name}: {} > {}", played.qoe, solution.bound);
        worst = worst.max(solution.gap);
        (reached, best, count) = (reached + played.qoe, best + solution.qoe, count + 1.0);
    }
    let (reached, best) = (reached / count, best / count);
    println!("mean QoE: logged {reached:.3}, the oracle {best:.3}; worst gap {worst:.4}");
    // Utilities of 0.3 to 4.3 come in steps, and switches cancel most of them: a step is a percent.
    assert!(worst <= 0.02, "{worst}");
}
