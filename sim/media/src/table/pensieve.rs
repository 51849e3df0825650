//! The form of Pensieve's `video_size_N` (hongzimao/pensieve 1120bb1): a file for each rung, from 0
//! the lowest, with the bytes of one segment of 4 s in each line.

use super::{Table, text};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use weir_abr::MAX_RUNGS;
use weir_trace::Volume;
use weir_units::{BitRate, Bytes, Span};

/// The duration of Pensieve's segments.
const SEGMENT: Span = Span::from_s(4);

/// The bit rates of Pensieve's own six rungs, in kbit/s. The files do not hold them.
const PUBLISHED: [u64; 6] = [300, 750, 1200, 1850, 2850, 4300];

/// How far, in percent, a mean may be from the published rate for a table to be Pensieve's; the
/// original's means are within 1 %.
const ALIKE: u64 = 10;

pub(super) fn read(folder: &Path) -> Result<Table> {
    let file = |rung: usize| folder.join(format!("video_size_{rung}"));
    let there: Vec<usize> = (0..MAX_RUNGS).filter(|&rung| file(rung).exists()).collect();
    ensure!(!there.is_empty(), "the folder holds no video_size_0");
    if let Some((rung, _)) = (0..).zip(&there).find(|(rung, there)| rung != *there) {
        bail!("rung {rung} has no sizes: there is no video_size_{rung}");
    }
    let columns = there.iter().map(|&rung| column(&file(rung))).collect::<Result<Vec<_>>>()?;
    table(columns)
}

/// The sizes in one file. A line without a size is a hole.
fn column(path: &Path) -> Result<Vec<Bytes>> {
    let text = text(path)?;
    let size = |(number, line): (usize, &str)| {
        let line = line.trim();
        if line.is_empty() {
            return Ok(Bytes::ZERO);
        }
        let bytes: Result<u64, _> = line.parse();
        bytes.map(Bytes::new).with_context(|| {
            let line: String = line.chars().take(60).collect();
            format!("{}:{number}: {line:?} is not a number of bytes", path.display())
        })
    };
    (1..).zip(text.trim_end().lines()).map(size).collect()
}

fn table(columns: Vec<Vec<Bytes>>) -> Result<Table> {
    let rungs = columns.len();
    let segments = columns.iter().map(Vec::len).max().unwrap_or(0);
    ensure!(segments > 0, "it has no segments");
    // A file that ends early leaves holes.
    let size = |column: &Vec<Bytes>, segment| {
        column.get(segment).copied().map_or(Volume::ZERO, Volume::from)
    };
    let row = |segment| columns.iter().map(|column| size(column, segment)).collect();
    let sizes = (0..segments).map(row).collect();
    let mut table = Table { segment: SEGMENT, rungs: vec![BitRate::default(); rungs], sizes };
    let means = table.means().context("its bit rates are out of range")?;
    let published = PUBLISHED.map(|kbps| BitRate::from_bps(kbps * 1000));
    table.rungs = if alike(&means, &published) { published.to_vec() } else { means };
    Ok(table)
}

fn alike(means: &[BitRate], published: &[BitRate]) -> bool {
    let near = |(mean, rate): (&BitRate, &BitRate)| {
        mean.bps().abs_diff(rate.bps()) <= rate.bps() / 100 * ALIKE
    };
    means.len() == published.len() && means.iter().zip(published).all(near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read_files(files: &[(usize, &str)]) -> Result<Table> {
        let folder = tempfile::tempdir().unwrap();
        for (rung, text) in files {
            fs::write(folder.path().join(format!("video_size_{rung}")), text).unwrap();
        }
        read(folder.path()).and_then(Table::checked)
    }

    fn error(files: &[(usize, &str)]) -> String {
        format!("{:#}", read_files(files).unwrap_err())
    }

    #[test]
    fn files_are_rungs_and_lines_are_segments() {
        let table = read_files(&[(0, "100\n200\n"), (1, "1000\n3000\n\n")]).unwrap();
        let sizes = [[100, 1000], [200, 3000]].map(|row| row.map(|n| Volume::from(Bytes::new(n))));
        assert_eq!(table.sizes, sizes);
        assert_eq!(table.segment, Span::from_s(4));
        let derived = [300, 4000].map(BitRate::from_bps);
        assert_eq!(table.rungs, derived, "150 bytes in 4 s on average");
    }

    #[test]
    fn the_published_ladder_is_known_by_its_means() {
        let sizes = PUBLISHED.map(|kbps| (kbps * 1000 / 8 * 4 * 101 / 100).to_string());
        let files: Vec<_> = (0..).zip(sizes.iter().map(String::as_str)).collect();
        let table = read_files(&files).unwrap();
        assert_eq!(table.rungs, PUBLISHED.map(|kbps| BitRate::from_bps(kbps * 1000)));
        let five = read_files(&files[..5]).unwrap();
        assert_eq!(five.rungs[0], BitRate::from_bps(303_000));
    }

    #[test]
    fn holes_are_named() {
        assert_eq!(error(&[(0, "1\n1\n1\n"), (1, "2\n2\n")]), "segment 2 has no size at rung 1");
        assert_eq!(error(&[(0, "1\n\n1\n"), (1, "2\n2\n2")]), "segment 1 has no size at rung 0");
        let missing = error(&[(0, "1\n"), (2, "3\n")]);
        assert_eq!(missing, "rung 1 has no sizes: there is no video_size_1");
        assert!(error(&[]).contains("no video_size_0"));
        assert_eq!(error(&[(0, "")]), "it has no segments");
        let garbled = error(&[(0, "1\n2x\n")]);
        assert!(garbled.contains(":2: \"2x\" is not a number of bytes"), "{garbled}");
    }
}
