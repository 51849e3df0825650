//! Tables as files: Parquet to compute with, CSV to look at. Both are written and read a group of
//! rows at a time, so that a table of any length needs little memory.

use anyhow::{Context, Result};
use polars::io::csv::write::BatchedWriter as CsvRows;
use polars::io::parquet::write::BatchedWriter as ParquetRows;
use polars::prelude::{
    CsvWriter, DataFrame, FileMetadataRef, ParallelStrategy, ParquetCompression, ParquetReader,
    ParquetWriter, Schema, SerReader, SerWriter,
};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Rows of a group. It depends on nothing but the table, so that equal tables give equal bytes.
pub(crate) const GROUP: usize = 1 << 16;

/// The two files of a table that is being written. Both writers run on one thread, and neither puts
/// a time or a version into the file, so that equal tables give equal bytes.
pub(crate) struct TableFiles {
    parquet: PathBuf,
    parquet_rows: ParquetRows<BufWriter<File>>,
    csv: PathBuf,
    csv_rows: CsvRows<File>,
}

impl TableFiles {
    /// Makes `<dir>/<table>.parquet` and `<dir>/<table>.csv`.
    pub(crate) fn create(dir: &Path, table: &str, schema: &Schema) -> Result<Self> {
        let parquet = dir.join(format!("{table}.parquet"));
        let attempt = || format!("write {}", parquet.display());
        let file = File::create(&parquet).with_context(attempt)?;
        let parquet_rows = ParquetWriter::new(BufWriter::new(file))
            .with_compression(ParquetCompression::Zstd(None))
            .set_parallel(false)
            .batched(schema)
            .with_context(attempt)?;

        let csv = dir.join(format!("{table}.csv"));
        let attempt = || format!("write {}", csv.display());
        let file = File::create(&csv).with_context(attempt)?;
        let csv_rows = CsvWriter::new(file).n_threads(1).batched(schema).with_context(attempt)?;
        Ok(Self { parquet, parquet_rows, csv, csv_rows })
    }

    /// Adds rows, as one group.
    pub(crate) fn add(&mut self, rows: &DataFrame) -> Result<()> {
        let Self { parquet, parquet_rows, csv, csv_rows } = self;
        let attempt = || format!("write {}", parquet.display());
        parquet_rows.write_batch(rows).with_context(attempt)?;
        csv_rows.write_batch(rows).with_context(|| format!("write {}", csv.display()))
    }

    /// Writes what stands at the end of a file.
    pub(crate) fn finish(self) -> Result<()> {
        let Self { parquet, parquet_rows, csv, mut csv_rows } = self;
        let attempt = || format!("write {}", parquet.display());
        parquet_rows.finish().map(drop).with_context(attempt)?;
        csv_rows.finish().with_context(|| format!("write {}", csv.display()))
    }
}

/// The rows of a table, a group at a time.
pub(crate) struct Groups {
    path: PathBuf,
    columns: Vec<String>,
    metadata: FileMetadataRef,
    next: usize,
    rows: usize,
}

impl Groups {
    /// These columns of `<dir>/<table>.parquet`.
    pub(crate) fn open(dir: &Path, table: &str, columns: &[&str]) -> Result<Self> {
        let path = dir.join(format!("{table}.parquet"));
        let attempt = || format!("read {}", path.display());
        let mut reader = ParquetReader::new(File::open(&path).with_context(attempt)?);
        let metadata = reader.get_metadata().with_context(attempt)?.clone();
        let rows = reader.num_rows().with_context(attempt)?;
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Ok(Self { path, columns, metadata, next: 0, rows })
    }

    /// The next rows, in order; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<DataFrame>> {
        if self.next >= self.rows {
            return Ok(None);
        }
        let frame = self.read(self.next, GROUP)?;
        self.next += GROUP;
        Ok(Some(frame))
    }

    fn read(&self, from: usize, rows: usize) -> Result<DataFrame> {
        let attempt = || format!("read {}", self.path.display());
        let mut reader = ParquetReader::new(File::open(&self.path).with_context(attempt)?);
        // Read once: that of a table with many groups is long.
        reader.set_metadata(self.metadata.clone());
        reader
            .with_columns(Some(self.columns.clone()))
            // It is the one that does not look into the groups before.
            .read_parallel(ParallelStrategy::RowGroups)
            .with_slice(Some((from, rows)))
            .finish()
            .with_context(attempt)
    }
}

/// Whether the table `<dir>/<table>.parquet` is there and not empty.
pub(crate) fn has_rows(dir: &Path, table: &str) -> Result<bool> {
    Ok(dir.join(format!("{table}.parquet")).is_file() && Groups::open(dir, table, &[])?.rows > 0)
}

/// A frame with all columns of `<dir>/<table>.parquet`, and none of its rows.
pub(crate) fn read_head(dir: &Path, table: &str) -> Result<DataFrame> {
    let path = dir.join(format!("{table}.parquet"));
    let attempt = || format!("read {}", path.display());
    let file = File::open(&path).with_context(attempt)?;
    ParquetReader::new(file).with_slice(Some((0, 0))).finish().with_context(attempt)
}
