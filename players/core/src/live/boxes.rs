//! The boxes of fragmented MP4 (ISO/IEC 14496-12), as far as capture times need them: the time
//! scale of each track from an initialization section, and the decode time of a segment's first
//! fragment.
//!
//! What is read may be the beginning of a file only, and may be anything: a box that says it is
//! longer than what is there ends with it, and one that makes no sense ends the reading.

/// The most tracks that are looked at.
const MAX_TRACKS: usize = 16;

/// One box: its type and what of its payload is there.
type Entry<'b> = ([u8; 4], &'b [u8]);

/// The boxes of a payload, one after the other.
struct Boxes<'b>(&'b [u8]);

impl<'b> Iterator for Boxes<'b> {
    type Item = Entry<'b>;

    fn next(&mut self) -> Option<Entry<'b>> {
        let short = number(self.0, 0, 4)?;
        let kind: [u8; 4] = self.0.get(4..8)?.try_into().ok()?;
        let (header, size) = match short {
            // To the end of the file.
            0 => (8, self.0.len()),
            1 => (16, usize::try_from(number(self.0, 8, 8)?).unwrap_or(usize::MAX)),
            size => (8, usize::try_from(size).unwrap_or(usize::MAX)),
        };
        let end = size.min(self.0.len());
        let payload = self.0.get(header..end)?;
        self.0 = self.0.get(end..).unwrap_or_default();
        Some((kind, payload))
    }
}

/// A big-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

/// The first box of this type.
fn child<'b>(payload: &'b [u8], kind: &[u8; 4]) -> Option<&'b [u8]> {
    Boxes(payload).find(|(found, _)| found == kind).map(|(_, payload)| payload)
}

/// Where the fields of a box with a version begin that is wider in version 1: there.
fn versioned(payload: &[u8], narrow: usize, wide: usize) -> Option<usize> {
    match number(payload, 0, 1)? {
        0 => Some(narrow),
        1 => Some(wide),
        _ => None,
    }
}

/// A track of an initialization section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track {
    /// Its number (`tkhd`).
    pub id: u64,
    /// Its units per second (`mdhd`); above zero.
    pub timescale: u64,
}

/// The tracks of an initialization section: `moov/trak/tkhd` and `moov/trak/mdia/mdhd`.
pub(super) fn tracks(init: &[u8]) -> Vec<Track> {
    let moov = child(init, b"moov").unwrap_or_default();
    let traks = Boxes(moov).filter(|(kind, _)| kind == b"trak").take(MAX_TRACKS);
    traks.filter_map(|(_, trak)| track(trak)).collect()
}

fn track(trak: &[u8]) -> Option<Track> {
    let head = child(trak, b"tkhd")?;
    let id = number(head, versioned(head, 12, 20)?, 4)?;
    let media = child(child(trak, b"mdia")?, b"mdhd")?;
    let timescale = number(media, versioned(media, 12, 20)?, 4)?;
    (timescale > 0).then_some(Track { id, timescale })
}

/// The track and the decode time of the first track fragment of a segment: `moof/traf/tfhd` and
/// `moof/traf/tfdt`.
pub(super) fn decode_time(segment: &[u8]) -> Option<(u64, u64)> {
    let traf = child(child(segment, b"moof")?, b"traf")?;
    let id = number(child(traf, b"tfhd")?, 4, 4)?;
    let time = child(traf, b"tfdt")?;
    let length = versioned(time, 4, 8)?;
    Some((id, number(time, 4, length)?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A box with this payload.
    pub fn make(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len() + 8).unwrap().to_be_bytes();
        [&size[..], kind, payload].concat()
    }

    /// An initialization section with one track, in the narrow form or the wide one.
    pub fn init(id: u32, timescale: u32, wide: bool) -> Vec<u8> {
        let before = vec![0; if wide { 16 } else { 8 }];
        let full = [u8::from(wide), 0, 0, 0];
        let head = [&full[..], &before, &id.to_be_bytes(), &[0; 60]].concat();
        let media = [&full[..], &before, &timescale.to_be_bytes(), &[0; 12]].concat();
        let trak = [make(b"tkhd", &head), make(b"mdia", &make(b"mdhd", &media))].concat();
        [make(b"ftyp", b"iso5"), make(b"moov", &make(b"trak", &trak))].concat()
    }

    /// The beginning of a segment.
    pub fn segment(id: u32, time: u64) -> Vec<u8> {
        let head = [&[0, 2, 0, 0][..], &id.to_be_bytes()].concat();
        let time = [&[1, 0, 0, 0][..], &time.to_be_bytes()].concat();
        let traf = [make(b"tfhd", &head), make(b"tfdt", &time), make(b"trun", &[0; 99])].concat();
        let moof = [make(b"mfhd", &[0; 8]), make(b"traf", &traf)].concat();
        [make(b"styp", b"msdh"), make(b"moof", &moof), make(b"mdat", &[7; 300])].concat()
    }

    #[test]
    fn times_are_found_in_either_form() {
        for wide in [false, true] {
            assert_eq!(tracks(&init(3, 12_800, wide)), [Track { id: 3, timescale: 12_800 }]);
        }
        assert_eq!(tracks(&init(3, 0, false)), []);
        assert_eq!(decode_time(&segment(3, 1 << 40)), Some((3, 1 << 40)));
    }

    #[test]
    fn the_beginning_of_a_segment_is_enough() {
        let segment = segment(1, 77);
        assert_eq!(decode_time(&segment[..100]), Some((1, 77)));
        assert_eq!(decode_time(&segment[..50]), None);
    }

    #[test]
    fn a_long_size_and_an_open_end_are_read() {
        let plain = segment(1, 77);
        // The same with the size of `moof` as 64 bits.
        let styp = 12;
        let size = u64::from(u32::from_be_bytes(plain[styp..styp + 4].try_into().unwrap()));
        let long =
            [&plain[..styp], &1u32.to_be_bytes(), b"moof", &(size + 8).to_be_bytes(), &plain[20..]];
        assert_eq!(decode_time(&long.concat()), Some((1, 77)));
        let open = [&plain[..styp], &[0; 4], &plain[styp + 4..]].concat();
        assert_eq!(decode_time(&open), Some((1, 77)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        #[test]
        fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = tracks(&bytes);
            let _ = decode_time(&bytes);
        }

        #[test]
        fn damaged_boxes_are_read_or_not(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
            cut: prop::sample::Index,
        ) {
            for mut bytes in [init(1, 90_000, true), segment(1, 5)] {
                for (place, byte) in &changes {
                    let place = place.index(bytes.len());
                    bytes[place] = *byte;
                }
                bytes.truncate(cut.index(bytes.len()) + 1);
                prop_assert!(tracks(&bytes).len() <= MAX_TRACKS);
                let _ = decode_time(&bytes);
            }
        }

        #[test]
        fn what_is_written_is_read(id: u32, timescale in 1..=u32::MAX, time: u64, wide: bool) {
            let track = Track { id: u64::from(id), timescale: u64::from(timescale) };
            prop_assert_eq!(tracks(&init(id, timescale, wide)), vec![track]);
            prop_assert_eq!(decode_time(&segment(id, time)), Some((u64::from(id), time)));
        }
    }
}
