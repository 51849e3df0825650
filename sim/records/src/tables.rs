//! Every table of a run. All times are integers in microseconds of the trial's own clock, which is
//! virtual in the labs `model` and `uml`; moments count from the start of the trial.
//!
//! How each metric is computed, and why so, is in `results/METRICS.md`.

use crate::schema::{Table, Value, table};
use crate::words::EventKind;
use crate::{Cell, Kind, Row};
use serde::{Deserialize, Serialize};

table! {
    /// One row per trial: one cell of the sweep, one repeat. The only table with wall-clock facts.
    "trials" => Trial {
        /// The cell of the sweep, counted from 0 in the order of the plan.
        cell: u64,
        /// The repeat within the cell, counted from 0.
        repeat: u64,
        /// The seed of everything that was drawn; equal for the same repeat of every cell.
        seed: u64,
        /// The lab: `model`, `uml` or `host`.
        lab: String,
        /// `valid`, `invalid` (its own checks failed) or `failed` (it has no result).
        verdict: Verdict,
        /// Why the trial is invalid or failed.
        err: Option<String>,
        /// The time that passed in the trial, on its own clock.
        virtual_us: u64,
        /// The time that it took, on the wall.
        wall_us: u64,
        /// The most memory that its guest occupied; missing in labs without one.
        memory_bytes: Option<u64>,
    }
}

table! {
    /// One row per session: one player watching one stream.
    "sessions" => Session {
        /// The session within the trial, counted from 0.
        session: u64,
        /// The node that the player runs on.
        node: String,
        /// The algorithm.
        abr: String,
        /// What the algorithm knows of coming segments: `declared` or `sizes`.
        knows: String,
        /// The protocol version that the server spoke, such as `HTTP/1.1`; missing if none
        /// answered.
        protocol: Option<String>,
        /// When the viewer pressed play.
        start_us: u64,
        /// The first segment of the content that was played.
        first_segment: u64,
        /// From pressing play to the first frame; missing if it never played.
        startup_us: Option<u64>,
        /// From pressing play to the end: of the watch time, of the content, or because of `err`.
        session_us: u64,
        /// Media played.
        played_us: u64,
        /// The number of stalls after startup, one that the end cuts off included.
        stalls: u64,
        /// The time stalled after startup; a stall that the end cuts off counts up to the end.
        stall_us: u64,
        /// Stalled time over stalled and played time; missing if it never played.
        stall_ratio: Option<f64>,
        /// The declared mean bit rate of the rung played, averaged over the media played; missing
        /// if none was.
        mean_bitrate_bps: Option<f64>,
        /// The same over the media played after the first 40 s of it; missing if no more was.
        settled_bitrate_bps: Option<f64>,
        /// Changes of rung between consecutive segments that were played, if only in part.
        switches: u64,
        /// Sabre's "time average played bitrate"; this and the six that follow are missing unless
        /// the content was played to its end.
        sabre_bitrate_bps: Option<f64>,
        /// Sabre's "time average bitrate change": of the absolute differences of consecutive
        /// segments.
        sabre_bitrate_change_bps: Option<f64>,
        /// Sabre's "time average played utility": of ln(bit rate / lowest bit rate).
        sabre_utility: Option<f64>,
        /// Sabre's "rebuffer ratio": stalled time over the session's length.
        sabre_rebuffer_ratio: Option<f64>,
        /// Sabre's "time average score", with its default weight of 5 s.
        sabre_score: Option<f64>,
        /// Pensieve's QoE_lin: the mean per segment without the first; missing if nothing follows
        /// it.
        pensieve_lin: Option<f64>,
        /// Pensieve's QoE_log: the mean per segment without the first; missing if nothing follows
        /// it.
        pensieve_log: Option<f64>,
        /// The QoE in the definition that the experiment names as its `oracle`; missing without
        /// one, and where nothing bounds it.
        qoe: Option<f64>,
        /// What no player reaches on the same network, if it knew all of it, in the same
        /// definition.
        qoe_bound: Option<f64>,
        /// The bound less the QoE.
        regret: Option<f64>,
        /// The worst deviation from the recording that was replayed, of downloads, stalls and
        /// buffers; missing without one.
        replay_deviation_us: Option<f64>,
        /// Segments downloaded whole, played or not.
        segments: u64,
        /// Bytes of segment bodies received, those of failed requests included.
        bytes: u64,
        /// Bits of the segments downloaded whole over the time from the first to the last byte of
        /// each.
        mean_throughput_bps: Option<f64>,
        /// The mean over the segment requests of the buffer when each was decided on.
        mean_buffer_us: Option<u64>,
        /// Why the session ended early; missing if its watch time or the content was over.
        err: Option<String>,
    }
}

table! {
    /// One row per segment request.
    "segments" => Segment {
        /// The session within the trial.
        session: u64,
        /// The request within the session, counted from 0.
        request: u64,
        /// The segment of the content.
        segment: u64,
        /// The rung, 0 the lowest.
        rung: u64,
        /// The mean bit rate that the manifest declares for the rung.
        declared_bps: u64,
        /// Bytes of the body that arrived.
        bytes: u64,
        /// When the request was due, and sent if the player was on time (see `events`).
        request_us: u64,
        /// From the request to the first byte of the body, connecting included; missing if none
        /// arrived.
        ttfb_us: Option<u64>,
        /// From the request to the last byte, or to the failure.
        download_us: u64,
        /// Bits over the time from the first to the last byte of the body; missing if it failed.
        throughput_bps: Option<u64>,
        /// The number of reads that delivered the body.
        reads: u64,
        /// The buffer when the decision was taken (the algorithm's input).
        buffer_before_us: u64,
        /// The buffer at the end of the request, with the segment in it if it arrived whole.
        buffer_after_us: u64,
        /// The throughput that the algorithm counted with, if it estimates any.
        estimate_bps: Option<u64>,
        /// The wait before the request, for room in the buffer or on the algorithm's wish.
        wait_us: u64,
        /// The server that was asked: address and port; missing if it has a name and was not
        /// reached.
        source: Option<String>,
        /// The origin that answered, by its own name (`X-Origin`), which a proxy passes on; missing
        /// if it did not say.
        origin: Option<String>,
        /// The number of the segment in its live playlist (EXT-X-MEDIA-SEQUENCE and on); missing
        /// for recorded content.
        sequence: Option<u64>,
        /// The HTTP status; missing if there was no response.
        status: Option<u64>,
        /// The sender's congestion window when the last byte was there, in packets
        /// (`tcpi_snd_cwnd`).
        sender_cwnd: Option<u64>,
        /// The sender's smoothed round-trip time then (`tcpi_rtt`).
        sender_srtt_us: Option<u64>,
        /// The least round-trip time that the sender saw of late (`tcpi_min_rtt`).
        sender_min_rtt_us: Option<u64>,
        /// Packets that the sender sent again on this connection so far (`tcpi_total_retrans`).
        sender_retransmits: Option<u64>,
        /// The sender's newest estimate of the rate of delivery (`tcpi_delivery_rate`).
        sender_delivery_rate_bps: Option<u64>,
        /// Why the request failed; missing if the segment arrived whole.
        err: Option<String>,
    }
}

table! {
    /// One row per stall: playback stopped for want of media, after it had begun.
    "stalls" => Stall {
        /// The session within the trial.
        session: u64,
        /// The stall within the session, counted from 0.
        stall: u64,
        /// When playback stopped.
        start_us: u64,
        /// How long it stood still; up to the end of the session if that cut it off.
        duration_us: u64,
        /// Media played before it.
        played_us: u64,
        /// Whether the session ended before playback resumed.
        cut_off: bool,
    }
}

table! {
    /// One row per session that follows a live stream: what `sessions` says nothing of.
    "live" => Live {
        /// The session within the trial.
        session: u64,
        /// The live edge (the end of the newest segment that the player knows of, and the time
        /// since it does) less the playhead, averaged over the time played; missing if it never
        /// played.
        latency_mean_us: Option<u64>,
        /// The 95th percentile of the same.
        latency_p95_us: Option<u64>,
        /// From the capture of a picture, by the publisher's clock in the media's timestamps, to
        /// its display, averaged over the time played; missing if the stream does not say. In
        /// virtual time a lower bound: there encoding takes no time.
        capture_latency_mean_us: Option<u64>,
        /// The 95th percentile of the same.
        capture_latency_p95_us: Option<u64>,
        /// The time played at another rate than 1.
        rate_changed_us: u64,
        /// The mean over the time played of the distance of the rate from 1.
        rate_deviation: Option<f64>,
        /// Jumps of the playhead towards the live edge.
        skips: u64,
        /// Media that they left out.
        skipped_us: u64,
        /// Segments that playlists announced, from the first that was requested to the last that
        /// was dealt with; those that a jump towards the live edge left out do not count.
        announced: u64,
        /// Those of them that the first request for them brought, whole.
        available: u64,
        /// The one over the other; missing if none was announced.
        availability: Option<f64>,
        /// Requests that failed, of playlists and of segments.
        failures: u64,
        /// Changes to another of the streams that the player was given.
        failovers: u64,
    }
}

table! {
    /// One row per request for a live media playlist.
    "playlists" => Playlist {
        /// The session within the trial.
        session: u64,
        /// The request within the session, counted from 0.
        request: u64,
        /// The rung, 0 the lowest.
        rung: u64,
        /// When it was due.
        request_us: u64,
        /// From the request to the last byte, or to the failure.
        download_us: u64,
        /// The server that was asked: address and port.
        source: Option<String>,
        /// The origin that answered, by its own name (`X-Origin`).
        origin: Option<String>,
        /// The HTTP status; missing if there was no response.
        status: Option<u64>,
        /// The number of the first segment that it lists.
        first_sequence: Option<u64>,
        /// The number of the last.
        last_sequence: Option<u64>,
        /// How many discontinuities it speaks of: those that it lists, and those before them
        /// (EXT-X-DISCONTINUITY-SEQUENCE).
        discontinuities: Option<u64>,
        /// How long ago the newest segment ended, by EXT-X-PROGRAM-DATE-TIME; zero if that is to
        /// come, missing without it.
        age_us: Option<u64>,
        /// Whether it lists a segment that no playlist before it did.
        new: bool,
        /// Why the request failed, or what is wrong with the playlist.
        err: Option<String>,
    }
}

table! {
    /// One row per second of the trial and session that follows a live stream: what its viewer saw
    /// then.
    "moments" => Moment {
        /// The session within the trial.
        session: u64,
        /// When.
        at_us: u64,
        /// `starting`, `playing`, `stalled` or `over`.
        phase: String,
        /// Media that is downloaded and not yet played.
        buffer_us: u64,
        /// The live edge less the playhead, as in `live`; missing before it plays.
        latency_us: Option<u64>,
        /// From capture to display of the picture that is shown; missing if the stream does not
        /// say.
        capture_latency_us: Option<u64>,
        /// The rate at which it plays; 0 if it does not.
        rate: f64,
    }
}

table! {
    /// One row per link, direction and interval. What a fluid does not have is missing in the lab
    /// `model`.
    "links" => Link {
        /// The link's name.
        link: String,
        /// The node that sends.
        from: String,
        /// The node that receives.
        to: String,
        /// The start of the interval.
        start_us: u64,
        /// The end of the interval.
        end_us: u64,
        /// The rate that was asked for, of a trace the mean of the interval; missing if the link
        /// has no rate limit.
        rate_bps: Option<u64>,
        /// What the rate is: the `capacity` of the link, or the `goodput` of one flow over it.
        rate_kind: Option<String>,
        /// The one-way delay that was asked for.
        delay_us: u64,
        /// The jitter that was asked for, whether packets keep their order or not.
        jitter_us: u64,
        /// The depth of the bottleneck's buffer; missing if the link has no rate limit.
        queue_bytes: Option<u64>,
        /// Packets that arrived to pass the link.
        offered_packets: Option<u64>,
        /// Packets delivered.
        packets: Option<u64>,
        /// Bytes delivered, Ethernet headers (14 bytes) included.
        bytes: u64,
        /// Packets dropped because the buffer was full.
        queue_drops: Option<u64>,
        /// Packets dropped by active queue management (`fq_codel`), before the buffer was full.
        aqm_drops: Option<u64>,
        /// Packets marked instead of dropped (ECN).
        marks: Option<u64>,
        /// Packets lost at random, as asked for.
        losses: Option<u64>,
        /// Bytes in the buffer at the end of the interval.
        backlog_bytes: Option<u64>,
        /// Bits delivered, Ethernet headers included, over rate times interval; missing without a
        /// rate.
        utilisation: Option<f64>,
    }
}

table! {
    /// One row per node: its TCP profile, read back from the kernel that ran the trial.
    "nodes" => Node {
        /// The node.
        node: String,
        /// `net.ipv4.tcp_congestion_control`.
        congestion_control: String,
        /// `net.ipv4.tcp_rmem`: smallest, initial and largest receive buffer in bytes.
        rmem_bytes: String,
        /// `net.ipv4.tcp_wmem`: smallest, initial and largest send buffer in bytes.
        wmem_bytes: String,
        /// `net.ipv4.tcp_mem`: low, pressure and high mark in pages, for the whole kernel.
        tcp_mem_pages: String,
        /// The initial congestion window in segments, as set on the node's routes.
        initial_window: u64,
        /// `net.ipv4.tcp_slow_start_after_idle`.
        slow_start_after_idle: bool,
        /// Whether metrics of finished connections are kept (`tcp_no_metrics_save` is off).
        metrics_cache: bool,
        /// `net.ipv4.tcp_ecn`.
        ecn: u64,
        /// `net.ipv4.tcp_sack`.
        sack: bool,
        /// Segments per packet at the node's interfaces: 1 keeps packets as they are on a wire.
        gso_segments: u64,
    }
}

table! {
    /// One row per flow of cross traffic; the downloads of a web user count as one.
    "flows" => Flow {
        /// The `[[traffic]]` of the experiment, counted from 0.
        traffic: u64,
        /// The flow within it, counted from 0.
        flow: u64,
        /// `tcp`, `udp` or `web`.
        kind: String,
        /// The node that sends.
        from: String,
        /// The node that receives.
        to: String,
        /// The sender's congestion control, as the kernel holds it; missing for `udp`.
        congestion_control: Option<String>,
        /// When it began.
        start_us: u64,
        /// When it ended.
        end_us: u64,
        /// Payload received.
        bytes: u64,
        /// Payload received over the time from start to end.
        goodput_bps: Option<f64>,
        /// Datagrams sent; missing for TCP.
        sent_packets: Option<u64>,
        /// Datagrams received; missing for TCP.
        packets: Option<u64>,
        /// Packets that the sender sent again; missing for `udp`.
        retransmits: Option<u64>,
        /// Objects received whole; missing unless `web`.
        objects: Option<u64>,
        /// Mean time from request to last byte over the objects received whole.
        object_mean_us: Option<u64>,
        /// Why it ended early.
        err: Option<String>,
    }
}

table! {
    /// One row per event of a trial: services that got ready, faults and what followed, processes
    /// that were late, what the lab `model` left out.
    "events" => Event {
        /// When.
        at_us: u64,
        /// The node.
        node: String,
        /// The service.
        service: String,
        /// What happened: `ready` (a service), `ended` and `started` (a service, by itself or by a
        /// fault), `fault` and `fault over` (what the experiment's `[[events]]` ask for), `bad`,
        /// `good`, `failover`, `switchback`, `none good`, `disagrees` (a switcher about its
        /// origins), `late` (a player or cross traffic missed a moment by over 10 ms), `not
        /// modelled` (it was asked for, and the lab `model` has it not), `oracle gap` (a bound more
        /// than 1 % above what is known to be reachable), `no oracle` (there is no bound).
        event: EventKind,
        /// More about it.
        detail: Option<String>,
    }
}

table! {
    /// One row per rung of the content that a trial served. With `record = "sessions"` only the
    /// first trial of each content has them.
    "rungs" => Rung {
        /// The rung, 0 the lowest.
        rung: u64,
        /// Picture width in pixels; missing for a size table.
        width: Option<u64>,
        /// Picture height in pixels; missing for a size table.
        height: Option<u64>,
        /// The bit rate that the ladder asks for.
        target_bps: u64,
        /// The mean over all segments, measured.
        mean_bps: u64,
        /// The largest of any segment, measured.
        peak_bps: u64,
        /// Whether the mean is more than 10 % off the target.
        target_missed: bool,
    }
}

impl Segment {
    /// The `err` of a request that was under way when the session ended, which is no failure. The
    /// examples of METRICS.md hold players to it.
    pub const CUT_OFF: &'static str = "cut off by the end of the session";
}

/// What a trial's result is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All its checks passed.
    Valid,
    /// It ran, but one of its own checks failed: it counts in no summary.
    Invalid,
    /// It has no result.
    Failed,
}

impl Verdict {
    /// As it stands in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
        }
    }

    /// The verdict of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Valid, Self::Invalid, Self::Failed].into_iter().find(|v| v.name() == name)
    }
}

impl Value for Verdict {
    const KIND: Kind = Kind::Text;
    fn cell(&self) -> Cell {
        Cell::Text(self.name().to_owned())
    }
}

/// A row of any table that arises inside a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "table", rename_all = "lowercase")]
pub enum Record {
    /// A row of `sessions`.
    Session(Session),
    /// A row of `segments`.
    Segment(Segment),
    /// A row of `stalls`.
    Stall(Stall),
    /// A row of `live`.
    Live(Live),
    /// A row of `playlists`.
    Playlist(Playlist),
    /// A row of `moments`.
    Moment(Moment),
    /// A row of `links`.
    Link(Link),
    /// A row of `nodes`.
    Node(Node),
    /// A row of `flows`.
    Flow(Flow),
    /// A row of `events`.
    Event(Event),
    /// A row of `rungs`.
    Rung(Rung),
}

/// All tables whose keys are `run` and `trial`, in the order of the documentation; the others are
/// [`DERIVED`].
pub const ALL: [Table; 12] = [
    Trial::TABLE,
    Session::TABLE,
    Segment::TABLE,
    Stall::TABLE,
    Live::TABLE,
    Playlist::TABLE,
    Moment::TABLE,
    Link::TABLE,
    Node::TABLE,
    Flow::TABLE,
    Event::TABLE,
    Rung::TABLE,
];

/// The tables that follow from the others, whose key is `run` alone.
pub const DERIVED: [Table; 6] = [
    crate::Summary::TABLE,
    crate::Comparison::TABLE,
    crate::LabDifference::TABLE,
    crate::Agreement::TABLE,
    crate::Drill::TABLE,
    crate::Alarm::TABLE,
];
