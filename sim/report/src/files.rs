//! Tables as files: Parquet to compute with, CSV to look at.

use anyhow::{Context, Result, ensure};
use polars::prelude::{
    CsvWriter, DataFrame, ParquetCompression, ParquetReader, ParquetWriter, SerReader, SerWriter,
};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// A million rows of the widest table take some 40 MB: more than this is no table of ours, and
/// would not fit into memory either.
const PARQUET_LIMIT: u64 = 4 << 30;

/// Writes `<dir>/<table>.parquet` and `<dir>/<table>.csv`. Both writers run on one thread, and
/// neither puts a time or a version into the file, so that equal tables give equal bytes.
pub(crate) fn write(dir: &Path, table: &str, frame: &DataFrame) -> Result<()> {
    // The writers want to align chunks in place; a clone shares all data with the original.
    let mut frame = frame.clone();

    let path = dir.join(format!("{table}.parquet"));
    let attempt = || format!("write {}", path.display());
    let file = File::create(&path).with_context(attempt)?;
    ParquetWriter::new(BufWriter::new(file))
        .with_compression(ParquetCompression::Zstd(None))
        .set_parallel(false)
        .finish(&mut frame)
        .with_context(attempt)?;

    let path = dir.join(format!("{table}.csv"));
    let attempt = || format!("write {}", path.display());
    let file = File::create(&path).with_context(attempt)?;
    CsvWriter::new(file).n_threads(1).finish(&mut frame).with_context(attempt)
}

/// Rows of a slice: those of a group of the files that are written here.
const SLICE: usize = 1 << 18;

/// Reads these columns of `<dir>/<table>.parquet`, a slice of its rows at a time: for tables of
/// which little is wanted and which need not fit into memory.
pub(crate) fn read_slices(
    dir: &Path,
    table: &str,
    columns: &[&str],
    visit: &mut dyn FnMut(&DataFrame) -> Result<()>,
) -> Result<()> {
    let path = dir.join(format!("{table}.parquet"));
    let attempt = || format!("read {}", path.display());
    let open = || -> Result<ParquetReader<File>> {
        Ok(ParquetReader::new(File::open(&path).with_context(attempt)?))
    };
    let rows = open()?.num_rows().with_context(attempt)?;
    for offset in (0..rows).step_by(SLICE) {
        let frame = open()?
            .with_columns(Some(columns.iter().map(|name| (*name).to_owned()).collect()))
            .with_slice(Some((offset, SLICE)))
            .finish()
            .with_context(attempt)?;
        visit(&frame).with_context(|| format!("table {table}"))?;
    }
    Ok(())
}

/// Reads `<dir>/<table>.parquet`.
pub(crate) fn read(dir: &Path, table: &str) -> Result<DataFrame> {
    let path = dir.join(format!("{table}.parquet"));
    let attempt = || format!("read {}", path.display());
    let file = File::open(&path).with_context(attempt)?;
    let bytes = file.metadata().with_context(attempt)?.len();
    ensure!(bytes <= PARQUET_LIMIT, "{} is larger than {PARQUET_LIMIT} bytes", path.display());
    ParquetReader::new(file).finish().with_context(attempt)
}
