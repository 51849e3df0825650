//! What a fragmented MP4 file (ISO/IEC 14496-12) says of its samples.

use mp4_atom::{Moov, Traf, Trak};

/// The most that is read of a file's head, or of a fragment's: 20 s at 60 frames per second take
/// 20 kB.
pub(crate) const MAX_HEAD: usize = 1 << 20;

/// `sample_is_non_sync_sample` among the sample flags (ISO/IEC 14496-12, section 8.8.3.1).
pub(crate) const NOT_SYNC: u32 = 1 << 16;

/// What holds for the samples of a track whose fragment says nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    /// Ticks per second.
    pub timescale: u32,
    duration: u32,
    bytes: u32,
    flags: u32,
}

/// A sample: a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// How long it is decoded.
    pub ticks: u32,
    /// Its size.
    pub bytes: u32,
    /// Whether it is a key frame.
    pub sync: bool,
    /// From its decoding to its presentation.
    pub offset: i64,
}

impl Defaults {
    pub fn of(moov: &Moov, track: &Trak) -> Self {
        let mut all = moov.mvex.iter().flat_map(|mvex| &mvex.trex);
        let trex = all.find(|trex| trex.track_id == track.tkhd.track_id);
        Self {
            timescale: track.mdia.mdhd.timescale,
            duration: trex.map_or(0, |trex| trex.default_sample_duration),
            bytes: trex.map_or(0, |trex| trex.default_sample_size),
            flags: trex.map_or(0, |trex| trex.default_sample_flags),
        }
    }

    /// The samples of a track fragment, as many as it says: a reader needs a bound.
    pub fn samples(self, part: &Traf) -> impl Iterator<Item = Sample> {
        let header = &part.tfhd;
        part.trun.iter().flat_map(|run| run.samples.iter()).map(move |sample| {
            let ticks = sample.duration.or(header.default_sample_duration);
            let flags = sample.flags.or(header.default_sample_flags).unwrap_or(self.flags);
            Sample {
                ticks: ticks.unwrap_or(self.duration),
                bytes: sample.size.or(header.default_sample_size).unwrap_or(self.bytes),
                sync: flags & NOT_SYNC == 0,
                offset: sample.cts.unwrap_or(0),
            }
        })
    }
}
