//! Looking at content, whoever made it: what it declares, what it is, and whether a player may rely
//! on it.
//!
//! Whatever is looked at is read into the same form ([`rung::Rung`]); measures and checks are
//! functions of that alone.

mod boxes;
mod checks;
mod frames;
mod measures;
mod package;
mod playlist;
mod report;
mod rung;
mod video;

use anyhow::{Context, Result, ensure};
use serde::{Serialize, Serializer};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use weir_units::{BitRate, Bytes, Span};

/// The master playlist of a folder that is no package.
const MASTER: &str = "master.m3u8";

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A prepared package.
    Package,
    /// An HLS master playlist and what it refers to.
    Playlist,
    /// A video file, whose segments are its groups of pictures: from one key frame to the next.
    Video,
}

/// What content declares, what it is, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// What was looked at.
    pub kind: Kind,
    /// Its rungs, lowest first.
    pub rungs: Vec<RungInspection>,
    /// What a user of the content should know, although nothing is wrong.
    pub notes: Vec<String>,
    /// What is wrong; empty if all is in order.
    pub problems: Vec<Problem>,
}

/// A rung, as declared and as measured. Times and rates are `None` where nothing says them, and
/// where no segment could be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RungInspection {
    /// Its number, from 0.
    pub rung: u64,
    /// Its folder, its playlist or its file.
    pub name: String,
    /// Picture width in pixels.
    pub width: Option<u64>,
    /// Picture height in pixels.
    pub height: Option<u64>,
    /// The mean bit rate that was asked for, or that the master playlist declares.
    #[serde(rename = "target_bps", serialize_with = "bps")]
    pub target: Option<BitRate>,
    /// The peak bit rate that the master playlist declares.
    #[serde(rename = "declared_peak_bps", serialize_with = "bps")]
    pub declared_peak: Option<BitRate>,
    /// The bits of all segments over their durations: the average segment bit rate of RFC 8216,
    /// section 4.1.
    #[serde(rename = "mean_bps", serialize_with = "bps")]
    pub mean: Option<BitRate>,
    /// The peak segment bit rate of RFC 8216, section 4.1: the largest of any contiguous set of
    /// segments that lasts from 0.5 to 1.5 target durations (1 s to 3 s in a video file). Where
    /// there is no such set, the largest of any segment.
    #[serde(rename = "peak_bps", serialize_with = "bps")]
    pub peak: Option<BitRate>,
    /// How many segments there should be.
    pub segments: u64,
    /// The smallest segment.
    #[serde(rename = "smallest_bytes", serialize_with = "bytes")]
    pub smallest: Option<Bytes>,
    /// The largest segment.
    #[serde(rename = "largest_bytes", serialize_with = "bytes")]
    pub largest: Option<Bytes>,
    /// The coefficient of variation of the segments' sizes: standard deviation over mean.
    pub variation: Option<f64>,
    /// The shortest segment, by its frames, or by what is declared where there are none.
    #[serde(rename = "shortest_us", serialize_with = "us")]
    pub shortest: Option<Span>,
    /// The longest segment.
    #[serde(rename = "longest_us", serialize_with = "us")]
    pub longest: Option<Span>,
    /// The target duration: that of the playlist, or the duration of a package's segments.
    #[serde(rename = "target_duration_us", serialize_with = "us")]
    pub target_duration: Option<Span>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The rung, from 0; `None` if it is not that of one rung.
    pub rung: Option<u64>,
    /// The segment, from 0; `None` if it is not that of one segment.
    pub segment: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Inspection {
    /// Whether nothing is wrong.
    pub fn in_order(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Looks at a prepared package (its folder), an HLS master playlist (the file, or a folder with a
/// `master.m3u8`), or a video file, and reads all of it.
///
/// Segments are looked into if they are fragmented MP4 (with EXT-X-MAP), and with ffprobe if they
/// are not. Of a multiplexed segment, only its first video track is.
///
/// # Errors
/// If there is nothing of this kind, or it cannot be made out what it should hold. All else that is
/// wrong with it is in the result.
pub fn inspect(path: &Path) -> Result<Inspection> {
    let what = || format!("{} cannot be inspected", path.display());
    let facts = fs::metadata(path).with_context(what)?;
    if facts.is_dir() {
        if path.join(crate::package::MANIFEST).exists() {
            return package::inspect(path).with_context(what);
        }
        let master = path.join(MASTER);
        let nothing = || {
            let package = crate::package::MANIFEST;
            format!("{}: the folder holds neither {package} nor {MASTER}", what())
        };
        ensure!(master.exists(), nothing());
        return playlist::inspect(&master).with_context(what);
    }
    ensure!(facts.is_file(), "{}: it is no regular file", what());
    if is_playlist(path).with_context(what)? {
        playlist::inspect(path).with_context(what)
    } else {
        video::inspect(path).with_context(what)
    }
}

/// Whether a file begins as every playlist must (RFC 8216, section 4.3.1.1), or claims by its name
/// to be one.
fn is_playlist(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(7).read_to_end(&mut head)?;
    Ok(head == b"#EXTM3U" || path.extension().is_some_and(|end| end == "m3u8"))
}

fn bps<S: Serializer>(rate: &Option<BitRate>, to: S) -> Result<S::Ok, S::Error> {
    rate.map(BitRate::bps).serialize(to)
}

fn bytes<S: Serializer>(bytes: &Option<Bytes>, to: S) -> Result<S::Ok, S::Error> {
    bytes.map(Bytes::get).serialize(to)
}

fn us<S: Serializer>(span: &Option<Span>, to: S) -> Result<S::Ok, S::Error> {
    span.map(Span::us).serialize(to)
}
