//! A table of sizes as a package: files of exactly these sizes. They are holes, which take an inode
//! each, no disk and no encoding, and which every server can send.

use crate::cache::{self, key};
use crate::package::{Asked, Package, segment_name};
use crate::progress::Progress;
use crate::table::Table;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::{self, File};
use std::path::Path;
use weir_units::Span;

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
        let used = table.length();
        let warning = || format!("only the first {used} of the table's {whole} are used");
        let warnings = (used < whole).then(warning).into_iter().collect();
        let asked = |&target| Asked { size: None, codecs: None, target };
        let rungs = table.rungs.iter().map(asked).collect();
        Package::seal(dir, table.segment, rungs, warnings, progress)
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
                .and_then(|file| file.set_len(size.get()))
                .with_context(|| format!("write {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use weir_units::{BitRate, Bytes};

    fn table() -> Table {
        let row = |base: u64| vec![Bytes::new(base), Bytes::new(base * 20)];
        Table {
            segment: Span::from_s(3),
            rungs: [1_000_000, 20_000_000].map(BitRate::from_bps).to_vec(),
            sizes: [375_001, 400_000, 350_000].map(row).to_vec(),
        }
    }

    fn make(length: Span, cache: &Path) -> Package {
        package(table(), length, cache, &mut |_| {}).unwrap()
    }

    #[test]
    fn files_have_exactly_the_sizes_of_the_table_and_take_no_disk() {
        let cache = tempfile::tempdir().unwrap();
        let package = make(Span::from_s(60), cache.path());
        assert_eq!(package.sizes, table().sizes);
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
        assert_eq!(package.sizes, table().sizes[..2]);
        assert_eq!(package.warnings, ["only the first 6 s of the table's 9 s are used"]);
        assert_ne!(package.dir, make(Span::from_s(9), cache.path()).dir);
    }
}
