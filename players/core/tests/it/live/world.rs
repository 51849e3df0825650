//! A live stream without a clock: a publisher, origins with faults, and a session that follows it.

use std::fmt::Write;
use weir_abr::{Abr, Choice};
use weir_core::playlist::{Date, Uri};
use weir_core::{
    Event, LivePlayer, LiveRules, Output, PlayerConfig, Request, Resource, SessionConfig,
    SessionMetrics, Stream,
};
use weir_units::{Bytes, Span, Time};

/// When every session begins, on the world's clock: just when a segment of 2 s begins.
pub const EPOCH_S: u64 = 1_795_867_850;

/// The number of the segment that begins at [`EPOCH_S`], if segments play 2 s.
pub const NUMBER: u64 = EPOCH_S / 2;

/// The media time scale.
const TIMESCALE: u64 = 12_800;

/// What an origin does wrong.
#[derive(Debug, Clone)]
pub enum Wrong {
    /// It does not answer.
    Dead,
    /// Its playlists are as they were when it began.
    Frozen,
    /// Its playlists are 404.
    NoPlaylist,
    /// This segment is 404.
    Missing(u64),
    /// Its playlists are so many segments behind.
    Behind(u64),
    /// Its playlists list nothing.
    Empty,
    /// Its playlists are this.
    Garbage(Vec<u8>),
    /// It counts its segments from another number on: this one is `NUMBER` elsewhere.
    Renumbered(u64),
    /// Its playlists have no dates.
    Dateless,
    /// The segments from this number on follow a discontinuity, and none before it is listed.
    Restarted(u64),
    /// The stream is over: nothing follows this segment.
    Ended(u64),
}

/// Something wrong, from one moment of the session to another, in milliseconds.
#[derive(Debug, Clone)]
pub struct Fault {
    pub from_ms: u64,
    pub to_ms: u64,
    pub wrong: Wrong,
}

/// An origin.
#[derive(Debug, Clone)]
pub struct Origin {
    /// From a request to the first byte of its response.
    pub latency: Span,
    /// From there to the last byte of a segment.
    pub transfer: Span,
    pub faults: Vec<Fault>,
}

impl Origin {
    pub fn good() -> Self {
        let (latency, transfer) = (Span::from_ms(20), Span::from_ms(100));
        Self { latency, transfer, faults: Vec::new() }
    }

    /// With one more fault.
    pub fn but(mut self, from_s: u64, to_s: u64, wrong: Wrong) -> Self {
        self.faults.push(Fault { from_ms: from_s * 1000, to_ms: to_s * 1000, wrong });
        self
    }

    fn wrong(&self, now: Time) -> impl Iterator<Item = &Fault> {
        let ms = now.ns() / 1_000_000;
        self.faults.iter().filter(move |fault| (fault.from_ms..fault.to_ms).contains(&ms))
    }
}

/// The whole of it. Segments appear when their last picture was captured.
#[derive(Debug, Clone)]
pub struct World {
    pub segment: Span,
    pub window: u64,
    pub origins: Vec<Origin>,
    /// How late the driver is for each moment it waits for, if nothing comes before.
    pub lateness: Span,
}

/// What a session was like, and what was seen of it on the way.
#[derive(Debug)]
pub struct Outcome {
    pub metrics: SessionMetrics,
    pub requests: Vec<Request>,
}

impl Outcome {
    pub fn live(&self) -> &weir_core::LiveMetrics {
        self.metrics.live.as_deref().unwrap()
    }

    /// The numbers of the segments that arrived.
    pub fn numbers(&self) -> Vec<u64> {
        self.metrics.arrived().map(|segment| segment.sequence.unwrap()).collect()
    }
}

pub fn config(watch_s: u64) -> SessionConfig {
    SessionConfig {
        first_segment: 0,
        watch: Span::from_s(watch_s),
        max_buffer: Span::from_s(25),
        startup: Span::ZERO,
        resume: Span::ZERO,
        sizes: false,
        player: PlayerConfig::WEIR,
    }
}

fn atom(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 8).unwrap().to_be_bytes();
    [&size[..], kind, payload].concat()
}

fn init() -> Vec<u8> {
    let head = [&[0; 12][..], &1u32.to_be_bytes(), &[0; 60]].concat();
    let media = [&[0; 12][..], &(TIMESCALE as u32).to_be_bytes(), &[0; 8]].concat();
    let trak = [atom(b"tkhd", &head), atom(b"mdia", &atom(b"mdhd", &media))].concat();
    atom(b"moov", &atom(b"trak", &trak))
}

impl World {
    pub fn of(origins: Vec<Origin>) -> Self {
        Self { segment: Span::from_s(2), window: 5, origins, lateness: Span::ZERO }
    }

    /// The newest segment that is complete at this moment.
    fn newest(&self, now: Time) -> u64 {
        (EPOCH_S * 1000 + now.ns() / 1_000_000) / self.segment.ms() - 1
    }

    fn playlist(&self, origin: &Origin, now: Time) -> Result<Vec<u8>, u16> {
        let (mut newest, mut shift, mut dates) = (self.newest(now), 0, true);
        let (mut least, mut last) = (0, u64::MAX);
        for fault in origin.wrong(now) {
            match &fault.wrong {
                Wrong::NoPlaylist => return Err(404),
                Wrong::Garbage(bytes) => return Ok(bytes.clone()),
                Wrong::Frozen => {
                    newest = self.newest(Time::ZERO.after(Span::from_ms(fault.from_ms)));
                }
                Wrong::Behind(segments) => newest -= segments,
                Wrong::Empty => return Ok(b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n".to_vec()),
                Wrong::Renumbered(number) => shift = *number as i64 - NUMBER as i64,
                Wrong::Dateless => dates = false,
                Wrong::Restarted(number) => least = *number,
                Wrong::Ended(number) => last = *number,
                Wrong::Dead | Wrong::Missing(_) => {}
            }
        }
        newest = newest.min(last);
        let first = (newest + 1).saturating_sub(self.window).max(least).min(newest);
        let mut text = format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n#EXT-X-MAP:URI=\"init.mp4\"\n",
            self.segment.ms().div_ceil(1000),
            first as i64 + shift
        );
        if least > 0 && first == least {
            text += "#EXT-X-DISCONTINUITY\n";
        }
        for number in first..=newest {
            let begin = Span::from_ns(self.segment.ns() * number);
            if dates {
                writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{}", Date::from_unix(begin)).unwrap();
            }
            let seconds = self.segment.as_secs_f64();
            writeln!(text, "#EXTINF:{seconds:?},\n{number}.m4s").unwrap();
        }
        if newest == last {
            text += "#EXT-X-ENDLIST\n";
        }
        Ok(text.into_bytes())
    }

    /// The status and the body of a response.
    fn respond(&self, request: &Request) -> Option<(u16, Vec<u8>)> {
        let uri = request.uri.as_ref().unwrap().as_str();
        let (host, path) = uri.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let origin = &self.origins[host.parse::<usize>().unwrap()];
        if origin.wrong(request.at).any(|fault| matches!(fault.wrong, Wrong::Dead)) {
            return None;
        }
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000\nlow.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=3000000\nhigh.m3u8\n";
        Some(match request.resource {
            Resource::Master => (200, master.as_bytes().to_vec()),
            Resource::Media { .. } => match self.playlist(origin, request.at) {
                Ok(body) => (200, body),
                Err(status) => (status, Vec::new()),
            },
            Resource::Init { .. } => (200, init()),
            Resource::Segment { .. } => {
                let number: u64 = path.trim_end_matches(".m4s").parse().unwrap_or(0);
                let missing =
                    |fault: &Fault| matches!(fault.wrong, Wrong::Missing(n) if n == number);
                if origin.wrong(request.at).any(missing) {
                    return Some((404, Vec::new()));
                }
                let time = self.segment.ms() * number % 1_000_000_000 * TIMESCALE / 1000;
                let head = [&[0; 4][..], &1u32.to_be_bytes()].concat();
                let time = [&[1, 0, 0, 0][..], &time.to_be_bytes()].concat();
                let traf = [atom(b"tfhd", &head), atom(b"tfdt", &time)].concat();
                (200, atom(b"moof", &atom(b"traf", &traf)))
            }
            Resource::Sizes => unreachable!("no sizes are asked for"),
        })
    }

    /// Plays a session with the fixed rung 0.
    pub fn play(&self, config: SessionConfig, rules: LiveRules) -> Outcome {
        let abr = Choice { name: "fixed".to_owned(), params: [].into() }.build().unwrap();
        self.play_with(config, rules, abr, &mut |_, _| {})
    }

    /// Plays a session, and shows it to `look` after every event.
    pub fn play_with(
        &self,
        config: SessionConfig,
        rules: LiveRules,
        abr: Box<dyn Abr>,
        look: &mut dyn FnMut(Time, &LivePlayer),
    ) -> Outcome {
        let masters = (0..self.origins.len())
            .map(|host| Uri::parse(&format!("http://{host}/master.m3u8")).unwrap());
        let stream = Stream {
            masters: masters.collect(),
            epoch: Some(Date::from_unix(Span::from_s(EPOCH_S))),
            start: Time::ZERO.after(Span::from_ms(2300)),
        };
        let mut player = LivePlayer::new(config, rules, stream, abr);
        let mut requests: Vec<Request> = Vec::new();
        let mut coming: Vec<(Time, Step)> = Vec::new();
        let mut document = Vec::new();
        let mut last = Time::ZERO;
        loop {
            let wait = match player.poll() {
                Output::Finished => break,
                Output::Cancel => {
                    coming.clear();
                    continue;
                }
                Output::Fetch(request) => {
                    assert!(coming.is_empty(), "two fetches at once");
                    (coming, document) = self.serve(&request);
                    requests.push(request);
                    continue;
                }
                Output::Wait(until) => until,
            };
            assert!(wait < Time::NEVER);
            let (now, step) = match coming.pop() {
                Some((at, step)) if at < wait => (at, Some(step)),
                other => {
                    let late = wait.after(self.lateness);
                    let until = other.as_ref().map_or(late, |(at, _)| late.min(*at));
                    coming.extend(other);
                    (until, None)
                }
            };
            assert!(now >= last, "time goes back");
            last = now;
            let event = match &step {
                None => Event::Timeout,
                Some(Step::Head(status)) => Event::Response { status: *status, length: None },
                Some(Step::Body(bytes)) => Event::Body { bytes: Bytes::new(*bytes) },
                Some(Step::End) => Event::Complete { document: &document },
                Some(Step::Failure(reason)) => Event::Failed { reason },
            };
            player.handle(now, event);
            look(now, &player);
        }
        Outcome { metrics: player.into_metrics(), requests }
    }

    fn serve(&self, request: &Request) -> (Vec<(Time, Step)>, Vec<u8>) {
        let uri = request.uri.as_ref().unwrap().as_str();
        let host = uri.strip_prefix("http://").unwrap().split_once('/').unwrap().0;
        let origin = &self.origins[host.parse::<usize>().unwrap()];
        let first = request.at.after(origin.latency);
        match self.respond(request) {
            None => (vec![(first, Step::Failure("refused".to_owned()))], Vec::new()),
            Some((200, body)) => {
                let segment = matches!(request.resource, Resource::Segment { .. });
                let transfer = if segment { origin.transfer } else { Span::ZERO };
                let end = first.after(transfer);
                let size = if segment { 125_000 } else { body.len() as u64 };
                let steps = vec![
                    (end, Step::End),
                    (end, Step::Body(size - size / 2)),
                    (first, Step::Body(size / 2)),
                    (first, Step::Head(200)),
                ];
                (steps, body)
            }
            Some((status, _)) => {
                let reason = format!("HTTP status {status}");
                (vec![(first, Step::Failure(reason)), (first, Step::Head(status))], Vec::new())
            }
        }
    }
}

enum Step {
    Head(u16),
    Body(u64),
    End,
    Failure(String),
}
