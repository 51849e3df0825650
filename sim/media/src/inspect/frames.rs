//! The frames of any file, asked of ffprobe, whose answer is not trusted either.

use super::rung::Frames;
use crate::probe::input;
use crate::program::run;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use weir_units::Span;

/// ffprobe reads all of a file: 60 GB at the speed of a slow disk.
const LIMIT: Span = Span::from_s(600);

/// The most frames of a file: 18 hours at 60 frames per second.
const MAX_FRAMES: usize = 4_000_000;

/// The longest line of an answer: one about a frame has 80 bytes.
const MAX_LINE: usize = 4_096;

/// A file's first video stream that is not a picture of its cover.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stream {
    /// Ticks per second.
    pub timescale: u32,
    /// Picture width and height in pixels.
    pub picture: Option<(u64, u64)>,
    /// Its frames in the order of decoding; at least one.
    pub frames: Vec<Frame>,
}

/// A frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// When it is decoded, in ticks.
    pub decoded: i64,
    /// When it is presented, in ticks.
    pub shown: i64,
    pub bytes: u64,
    pub key: bool,
}

impl Stream {
    /// # Errors
    /// If ffprobe is missing, fails, or finds no video.
    pub fn read(file: &Path) -> Result<Self> {
        let mut command = Command::new("ffprobe");
        command.args(["-v", "error", "-select_streams", "V:0", "-of", "compact"]);
        command.args(["-show_entries", "packet=pts,dts,size,flags:stream=time_base,width,height"]);
        command.args(input(file)?);
        let mut answer = Answer::default();
        let mut line = Vec::new();
        run(command, LIMIT, &AtomicBool::new(false), &mut |chunk| {
            for byte in chunk {
                if *byte == b'\n' {
                    answer.take(std::str::from_utf8(&line).context("ffprobe's answer")?)?;
                    line.clear();
                } else {
                    line.push(*byte);
                    ensure!(line.len() <= MAX_LINE, "a line of ffprobe's answer is too long");
                }
            }
            Ok(())
        })?;
        answer.stream()
    }

    /// The time between most frames and the next one, if nine of ten take about as long: a tenth or
    /// one tick more or less.
    pub fn step(&self) -> Option<i64> {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for step in self.steps() {
            *counts.entry(step).or_default() += 1;
        }
        let (&step, _) = counts.iter().max_by_key(|(_, count)| **count)?;
        let near = |other: i64| (other - step).abs() <= (step / 10).max(1);
        let usual: usize =
            counts.iter().filter(|(other, _)| near(**other)).map(|(_, count)| count).sum();
        (step > 0 && usual * 10 >= self.frames.len().saturating_sub(1) * 9).then_some(step)
    }

    /// From each frame to the next one.
    pub fn steps(&self) -> impl Iterator<Item = i64> {
        self.frames.windows(2).map(|pair| match pair {
            [one, next] => next.decoded.saturating_sub(one.decoded),
            _ => 0,
        })
    }

    /// The frames of a segment.
    pub fn whole(&self) -> Option<Frames> {
        let (first, last) = (self.frames.first()?, self.frames.last()?);
        let lasts = last.decoded.saturating_sub(first.decoded);
        // ffprobe guesses how long the last one is shown; here it is as long as the others.
        let lasts = lasts.saturating_add(self.step().unwrap_or(0));
        Some(Frames {
            timescale: self.timescale,
            begins: first.decoded,
            lasts: u64::try_from(lasts).unwrap_or(0),
            shows: first.shown,
            key: first.key,
            count: self.frames.len() as u64,
            // Times are rounded to ticks, at both ends.
            slack: 2,
        })
    }
}

/// An answer, line by line: `packet|pts=0|dts=0|size=10|flags=K_` and `stream|width=96|...`.
#[derive(Default)]
struct Answer {
    stream: Stream,
    /// The length of a tick in seconds, as a fraction.
    tick: Option<(i64, u32)>,
}

impl Answer {
    fn take(&mut self, line: &str) -> Result<()> {
        let mut words = line.trim_end().split('|');
        let kind = words.next().unwrap_or_default();
        let fields: BTreeMap<&str, &str> = words.filter_map(|word| word.split_once('=')).collect();
        let number = |name: &str| fields.get(name).and_then(|text| text.parse::<i64>().ok());
        match kind {
            "packet" => {
                // The first frames of some formats are decoded at no known time.
                let Some(decoded) = number("dts").or(number("pts")) else { return Ok(()) };
                ensure!(self.stream.frames.len() < MAX_FRAMES, "more than {MAX_FRAMES} frames");
                self.stream.frames.push(Frame {
                    decoded,
                    shown: number("pts").unwrap_or(decoded),
                    bytes: number("size").and_then(|size| size.try_into().ok()).unwrap_or(0),
                    key: fields.get("flags").is_some_and(|flags| flags.contains('K')),
                });
            }
            // A transport stream is listed with its program, and once more without.
            "stream" => {
                let size = |name| number(name).and_then(|size| u64::try_from(size).ok());
                self.stream.picture = size("width").zip(size("height"));
                let tick = fields.get("time_base").and_then(|text| text.split_once('/'));
                self.tick = tick.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
            }
            _ => {}
        }
        Ok(())
    }

    fn stream(self) -> Result<Stream> {
        let Self { mut stream, tick } = self;
        let (length, timescale) = tick.filter(|tick| tick.0 > 0 && tick.1 > 0).unwrap_or((1, 0));
        ensure!(timescale > 0 && !stream.frames.is_empty(), "ffprobe finds no frames of video");
        stream.timescale = timescale;
        for frame in &mut stream.frames {
            frame.decoded = frame.decoded.saturating_mul(length);
            frame.shown = frame.shown.saturating_mul(length);
        }
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(lines: &[&str]) -> Result<Stream> {
        let mut answer = Answer::default();
        for line in lines {
            answer.take(line)?;
        }
        answer.stream()
    }

    #[test]
    fn an_answer_is_read_in_the_units_of_its_stream() {
        let stream = stream(&[
            "packet|pts=1001|dts=0|size=1011|flags=K_",
            "packet|pts=3003|dts=1001|size=961|flags=__",
            "packet|pts=2002|dts=N/A|size=136|flags=__",
            "",
            "stream|width=96|height=54|time_base=2/60000",
        ])
        .unwrap();
        assert_eq!((stream.timescale, stream.picture), (60_000, Some((96, 54))));
        assert_eq!(stream.frames.iter().map(|f| f.decoded).collect::<Vec<_>>(), [0, 2002, 4004]);
        assert_eq!(stream.frames[0], Frame { decoded: 0, shown: 2002, bytes: 1011, key: true });
        let whole = stream.whole().unwrap();
        assert_eq!((stream.step(), whole.lasts, whole.count), (Some(2002), 6006, 3));
    }

    #[test]
    fn nonsense_is_refused() {
        for lines in [
            &[][..],
            &["stream|time_base=1/90000"],
            &["packet|dts=0", "stream|time_base=0/0"],
            &["packet|dts=0", "stream|time_base=-1/5"],
            &["packet|dts=0"],
            &["packet|dts=x|pts=y", "stream|time_base=1/5"],
        ] {
            stream(lines).unwrap_err();
        }
    }

    #[test]
    fn a_rate_that_varies_has_no_step() {
        let packet = |at: &i64| format!("packet|dts={at}");
        let of = |times: &[i64]| {
            let mut lines: Vec<_> = times.iter().map(packet).collect();
            lines.push("stream|time_base=1/1000".to_owned());
            stream(&lines.iter().map(String::as_str).collect::<Vec<_>>()).unwrap().step()
        };
        assert_eq!(of(&[0, 42, 83, 125, 167]), Some(42));
        assert_eq!(of(&[0, 42, 183, 225, 767]), None);
        assert_eq!(of(&[0]), None);
    }
}
