//! Moving pictures as a package: the synthetic film, or a video file, encoded to a ladder.

use crate::cache::{self, Workshop, key};
use crate::package::{Asked, Package};
use crate::probe::{Video, input};
use crate::progress::{Progress, Step};
use crate::rate::FrameRate;
use crate::x264::{self, Pictures};
use crate::{encode, files, scenes};
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use weir_plan::Media;
use weir_units::Span;

/// To be raised when the same encoder's output gives other files than before.
const RECIPE: u64 = 1;

/// All that such a package depends on.
#[derive(Serialize)]
struct Ingredients<'a> {
    kind: &'static str,
    recipe: u64,
    /// The version of ffmpeg: encoders differ from one to the next.
    ffmpeg: String,
    /// The filter graph of the synthetic film, or the hash of a file's content.
    source: &'a str,
    /// Which a warning tells.
    segment: Span,
    encoders: Vec<[String; 2]>,
}

/// A source of pictures, ready to be encoded.
pub(crate) struct Film<'a> {
    media: &'a Media,
    pictures: Pictures,
    /// What the pictures are, for the key: see [`Ingredients::source`].
    source: String,
    file: Option<SourceFile>,
}

struct SourceFile {
    path: PathBuf,
    before: Stamp,
    video: Video,
}

/// What changes when a file does.
#[derive(PartialEq, Eq)]
struct Stamp(u64, SystemTime);

impl Stamp {
    fn of(path: &Path) -> Result<Self> {
        let read = || fs::metadata(path).and_then(|facts| Ok(Self(facts.len(), facts.modified()?)));
        read().with_context(|| format!("look at {}", path.display()))
    }
}

impl<'a> Film<'a> {
    /// The synthetic film.
    pub fn of_scenes(media: &'a Media) -> Result<Self> {
        let mut pictures = Pictures::of(media, scenes::RATE)?;
        let (width, height) = scenes::SIZE;
        pictures.pixels = u64::from(width) * u64::from(height);
        let source = scenes::film(pictures.most);
        pictures.input = ["-f", "lavfi", "-i", &source].map(Into::into).to_vec();
        Ok(Self { media, pictures, source, file: None })
    }

    /// A video file, which is read for its hash.
    pub fn of_file(
        media: &'a Media,
        path: &Path,
        video: Video,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let mut pictures = Pictures::of(media, video.rate)?;
        pictures.pixels = video.pixels;
        pictures.input = input(path)?.to_vec();
        let frames = video.length.map(|length| video.rate.frames_in(length));
        pictures.likely = frames.map_or(pictures.most, |frames| pictures.most.min(frames.max(1)));

        let before = Stamp::of(path)?;
        let mut done = 0;
        let mut told = |count| {
            done += count;
            progress(Progress::of(Step::Read, done, before.0));
        };
        let hash = File::open(path).and_then(|mut file| files::sha256(&mut file, &mut told));
        let source = hash.with_context(|| format!("read {}", path.display()))?;
        let file = SourceFile { path: path.to_owned(), before, video };
        Ok(Self { media, pictures, source, file: Some(file) })
    }

    /// The film as a package, from the cache or encoded now.
    pub fn package(&self, cache: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Package> {
        let ingredients = Ingredients {
            kind: "film",
            recipe: RECIPE,
            ffmpeg: x264::version()?,
            source: &self.source,
            segment: self.media.segment,
            encoders: x264::recipe(&self.pictures, &self.media.ladder.rungs),
        };
        cache::get(cache, &key(&ingredients)?, progress, |workshop, progress| {
            self.make(workshop, progress)
        })
    }

    fn make(&self, workshop: &Workshop, progress: &mut dyn FnMut(Progress)) -> Result<Package> {
        let rungs = &self.media.ladder.rungs;
        let streams = encode::ladder(
            &self.pictures,
            rungs,
            &workshop.work,
            &workshop.package,
            &mut |done, all| {
                progress(Progress::of(Step::Encode, done, all));
            },
        )?;
        let (segments, rest) = encode::aligned(&streams)?;
        let Pictures { rate, segment, .. } = self.pictures;
        let shown = rate.span_of(segments * segment + rest);
        if let Some(SourceFile { path, before, .. }) = &self.file {
            ensure!(*before == Stamp::of(path)?, "{} changed while it was read", path.display());
        }
        let asked = rungs.iter().zip(streams).map(|(rung, stream)| Asked {
            size: Some((rung.width, rung.height)),
            codecs: Some(stream.codecs),
            target: rung.bitrate,
        });
        let (dir, warnings) = (&workshop.package, self.warnings(segments, shown));
        Package::seal(dir, rate.span_of(segment), asked.collect(), warnings, progress)
    }

    fn warnings(&self, segments: u64, shown: Span) -> Vec<String> {
        let Pictures { rate, segment, most, .. } = self.pictures;
        let mut warnings = Vec::new();
        let real = rate.span_of(segment);
        if real != self.media.segment {
            let asked = self.media.segment;
            warnings.push(format!(
                "segments last {} us, not {asked}, which is no whole number of frames at {rate} \
                 frames per second",
                real.us()
            ));
        }
        let Some(SourceFile { video, .. }) = &self.file else { return warnings };
        if video.audio {
            warnings.push("the sound of the source is left out".to_owned());
        }
        let asked = most / segment;
        if segments < asked {
            warnings.push(format!("the source has {segments} of {asked} segments: it loops"));
        }
        // Durations that files declare are a little longer or shorter than their pictures.
        let declared = video.length.unwrap_or(shown).min(rate.span_of(most));
        if shown.ns() < declared.ns() / 100 * 95 {
            let (declared, shown) = (declared.ms(), shown.ms());
            warnings
                .push(format!("only {shown} ms of the source's {declared} ms could be decoded"));
        }
        warnings
    }
}

impl Pictures {
    /// As many frames as the media asks for, from nowhere yet.
    fn of(media: &Media, rate: FrameRate) -> Result<Self> {
        let segment = rate.frames_in(media.segment);
        ensure!(segment > 0, "a segment of {} holds no frame", media.segment);
        let segments = media.length.ns().checked_div(media.segment.ns()).unwrap_or(0);
        let most = segment.saturating_mul(segments);
        Ok(Self { input: Vec::new(), rate, pixels: 0, segment, most, likely: most })
    }
}
