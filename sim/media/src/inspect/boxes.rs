//! Segments of fragmented MP4 (ISO/IEC 14496-12), distrusted.

use super::rung::Frames;
use crate::samples::{Defaults, MAX_HEAD};
use anyhow::{Context, Result, bail, ensure};
use mp4_atom::{Atom, FourCC, Header, Mdat, Moof, Moov, ReadAtom, ReadFrom};
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;

/// The handler of video tracks.
const VIDEO: FourCC = FourCC::new(b"vide");

/// The most frames of a segment: more than 4 hours at 60 frames per second.
const MAX_FRAMES: u64 = 1_000_000;

/// What an initialization section says of its first video track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Init {
    track: u32,
    defaults: Defaults,
    /// What is subtracted from times of presentation (the edit list), in ticks.
    shift: i64,
}

impl Init {
    /// Reads an initialization section.
    ///
    /// # Errors
    /// If it has no video track.
    pub fn read(path: &Path) -> Result<Self> {
        let mut found = None;
        walk(path, &mut |header, file| {
            if header.kind == Moov::KIND {
                found = Some(Moov::read_atom(header, file).context("read the head")?);
            }
            Ok(())
        })?;
        let moov = found.context("it has no head")?;
        let track = moov.trak.iter().find(|track| track.mdia.hdlr.handler == VIDEO);
        let track = track.context("it has no video track")?;
        let edits = track.edts.iter().filter_map(|edits| edits.elst.as_ref());
        let shift = edits.flat_map(|list| &list.entries).find_map(|entry| entry.media_time);
        let defaults = Defaults::of(&moov, track);
        ensure!(defaults.timescale > 0, "a clock without ticks");
        Ok(Self {
            track: track.tkhd.track_id,
            defaults,
            shift: i64::try_from(shift.unwrap_or(0)).context("a time out of range")?,
        })
    }

    /// Reads a segment.
    ///
    /// # Errors
    /// If it is cut off, lacks pictures, or its fragments do not follow upon each other.
    pub fn frames(&self, path: &Path) -> Result<Frames> {
        let mut found: Option<Frames> = None;
        let (mut due, mut there) = (0u64, 0u64);
        walk(path, &mut |header, file| {
            if header.kind == Moof::KIND {
                let moof = Moof::read_atom(header, file).context("read a fragment")?;
                due = due.saturating_add(self.add(&moof, &mut found)?);
            } else if header.kind == Mdat::KIND {
                there = there.saturating_add(header.size.unwrap_or(0) as u64);
            }
            Ok(())
        })?;
        let frames = found.context("it has no pictures")?;
        ensure!(due <= there, "it has {there} of {due} bytes of pictures");
        Ok(frames)
    }

    /// Adds the frames of a fragment. Returns how many bytes they have.
    fn add(&self, moof: &Moof, found: &mut Option<Frames>) -> Result<u64> {
        let mut bytes = 0u64;
        for part in moof.traf.iter().filter(|part| part.tfhd.track_id == self.track) {
            let begins =
                part.tfdt.as_ref().context("a fragment that does not say when it begins")?;
            let begins = i64::try_from(begins.base_media_decode_time).context("a time too late")?;
            for (index, sample) in self.defaults.samples(part).enumerate() {
                let all = found.get_or_insert_with(|| Frames {
                    timescale: self.defaults.timescale,
                    begins,
                    lasts: 0,
                    shows: begins.saturating_add(sample.offset).saturating_sub(self.shift),
                    key: sample.sync,
                    count: 0,
                    slack: 0,
                });
                let due = all.begins.saturating_add_unsigned(all.lasts);
                ensure!(
                    index > 0 || begins == due,
                    "a fragment in it begins at tick {begins} and not at {due}"
                );
                all.lasts = all.lasts.saturating_add(sample.ticks.into());
                all.count += 1;
                bytes = bytes.saturating_add(sample.bytes.into());
                ensure!(all.count <= MAX_FRAMES, "more than {MAX_FRAMES} frames");
            }
        }
        Ok(bytes)
    }
}

/// Shows the header of each box of a file to `look`, which may read the box.
fn walk(
    path: &Path,
    look: &mut dyn FnMut(&Header, &mut BufReader<File>) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).context("it cannot be read")?;
    let length = file.metadata().context("it cannot be read")?.len();
    let mut input = BufReader::new(file);
    loop {
        let header: Option<Header> = ReadFrom::read_from(&mut input).context("read a box")?;
        let Some(header) = header else { return Ok(()) };
        let body = input.stream_position().context("read a box")?;
        // A box without a size reaches to the end.
        let end = match header.size {
            Some(size) => body.checked_add(size as u64).context("a box too large")?,
            None => length,
        };
        ensure!(end <= length, "it ends in the middle of a box");
        if [Moov::KIND, Moof::KIND].contains(&header.kind) {
            match header.size {
                Some(size) if size <= MAX_HEAD => {}
                _ => bail!("a head of {} bytes", end - body),
            }
        }
        look(&header, &mut input)?;
        input.seek(SeekFrom::Start(end)).context("skip a box")?;
    }
}
