//! What one player process runs: plain data, handed over as JSON.

use crate::machine::Machine;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use weir_abr::Abr;
use weir_core::playlist::{Date, Uri};
use weir_core::{LivePlayer, Player, Stream, Viewer};
use weir_units::Span;

/// The most sessions of one process: each holds two or three descriptors, and four more for an
/// algorithm that is a program. The usual limit is 1024, and can be raised to 4096 and more.
pub const MAX_SESSIONS: usize = 300;

/// The sessions of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The start of the trial: CLOCK_MONOTONIC in nanoseconds.
    pub epoch: u64,
    /// The sessions; at most [`MAX_SESSIONS`].
    pub sessions: Vec<SessionJob>,
    /// How all of them use the network.
    #[serde(default)]
    pub transport: Transport,
    /// The folder of the experiment, in which an algorithm that is a program is started; the
    /// present one if nothing is said.
    #[serde(default)]
    pub folder: PathBuf,
    /// The file for a log of every decision and its circumstances, as lines of
    /// [`LogLine`](crate::LogLine); an existing one is replaced. None is written without it. No row
    /// depends on it.
    #[serde(default)]
    pub log: Option<PathBuf>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionJob {
    /// Who watches, and how.
    pub viewer: Viewer,
    /// The master playlist: `http://address:port/path`.
    pub url: String,
    /// Further master playlists of the same stream, in the order in which they are tried when the
    /// one before fails. Live only.
    #[serde(default)]
    pub streams: Vec<String>,
}

/// The most streams of a session.
const MAX_STREAMS: usize = 16;

/// How a session uses the network: how long it waits before a request counts as failed (all of it
/// ends with the session at the latest), and how it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transport {
    /// For a connection.
    pub connect: Span,
    /// For the head of a response.
    pub header: Span,
    /// For the next piece of a body, which may be as large as `low_water` says.
    pub body: Span,
    /// For all of a body; without it, as long as pieces come.
    pub whole: Option<Span>,
    /// Whether bodies are read in pieces of up to 32 kB instead of packet by packet, where that
    /// makes no difference to the sender. The times of the first and the last byte are the same.
    pub low_water: bool,
}

impl Default for Transport {
    /// 10 s to connect, 30 s for a head, 60 s for a piece of a body, large pieces: beyond what any
    /// network under test should need, so that a failure is one.
    fn default() -> Self {
        Self {
            connect: Span::from_s(10),
            header: Span::from_s(30),
            body: Span::from_s(60),
            whole: None,
            low_water: true,
        }
    }
}

impl Transport {
    /// How live players wait: 10 s to connect, 10 s for a head and for a piece of a body, 20 s for
    /// all of it. hls.js 1.7.1 gives a request 10 s to its first byte (`fragLoadPolicy`,
    /// `playlistLoadPolicy`: `maxTimeToFirstByteMs`) and a playlist 20 s in all (`maxLoadTimeMs`);
    /// dash.js gives a manifest 10 s and a segment 20 s.
    pub fn live() -> Self {
        let limit = Span::from_s(10);
        let whole = Some(Span::from_s(20));
        Self { connect: limit, header: limit, body: limit, whole, ..Self::default() }
    }
}

impl SessionJob {
    /// The player of the session. `epoch` is the moment of the world's clock at which it begins.
    ///
    /// # Errors
    /// If a URL is none, and for more than 16 of them or several for recorded content.
    pub(crate) fn machine(&self, epoch: Option<Date>, abr: Box<dyn Abr>) -> Result<Machine> {
        let url = Uri::parse(&self.url).context("reading the URL")?;
        let config = self.viewer.config();
        let Some(rules) = self.viewer.viewing.live else {
            ensure!(self.streams.is_empty(), "several streams of recorded content");
            return Ok(Player::new(config, url, abr).into());
        };
        ensure!(self.streams.len() < MAX_STREAMS, "more than {MAX_STREAMS} streams");
        let mut masters = vec![url];
        for stream in &self.streams {
            masters.push(Uri::parse(stream).context("reading the URL of a further stream")?);
        }
        let stream = Stream { masters, epoch, start: self.viewer.start };
        Ok(LivePlayer::new(config, rules, stream, abr).into())
    }
}
