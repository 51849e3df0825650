//! A master playlist in a file, and what it refers to.

use super::boxes::Init;
use super::frames::Stream;
use super::rung::{Frames, Rung, Segment};
use super::{Inspection, Kind, Problem, checks, measures};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use weir_core::playlist::{MAX_PLAYLIST, Master, Media, Uri, Variant};
use weir_units::Bytes;

/// How a file's URI begins (RFC 8089).
const SCHEME: &str = "file://";

/// Looks at the master playlist in `file`.
///
/// # Errors
/// If it is not a master playlist.
pub(super) fn inspect(file: &Path) -> Result<Inspection> {
    let whole = fs::canonicalize(file).context("it cannot be found")?;
    let base = Uri::parse(&uri(&whole)).context("its name")?;
    let master = Master::parse(&read(&whole)?, &base)?;
    let (mut rungs, mut problems) = (Vec::new(), Vec::new());
    for (number, variant) in master.variants.iter().enumerate() {
        let mut rung = described(variant);
        if let Err(error) = fill(&mut rung, &variant.uri) {
            let what = format!("its playlist: {error:#}");
            problems.push(Problem { rung: Some(number as u64), segment: None, what });
        }
        rungs.push(rung);
    }
    problems.extend(checks::problems(&rungs));
    let rungs = rungs.iter().enumerate().map(|(number, rung)| measures::measure(number, rung));
    Ok(Inspection { kind: Kind::Playlist, rungs: rungs.collect(), notes: Vec::new(), problems })
}

/// A rung as the master playlist describes it.
fn described(variant: &Variant) -> Rung {
    let rates = variant.rung;
    Rung {
        name: variant.uri.as_str().rsplit('/').next().unwrap_or_default().to_owned(),
        picture: variant.resolution,
        // Without AVERAGE-BANDWIDTH, the reader of playlists takes BANDWIDTH, which is no mean.
        target: (rates.mean != rates.peak).then_some(rates.mean),
        declared_peak: Some(rates.peak),
        target_duration: None,
        peak_over: None,
        segments: Vec::new(),
    }
}

/// Reads the media playlist of a rung, and its segments.
fn fill(rung: &mut Rung, playlist: &Uri) -> Result<()> {
    let media = Media::parse(&read(&path(playlist)?)?, playlist)?;
    rung.target_duration = Some(media.target);
    rung.peak_over = Some(media.target);
    let inits: Vec<Result<Init>> =
        media.inits.iter().map(|init| Init::read(&path(init)?)).collect();
    // Looped content lists its files again and again.
    let mut seen: BTreeMap<(PathBuf, Option<usize>), Segment> = BTreeMap::new();
    for listed in &media.segments {
        let segment = match path(&listed.uri) {
            Err(error) => Segment { problem: Some(format!("{error:#}")), ..Segment::default() },
            Ok(path) => {
                let init = listed.init.and_then(|init| inits.get(init));
                let key = (path, listed.init);
                let known = seen.get(&key).cloned();
                let segment = known.unwrap_or_else(|| look(&key.0, init));
                seen.insert(key, segment.clone());
                segment
            }
        };
        let (declared, discontinuity) = (listed.duration, listed.discontinuity);
        rung.segments.push(Segment { declared, discontinuity, ..segment });
    }
    Ok(())
}

fn look(path: &Path, init: Option<&Result<Init>>) -> Segment {
    let mut segment = Segment::default();
    match fs::metadata(path) {
        Ok(facts) if facts.is_file() => segment.bytes = Some(Bytes::new(facts.len())),
        Ok(_) => segment.problem = Some("it is no regular file".to_owned()),
        Err(error) => segment.problem = Some(format!("{} is missing ({error})", path.display())),
    }
    if segment.bytes.is_some() {
        match frames(path, init) {
            Ok(frames) => segment.frames = Some(frames),
            Err(error) => segment.problem = Some(format!("{error:#}")),
        }
    }
    segment
}

fn frames(path: &Path, init: Option<&Result<Init>>) -> Result<Frames> {
    match init {
        Some(Ok(init)) => init.frames(path),
        Some(Err(error)) => bail!("its initialization section: {error:#}"),
        None => Stream::read(path)?.whole().context("it has no pictures"),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let facts = fs::metadata(path).with_context(|| format!("read {}", path.display()))?;
    ensure!(facts.is_file(), "{} is no regular file", path.display());
    let mut text = Vec::new();
    // One byte more than is allowed shows that there is more.
    let file = File::open(path).map(|file| file.take(MAX_PLAYLIST as u64 + 1));
    let read = file.and_then(|mut file| file.read_to_end(&mut text));
    read.with_context(|| format!("read {}", path.display()))?;
    Ok(text)
}

/// The URI of a file: its path with everything but the plainest characters encoded (RFC 3986,
/// section 2.1).
fn uri(path: &Path) -> String {
    let mut text = SCHEME.to_owned();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => text.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => text.push(byte.into()),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// The file that a URI means.
fn path(uri: &Uri) -> Result<PathBuf> {
    let local = uri.as_str().strip_prefix(SCHEME).filter(|path| path.starts_with('/'));
    let local = local.with_context(|| format!("{uri} is not a local file"))?;
    let mut bytes = Vec::new();
    let mut rest = local.split('?').next().unwrap_or_default().bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(), digit());
                let byte = high.zip(low).map(|(high, low)| (high * 16 + low) as u8);
                byte.filter(|byte| *byte != 0).with_context(|| format!("{uri} names no file"))?
            }
            _ => byte,
        });
    }
    Ok(OsString::from_vec(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_survives_its_uri() {
        for name in ["/a/b.m3u8", "/with space/100 %/\u{e4}?#[x]/m.m3u8", "/a:b&c;d/'e'"] {
            let uri = Uri::parse(&uri(Path::new(name))).unwrap();
            assert_eq!(path(&uri).unwrap(), Path::new(name));
        }
    }

    #[test]
    fn what_is_not_a_local_file_is_refused() {
        let base = Uri::parse("file:///vod/master.m3u8").unwrap();
        let of = |text: &str| path(&base.resolve(text).unwrap());
        assert_eq!(of("low/0.m4s?token=1").unwrap(), Path::new("/vod/low/0.m4s"));
        for text in ["http://origin/0.m4s", "//host/0.m4s", "a%00b"] {
            of(text).unwrap_err();
        }
    }
}
