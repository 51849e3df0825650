//! Every limit of a plan, once: the readers of experiments keep to it and find the place, what is
//! read back from `plan.toml` is held to it, and the FORMAT pages are compared with it by a test.

use std::ops::RangeInclusive;
use weir_units::{BitRate, Bytes, Ratio, Span};

type Range<T> = RangeInclusive<T>;

const DAY: Span = Span::from_s(24 * 3600);
const HOUR: Span = Span::from_s(3600);

// ---- the experiment as a whole

/// How often a cell can run.
pub const REPEATS: Range<u64> = 1..=10_000;
/// How long a trial may take, by a clock on the wall.
pub const WATCHDOGS: Range<Span> = Span::from_s(1)..=Span::from_s(7 * 86_400);
/// More often than a hundred times a second, reading counters would be a load by itself.
pub const INTERVALS: Range<Span> = Span::from_ms(10)..=HOUR;
/// The most trials of a run: more would not fit into memory, nor into anybody's patience.
pub const MAX_TRIALS: u64 = 1_000_000;
/// The most columns that a sweep adds to the tables of a run.
pub const MAX_PATHS: usize = 32;
/// The longest text of a plan that is read, in bytes.
pub const MAX_PLAN: usize = 256 << 20;

// ---- media

/// Shorter pieces are the parts of low-latency formats; longer segments nobody makes.
pub const SEGMENTS: Range<Span> = Span::from_ms(500)..=Span::from_s(20);
/// The content's length; an hour of the ladder `hd` is about 10 GB.
pub const MEDIA_LENGTHS: Range<Span> = Span::from_ms(500)..=HOUR;
/// The sides of a picture, up to 8K; encoders of 4:2:0 pictures want even numbers.
pub const PIXELS: Range<u64> = 16..=8192;
/// Those of rungs.
pub const BIT_RATES: Range<BitRate> = BitRate::from_bps(10_000)..=BitRate::from_bps(1_000_000_000);

// ---- the network

/// The most nodes of a network.
pub const MAX_NODES: usize = 256;
/// The most links: four for each node.
pub const MAX_LINKS: usize = 1024;
/// A link's rate, from less than a modem to what a pair of virtual interfaces carries on a good
/// machine.
pub const RATES: Range<BitRate> = BitRate::from_bps(1_000)..=BitRate::from_bps(10_000_000_000);
/// Light takes 1.3 s to the moon: no path that anybody watches over is longer than this.
pub const DELAYS: Range<Span> = Span::ZERO..=Span::from_s(10);
/// As an interval around its middle, what netem can hold: it cuts what is more than 2.147 s to
/// either side, without a word.
pub const JITTERS: Range<Span> = Span::ZERO..=Span::from_s(4);
/// netem's own jitter, to either side.
pub const REORDERING_JITTERS: Range<Span> = Span::ZERO..=Span::from_s(2);
/// Probabilities of a loss, and of a change between good and bad.
pub const LOSSES: Range<Ratio> = Ratio::ZERO..=Ratio::ONE;

// ---- TCP

/// What the guest's kernel is built with; `tcp_available_congestion_control` lists them.
pub const CONGESTION_CONTROLS: [&str; 3] = ["cubic", "bbr", "reno"];
/// From one page, below which the kernel rounds up, to what its signed 32-bit sysctl can hold.
pub const TCP_BUFFERS: Range<Bytes> = Bytes::new(4096)..=Bytes::new(1_000_000_000);
/// Up to a window that fills any path at once: beyond, TCP's own start is not seen any more.
pub const INITIAL_WINDOWS: Range<u64> = 1..=1000;

// ---- viewers

/// The most groups of players, and the most origins.
pub const MAX_GROUPS: usize = 64;
/// Players of a group.
pub const PLAYER_COUNTS: Range<u64> = 1..=1000;
/// How long a viewer stays.
pub const WATCHES: Range<Span> = Span::from_s(1)..=DAY;
/// The most that a player keeps: 240 s is the largest that the literature uses (BBA).
pub const BUFFERS: Range<Span> = Span::from_ms(500)..=HOUR;
/// What must be there before playback begins, or goes on; never more than the most that is kept.
pub const STARTUPS: Range<Span> = Span::ZERO..=HOUR;
/// The most services at which one group can watch a live stream.
pub const MAX_STREAMS: usize = 16;
/// From less than the low-latency formats reach to more than anybody would call live.
pub const LATENCIES: Range<Span> = Span::from_ms(100)..=HOUR;
/// How long a program that decides on rungs may be waited for.
pub const PATIENCES: Range<Span> = Span::from_ns(1)..=Span::from_s(60);

// ---- live streams and services

/// Segments of a live playlist: fewer than three are no playlist (RFC 8216, section 6.2.2).
pub const WINDOWS: Range<u64> = 3..=100;
/// The most services of a trial, and the most that one takes from.
pub const MAX_SERVICES: usize = 32;
/// TCP ports.
pub const PORTS: Range<u64> = 1..=u16::MAX as u64;
/// How long a service may take to be ready, to end, and until it is started again.
pub const WAITS: Range<Span> = Span::from_ms(1)..=Span::from_s(600);
/// The longest file of a kind of service, in bytes.
pub const MAX_KIND: usize = 64 << 10;
/// The most entries of each table of a kind.
pub const MAX_ENTRIES: usize = 32;
/// The most words of a command line.
pub const MAX_WORDS: usize = 64;
/// The longest sentence about a kind, and the longest value of a setting, in bytes.
pub const MAX_LINE: usize = 256;

// ---- traffic

/// The most tables of traffic.
pub const MAX_TABLES: usize = 16;
/// How many one table can stand for.
pub const TRAFFIC_COUNTS: Range<u64> = 1..=64;
/// The most of all: each has sockets at both ends.
pub const MAX_TRAFFIC: u64 = 256;
/// When traffic begins.
pub const TRAFFIC_STARTS: Range<Span> = Span::ZERO..=DAY;
/// How long it lasts.
pub const TRAFFIC_LENGTHS: Range<Span> = Span::from_ms(1)..=DAY;
/// From what Ethernet pads short frames to, to a full frame.
pub const PACKETS: Range<Bytes> = Bytes::new(64)..=Bytes::new(1514);
/// The mean size of an object of the web.
pub const OBJECTS: Range<Bytes> = Bytes::new(1_000)..=Bytes::new(1_000_000_000);
/// The mean pause between two.
pub const PAUSES: Range<Span> = Span::from_ms(1)..=HOUR;

// ---- faults

/// The most tables of events.
pub const MAX_FAULTS: usize = 64;
/// When something happens.
pub const FAULT_TIMES: Range<Span> = Span::ZERO..=DAY;
/// How long it lasts, the mean of an exponential time, and by how much times are wrong.
pub const FAULT_LENGTHS: Range<Span> = Span::from_ms(1)..=DAY;
/// More often than once a second is not a drill.
pub const FAULT_PERIODS: Range<Span> = Span::from_s(1)..=DAY;
/// The share of requests that are answered wrongly.
pub const SHARES: Range<Ratio> = Ratio::from_ppb(1)..=Ratio::ONE;
/// HTTP statuses of a server that fails (RFC 9110, section 15.6).
pub const STATUSES: Range<u64> = 500..=599;
