//! The commands that encode one rung, as H.264 by ffmpeg and x264.
//!
//! - Two passes with a capped variable bit rate. The mean comes within a few percent of the target
//!   (with x264's own tolerance, 1.0, within 15 % for films of 4 s). Segments differ in size: for
//!   60 s of the synthetic film their coefficient of variation is about 0.6 (with x264's own qcomp,
//!   0.6, and a cap of 150 %, 0.5).
//! - One thread per encoder, for x264's bytes depend on the number of threads.
//! - Every segment is one closed group of pictures with a fixed number of frames, so that rungs
//!   align by construction, and no B frames, so that the first frame is shown at time zero.
//! - Each pass makes (or decodes) the pictures anew: for the synthetic film this takes less time
//!   than to decode a lossless copy, and no disk (4 s against 7 s of CPU for 60 s of film).
//!
//! The preset is `superfast`: the ladder `hd` with 60 s of film takes about 180 s of CPU from
//! nothing, 80 s of it for the rung of 1080 lines (126 s with `veryfast`), and what matters here is
//! the size of segments, not the beauty of pictures.

use crate::program::output;
use crate::rate::FrameRate;
use crate::scenes::SCALER;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use weir_plan::LadderRung;
use weir_units::Span;

/// The most bits per second, and the size of the decoder's buffer in bits, in percent of the target
/// (per second). Peaks of segments of 2 s are then about twice the mean.
const MOST: u64 = 175;
const BUFFER: u64 = 300;

/// ffmpeg takes this many bits of buffer at most.
const MAX_BUFFER: u64 = 2_147_483_647;

/// What is encoded.
pub(crate) struct Pictures {
    /// ffmpeg's arguments for the input, with absolute paths.
    pub input: Vec<OsString>,
    /// The frame rate of all rungs.
    pub rate: FrameRate,
    /// The pixels of a picture.
    pub pixels: u64,
    /// The frames of a segment.
    pub segment: u64,
    /// The most frames that are encoded: a whole number of segments.
    pub most: u64,
    /// How many frames there probably are.
    pub likely: u64,
}

/// All that ffmpeg says of its version: its encoders' bytes depend on it.
///
/// # Errors
/// If there is no ffmpeg.
pub(crate) fn version() -> Result<String> {
    let mut command = Command::new("ffmpeg");
    command.arg("-version");
    let text = output(command, Span::from_s(10), 65_536)?;
    String::from_utf8(text).context("ffmpeg's version is not text")
}

/// A pass over the pictures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Finds out how complex they are.
    Look,
    /// Spends the bits accordingly.
    Encode,
}

impl Pass {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::Look, Self::Encode];
}

/// The file that the second pass writes: fragmented MP4, in the working folder.
pub(crate) fn file(index: usize) -> String {
    format!("rung{index}.mp4")
}

/// A pass over the pictures for rung number `index`, in the folder `work`.
pub(crate) fn command(
    pictures: &Pictures,
    index: usize,
    rung: &LadderRung,
    pass: Pass,
    work: &Path,
) -> Command {
    let mut command = Command::new("ffmpeg");
    command.current_dir(work);
    command.args("-v error -nostdin -y -progress pipe:1 -filter_threads 1 -threads 1".split(' '));
    command.args(&pictures.input);
    command.args(options(pictures, index, rung, pass).split(' '));
    command
}

/// All that a rung's bytes depend on besides the pictures and the encoder's version.
pub(crate) fn recipe(pictures: &Pictures, rungs: &[LadderRung]) -> Vec<[String; 2]> {
    let both = |(index, rung)| Pass::BOTH.map(|pass| options(pictures, index, rung, pass));
    rungs.iter().enumerate().map(both).collect()
}

/// The part of the command after the input, without any blank inside of an argument.
fn options(pictures: &Pictures, index: usize, rung: &LadderRung, pass: Pass) -> String {
    let Pictures { rate, segment, most, .. } = pictures;
    let bps = rung.bitrate.bps();
    let max = bps.saturating_mul(MOST) / 100;
    let buffer = (bps.saturating_mul(BUFFER) / 100).min(MAX_BUFFER);
    let filters = filters(rung, *rate);
    let output = match pass {
        Pass::Look => "-pass 1 -f null -".to_owned(),
        // Without SEI, in which x264 writes its version and options.
        Pass::Encode => format!(
            "-pass 2 -bsf:v filter_units=remove_types=6 -f mp4 \
             -movflags +frag_keyframe+empty_moov+default_base_moof {}",
            file(index)
        ),
    };
    format!(
        "-map 0:V:0 -filter:v {filters} -fps_mode passthrough -frames:v {most} \
         -map_metadata -1 -map_chapters -1 -fflags +bitexact -flags:v +bitexact \
         -c:v libx264 -threads 1 -preset superfast -bf 0 \
         -b:v {bps} -maxrate {max} -bufsize {buffer} -qcomp 0.75 -x264-params ratetol=0.1 \
         -g {segment} -keyint_min {segment} -sc_threshold 0 -passlogfile rung{index} {output}"
    )
}

/// The whole picture in the middle of the rung's, at a constant rate and from time zero.
fn filters(rung: &LadderRung, rate: FrameRate) -> String {
    let LadderRung { width, height, .. } = rung;
    let shape = format!("{width}/{height}");
    format!(
        "setpts=PTS-STARTPTS,fps={rate},\
         scale=w='if(gt(dar,{shape}),{width},max(2,2*round({height}*dar/2)))'\
         :h='if(gt(dar,{shape}),max(2,2*round({width}/dar/2)),{height})':flags={SCALER},\
         pad={width}:{height}:-1:-1,setsar=1,format=yuv420p"
    )
}

/// Reads `frame=123` from what `-progress` writes.
#[derive(Default)]
pub(crate) struct FrameCount {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

impl FrameCount {
    /// The lines of `-progress` are shorter.
    const MAX_LINE: usize = 1024;

    /// The last count in a chunk of output.
    pub fn read(&mut self, chunk: &[u8]) -> Option<u64> {
        let mut last = None;
        for &byte in chunk {
            if byte == b'\n' {
                let line = std::str::from_utf8(&self.line).unwrap_or_default();
                let count = line.strip_prefix("frame=").and_then(|count| count.trim().parse().ok());
                last = count.or(last);
                self.line.clear();
            } else if self.line.len() < Self::MAX_LINE {
                self.line.push(byte);
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_units::BitRate;

    #[test]
    fn frames_are_counted_across_chunks() {
        let mut count = FrameCount::default();
        assert_eq!(count.read(b"frame=1\nfps=0.0\nframe=2\nfra"), Some(2));
        assert_eq!(count.read(b"me=34"), None);
        assert_eq!(count.read(b"5\nspeed=1x\n"), Some(345));
        assert_eq!(count.read(&[b'x'; 100_000]), None);
        assert!(count.line.len() <= FrameCount::MAX_LINE);
    }

    #[test]
    fn every_argument_is_one_word() {
        let bitrate = BitRate::from_bps(1);
        let rung = LadderRung { width: 320, height: 180, bitrate };
        assert!(!filters(&rung, FrameRate::FILM).contains(char::is_whitespace));
    }
}
