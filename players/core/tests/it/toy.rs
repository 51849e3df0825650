//! A server and a fluid network without a clock, that drive one session from its start to its end.

use std::collections::BTreeMap;
use weir_abr::{Abr, Choice};
use weir_core::playlist::Uri;
use weir_core::{
    Event, Output, Player, PlayerConfig, Request, Resource, SessionConfig, SessionMetrics, Status,
};
use weir_units::{BitRate, Bytes, Span, Time};

/// What is served.
#[derive(Debug, Clone)]
pub struct Content {
    /// Declared mean rates in bit/s, lowest first.
    pub ladder: Vec<u64>,
    /// The duration of each segment.
    pub durations: Vec<Span>,
    /// Each segment's size relative to its declared one, in percent.
    pub size_percent: Vec<u64>,
    /// Whether there are initialization sections.
    pub init: bool,
}

impl Content {
    /// `n` segments of `ms` at exactly their declared rates.
    pub fn constant(ladder_kbps: &[u64], n: usize, ms: u64) -> Self {
        Self {
            ladder: ladder_kbps.iter().map(|kbps| kbps * 1000).collect(),
            durations: vec![Span::from_ms(ms); n],
            size_percent: vec![100],
            init: false,
        }
    }

    pub fn size(&self, rung: usize, segment: usize) -> Bytes {
        let percent = self.size_percent[segment % self.size_percent.len()];
        let nominal = BitRate::from_bps(self.ladder[rung]).bytes_in(self.durations[segment]);
        Bytes::new((nominal.unwrap().get() * percent / 100).max(1))
    }

    fn body(&self, resource: Resource) -> Vec<u8> {
        let text = match resource {
            Resource::Master => {
                let peak = self.size_percent.iter().max().unwrap();
                let variant = |(rung, bps): (usize, &u64)| {
                    format!(
                        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={bps}\n{rung}.m3u8\n",
                        bps * peak / 100
                    )
                };
                let variants: String = self.ladder.iter().enumerate().map(variant).collect();
                format!("#EXTM3U\n{variants}")
            }
            Resource::Media { rung } => {
                let map = format!("#EXT-X-MAP:URI=\"init{rung}.mp4\"\n");
                let map = if self.init { &map } else { "" };
                let segment = |(n, duration): (usize, &Span)| {
                    format!("#EXTINF:{:?},\n{rung}/{n}.m4s\n", duration.as_secs_f64())
                };
                let segments: String = self.durations.iter().enumerate().map(segment).collect();
                format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n{map}{segments}#EXT-X-ENDLIST\n")
            }
            Resource::Sizes => {
                let row = |segment| {
                    let sizes = (0..self.ladder.len()).map(|rung| self.size(rung, segment).get());
                    format!("{:?}", sizes.collect::<Vec<_>>())
                };
                let rows: Vec<_> = (0..self.durations.len()).map(row).collect();
                format!("{{\"sizes\":[{}]}}", rows.join(","))
            }
            Resource::Init { .. } => "i".repeat(800),
            Resource::Segment { .. } => String::new(),
        };
        text.into_bytes()
    }
}

/// The network, and what goes wrong in it.
#[derive(Debug, Clone)]
pub struct Network {
    /// From a request to the first byte of its response.
    pub latency: Span,
    /// Rates in bit/s, each for one second; repeated for ever.
    pub rates: Vec<u64>,
    /// Requests that fail, counted from 0 over all requests, after this many bytes.
    pub failures: BTreeMap<usize, u64>,
    /// How late the driver handles each moment it waited for; repeated for ever. At most the
    /// latency, or it would be too late for the first byte as well.
    pub lateness: Vec<Span>,
}

impl Network {
    pub fn constant(kbps: u64, latency: Span) -> Self {
        let (rates, failures) = (vec![kbps * 1000], BTreeMap::new());
        Self { latency, rates, failures, lateness: vec![Span::ZERO] }
    }

    /// When `bytes` that begin to flow at `from` have arrived.
    fn arrival(&self, from: Time, bytes: u64) -> Time {
        const SECOND: u64 = 1_000_000_000;
        let (mut now, mut left) = (from.ns(), u128::from(bytes) * 8 * u128::from(SECOND));
        loop {
            let rate = u128::from(self.rates[(now / SECOND) as usize % self.rates.len()]);
            let until = (now / SECOND + 1) * SECOND;
            let carried = rate * u128::from(until - now);
            if carried >= left {
                return Time::from_ns(now + left.div_ceil(rate.max(1)) as u64);
            }
            left -= carried;
            now = until;
        }
    }
}

/// A session's outcome, and what was seen of it on the way.
#[derive(Debug)]
pub struct Outcome {
    pub metrics: SessionMetrics,
    pub requests: Vec<Request>,
    pub last: Status,
    /// The fullest that the buffer ever was.
    pub fullest: Span,
}

pub fn config(watch_s: u64) -> SessionConfig {
    SessionConfig {
        first_segment: 0,
        watch: Span::from_s(watch_s),
        max_buffer: Span::from_s(20),
        startup: Span::from_s(2),
        resume: Span::from_s(2),
        sizes: false,
        player: PlayerConfig::WEIR,
    }
}

pub fn choice(name: &str, params: &[(&str, &str)]) -> Choice {
    let params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Choice { name: name.to_owned(), params }
}

/// Plays the session to its end.
pub fn play(config: SessionConfig, abr: &Choice, content: &Content, network: &Network) -> Outcome {
    play_with(config, abr.build().unwrap(), content, network)
}

/// Plays the session to its end with an algorithm of one's own.
pub fn play_with(
    config: SessionConfig,
    abr: Box<dyn Abr>,
    content: &Content,
    network: &Network,
) -> Outcome {
    let master = Uri::parse("http://origin/master.m3u8").unwrap();
    let mut player = Player::new(config, master, abr);
    let mut requests: Vec<Request> = Vec::new();
    let mut fullest = Span::ZERO;
    // What the network brings next, soonest last.
    let mut coming: Vec<(Time, Piece)> = Vec::new();
    let mut lateness = network.lateness.iter().cycle();
    let mut document = Vec::new();
    loop {
        let wait = match player.poll() {
            Output::Finished => break,
            Output::Cancel => {
                coming.clear();
                continue;
            }
            Output::Fetch(request) => {
                assert!(coming.is_empty(), "two fetches at once");
                document = content.body(request.resource);
                coming = network.serve(content, &request, requests.len(), document.len() as u64);
                requests.push(request);
                continue;
            }
            Output::Wait(until) => until,
        };
        let now = match coming.pop() {
            Some((at, piece)) if at < wait => {
                player.handle(at, piece.event(&document));
                at
            }
            other => {
                coming.extend(other);
                let late = wait.after(*lateness.next().unwrap());
                player.handle(late, Event::Timeout);
                late
            }
        };
        fullest = fullest.max(player.status(now).buffer);
    }
    let last = player.status(Time::ZERO);
    Outcome { metrics: player.into_metrics(), requests, last, fullest }
}

#[derive(Debug, Clone, Copy)]
enum Piece {
    /// The status, and the size of the body.
    Head(u16, Bytes),
    Body(u64),
    End,
    Failure,
}

impl Piece {
    fn event(self, document: &[u8]) -> Event<'_> {
        match self {
            Self::Head(status, size) => Event::Response { status, length: Some(size) },
            Self::Body(bytes) => Event::Body { bytes: Bytes::new(bytes) },
            Self::End => Event::Complete { document },
            Self::Failure => Event::Failed { reason: "the line went dead" },
        }
    }
}

impl Network {
    /// The response to a request in ten pieces.
    fn serve(
        &self,
        content: &Content,
        request: &Request,
        index: usize,
        document: u64,
    ) -> Vec<(Time, Piece)> {
        let whole = match request.resource {
            Resource::Segment { rung, segment } => content.size(rung, segment).get(),
            _ => document,
        };
        let first = request.at.after(self.latency);
        let bytes = self.failures.get(&index).map_or(whole, |cut| whole.min(*cut));
        let mut pieces = vec![(first, Piece::Head(200, Bytes::new(whole)))];
        let mut sent = 0;
        for tenth in 1..=10 {
            let upto = bytes * tenth / 10;
            // The first byte arrives with the head.
            let at = if tenth == 1 { first } else { self.arrival(first, upto) };
            pieces.push((at, Piece::Body(upto - sent)));
            sent = upto;
        }
        let end = self.arrival(first, bytes);
        let fails = self.failures.contains_key(&index);
        pieces.push((end, if fails { Piece::Failure } else { Piece::End }));
        pieces.reverse();
        pieces
    }
}
