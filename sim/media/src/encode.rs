//! A ladder of rungs, encoded side by side: as many encoders at a time as there are cores, the
//! dearest rung first, two passes for each.

use crate::fragments::{Form, Stream, cut};
use crate::program::run;
use crate::x264::{self, FrameCount, Pass, Pictures, command};
use anyhow::{Context, Error, Result, ensure};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use weir_plan::LadderRung;
use weir_units::Span;

/// What an encoder is given at least: it makes 25 to 50 times as many pixels per second when it has
/// a core for itself.
const PIXELS_PER_SECOND: u64 = 1_400_000;
const STARTING: Span = Span::from_s(120);

/// How often progress is told.
const TICK: Duration = Duration::from_millis(500);

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
        for pass in Pass::BOTH {
            let before = self.done(index);
            let mut lines = FrameCount::default();
            let command = command(self.pictures, index, rung, pass, self.work);
            run(command, self.limit(rung), &self.stop, &mut |chunk| {
                if let (Some(frames), Some(done)) = (lines.read(chunk), self.done.get(index)) {
                    done.store(before + frames, Ordering::Relaxed);
                }
                Ok(())
            })?;
            // Some files do not say how long they are, and some lie.
            let (frames, needed) = (self.done(index), self.pictures.segment);
            ensure!(
                frames >= needed,
                "the source has {frames} frames, which are less than one segment of {needed}"
            );
        }
        let Pictures { segment: frames, rate, .. } = *self.pictures;
        let form = Form { rung: index, size: (rung.width, rung.height), rate, frames };
        let file = self.work.join(x264::file(index));
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

    /// The work that is done, and all work, in both passes: pixels encoded, and a quarter of those
    /// made or decoded, which is how their costs compare for the synthetic film.
    fn progress(&self) -> (u64, u64) {
        let likely = self.pictures.likely.saturating_mul(2);
        let sums = self.rungs.iter().enumerate().map(|(index, rung)| {
            let pixels = u64::from(rung.width) * u64::from(rung.height) + self.pictures.pixels / 4;
            (pixels.saturating_mul(self.done(index).min(likely)), pixels.saturating_mul(likely))
        });
        sums.fold((0, 0), |(done, all), (more_done, more)| {
            (done.saturating_add(more_done), all.saturating_add(more))
        })
    }
}

/// The number of whole segments, and of frames after them, that all rungs have.
///
/// # Errors
/// If the rungs differ.
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

    #[test]
    fn rungs_of_different_length_are_refused() {
        let stream = |segments, rest| Stream { codecs: String::new(), segments, rest };
        assert_eq!(aligned(&[stream(3, 1), stream(3, 1)]).unwrap(), (3, 1));
        let error = aligned(&[stream(3, 0), stream(2, 0)]).unwrap_err().to_string();
        assert_eq!(error, "rung 1 has 2 segments and 0 frames, rung 0 has 3 and 0");
        assert!(aligned(&[]).is_err());
    }
}
