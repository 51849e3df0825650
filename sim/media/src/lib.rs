//! Content: from what a plan asks for to a folder that any static HTTP server can serve.
//!
//! | source | what is served | cost |
//! |---|---|---|
//! | the synthetic film | a ladder of H.264 in fragmented MP4 | minutes of CPU, once |
//! | a video file | the same | the same |
//! | a published table of segment sizes | files of exactly these sizes, full of zeros | nothing |
//!
//! [`check`] says in advance whether a source can be used. [`prepare`] makes a [`Package`], or
//! finds it in a cache: equal input gives equal bytes, and a package's hash says which bytes they
//! are. [`write_playlists`] lists its segments, as often as a session needs them. [`size_table`]
//! gives a table of sizes to those who serve no files. [`inspect`] looks at
//! content, whoever made it, and says what is wrong with it.
//!
//! Rungs are aligned, and every segment of a package plays equally long. What content here is not:
//! it has no sound, its pictures are encoded quickly rather than well, and nobody has measured
//! whether the synthetic film resembles a real one.

mod cache;
mod deadline;
mod encode;
mod files;
mod film;
mod fragments;
mod inspect;
mod package;
mod playlist;
mod probe;
mod program;
mod progress;
mod rate;
mod samples;
mod scenes;
mod sized;
mod table;
mod x264;

pub use cache::{find, packages};
pub use inspect::{Inspection, Kind, Problem, RungInspection, inspect};
pub use package::{Package, Prepared, Rung};
pub use playlist::{MAX_SEGMENTS, write_playlists};
pub use progress::{Progress, Step};
pub use sized::SizeTable;

use anyhow::{Context, Result, bail, ensure};
use film::Film;
use probe::{Video, probe};
use std::path::{Path, PathBuf};
use table::Table;
use weir_plan::{Media, Source};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What a plan says.
    pub media: &'a Media,
    /// Where the source's file or folder lies; `None` if the path in the plan can be opened as it
    /// is, and for the synthetic film.
    pub file: Option<&'a Path>,
}

/// A source that was looked at.
enum Content {
    Scenes,
    File(PathBuf, Video),
    Sized(Table),
}

/// Looks at the source of the content, before anything starts: at a video with ffprobe, and at a
/// table from end to end. Takes less than a second as a rule, and at most half a minute.
///
/// # Errors
/// If no content can be made of it. The text is the end of a sentence such as "x.mp4 cannot be used
/// as a video: ffprobe finds no video stream".
pub fn check(request: &Request<'_>) -> Result<()> {
    look(request).map(drop)
}

/// The content as a package below `<cache>/media`: from there, or made now, which takes minutes
/// for a ladder of video. The calling thread waits.
///
/// Of a table, and of a video, only the whole segments within the media's length are used; a table
/// has its own segments and ladder. A video is scaled, never distorted, to each rung at a constant
/// rate: its own if that is constant and at most 60 frames per second. Its sound is left out.
///
/// # Errors
/// Those of [`check`]; if a source has less than one segment; if encoded rungs differ in their
/// segments or do not rise; if a program fails, with its last messages; and if the cache cannot be
/// written. A failure leaves nothing in the cache.
pub fn prepare(
    request: &Request<'_>,
    cache: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Package> {
    let media = request.media;
    let content = look(request).with_context(|| match path(request) {
        Some(path) => format!("use {} as content", path.display()),
        None => "use the synthetic film as content".to_owned(),
    })?;
    match content {
        Content::Scenes => Film::of_scenes(media)?.package(cache, progress),
        Content::File(path, video) => {
            Film::of_file(media, &path, video, progress)?.package(cache, progress)
        }
        Content::Sized(table) => sized::package(table, media.length, cache, progress),
    }
}

/// A table of segment sizes as it stands, without files: as many whole segments as the media's
/// length holds.
///
/// # Errors
/// Those of [`check`], and if the source is none.
pub fn size_table(request: &Request<'_>) -> Result<SizeTable> {
    let used = || path(request).map_or("the film".to_owned(), |path| path.display().to_string());
    match look(request).with_context(|| format!("use {} as a size table", used()))? {
        Content::Sized(table) => SizeTable::new(table, request.media.length),
        Content::Scenes | Content::File(..) => bail!("{} is no table of sizes", used()),
    }
}

/// The version of the encoder, such as `5.1.9-0+deb12u1`.
///
/// # Errors
/// If there is no ffmpeg.
pub fn ffmpeg_version() -> Result<String> {
    let text = x264::version()?;
    let version = text.strip_prefix("ffmpeg version ").and_then(|rest| rest.split(' ').next());
    version.map(str::to_owned).context("ffmpeg does not say its version")
}

fn path<'a>(request: &Request<'a>) -> Option<&'a Path> {
    match &request.media.source {
        Source::Scenes => None,
        Source::File(path) | Source::Sized(path) => Some(request.file.unwrap_or(path)),
    }
}

fn look(request: &Request<'_>) -> Result<Content> {
    let Media { source, segment, ladder, length, loops: _ } = request.media;
    let path = path(request).unwrap_or(Path::new(""));
    if let Source::Sized(_) = source {
        let table = Table::read(path)?;
        table.holds(*length)?;
        return Ok(Content::Sized(table));
    }
    let segments = length.ns().checked_div(segment.ns()).unwrap_or(0);
    ensure!(segments > 0, "{length} hold no segment of {segment}");
    let files = segments.saturating_mul(ladder.rungs.len() as u64);
    ensure!(
        segments <= MAX_SEGMENTS as u64 && files <= files::MAX_FILES as u64,
        "{length} are {segments} segments of {} rungs: too many",
        ladder.rungs.len()
    );
    if let Source::Scenes = source {
        let longest = scenes::LONGEST;
        ensure!(*length <= longest, "the synthetic film lasts {longest} at most, and loops");
        return Ok(Content::Scenes);
    }
    let video = probe(path)?;
    if let Some(length) = video.length {
        // Declared lengths may lack the last frame.
        let enough = video.rate.frames_in(length) + 1 >= video.rate.frames_in(*segment);
        ensure!(enough, "it lasts {} ms, which is less than one segment of {segment}", length.ms());
    }
    Ok(Content::File(path.to_owned(), video))
}
