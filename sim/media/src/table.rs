//! Published tables of segment sizes: content as simulators see it, without pictures.

mod pensieve;
mod sabre;

use crate::files::MAX_FILES;
use crate::package::rising;
use crate::playlist::MAX_SEGMENTS;
use anyhow::{Context, Result, ensure};
use serde::{Serialize, Serializer};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use weir_abr::MAX_RUNGS;
use weir_trace::Volume;
use weir_units::{BitRate, Bytes, Span};

/// The longest file of a table: a year of ten rungs, written densely.
const MAX_FILE: u64 = 16_000_000;

/// No segment is larger: 20 s at 400 Mbit/s.
const MAX_SIZE: Bytes = Bytes::new(1_000_000_000);

/// The sizes of all segments of all rungs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Table {
    /// How long every segment plays.
    pub segment: Span,
    /// The bit rates by which the rungs are called, lowest first.
    pub rungs: Vec<BitRate>,
    /// `sizes[segment][rung]`, exactly: published tables count in bits that make no whole bytes.
    #[serde(serialize_with = "in_bytes")]
    pub sizes: Vec<Vec<Volume>>,
}

/// Tables whose files are alike are one package.
fn in_bytes<S: Serializer>(sizes: &[Vec<Volume>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer
        .collect_seq(sizes.iter().map(|row| row.iter().copied().map(held).collect::<Vec<_>>()))
}

/// Whole bytes that hold so much.
pub(crate) fn held(size: Volume) -> Bytes {
    let byte = Volume::from(Bytes::new(1)).femtobits();
    // Saturating: what is so large is refused.
    Bytes::new(u64::try_from(size.femtobits().div_ceil(byte)).unwrap_or(u64::MAX))
}

impl Table {
    /// Reads a table: a folder of files `video_size_N`, as Pensieve has them, or a file of JSON, as
    /// Sabre has them.
    ///
    /// # Errors
    /// If it cannot be read or is too large; if a segment has no size at a rung, naming both; and
    /// if the rungs do not rise.
    pub fn read(path: &Path) -> Result<Self> {
        let facts = fs::metadata(path).context("it cannot be looked at")?;
        let table = if facts.is_dir() {
            pensieve::read(path)?
        } else {
            ensure!(facts.is_file(), "it is neither a file nor a folder");
            sabre::parse(&text(path)?)?
        };
        table.checked()
    }

    /// How many of its segments end within `length`.
    ///
    /// # Errors
    /// If that is none.
    pub fn holds(&self, length: Span) -> Result<usize> {
        let count = length.ns().checked_div(self.segment.ns()).unwrap_or(0);
        ensure!(count > 0, "{length} is shorter than one segment of {}", self.segment);
        Ok(usize::try_from(count).unwrap_or(usize::MAX).min(self.sizes.len()))
    }

    /// The table without the segments that do not end within `length`.
    ///
    /// # Errors
    /// If that leaves none.
    pub fn cut(mut self, length: Span) -> Result<Self> {
        self.sizes.truncate(self.holds(length)?);
        Ok(self)
    }

    /// How long it plays.
    pub fn length(&self) -> Span {
        self.segment.checked_mul(self.sizes.len() as u64).unwrap_or(Span::MAX)
    }

    fn checked(self) -> Result<Self> {
        let rungs = self.rungs.len();
        ensure!(
            (1..=MAX_RUNGS).contains(&rungs),
            "it has {rungs} rungs (1 to {MAX_RUNGS} expected)"
        );
        ensure!(!self.sizes.is_empty(), "it has no segments");
        ensure!(
            self.sizes.len() <= MAX_SEGMENTS && self.sizes.len() * rungs <= MAX_FILES,
            "it has {} segments of {rungs} rungs (at most {MAX_SEGMENTS}, and {MAX_FILES} sizes)",
            self.sizes.len()
        );
        for (segment, row) in self.sizes.iter().enumerate() {
            for rung in 0..rungs {
                let bytes = row.get(rung).copied().map_or(Bytes::ZERO, held);
                ensure!(bytes > Bytes::ZERO, "segment {segment} has no size at rung {rung}");
                ensure!(bytes <= MAX_SIZE, "segment {segment} has {bytes} at rung {rung}");
            }
            let extra = row.len().saturating_sub(rungs);
            ensure!(extra == 0, "segment {segment} has {extra} sizes more than there are rungs");
        }
        rising(&self.means().context("its bit rates are out of range")?)?;
        for (lower, pair) in self.rungs.windows(2).enumerate() {
            let [low, high] = [pair[0], pair[1]];
            let upper = lower + 1;
            ensure!(low < high, "rung {upper} of {high} is not above rung {lower} of {low}");
        }
        Ok(self)
    }

    /// The mean bit rate of each rung.
    fn means(&self) -> Option<Vec<BitRate>> {
        let length = self.length();
        let sum = |rung: usize| {
            let mut sizes = self.sizes.iter().filter_map(|row| row.get(rung)).copied().map(held);
            sizes.try_fold(Bytes::ZERO, Bytes::checked_add)
        };
        (0..self.rungs.len()).map(|rung| BitRate::of(sum(rung)?, length)).collect()
    }
}

/// A file's text.
fn text(path: &Path) -> Result<String> {
    let read = || -> Result<String> {
        ensure!(fs::metadata(path)?.is_file(), "it is no regular file");
        let mut text = String::new();
        let size = File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
        ensure!(size as u64 <= MAX_FILE, "longer than {MAX_FILE} bytes");
        Ok(text)
    };
    read().with_context(|| format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(sizes: &[&[u64]]) -> Table {
        let row = |row: &&[u64]| row.iter().copied().map(Bytes::new).map(Volume::from).collect();
        Table {
            segment: Span::from_s(4),
            rungs: vec![BitRate::from_bps(1), BitRate::from_bps(2)],
            sizes: sizes.iter().map(row).collect(),
        }
    }

    fn error(sizes: &[&[u64]]) -> String {
        table(sizes).checked().unwrap_err().to_string()
    }

    #[test]
    fn a_hole_is_named_by_segment_and_rung() {
        assert_eq!(error(&[&[1, 2], &[1]]), "segment 1 has no size at rung 1");
        assert_eq!(error(&[&[1, 2], &[0, 2]]), "segment 1 has no size at rung 0");
        assert_eq!(error(&[&[1, 2, 3]]), "segment 0 has 1 sizes more than there are rungs");
        assert_eq!(error(&[&[1, 2_000_000_000]]), "segment 0 has 2 GB at rung 1");
        assert_eq!(error(&[]), "it has no segments");
        assert!(error(&[&[2, 2]]).starts_with("rung 1 measures 0 kbit/s, which is not above"));
    }

    #[test]
    fn declared_rates_rise() {
        let mut equal = table(&[&[1, 2]]);
        equal.rungs = [300_000, 300_000].map(BitRate::from_bps).to_vec();
        let error = equal.checked().unwrap_err().to_string();
        assert_eq!(error, "rung 1 of 300 kbit/s is not above rung 0 of 300 kbit/s");
    }

    #[test]
    fn a_cut_leaves_whole_segments() {
        let cut = |length| table(&[&[1, 2], &[3, 4], &[5, 6]]).cut(length);
        assert_eq!(cut(Span::from_ms(11_999)).unwrap().length(), Span::from_s(8));
        assert_eq!(cut(Span::from_s(100)).unwrap().length(), Span::from_s(12));
        let error = cut(Span::from_ms(3999)).unwrap_err().to_string();
        assert_eq!(error, "3999 ms is shorter than one segment of 4 s");
    }
}
