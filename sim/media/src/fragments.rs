//! Cutting a fragmented MP4 file (ISO/IEC 14496-12) into an initialization section and one segment
//! per fragment, and seeing on the way that each begins where it should.

use crate::package::{init_name, segment_name};
use crate::rate::FrameRate;
use crate::samples::{Defaults, MAX_HEAD};
use anyhow::{Context, Result, bail, ensure};
use mp4_atom::{Atom, Codec, Header, Mdat, Moof, Moov, ReadAtom, ReadFrom};
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// What was found in an encoded rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Its format by RFC 6381.
    pub codecs: String,
    /// Its whole segments, which are files now.
    pub segments: u64,
    /// The frames after the last whole segment, which are not.
    pub rest: u64,
}

/// What an encoded rung should be.
pub(crate) struct Form {
    /// Its number.
    pub rung: usize,
    /// Picture width and height.
    pub size: (u32, u32),
    /// Frames per second.
    pub rate: FrameRate,
    /// Frames per segment.
    pub frames: u64,
}

/// Cuts `file`, an encoded rung, into files below `into`.
///
/// # Errors
/// If a file cannot be read or written; if pictures have another size or last another time than
/// `form` says; if a fragment does not begin with a sync sample or does not follow upon the one
/// before; and if any but the last has another number of frames.
pub(crate) fn cut(file: &Path, form: &Form, into: &Path) -> Result<Stream> {
    let Form { rung, frames, .. } = *form;
    let open = || File::open(file).with_context(|| format!("open {}", file.display()));
    let (mut source, mut input) = (open()?, BufReader::new(open()?));
    let mut track: Option<Track> = None;
    let mut fragment: Option<(u64, u64)> = None;
    let mut stream = Stream { codecs: String::new(), segments: 0, rest: 0 };
    loop {
        let start = input.stream_position().context("read a box")?;
        let header: Option<Header> = ReadFrom::read_from(&mut input).context("read a box")?;
        let Some(header) = header else { break };
        let size = header.size.context("a box without a size")?;
        let body = input.stream_position().context("read a box")?;
        let end = body.checked_add(size as u64).context("a box too large")?;
        match header.kind {
            Moov::KIND | Moof::KIND if size > MAX_HEAD => bail!("a head of {size} bytes"),
            Moov::KIND => {
                let moov = Moov::read_atom(&header, &mut input).context("read the head")?;
                track = Some(Track::of(&moov, form)?);
            }
            Moof::KIND => {
                ensure!(stream.rest == 0, "segment {} is too short", stream.segments);
                let track = track.as_ref().context("a fragment before the head")?;
                let moof = Moof::read_atom(&header, &mut input).context("read a fragment")?;
                let due = stream.segments * frames;
                let count = track
                    .frames_of(&moof, due)
                    .with_context(|| format!("segment {}", stream.segments))?;
                ensure!(count <= frames, "segment {} has {count} frames", stream.segments);
                if stream.segments == 0 {
                    let name = into.join(init_name(rung));
                    copy(&mut source, 0, start, &name)?;
                    stream.codecs.clone_from(&track.codecs);
                }
                fragment = Some((start, count));
            }
            Mdat::KIND => {
                let (start, count) = fragment.take().context("pictures outside of a fragment")?;
                if count < frames {
                    stream.rest = count;
                } else {
                    let index = usize::try_from(stream.segments).context("too many segments")?;
                    copy(&mut source, start, end, &into.join(segment_name(rung, index)))?;
                    stream.segments += 1;
                }
            }
            _ => {}
        }
        input.seek(SeekFrom::Start(end)).context("skip a box")?;
    }
    ensure!(fragment.is_none(), "the last fragment has no pictures");
    Ok(stream)
}

/// What a file's head says of its one track.
struct Track {
    codecs: String,
    rate: FrameRate,
    defaults: Defaults,
}

impl Track {
    fn of(moov: &Moov, form: &Form) -> Result<Self> {
        let [track] = &moov.trak[..] else { bail!("{} tracks", moov.trak.len()) };
        let [Codec::Avc1(avc)] = &track.mdia.minf.stbl.stsd.codecs[..] else {
            bail!("the track is not H.264")
        };
        let (avcc, picture) = (&avc.avcc, &avc.visual);
        let size = (u32::from(picture.width), u32::from(picture.height));
        ensure!(size == form.size, "its pictures have {}x{} pixels", size.0, size.1);
        Ok(Self {
            // RFC 6381, section 3.3: profile, constraints and level as in the stream.
            codecs: format!(
                "avc1.{:02x}{:02x}{:02x}",
                avcc.avc_profile_indication, avcc.profile_compatibility, avcc.avc_level_indication
            ),
            rate: form.rate,
            defaults: Defaults::of(moov, track),
        })
    }

    /// The number of frames in a fragment that should begin with frame number `first`.
    fn frames_of(&self, moof: &Moof, first: u64) -> Result<u64> {
        let [part] = &moof.traf[..] else { bail!("{} tracks", moof.traf.len()) };
        let timescale = self.defaults.timescale;
        let mut frames = 0;
        for sample in self.defaults.samples(part) {
            let ticks = sample.ticks;
            ensure!(
                self.rate.is_frame_of(ticks, timescale),
                "frame {frames} lasts {ticks}/{timescale} s at {} frames per second",
                self.rate
            );
            ensure!(frames > 0 || sample.sync, "it does not begin with a key frame");
            frames += 1;
            // All frames last equally long, and this one is the first.
            if frames == 1 {
                let due = first.checked_mul(u64::from(ticks));
                let begin = part.tfdt.as_ref().map(|time| time.base_media_decode_time);
                ensure!(begin == due, "it begins at tick {begin:?} and not at {due:?}");
            }
        }
        ensure!(frames > 0, "it has no frames");
        Ok(frames)
    }
}

/// Copies the bytes from `start` to `end` into a new file.
fn copy(source: &mut File, start: u64, end: u64, path: &Path) -> Result<()> {
    let mut write = || -> std::io::Result<bool> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        source.seek(SeekFrom::Start(start))?;
        let mut part = source.take(end - start);
        Ok(std::io::copy(&mut part, &mut File::create_new(path)?)? == end - start)
    };
    let whole = write().with_context(|| format!("write {}", path.display()))?;
    ensure!(whole, "the file ends in the middle of a fragment");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::NOT_SYNC;
    use mp4_atom::{
        Avc1, Avcc, Encode, Mdhd, Mfhd, Mvex, Stsd, Tfdt, Tfhd, Traf, Trak, Trex, Trun, TrunEntry,
        Visual,
    };

    /// A file of 24 frames per second, of fragments that begin at a tick and have frames of a
    /// duration, the first of them with these flags.
    fn file(fragments: &[(u64, &[u32], u32)]) -> Vec<u8> {
        let mut trak = Trak::default();
        trak.mdia.mdhd = Mdhd { timescale: 12_288, ..Mdhd::default() };
        let avcc = Avcc {
            configuration_version: 1,
            avc_profile_indication: 0x64,
            profile_compatibility: 0,
            avc_level_indication: 0x1f,
            length_size: 4,
            ..Avcc::default()
        };
        let visual = Visual { width: 64, height: 36, ..Visual::default() };
        let avc1 = Codec::Avc1(Avc1 { avcc, visual, ..Avc1::default() });
        trak.mdia.minf.stbl.stsd = Stsd { codecs: vec![avc1] };
        let mvex = Mvex { trex: vec![Trex { track_id: 1, ..Trex::default() }], ..Mvex::default() };
        let moov = Moov { trak: vec![trak], mvex: Some(mvex), ..Moov::default() };
        let mut bytes = Vec::new();
        moov.encode(&mut bytes).unwrap();
        for (number, &(begin, durations, flags)) in (1u32..).zip(fragments) {
            let entry = |(index, &duration): (usize, &u32)| TrunEntry {
                duration: Some(duration),
                size: Some(1),
                flags: Some(if index == 0 { flags } else { NOT_SYNC }),
                cts: None,
            };
            let samples: Vec<_> = durations.iter().enumerate().map(entry).collect();
            let traf = Traf {
                tfhd: Tfhd { track_id: 1, ..Tfhd::default() },
                tfdt: Some(Tfdt { base_media_decode_time: begin }),
                trun: vec![Trun { data_offset: None, samples: samples.into() }],
                ..Traf::default()
            };
            let mfhd = Mfhd { sequence_number: number };
            Moof { mfhd, traf: vec![traf] }.encode(&mut bytes).unwrap();
            Mdat { data: vec![7; durations.len()] }.encode(&mut bytes).unwrap();
        }
        bytes
    }

    /// What becomes of a file that should have three frames in each fragment.
    fn cut_bytes(bytes: &[u8]) -> Result<(Stream, Vec<u64>), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rung.mp4");
        fs::write(&path, bytes).unwrap();
        let form = Form { rung: 0, size: (64, 36), rate: FrameRate::FILM, frames: 3 };
        let stream = cut(&path, &form, folder.path());
        let stream = stream.map_err(|error| format!("{error:#}"))?;
        let size = |name: String| fs::metadata(folder.path().join(name)).unwrap().len();
        let segments = usize::try_from(stream.segments).unwrap();
        let names = (0..segments).map(|segment| segment_name(0, segment));
        let head = (segments > 0).then(|| init_name(0));
        Ok((stream, head.into_iter().chain(names).map(size).collect()))
    }

    const FRAMES: &[u32] = &[512, 512, 512];

    #[test]
    fn the_parts_of_a_file_are_the_whole_of_it() {
        let bytes = file(&[(0, FRAMES, 0), (1536, FRAMES, 0)]);
        let (stream, sizes) = cut_bytes(&bytes).unwrap();
        assert_eq!(stream, Stream { codecs: "avc1.64001f".to_owned(), segments: 2, rest: 0 });
        assert_eq!(sizes.iter().sum::<u64>(), bytes.len() as u64);
    }

    #[test]
    fn a_last_fragment_that_is_too_short_is_left_out() {
        let (stream, sizes) = cut_bytes(&file(&[(0, FRAMES, 0), (1536, &[512], 0)])).unwrap();
        assert_eq!((stream.segments, stream.rest, sizes.len()), (1, 1, 2));
    }

    #[test]
    fn segments_that_do_not_begin_and_last_as_they_should_are_refused() {
        let error = |fragments: &[(u64, &[u32], u32)]| cut_bytes(&file(fragments)).unwrap_err();
        let late = error(&[(0, FRAMES, 0), (1537, FRAMES, 0)]);
        assert!(late.ends_with("it begins at tick Some(1537) and not at Some(1536)"), "{late}");
        let slow = error(&[(0, &[512, 513, 512], 0)]);
        assert!(slow.ends_with("frame 1 lasts 513/12288 s at 24/1 frames per second"), "{slow}");
        let open = error(&[(0, FRAMES, 0), (1536, FRAMES, NOT_SYNC)]);
        assert_eq!(
            open.rsplit_once("segment ").unwrap().1,
            "1: it does not begin with a key frame"
        );
        let short = error(&[(0, &[512], 0), (512, FRAMES, 0)]);
        assert!(short.ends_with("segment 0 is too short"), "{short}");
        let long = error(&[(0, &[512; 4], 0)]);
        assert!(long.ends_with("segment 0 has 4 frames"), "{long}");
    }

    #[test]
    fn files_that_end_anywhere_are_refused_or_cut_to_whole_segments() {
        let bytes = file(&[(0, FRAMES, 0), (1536, FRAMES, 0)]);
        for end in 0..bytes.len() {
            if let Ok((stream, _)) = cut_bytes(&bytes[..end]) {
                assert!(stream.segments < 2, "{end}");
            }
        }
    }
}
