//! A table of sizes as a package: files of exactly these sizes. They are holes, which take an inode
//! each, no disk and no encoding, and which every server can send.

use crate::cache::{self, key};
use crate::files::sha256_of;
use crate::package::{Asked, Package, Rung, segment_name};
use crate::progress::Progress;
use crate::table::{Table, held};
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::{self, File};
use std::path::Path;
use weir_trace::Volume;
use weir_units::{BitRate, Span};

/// To be raised when a table gives other files than before.
const RECIPE: u64 = 1;

/// All that such a package depends on.
#[derive(Serialize)]
struct Ingredients<'a> {
    kind: &'static str,
    recipe: u64,
    table: &'a Table,
    /// How long the table is before it is cut, which a warning tells.
    whole: Span,
}

/// A table of sizes as it stands, for those who need no files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeTable {
    /// How long every segment plays.
    pub segment: Span,
    /// The ladder, lowest rung first, as the package of the table would have it.
    pub rungs: Vec<Rung>,
    /// The exact size of every segment before the content loops: `sizes[segment][rung]`. The files
    /// of the package have the whole bytes that hold it.
    pub sizes: Vec<Vec<Volume>>,
    /// The SHA-256 over all of it, in hexadecimal digits.
    pub hash: String,
    /// What a user of the content should know.
    pub warnings: Vec<String>,
}

impl SizeTable {
    /// As many of the table's segments as `length` holds.
    ///
    /// # Errors
    /// If that is none.
    pub(crate) fn new(table: Table, length: Span) -> Result<Self> {
        let whole = table.length();
        let table = table.cut(length)?;
        let sizes: Vec<Vec<_>> =
            table.sizes.iter().map(|row| row.iter().copied().map(held).collect()).collect();
        let measured = |(index, rung)| asked(rung).measured(table.segment, &sizes, index);
        let rungs = table.rungs.iter().enumerate().map(measured).collect::<Result<_>>()?;
        Ok(Self {
            rungs,
            warnings: warnings(&table, whole),
            hash: sha256_of(format!("{} {:?} {:?}", table.segment, table.rungs, table.sizes)),
            segment: table.segment,
            sizes: table.sizes,
        })
    }
}

/// Bit rates are names of a table's rungs.
fn asked(target: &BitRate) -> Asked {
    Asked { size: None, codecs: None, target: *target }
}

fn warnings(table: &Table, whole: Span) -> Vec<String> {
    let used = table.length();
    let warning = || format!("only the first {used} of the table's {whole} are used");
    (used < whole).then(warning).into_iter().collect()
}

/// The package of as many of the table's segments as `length` holds.
///
/// # Errors
/// If that is none, or the cache cannot be written.
pub(crate) fn package(
    table: Table,
    length: Span,
    cache: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Package> {
    let whole = table.length();
    let table = table.cut(length)?;
    let ingredients = Ingredients { kind: "sized", recipe: RECIPE, table: &table, whole };
    cache::get(cache, &key(&ingredients)?, progress, |workshop, progress| {
        let dir = &workshop.package;
        write(&table, dir)?;
        let rungs = table.rungs.iter().map(asked).collect();
        Package::seal(dir, table.segment, rungs, warnings(&table, whole), progress)
    })
}

fn write(table: &Table, dir: &Path) -> Result<()> {
    for rung in 0..table.rungs.len() {
        let folder = dir.join(format!("rung{rung}"));
        fs::create_dir(&folder).with_context(|| format!("create {}", folder.display()))?;
    }
    for (segment, row) in table.sizes.iter().enumerate() {
        for (rung, size) in row.iter().enumerate() {
            let path = dir.join(segment_name(rung, segment));
            File::create_new(&path)
                .and_then(|file| file.set_len(held(*size).get()))
                .with_context(|| format!("write {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use weir_units::Bytes;

    fn table() -> Table {
        let row = |base: u64| [base, base * 20].map(|n| Volume::from(Bytes::new(n))).to_vec();
        Table {
            segment: Span::from_s(3),
            rungs: [1_000_000, 20_000_000].map(BitRate::from_bps).to_vec(),
            sizes: [375_001, 400_000, 350_000].map(row).to_vec(),
        }
    }

    fn bytes(sizes: &[Vec<Volume>]) -> Vec<Vec<Bytes>> {
        sizes.iter().map(|row| row.iter().copied().map(held).collect()).collect()
    }

    #[test]
    fn without_files_the_ladder_is_the_same_and_sizes_are_exact() {
        let cache = tempfile::tempdir().unwrap();
        for length in [Span::from_s(60), Span::from_s(8)] {
            let package = make(length, cache.path());
            let SizeTable { segment, rungs, sizes, warnings, .. } =
                SizeTable::new(table(), length).unwrap();
            assert_eq!((segment, &rungs), (package.segment, &package.rungs));
            assert_eq!((bytes(&sizes), &warnings), (package.sizes, &package.warnings));
        }
        let mut finer = table();
        finer.sizes[0][0] = Volume::from_bits(375_001 * 8 - 1);
        let hash = |table| SizeTable::new(table, Span::from_s(60)).unwrap().hash;
        assert_ne!(hash(finer), hash(table()));
    }

    fn make(length: Span, cache: &Path) -> Package {
        package(table(), length, cache, &mut |_| {}).unwrap()
    }

    #[test]
    fn files_have_exactly_the_sizes_of_the_table_and_take_no_disk() {
        let cache = tempfile::tempdir().unwrap();
        let package = make(Span::from_s(60), cache.path());
        assert_eq!(package.sizes, bytes(&table().sizes));
        assert_eq!(package.segment, Span::from_s(3));
        assert!(package.warnings.is_empty());
        assert!(package.rungs.iter().all(|rung| rung.codecs.is_none() && !rung.target_missed));
        for (segment, row) in package.sizes.iter().enumerate() {
            for (rung, size) in row.iter().enumerate() {
                let facts = fs::metadata(package.dir.join(segment_name(rung, segment))).unwrap();
                assert_eq!((facts.len(), facts.blocks()), (size.get(), 0));
            }
        }
    }

    #[test]
    fn a_table_is_cut_to_the_length_that_was_asked_for_and_that_is_said() {
        let cache = tempfile::tempdir().unwrap();
        let package = make(Span::from_s(8), cache.path());
        assert_eq!(package.sizes, bytes(&table().sizes[..2]));
        assert_eq!(package.warnings, ["only the first 6 s of the table's 9 s are used"]);
        assert_ne!(package.dir, make(Span::from_s(9), cache.path()).dir);
    }
}
