//! Pictures to a ladder of H.264, by ffmpeg and x264.
//!
//! - Two passes with a capped variable bit rate: the mean comes within a few percent of the target
//!   (with x264's own tolerance, 1.0, within 15 % for films of 4 s), and segments differ in size.
//! - One thread per encoder, for x264's bytes depend on the number of threads; as many encoders at a
//!   time as there are cores, the dearest first.
//! - Every segment is one closed group of pictures with a fixed number of frames, so that rungs
//!   align by construction, and no B frames, so that the first frame is shown at time zero.
//! - Each pass makes (or decodes) the pictures anew: for the synthetic film this takes less time
//!   than to decode a lossless copy, and no disk (4 s against 7 s of CPU for 60 s of film).
//!
//! The preset is `superfast`: the ladder `hd` with 60 s of film takes about 190 s of CPU from
//! nothing, half of it for the two rungs of 720 and 1080 lines, against 280 s with `veryfast`, and
//! what matters here is the size of segments, not the beauty of pictures.

use crate::fragments::{Form, Stream, cut};
use crate::program::{output, run};
use crate::rate::FrameRate;
use crate::scenes::SCALER;
use anyhow::{Context, Error, Result, ensure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use weir_experiment::LadderRung;
use weir_units::Span;

/// The most bits per second, and the size of the decoder's buffer in bits, in percent of the target
/// (per second). A segment of 2 s may then have up to three times the target, for a short time.
const MOST: u64 = 150;
const BUFFER: u64 = 300;

/// What an encoder is given at least: it makes 25 to 50 times as many pixels per second when it has
/// a core for itself.
const PIXELS_PER_SECOND: u64 = 1_400_000;
const STARTING: Span = Span::from_s(120);

/// How often progress is told.
const TICK: Duration = Duration::from_millis(500);

/// What is encoded.
pub(crate) struct Pictures {
    /// ffmpeg's arguments for the input.
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

/// A ladder in the making.
struct Ladder<'a> {
    pictures: &'a Pictures,
    rungs: &'a [LadderRung],
    work: &'a Path,
    into: &'a Path,
    /// For each rung, the frames encoded in both passes.
    done: Vec<AtomicU64>,
    /// The rungs that nobody encodes yet, from below.
    waiting: Mutex<usize>,
    stop: AtomicBool,
}

/// Encodes all `rungs` to segments below `into`, with temporary files in `work`; `progress` is told
/// how much is done of how much.
///
/// # Errors
/// If an encoder fails, or if its segments are not what was asked for; the other encoders are
/// stopped.
pub(crate) fn ladder(
    pictures: &Pictures,
    rungs: &[LadderRung],
    work: &Path,
    into: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<Stream>> {
    let ladder = Ladder {
        pictures,
        rungs,
        work,
        into,
        done: rungs.iter().map(|_| AtomicU64::new(0)).collect(),
        waiting: Mutex::new(rungs.len()),
        stop: AtomicBool::new(false),
    };
    let mut streams: Vec<Option<Stream>> = vec![None; rungs.len()];
    let mut failure: Option<Error> = None;
    let workers = thread::available_parallelism().map_or(1, usize::from).min(rungs.len());
    thread::scope(|scope| {
        // Should `progress` panic, the encoders end before the scope waits for them.
        let _stop = StopOnDrop(&ladder.stop);
        let (send, receive) = sync_channel(rungs.len());
        for _ in 0..workers {
            let (ladder, send) = (&ladder, send.clone());
            scope.spawn(move || ladder.work(&send));
        }
        drop(send);
        loop {
            match receive.recv_timeout(TICK) {
                Ok((rung, Ok(stream))) => {
                    if let Some(slot) = streams.get_mut(rung) {
                        *slot = Some(stream);
                    }
                }
                Ok((_, Err(error))) => {
                    // The first error is the cause of the others.
                    failure.get_or_insert(error);
                    ladder.stop.store(true, Ordering::Relaxed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let (done, all) = ladder.progress();
            progress(done, all);
        }
    });
    if let Some(error) = failure {
        return Err(error);
    }
    streams.into_iter().map(|stream| stream.context("a rung was not encoded")).collect()
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

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Ladder<'_> {
    /// Encodes one rung after the other, the highest first, until none is left.
    fn work(&self, results: &SyncSender<(usize, Result<Stream>)>) {
        while let Some(index) = self.next() {
            let Some(rung) = self.rungs.get(index) else { return };
            let LadderRung { width, height, bitrate } = rung;
            let result = self
                .encode(index, rung)
                .with_context(|| format!("encode rung {index} ({width}x{height}, {bitrate})"));
            if results.send((index, result)).is_err() {
                return;
            }
        }
    }

    fn next(&self) -> Option<usize> {
        let mut waiting = self.waiting.lock().ok()?;
        *waiting = waiting.checked_sub(1)?;
        Some(*waiting)
    }

    fn encode(&self, index: usize, rung: &LadderRung) -> Result<Stream> {
        let file = self.work.join(format!("rung{index}.mp4"));
        for pass in [Pass::Look, Pass::Encode(&file)] {
            let before = self.done(index);
            let mut lines = FrameCount::default();
            let command = self.command(index, rung, pass);
            run(command, self.limit(rung), &self.stop, &mut |chunk| {
                if let (Some(frames), Some(done)) = (lines.read(chunk), self.done.get(index)) {
                    done.store(before + frames, Ordering::Relaxed);
                }
                Ok(())
            })?;
        }
        let Pictures { segment: frames, rate, .. } = *self.pictures;
        let form = Form { rung: index, size: (rung.width, rung.height), rate, frames };
        let stream = cut(&file, &form, self.into)
            .with_context(|| format!("cut {} into segments", file.display()))?;
        std::fs::remove_file(&file).with_context(|| format!("remove {}", file.display()))?;
        Ok(stream)
    }

    fn done(&self, index: usize) -> u64 {
        self.done.get(index).map_or(0, |done| done.load(Ordering::Relaxed))
    }

    /// How long a pass may take.
    fn limit(&self, rung: &LadderRung) -> Span {
        let pixels = u64::from(rung.width) * u64::from(rung.height) + self.pictures.pixels;
        let work = pixels.saturating_mul(self.pictures.most) / PIXELS_PER_SECOND;
        STARTING.saturating_add(Span::from_s(work))
    }

    /// Pixels encoded, and all pixels, in both passes.
    fn progress(&self) -> (u64, u64) {
        let likely = self.pictures.likely.saturating_mul(2);
        let sums = self.rungs.iter().enumerate().map(|(index, rung)| {
            let pixels = u64::from(rung.width) * u64::from(rung.height);
            (pixels.saturating_mul(self.done(index).min(likely)), pixels.saturating_mul(likely))
        });
        sums.fold((0, 0), |(done, all), (more_done, more)| {
            (done.saturating_add(more_done), all.saturating_add(more))
        })
    }

    fn command(&self, index: usize, rung: &LadderRung, pass: Pass<'_>) -> Command {
        let Pictures { input, rate, segment, most, .. } = self.pictures;
        let mut command = Command::new("ffmpeg");
        let mut add = |arguments: &str| {
            command.args(arguments.split_ascii_whitespace());
        };
        add("-v error -nostdin -y -progress pipe:1 -filter_threads 1 -threads 1");
        command.args(input);
        let mut add = |arguments: &str| {
            command.args(arguments.split_ascii_whitespace());
        };
        add(&format!("-map 0:V:0 -filter:v {} -fps_mode passthrough", filters(rung, *rate)));
        add(&format!("-frames:v {most} -map_metadata -1 -fflags +bitexact -flags:v +bitexact"));
        add("-c:v libx264 -threads 1 -preset superfast -bf 0");
        let bps = rung.bitrate.bps();
        let (max, buffer) = (bps.saturating_mul(MOST) / 100, bps.saturating_mul(BUFFER) / 100);
        add(&format!("-b:v {bps} -maxrate {max} -bufsize {buffer} -x264-params ratetol=0.1"));
        add(&format!("-g {segment} -keyint_min {segment} -sc_threshold 0"));
        let log: PathBuf = self.work.join(format!("rung{index}"));
        match pass {
            Pass::Look => {
                command.args(["-f", "null", "-pass", "1", "-passlogfile"]).arg(log).arg("-");
            }
            Pass::Encode(file) => {
                // Without SEI, in which x264 writes its version and options.
                command.args(["-bsf:v", "filter_units=remove_types=6", "-f", "mp4"]);
                command.args(["-movflags", "+frag_keyframe+empty_moov+default_base_moof"]);
                command.args(["-pass", "2", "-passlogfile"]).arg(log).arg(file);
            }
        }
        command
    }
}

#[derive(Clone, Copy)]
enum Pass<'a> {
    Look,
    Encode(&'a Path),
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
struct FrameCount {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

impl FrameCount {
    /// The lines of `-progress` are shorter.
    const MAX_LINE: usize = 1024;

    /// The last count in a chunk of output.
    fn read(&mut self, chunk: &[u8]) -> Option<u64> {
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

/// Whether all rungs have the same segments.
///
/// # Errors
/// If not, or if there is no whole segment.
pub(crate) fn aligned(streams: &[Stream]) -> Result<(u64, u64)> {
    let first = streams.first().context("a ladder without rungs")?;
    let same = |stream: &Stream| (stream.segments, stream.rest) == (first.segments, first.rest);
    for (index, stream) in streams.iter().enumerate() {
        ensure!(
            same(stream),
            "rung {index} has {} segments and {} frames, rung 0 has {} and {}",
            stream.segments,
            stream.rest,
            first.segments,
            first.rest
        );
    }
    Ok((first.segments, first.rest))
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
    fn filters_are_one_argument() {
        let bitrate = BitRate::from_bps(1);
        let rung = LadderRung { width: 320, height: 180, bitrate };
        assert!(!filters(&rung, FrameRate::FILM).contains(char::is_whitespace));
    }

    #[test]
    fn rungs_of_different_length_are_refused() {
        let stream = |segments, rest| Stream { codecs: String::new(), segments, rest };
        assert_eq!(aligned(&[stream(3, 1), stream(3, 1)]).unwrap(), (3, 1));
        let error = aligned(&[stream(3, 0), stream(2, 0)]).unwrap_err().to_string();
        assert_eq!(error, "rung 1 has 2 segments and 0 frames, rung 0 has 3 and 0");
        assert!(aligned(&[]).is_err());
    }
}
