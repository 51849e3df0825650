//! The player of Sabre: the first segment at the lowest rung, playback as soon as it is there, one
//! request at a time, room in the buffer before each. It counts in floating-point milliseconds, as
//! Sabre does; what the algorithm sees is rounded to nanoseconds.

use super::network::{Network, Period};
use weir_abr::{Abr, Download, End, Observation, Playback, Progress, Rung, Verdict};
use weir_units::{BitRate, Bytes, Ratio, Span, Time};

/// A film: milliseconds, kbit/s, and bits by segment and rung.
#[derive(Debug, Clone)]
pub struct Film {
    pub segment: f64,
    pub ladder: Vec<f64>,
    pub sizes: Vec<Vec<f64>>,
}

/// What Sabre prints, per segment of played time where it says "time average".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    pub utility: f64,
    pub bitrate: f64,
    pub play_time_s: f64,
    pub rebuffer_s: f64,
    pub rebuffer_ratio: f64,
    pub rebuffer_events: u64,
    pub bitrate_change: f64,
    pub score: f64,
    /// The rung of every request, the first and the abandoned ones included.
    pub requests: Vec<usize>,
}

pub struct Session<'a> {
    film: &'a Film,
    network: Network<'a>,
    abr: Box<dyn Abr>,
    seen: Observation,
    /// Since the start, in milliseconds.
    now: f64,
    max_buffer: f64,
    /// Rungs in the buffer, and how much of the first has been played.
    buffered: Vec<usize>,
    played_of_first: f64,
    last_played: Option<usize>,
    rebuffer: f64,
    total: f64,
    outcome: Outcome,
}

fn span(ms: f64) -> Span {
    Span::from_ns((ms.max(0.0) * 1e6).round() as u64)
}

fn bytes(bits: f64) -> (Bytes, Ratio) {
    let bytes = bits / 8.0;
    let part = (bytes.fract() * 1e9) as u64;
    (Bytes::new(bytes as u64), Ratio::from_ppb(part))
}

impl<'a> Session<'a> {
    pub fn new(film: &'a Film, trace: &'a [Period], abr: Box<dyn Abr>, max_buffer_s: f64) -> Self {
        let rung = |kbps: &f64| {
            let rate = BitRate::from_bps((kbps * 1000.0) as u64);
            Rung { mean: rate, peak: rate }
        };
        let seen = Observation {
            max_buffer: span(max_buffer_s * 1000.0),
            segment_duration: span(film.segment),
            ladder: film.ladder.iter().map(rung).collect(),
            ..Observation::default()
        };
        Self {
            film,
            network: Network::new(trace),
            abr,
            seen,
            now: 0.0,
            max_buffer: max_buffer_s * 1000.0,
            buffered: Vec::new(),
            played_of_first: 0.0,
            last_played: None,
            rebuffer: 0.0,
            total: 0.0,
            outcome: Outcome::default(),
        }
    }

    fn level(&self) -> f64 {
        self.film.segment * self.buffered.len() as f64 - self.played_of_first
    }

    /// Plays for `time`.
    fn play(&mut self, mut time: f64) {
        let p = self.film.segment;
        if self.buffered.is_empty() {
            self.rebuffer += time;
            self.total += time;
            return;
        }
        if self.played_of_first > 0.0 {
            if time + self.played_of_first < p {
                self.played_of_first += time;
                self.total += time;
                return;
            }
            time -= p - self.played_of_first;
            self.total += p - self.played_of_first;
            self.buffered.remove(0);
            self.played_of_first = 0.0;
        }
        while time > 0.0 && !self.buffered.is_empty() {
            let rung = self.buffered[0];
            let rate = self.film.ladder[rung];
            self.outcome.utility += (rate / self.film.ladder[0]).ln();
            self.outcome.bitrate += rate;
            if let Some(last) = self.last_played {
                self.outcome.bitrate_change += (rate - self.film.ladder[last]).abs();
            }
            self.last_played = Some(rung);
            if time >= p {
                self.buffered.remove(0);
                self.total += p;
                time -= p;
            } else {
                self.played_of_first = time;
                self.total += time;
                time = 0.0;
            }
        }
        if time > 0.0 {
            self.rebuffer += time;
            self.total += time;
            self.outcome.rebuffer_events += 1;
        }
    }

    fn look(&mut self, at: f64, buffer: f64) {
        self.seen.now = Time::from_ns(span(at).ns());
        self.seen.buffer = span(buffer);
        self.seen.playback = if buffer > 0.0 { Playback::Playing } else { Playback::Stalled };
    }

    /// Downloads a segment, and says when its first and last byte came, how many bits did, and
    /// what it was abandoned for.
    fn fetch(&mut self, bits: f64, rung: usize, asks: bool) -> (f64, f64, f64, Verdict) {
        let ttfb = self.network.latency();
        if !asks {
            return (ttfb, ttfb + self.network.download(bits), bits, Verdict::Continue);
        }
        let (level, requested) = (self.level(), Time::from_ns(span(self.now).ns()));
        let (mut got, mut time, mut since) = (0.0, ttfb, ttfb);
        loop {
            let (b, t) = self.network.advance(bits - got, since);
            since = 0.0;
            got += b;
            time += t;
            if got >= bits {
                return (ttfb, time, got, Verdict::Continue);
            }
            self.look(self.now + time, (level - time).max(0.0));
            let (downloaded, part) = bytes(got);
            let size = bytes(bits).0;
            let ttfb_seen = Some(span(ttfb));
            let progress = Progress { rung, requested, ttfb: ttfb_seen, size, downloaded, part };
            let verdict = self.abr.progress(&self.seen, &progress);
            if verdict != Verdict::Continue {
                return (ttfb, time, got, verdict);
            }
        }
    }

    /// Requests one segment and plays meanwhile.
    fn request(&mut self, segment: usize, rung: usize, replace: Option<usize>, asks: bool) -> End {
        let bits = self.film.sizes[segment][rung];
        self.outcome.requests.push(rung);
        let (ttfb, time, got, verdict) = self.fetch(bits, rung, asks);
        let from_the_end = replace.map(|index| self.buffered.len() - index);
        self.now += time;
        if segment == 0 && self.outcome.requests.len() == 1 {
            self.total += time;
        } else {
            self.play(time);
        }
        let end = match verdict {
            Verdict::Continue => End::Whole,
            Verdict::Abandon { to } => End::Abandoned { to },
        };
        match (from_the_end, end) {
            (None, End::Whole) => self.buffered.push(rung),
            (Some(n), End::Whole) if n <= self.buffered.len() => {
                let index = self.buffered.len() - n;
                self.buffered[index] = rung;
            }
            _ => {}
        }
        let download = Download {
            rung,
            bytes: bytes(got).0,
            ttfb: span(ttfb),
            transfer: span(time - ttfb),
            media: span(self.film.segment),
            finished: Time::from_ns(span(self.now).ns()),
            buffer: span(self.level()),
            replacement: replace.is_some(),
            end,
        };
        if self.seen.downloads.len() == weir_abr::DOWNLOADS_SEEN {
            self.seen.downloads.remove(0);
        }
        self.seen.downloads.push(download);
        end
    }

    pub fn run(mut self) -> Outcome {
        let count = self.film.sizes.len();
        self.request(0, 0, None, false);
        let mut next = 1;
        while next < count {
            let excess = self.level() + self.film.segment - self.max_buffer;
            if excess > 0.0 {
                self.play(excess);
                self.network.wait(excess);
                self.now += excess;
            }
            self.look(self.now, self.level());
            self.seen.waited_for_room = span(excess);
            self.seen.segment = next as u64;
            self.seen.segments_left = (count - next) as u64;
            self.seen.buffered.clone_from(&self.buffered);
            self.seen.played_of_first = span(self.played_of_first);
            let decision = self.abr.decide(&self.seen);
            let wait = decision.wait.ns() as f64 / 1e6;
            let segment = decision.replace.map_or(next, |index| next + index - self.buffered.len());
            if wait > 0.0 {
                self.play(wait);
                self.network.wait(wait);
                self.now += wait;
            }
            let end = self.request(segment, decision.rung, decision.replace, true);
            if end == End::Whole && decision.replace.is_none() {
                next += 1;
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Outcome {
        self.play(self.level());
        let p = self.film.segment;
        let segments = self.total / p;
        let Outcome { utility, bitrate, bitrate_change, .. } = self.outcome;
        Outcome {
            utility: utility / segments,
            bitrate: bitrate / segments,
            bitrate_change: bitrate_change / segments,
            play_time_s: self.total / 1000.0,
            rebuffer_s: self.rebuffer / 1000.0,
            rebuffer_ratio: self.rebuffer / self.total,
            score: (utility - 5.0 * self.rebuffer / p) / segments,
            ..self.outcome
        }
    }
}
